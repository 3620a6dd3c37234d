import type { ServerResponse } from 'node:http';

import { LIGHT_ADVICE, type EncoderLight } from '../../transcoder/live/index.ts';
import type { Room, RoomChange } from '../live/room/room.ts';
import { eventText, STILL_HERE, streamEvents } from './event-stream.ts';
import { countsOf, questionOf } from './live-room-wire.ts';

/** What the operator's desk is made of. */
export interface LiveRoomDeskOptions {
  readonly room: Room;
  /** What the encoder's light shows of a class; undefined while nobody sends. */
  readonly lightOf: (classId: string) => EncoderLight | undefined;
  readonly stopping: AbortSignal;
}

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
  const topics = topicsOf(room, classId, lightOf).map((topic) => new ToldTopic(topic));
  const silence = room.onChange((changed, change) => {
    if (changed === classId) for (const topic of topics) topic.hear(change);
  });
  try {
    await streamEvents(response, stopping, async () => {
      const news: string[] = [];
      for (const topic of topics) news.push(...(await topic.news()));
      return news;
    });
  } finally {
    silence();
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
      look: async () => {
        const light = lightOf(classId);
        return light && { ...light, advice: light.reasons.map((reason) => LIGHT_ADVICE[reason]) };
      },
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

  /** What there is to be told. */
  async news(): Promise<readonly string[]> {
    const { event, changes, everyMs } = this.#topic;
    const now = performance.now();
    const isDue = this.#hasChanged ? now - this.#lookedAt >= everyMs : now - this.#lookedAt >= FRESH_AFTER_MS;
    if (!isDue && changes.length > 0) return [];
    this.#hasChanged = false;
    this.#lookedAt = now;
    const found = await this.#topic.look();
    const text = JSON.stringify(found ?? null);
    if (text === this.#told) {
      if (now - this.#spokeAt < FRESH_AFTER_MS) return [];
      this.#spokeAt = now;
      return [STILL_HERE];
    }
    this.#told = text;
    this.#spokeAt = now;
    return [eventText(event, text)];
  }
}
