import { join } from 'node:path';

import { formatDvrPlaylist } from './dvr-playlist.ts';
import { formatLivePlaylist, mediaName, type PlaylistQuery, type RenditionReport } from './live-playlist.ts';
import type { Discontinuities } from './live-segment.ts';
import { SegmentLine } from './segment-line.ts';
import { Waiters } from './waiters.ts';

/** A text that stays the same object as long as it is the same text, so that what is made of it can be kept beside it. */
export interface LiveText {
  readonly text: string;
}

/** The answer to a player that asks for a playlist. */
export type PlaylistAnswer =
  /** `isAsked`: it holds what was asked for, so that it is the answer for everybody who asks the same. */
  | { readonly kind: 'text'; readonly text: LiveText; readonly isAsked: boolean }
  /** The asked number is not the next thing to come (RFC 8216bis §6.2.5.2). */
  | { readonly kind: 'too-far-ahead' }
  /** It did not come in time, or cannot come because nothing is being sent. */
  | { readonly kind: 'not-in-time' }
  /** There is no such rendition, or no longer. */
  | { readonly kind: 'unknown' };

/** Media by its name: bytes in memory, shared by whoever fetches them, or where they lie on the disk. */
export type LiveMedia =
  | { readonly kind: 'memory'; readonly pieces: readonly Buffer[]; readonly sizeBytes: number }
  | { readonly kind: 'disk'; readonly path: string; readonly offset: number; readonly sizeBytes: number };

/** What all renditions of a class have in common. */
export interface ClassFacts {
  readonly folder: string;
  readonly window: number;
  readonly discontinuities: Discontinuities;
  targetDurationS: number;
  partTargetMs: number;
  isEnded: boolean;
}

interface Kept extends LiveText {
  readonly stamp: string;
}

/** A comeback within this time is told at once to who asks during an interruption; then it is 503, so that nobody asks in a circle. */
const COMEBACK_MS = 1000;
/** Three target durations (§6.2.5.2). */
const PATIENCE_TARGETS = 3;
/** Behind the playlists' window players and edges still fetch what they were just told of. */
const SPARE_SEGMENTS = 3;

/** One rendition: its segments, its two playlists, and who waits for more. */
export class LiveRendition {
  readonly name: string;
  readonly line = new SegmentLine();
  readonly waiters = new Waiters();
  /** Bits a second that the encoder was told to keep to; 0 when nobody said. */
  nominalBandwidth = 0;
  /** Counts the inputs: only the newest one may write. */
  input = 0;
  /** More is expected. */
  isFed = false;
  /** Its input is over, and no newer one has begun. */
  isFinished = true;
  isDropped = false;
  readonly #class: ClassFacts;
  readonly #texts = new Map<string, Kept>();
  #announced = 0;

  constructor(name: string, facts: ClassFacts) {
    this.name = name;
    this.#class = facts;
  }

  /** There is a whole segment: players take nothing less. */
  get isPlayable(): boolean {
    return !this.isDropped && this.line.newest(1).length > 0;
  }

  get report(): RenditionReport | undefined {
    const { last } = this.line;
    if (last === undefined || !this.isPlayable) return undefined;
    return { rendition: this.name, number: last.number, part: Math.max(0, last.parts.length - 1) };
  }

