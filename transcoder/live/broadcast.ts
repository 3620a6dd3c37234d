import { setTimeout as delay } from 'node:timers/promises';

import { ClassTimeline, SOURCE } from './class-timeline.ts';
import type { Cut, InitCut, PartCut } from './cut.ts';
import { Journal, type JournalHooks } from './journal.ts';
import type { PlaylistQuery } from './live-playlist.ts';
import type { LiveMedia, LiveRendition, LiveText, PlaylistAnswer } from './live-rendition.ts';
import { Discontinuities } from './live-segment.ts';
import { recordedRendition, type RecordingFacts } from './recording-facts.ts';

/** How a class is broadcast. */
export interface BroadcastOptions extends JournalHooks {
  /** The journal's, of this class alone; made when it is not there. */
  readonly folder: string;
  /** In every address; unique for the class and never used again, lest an edge hand out another lesson. */
  readonly token: string;
  /** Closed segments in the live playlists. Default 8. */
  readonly window?: number;
  /** Seconds the packager aims at. Default 0.52 and 2. */
  readonly partTarget?: number;
  readonly segmentTarget?: number;
}

/** What is known of an input before its first byte. */
export interface InputHints {
  /** Bits a second that the encoder is told to keep to. */
  readonly bandwidth?: number;
}

/** Where the cuts of one input go. */
export interface BroadcastInput {
  /**
   * Puts a cut on the air: written down, then told to whoever waits. Cuts are taken in the order of the calls, also of several
   * inputs. After the input's end, an interruption or a newer input of the rendition they are left out.
   */
  write(cut: Cut): Promise<void>;
}

/** Where a class stands on its own time line. */
export interface BroadcastPosition {
  /** The end of the last part of the source. */
  readonly endMs: number;
  /** The same moment as the encoder's clock had it, since 1970. */
  readonly wallMs: number;
}

/** No part waits longer than this for the disk: it is announced before it is safe. */
const DISK_PATIENCE_MS = 1000;
const NAME = /^[a-z0-9-]{1,20}$/;
const TOKEN = /^[a-z0-9]{8,64}$/;

/**
 * The HLS side of a class, for its whole life: renditions, playlists, numbers that never go back. Inputs come and go; between
 * two of them lies a discontinuity. Everything is journalled as it comes, so that a killed process opens it again where it was.
 */
export class Broadcast {
  readonly token: string;
  readonly folder: string;
  readonly #journal: Journal;
  readonly #timeline: ClassTimeline;
  #tail: Promise<void> = Promise.resolve();

  private constructor(options: BroadcastOptions, journal: Journal, nextNumber: number) {
    this.token = options.token;
    this.folder = options.folder;
    this.#journal = journal;
    const facts = {
      folder: options.folder,
      window: options.window ?? 8,
      discontinuities: new Discontinuities(),
      targetDurationS: Math.max(1, Math.round(options.segmentTarget ?? 2)),
      partTargetMs: 1000 * (options.partTarget ?? 0.52),
      isEnded: false,
    };
    this.#timeline = new ClassTimeline(facts, nextNumber, (record) => journal.note(record));
  }

  /**
   * A new broadcast, or the one that the journal holds. What was being sent when the process ended is closed with the parts that
   * exist, and the discontinuity is in the playlists at once.
   *
   * @throws {TypeError} when the token is not 8 to 64 small letters and digits
   * @throws {Error} what the system says when the folder cannot be made or read
   */
  static async open(options: BroadcastOptions): Promise<Broadcast> {
    if (!TOKEN.test(options.token)) {
      throw new TypeError(`token must be 8 to 64 small letters and digits; received "${options.token}"`);
    }
    const { journal, records, nextNumber } = await Journal.open(options.folder, options);
    const broadcast = new Broadcast(options, journal, nextNumber);
    for (const record of records) broadcast.#timeline.replay(record);
    if (records.length > 0 && !broadcast.isEnded) broadcast.#timeline.interrupt();
    return broadcast;
  }

