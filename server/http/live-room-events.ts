import type { ServerResponse } from 'node:http';

import type { Room, RoomChange } from '../live/room/room.ts';
import { countsOf, questionOf } from './live-room-wire.ts';

/** What the operator's desk is made of. */
export interface LiveRoomDeskOptions {
  readonly room: Room;
  /** What the encoder's light shows of a class, as it goes over the wire; undefined while nobody sends. */
  readonly lightOf: (classId: string) => object | undefined;
  readonly stopping: AbortSignal;
}

/** Changes within this time are told together: three thousand players tell of themselves a hundred times a second. */
const LOOK_EVERY_MS = 1000;
/** Presence is counted from thousands of rows. */
const COUNT_EVERY_MS = 3000;
/** What other servers have changed is seen after so long, and proxies see that somebody is still there. */
const FRESH_AFTER_MS = 10_000;

/** What is told, with how it is found out. */
interface Topic {
  readonly event: string;
  readonly changes: readonly RoomChange[];
  readonly everyMs: number;
  look(): Promise<object | undefined>;
}

/** Tells an operator what happens in a room until he leaves or the server stops. */
export async function roomEvents(
  { room, lightOf, stopping }: LiveRoomDeskOptions,
  classId: string,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  response.write('retry: 3000\n\n');
  const topics = topicsOf(room, classId, lightOf).map((topic) => new ToldTopic(topic));
  const silence = room.onChange((changed, change) => {
    if (changed === classId) for (const topic of topics) topic.hear(change);
  });
  try {
    do {
      for (const topic of topics) {
        const text = await topic.news();
        if (text !== undefined && !response.destroyed) response.write(text);
      }
    } while (await waitedWhileOpen(response, stopping));
  } catch {
    // The class is gone or the database is away: the browser comes back and hears which.
  } finally {
    silence();
    response.end();
  }
}

function topicsOf(room: Room, classId: string, lightOf: LiveRoomDeskOptions['lightOf']): readonly Topic[] {
  return [
    {
      event: 'presence',
      changes: ['presence', 'receipts'],
      everyMs: COUNT_EVERY_MS,
      async look() {
        const { onAirMs, counts, latestReceipts } = await room.overview(classId);
        const receipts = latestReceipts.map(({ name, acknowledgedAt, headCount }) => ({
          ...{ name, at: acknowledgedAt ?? null },
          headCount: headCount ?? null,
        }));
        return { ...countsOf(counts), onAirSeconds: Math.round(onAirMs / 1000), receipts };
      },
    },
    {
      event: 'questions',
      changes: ['questions'],
      everyMs: 0,
      async look() {
        const [waiting, accepted] = [
          await room.questions(classId, 'new'),
          await room.questions(classId, 'accepted'),
        ];
        return { waiting: waiting.map(questionOf), accepted: accepted.map(questionOf) };
      },
    },
    {
      event: 'light',
      changes: [],
      everyMs: 0,
      look: () => Promise.resolve(lightOf(classId)),
    },
  ];
}

/** A topic with what was told of it last. */
class ToldTopic {
  readonly #topic: Topic;
  #told = '';
  #lookedAt = Number.NEGATIVE_INFINITY;
  #spokeAt = 0;
  #hasChanged = true;

  constructor(topic: Topic) {
    this.#topic = topic;
  }

  hear(change: RoomChange): void {
    this.#hasChanged ||= this.#topic.changes.includes(change);
  }

  /** What there is to be told; undefined for nothing. */
  async news(): Promise<string | undefined> {
    const { event, changes, everyMs } = this.#topic;
    const now = performance.now();
    const isDue = this.#hasChanged ? now - this.#lookedAt >= everyMs : now - this.#lookedAt >= FRESH_AFTER_MS;
    if (!isDue && changes.length > 0) return undefined;
    this.#hasChanged = false;
    this.#lookedAt = now;
    const found = await this.#topic.look();
    const text = JSON.stringify(found ?? null);
    if (text === this.#told) {
      if (now - this.#spokeAt < FRESH_AFTER_MS) return undefined;
      this.#spokeAt = now;
      return ': still here\n\n';
    }
    this.#told = text;
    this.#spokeAt = now;
    return `event: ${event}\ndata: ${text}\n\n`;
  }
}

/** Waits for the next look; false when there is nobody to tell any more. */
async function waitedWhileOpen(response: ServerResponse, stopping: AbortSignal): Promise<boolean> {
  if (stopping.aborted || response.destroyed) return false;
  return new Promise((resolve) => {
    const end = (isOpen: boolean): void => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', onStop);
      response.off('close', onStop);
      resolve(isOpen);
    };
    const onStop = (): void => end(false);
    const timer = setTimeout(() => end(true), LOOK_EVERY_MS);
    stopping.addEventListener('abort', onStop);
    response.once('close', onStop);
  });
}
