import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 100;

/** Every part of a class's picture that players were told of, and whether it is still there later. */
export class ToldParts {
  /** Seconds by address. */
  readonly #parts = new Map<string, number>();
  readonly #playlistUrl: string;
  readonly #listening: Promise<void>;
  #isOver = false;

  /** @param playlistUrl of the class's own picture, for all who watch it now */
  constructor(playlistUrl: string) {
    this.#playlistUrl = playlistUrl;
    this.#listening = this.#listen();
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#listening;
  }

  /** The seconds of each of them that a playlist of the whole class does not have any more. */
  lostFrom(wholePlaylist: string): readonly number[] {
    const segments = segmentSeconds(wholePlaylist);
    const lengths = new Map<number, number[]>();
    for (const [name, seconds] of this.#parts) {
      const number = Number(/p(\d+)\.\d+\.m4s/.exec(name)?.[1]);
      lengths.set(number, [...(lengths.get(number) ?? []), seconds]);
    }
    const lost: number[] = [];
    for (const [number, parts] of lengths) {
      let left = (segments.get(number) ?? 0) + 0.002;
      for (const seconds of parts) {
        left -= seconds;
        if (left < 0) lost.push(seconds);
      }
    }
    return lost;
  }

  async #listen(): Promise<void> {
    while (!this.#isOver) {
      const text = await fetch(this.#playlistUrl).then(
        (reply) => (reply.ok ? reply.text() : ''),
        () => '',
      );
      for (const [, seconds, uri = ''] of text.matchAll(/#EXT-X-PART:DURATION=([\d.]+),URI="([^"]+)"/g))
        this.#parts.set(uri, Number(seconds));
      await delay(EVERY_MS);
    }
  }
}

/** The seconds of every segment that is no gap, by its number. */
export function segmentSeconds(playlist: string): ReadonlyMap<number, number> {
  return new Map(
    segmentsOf(playlist)
      .filter(({ isGap }) => !isGap)
      .map(({ number, seconds }) => [number, seconds]),
  );
}

/** The seconds that were lost, as a playlist tells of them. */
export function gapSeconds(playlist: string): number {
  return segmentsOf(playlist).reduce((sum, { isGap, seconds }) => sum + (isGap ? seconds : 0), 0);
}

interface Segment {
  readonly number: number;
  readonly seconds: number;
  readonly isGap: boolean;
}

function segmentsOf(playlist: string): readonly Segment[] {
  const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist)?.[1] ?? 0);
  const found: Segment[] = [];
  const lines = playlist.split('\n');
  lines.forEach((line, place) => {
    const seconds = /^#EXTINF:([\d.]+)/.exec(line)?.[1];
    if (seconds === undefined) return;
    const isGap = lines[place - 1] === '#EXT-X-GAP';
    found.push({ number: first + found.length, seconds: Number(seconds), isGap });
  });
  return found;
}