  get isEnded(): boolean {
    return this.#timeline.facts.isEnded;
  }

  /** A playlist may be handed out: there is a whole segment of the source. */
  get isPlayable(): boolean {
    return this.#timeline.renditions.get(SOURCE)?.isPlayable === true;
  }

  /** Requests that are parked now. */
  get waiting(): number {
    let count = 0;
    for (const { waiters } of this.#timeline.renditions.values()) count += waiters.count;
    return count;
  }

  get position(): BroadcastPosition {
    const last = this.#timeline.renditions.get(SOURCE)?.line.last;
    if (last === undefined) return { endMs: 0, wallMs: 0 };
    return { endMs: last.startMs + last.durationMs, wallMs: last.wallClockMs + last.durationMs };
  }

  /** Names of the renditions that are in the multivariant playlist, the source first. */
  get renditions(): readonly string[] {
    return this.#timeline.playable().map(({ name }) => name);
  }

  /**
   * A new input of a rendition. When the source had one before, a discontinuity lies between.
   *
   * @throws {TypeError} for a name that is not 1 to 20 small letters, digits and hyphens
   * @throws {RangeError} when the class has ended, or the rendition was dropped for good
   */
  begin(rendition: string, hints: InputHints = {}): BroadcastInput {
    if (!NAME.test(rendition)) throw new TypeError(`"${rendition}" cannot be the name of a rendition.`);
    if (this.isEnded) throw new RangeError(`Class ${this.token} has ended; nothing can be added to it.`);
    const own = this.#timeline.rendition(rendition);
    if (own.isDropped) throw new RangeError(`Rendition ${rendition} was dropped; use another name.`);
    own.input += 1;
    own.nominalBandwidth = hints.bandwidth ?? own.nominalBandwidth;
    const { input } = own;
    void this.#enqueue(async () => this.#timeline.begin(own));
    return {
      // Decided at the call: what was written before an interruption is taken, though it waits for the disk.
      write: async (cut) => {
        if (own.input !== input) return;
        const writtenAt = performance.now();
        await this.#enqueue(async () => {
          if (!own.isDropped && !this.isEnded) await this.#take(own, cut, writtenAt);
        });
      },
    };
  }

  /** Nothing comes any more for now: all that is open is closed, and the discontinuity is at the tail at once. */
  async interrupt(): Promise<void> {
    this.#disown();
    await this.#enqueue(async () => this.#timeline.interrupt());
  }

  /** Takes a lower rendition out for good; its players are sent to another one. What was recorded of it stays. */
  drop(rendition: string): void {
    if (rendition === SOURCE) throw new RangeError('The source cannot be dropped.');
    const own = this.#timeline.rendition(rendition);
    void this.#enqueue(async () => this.#timeline.drop(own));
  }

  /** Ends the class: every playlist gets its end, and everything is on the disk when this settles. */
  async end(): Promise<RecordingFacts> {
    this.#disown();
    await this.#enqueue(async () => this.#timeline.end());
    await this.#journal.flushed();
    return this.recording();
  }

  /** What lies on the disk by now. */
  recording(): RecordingFacts {
    const source = this.#timeline.rendition(SOURCE).line;
    const renditions = [...this.#timeline.renditions.values()].map(({ name, line }) =>
      recordedRendition(name, line, this.#timeline.facts.discontinuities, source),
    );
    const own = renditions[0]?.segments ?? [];
    const last = own.at(-1);
    return {
      token: this.token,
      folder: this.folder,
      durationMs: renditions[0]?.durationMs ?? 0,
      startedAtMs: own[0]?.wallClockMs,
      endedAtMs: last === undefined ? undefined : last.wallClockMs + last.durationMs,
      renditions,
    };
  }

  /** Lets go of the files without ending the class, which may be opened again; waiting players are let go too. */
  async close(): Promise<void> {
    this.#disown();
    await this.#enqueue(async () => {
      for (const own of this.#timeline.renditions.values()) {
        own.isFed = false;
        own.release();
      }
    });
    await this.#journal.close();
  }

  /** The list of renditions; undefined before anything can be played. */
  multivariant(kind: 'live' | 'dvr'): LiveText | undefined {
    return this.#timeline.multivariant(kind);
  }

  /**
   * A rendition's playlist at the live edge or from its first segment on, when it holds what is asked for. The latter has no
   * parts: there, waiting for one means waiting for its segment.
   *
   * @throws what the signal was aborted with
   */
  async playlist(
    rendition: string,
    list: 'live' | 'dvr',
    query: PlaylistQuery = {},
    signal?: AbortSignal,
  ): Promise<PlaylistAnswer> {
    const own = this.#timeline.renditions.get(rendition);
    if (own === undefined || own.isDropped) return { kind: 'unknown' };
    const asked = list === 'dvr' ? { number: query.number, skips: query.skips } : query;
    return own.playlist(list, asked, () => this.#timeline.reports(own), signal);
  }

  /**
   * Media by the name a playlist gives it; undefined when there is none.
   *
   * @throws what the signal was aborted with
   */
  async media(rendition: string, name: string, signal?: AbortSignal): Promise<LiveMedia | undefined> {
    return this.#timeline.renditions.get(rendition)?.media(name, signal);
  }

  /** No input of now may write any more. */
  #disown(): void {
    for (const own of this.#timeline.renditions.values()) own.input += 1;
  }

  #enqueue(step: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(step);
    this.#tail = done.catch(() => {});
    return done;
  }

  async #take(own: LiveRendition, cut: Cut, writtenAt: number): Promise<void> {
    if (cut.kind === 'init') this.#takeInit(own, cut);
    else if (cut.kind === 'part') await this.#takePart(own, cut, writtenAt);
    else this.#timeline.finish(own);
  }

  #takeInit(own: LiveRendition, cut: InitCut): void {
    const init = this.#timeline.addInit(own, cut);
    if (init === undefined) return;
    const { bytes, facts } = cut;
    this.#journal.init({ kind: 'init', rendition: own.name, init, sizeBytes: bytes.length, facts }, bytes);
  }

  async #takePart(own: LiveRendition, cut: PartCut, writtenAt: number): Promise<void> {
    const { open } = own.line;
    const place = this.#timeline.placeOf(own, cut);
    if (place === undefined) return;
    const { number, init } = place;
    const isNew = open?.number !== number;
    if (isNew && own.name === SOURCE) this.#journal.use(number);
    const index = isNew ? 0 : open.parts.length;
    const part = {
      durationMs: Math.round(cut.duration * 1000),
      isIndependent: cut.isIndependent,
      sizeBytes: cut.bytes.length,
    };
    const saved = this.#journal.part(
      {
        kind: 'part',
        rendition: own.name,
        segment: number,
        init,
        ...part,
        offset: isNew ? 0 : open.sizeBytes,
        startMs: cut.decodeTimeMs,
        wallClockMs: cut.wallClockMs,
      },
      cut.bytes,
    );
    let isLost = false;
    const noted = saved.then((isSaved) => {
      if (isSaved) return;
      isLost = true;
      own.line.lose(number, index);
    });
    await inTime(noted, writtenAt + DISK_PATIENCE_MS - performance.now());
    this.#timeline.add(own, place, part, cut, isLost);
  }
}

/** Waits for something, but no longer than so. */
async function inTime(work: Promise<unknown>, patienceMs: number): Promise<void> {
  if (patienceMs <= 0) return;
  const patience = new AbortController();
  const late = delay(patienceMs, undefined, { signal: patience.signal }).catch(() => {});
  await Promise.race([work, late]);
  patience.abort();
}