  /** Its texts are out of date; whoever waits for what came is told. */
  announce(): void {
    this.#announced += 1;
    this.line.forget(this.#class.window + SPARE_SEGMENTS);
    this.waiters.look();
  }

  /** As {@link announce}, and nobody is to wait any longer for what may never come. */
  release(): void {
    this.announce();
    this.waiters.release();
  }

  /**
   * The live playlist, or the one from the first segment on.
   *
   * @throws what the signal was aborted with
   */
  async playlist(
    list: 'live' | 'dvr',
    query: PlaylistQuery,
    reports: () => readonly RenditionReport[],
    signal?: AbortSignal,
  ): Promise<PlaylistAnswer> {
    if (this.isTooFarAhead(query)) return { kind: 'too-far-ahead' };
    const isBlocking = query.number !== undefined;
    const isReady = (): boolean => this.isDropped || (this.isPlayable && this.#holds(query));
    const patienceMs =
      this.isFed || !this.isPlayable ? PATIENCE_TARGETS * 1000 * this.#class.targetDurationS : COMEBACK_MS;
    const outcome = await this.waiters.wait(isReady, patienceMs, signal);
    if (this.isDropped) return { kind: 'unknown' };
    if (outcome === 'late' || !this.isPlayable) return { kind: 'not-in-time' };
    const skips = query.skips === true;
    // An hour's list changes only when a segment is closed.
    const stamp = list === 'live' ? `${this.#announced}` : `${this.line.revision} ${this.#class.isEnded}`;
    const text = this.#text(`${list} ${skips}`, stamp, () =>
      list === 'live'
        ? formatLivePlaylist(this.#view(reports()), skips)
        : formatDvrPlaylist({ ...this.#class, closed: this.line.closed }, skips),
    );
    return { kind: 'text', text, isAsked: isBlocking && outcome === 'ready' };
  }

  /**
   * An init segment, a segment or a part by the name playlists give it. The part that is hinted at is waited for.
   *
   * @throws what the signal was aborted with
   */
  async media(name: string, signal?: AbortSignal): Promise<LiveMedia | undefined> {
    const match = /^(?:i(\d{1,9})\.mp4|s(\d{1,9})\.m4s|p(\d{1,9})\.(\d{1,4})\.m4s)$/.exec(name);
    if (match === null) return undefined;
    const [, init, segment, parent, part] = match;
    if (init !== undefined) return this.#init(Number(init));
    if (segment !== undefined) return this.#segment(Number(segment));
    const place = { number: Number(parent), part: Number(part) };
    if (this.#isHinted(place)) {
      const isDecided = (): boolean => !this.#isHinted(place);
      await this.waiters.wait(isDecided, PATIENCE_TARGETS * this.#class.partTargetMs, signal);
    }
    return this.#part(place.number, place.part);
  }

  /** More than two segments ahead, or more parts than three seconds hold (§6.2.5.2). */
  isTooFarAhead({ number, part }: PlaylistQuery): boolean {
    if (number === undefined) return false;
    const { last, open } = this.line;
    if (number > (last?.number ?? -1) + 2) return true;
    const parts = Math.max(3, Math.ceil(3000 / this.#class.partTargetMs));
    return part !== undefined && number === open?.number && part >= open.parts.length + parts;
  }

  /** A part behind the last of a closed segment means the first of the next (§6.2.5.2). */
  #holds({ number, part }: PlaylistQuery): boolean {
    if (number === undefined || this.#class.isEnded) return true;
    const { last, open } = this.line;
    if (last === undefined || last.number < number) return false;
    if (last.number > number) return true;
    if (last === open) return part !== undefined && part < open.parts.length;
    return part === undefined || part < last.parts.length;
  }

  #isHinted({ number, part }: { readonly number: number; readonly part: number }): boolean {
    if (!this.isFed || this.isDropped || this.#class.isEnded) return false;
    const { last, open } = this.line;
    return open === undefined
      ? part === 0 && number === (last?.number ?? -1) + 1
      : number === open.number && part === open.parts.length;
  }

  #view(reports: readonly RenditionReport[]): Parameters<typeof formatLivePlaylist>[0] {
    const { window } = this.#class;
    return {
      ...this.#class,
      closed: this.line.newest(window),
      open: this.line.open,
      isFed: this.isFed,
      reports,
    };
  }

  #text(key: string, stamp: string, format: () => string): LiveText {
    const kept = this.#texts.get(key);
    if (kept?.stamp === stamp) return kept;
    const made = { stamp, text: format() };
    this.#texts.set(key, made);
    return made;
  }

  #init(number: number): LiveMedia | undefined {
    const init = this.line.inits[number];
    if (init === undefined) return undefined;
    return init.bytes === undefined
      ? this.#onDisk(mediaName.init(number), 0, init.sizeBytes)
      : { kind: 'memory', pieces: [init.bytes], sizeBytes: init.sizeBytes };
  }

  #segment(number: number): LiveMedia | undefined {
    const segment = this.line.at(number);
    if (segment?.state !== 'closed') return undefined;
    const pieces = this.line.bytesOf(number);
    if (pieces !== undefined) return { kind: 'memory', pieces, sizeBytes: segment.sizeBytes };
    const saved = segment.parts.slice(0, segment.lostFrom).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return saved === 0 ? undefined : this.#onDisk(mediaName.segment(number), 0, saved);
  }

  #part(number: number, index: number): LiveMedia | undefined {
    const segment = this.line.at(number);
    const part = segment?.parts[index];
    if (segment === undefined || part === undefined) return undefined;
    const bytes = this.line.bytesOf(number)?.[index];
    if (bytes !== undefined) return { kind: 'memory', pieces: [bytes], sizeBytes: bytes.length };
    return segment.lostFrom !== undefined && index >= segment.lostFrom
      ? undefined
      : this.#onDisk(mediaName.segment(number), part.offset, part.sizeBytes);
  }

  #onDisk(name: string, offset: number, sizeBytes: number): LiveMedia {
    return { kind: 'disk', path: join(this.#class.folder, this.name, name), offset, sizeBytes };
  }
}
