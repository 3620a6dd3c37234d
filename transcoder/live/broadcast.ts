import { setTimeout as delay } from 'node:timers/promises';

import type { Cut, InitCut, PartCut } from './cut.ts';
import type { EventRecord, JournalRecord, PartRecord } from './journal-record.ts';
import { Journal, type JournalHooks } from './journal.ts';
import { formatLiveMultivariant, type LiveVariant } from './live-multivariant.ts';
import type { PlaylistQuery, RenditionReport } from './live-playlist.ts';
import {
  LiveRendition,
  type ClassFacts,
  type LiveMedia,
  type LiveText,
  type PlaylistAnswer,
} from './live-rendition.ts';
import { Discontinuities } from './live-segment.ts';
import { recordedRendition, type RecordingFacts } from './recording-facts.ts';
import type { SegmentPlace } from './segment-line.ts';

/** The rendition that is the encoder's own stream; it gives the numbers. */
export const SOURCE = 'source';

/** How a class is broadcast. */
export interface BroadcastOptions extends JournalHooks {
  /** The journal's, of this class alone; made when it is not there. */
  readonly folder: string;
  /** In every address; unique for the class and never used again, lest an edge hand out another lesson. */
  readonly token: string;
  /** Closed segments in the live playlists. Default 8. */
  readonly window?: number;
  /** Seconds the packager aims at. Default 0.5 and 2. */
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

/** A disk that does not answer for so long does not hold up the class: the part is announced before it is safe. */
const DISK_PATIENCE_MS = 1000;
/** How far a lower rendition's first picture may lie from the source's: one picture at 25 a second. */
const ALIGNMENT_MS = 40;
const NAME = /^[a-z0-9-]{1,20}$/;
const TOKEN = /^[a-z0-9]{8,64}$/;

/**
 * The HLS side of a class, for its whole life: renditions, playlists, numbers that never go back. Inputs come and go; between
 * two of them lies a discontinuity. Everything is journalled as it comes, so that a killed process opens it again where it was.
 */
export class Broadcast {
  readonly token: string;
  readonly folder: string;
  readonly #class: ClassFacts;
  readonly #renditions = new Map<string, LiveRendition>();
  readonly #journal: Journal;
  readonly #multivariants = new Map<string, LiveText>();
  readonly #segmentTargetS: number;
  #nextNumber: number;
  #tail: Promise<void> = Promise.resolve();

  private constructor(options: BroadcastOptions, journal: Journal, nextNumber: number) {
    this.token = options.token;
    this.folder = options.folder;
    this.#journal = journal;
    this.#nextNumber = nextNumber;
    this.#segmentTargetS = options.segmentTarget ?? 2;
    this.#class = {
      folder: options.folder,
      window: options.window ?? 8,
      discontinuities: new Discontinuities(),
      targetDurationS: Math.max(1, Math.round(this.#segmentTargetS)),
      partTargetMs: 1000 * (options.partTarget ?? 0.5),
      isEnded: false,
    };
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
    for (const record of records) broadcast.#replay(record);
    if (records.length > 0 && !broadcast.isEnded) broadcast.#interrupt();
    return broadcast;
  }

  get isEnded(): boolean {
    return this.#class.isEnded;
  }

  /** A playlist may be handed out: there is a whole segment of the source. */
  get isPlayable(): boolean {
    return this.#renditions.get(SOURCE)?.isPlayable === true;
  }

  /** Requests that are parked now. */
  get waiting(): number {
    let count = 0;
    for (const { waiters } of this.#renditions.values()) count += waiters.count;
    return count;
  }

  get position(): BroadcastPosition {
    const last = this.#renditions.get(SOURCE)?.line.last;
    if (last === undefined) return { endMs: 0, wallMs: 0 };
    return { endMs: last.startMs + last.durationMs, wallMs: last.wallClockMs + last.durationMs };
  }

  /** Names of the renditions that are in the multivariant playlist, the source first. */
  get renditions(): readonly string[] {
    return this.#playable().map(({ name }) => name);
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
    const own = this.#rendition(rendition);
    if (own.isDropped) throw new RangeError(`Rendition ${rendition} was dropped; use another name.`);
    own.input += 1;
    own.nominalBandwidth = hints.bandwidth ?? own.nominalBandwidth;
    const { input } = own;
    void this.#enqueue(async () => {
      if (rendition === SOURCE) {
        this.#break();
        own.announce();
      }
      own.isFed = true;
      own.isFinished = false;
    });
    return {
      // Decided at the call: what was written before an interruption is taken, though it waits for the disk.
      write: async (cut) => {
        if (own.input !== input) return;
        await this.#enqueue(async () => {
          if (!own.isDropped && !this.isEnded) await this.#take(own, cut);
        });
      },
    };
  }

  /** Nothing comes any more for now: all that is open is closed, and the discontinuity is at the tail at once. */
  async interrupt(): Promise<void> {
    this.#disown();
    await this.#enqueue(async () => this.#interrupt());
  }

  /** Takes a lower rendition out for good; its players are sent to another one. What was recorded of it stays. */
  drop(rendition: string): void {
    if (rendition === SOURCE) throw new RangeError('The source cannot be dropped.');
    const own = this.#rendition(rendition);
    void this.#enqueue(async () => {
      if (own.isDropped) return;
      this.#close(own);
      own.isDropped = true;
      own.isFed = false;
      this.#journal.note({ kind: 'drop', rendition });
      this.#multivariants.clear();
      own.release();
    });
  }

  /** Ends the class: every playlist gets its end, and everything is on the disk when this settles. */
  async end(): Promise<RecordingFacts> {
    this.#disown();
    await this.#enqueue(async () => {
      if (this.isEnded) return;
      for (const own of this.#renditions.values()) {
        this.#close(own);
        own.isFed = false;
      }
      this.#class.isEnded = true;
      this.#journal.note({ kind: 'end' });
      for (const own of this.#renditions.values()) own.release();
    });
    await this.#journal.flushed();
    return this.recording();
  }

  /** What lies on the disk by now. */
  recording(): RecordingFacts {
    const source = this.#rendition(SOURCE).line;
    const renditions = [...this.#renditions.values()].map(({ name, line }) =>
      recordedRendition(name, line, this.#class.discontinuities, source),
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
      for (const own of this.#renditions.values()) {
        own.isFed = false;
        own.release();
      }
    });
    await this.#journal.close();
  }

  /** The list of renditions; undefined before anything can be played. */
  multivariant(kind: 'live' | 'dvr'): LiveText | undefined {
    const kept = this.#multivariants.get(kind);
    if (kept !== undefined) return kept;
    const variants = this.#playable().flatMap((own): readonly LiveVariant[] => {
      const facts = own.line.inits.at(-1)?.facts;
      if (facts === undefined) return [];
      const { peak, average } = own.line.bandwidth;
      return [
        {
          name: own.name,
          facts,
          peakBandwidth: Math.max(peak, own.nominalBandwidth),
          averageBandwidth: average,
        },
      ];
    });
    if (variants[0]?.name !== SOURCE) return undefined;
    const file = kind === 'live' ? 'index.m3u8' : 'dvr.m3u8';
    const text = { text: formatLiveMultivariant(variants, file) };
    this.#multivariants.set(kind, text);
    return text;
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
    const own = this.#renditions.get(rendition);
    if (own === undefined || own.isDropped) return { kind: 'unknown' };
    const asked = list === 'dvr' ? { number: query.number, skips: query.skips } : query;
    return own.playlist(list, asked, () => this.#reports(own), signal);
  }

  /**
   * Media by the name a playlist gives it; undefined when there is none.
   *
   * @throws what the signal was aborted with
   */
  async media(rendition: string, name: string, signal?: AbortSignal): Promise<LiveMedia | undefined> {
    return this.#renditions.get(rendition)?.media(name, signal);
  }

  #playable(): readonly LiveRendition[] {
    return [...this.#renditions.values()].filter(({ isPlayable }) => isPlayable);
  }

  #reports(asking: LiveRendition): readonly RenditionReport[] {
    return this.#playable().flatMap((own) => (own === asking ? [] : (own.report ?? [])));
  }

  #rendition(name: string): LiveRendition {
    // The source is the first of the list, whoever asks first.
    for (const each of [SOURCE, name]) {
      if (!this.#renditions.has(each)) this.#renditions.set(each, new LiveRendition(each, this.#class));
    }
    return this.#renditions.get(name) as LiveRendition;
  }

  /** No input of now may write any more. */
  #disown(): void {
    for (const own of this.#renditions.values()) own.input += 1;
  }

  #enqueue(step: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(step);
    this.#tail = done.catch(() => {});
    return done;
  }

  async #take(own: LiveRendition, cut: Cut): Promise<void> {
    if (cut.kind === 'init') this.#takeInit(own, cut);
    else if (cut.kind === 'part') await this.#takePart(own, cut);
    else this.#finish(own);
  }

  #takeInit(own: LiveRendition, { bytes, facts }: InitCut): void {
    const { inits } = own.line;
    own.isFed = true;
    own.isFinished = false;
    // An encoder that comes back sends the same one.
    if (inits.at(-1)?.bytes?.equals(bytes) === true) return;
    inits.push({ facts, sizeBytes: bytes.length, bytes });
    this.#journal.init(
      { kind: 'init', rendition: own.name, init: inits.length - 1, sizeBytes: bytes.length, facts },
      bytes,
    );
    this.#multivariants.clear();
  }

  async #takePart(own: LiveRendition, cut: PartCut): Promise<void> {
    const place = this.#placeOf(own, cut);
    if (place === undefined) return;
    const { number, init } = place;
    const open = own.line.open?.number === number ? own.line.open : undefined;
    const index = open?.parts.length ?? 0;
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
        offset: open?.sizeBytes ?? 0,
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
    await inTime(noted, DISK_PATIENCE_MS);
    if (open === undefined) {
      this.#close(own);
      this.#fill(own, number);
      own.line.begin(place);
    }
    own.line.add(part, cut.bytes);
    if (isLost) own.line.lose(number, index);
    if (cut.endsSegment) this.#close(own);
    this.#widen(own);
    own.announce();
  }

  /** The segment that a part belongs to; undefined when it belongs to nothing that can still be told. */
  #placeOf(own: LiveRendition, cut: PartCut): SegmentPlace | undefined {
    const { open, last, inits } = own.line;
    if (open !== undefined && !cut.startsSegment) return open;
    const init = inits.length - 1;
    if (init < 0) return undefined;
    const place = { init, startMs: cut.decodeTimeMs, wallClockMs: cut.wallClockMs };
    if (own.name === SOURCE) {
      const number = this.#nextNumber;
      this.#nextNumber += 1;
      this.#journal.use(number);
      return { ...place, number };
    }
    const number = this.#rendition(SOURCE).line.around(cut.decodeTimeMs, ALIGNMENT_MS)?.number;
    if (number === undefined) return undefined;
    if (last === undefined || number > last.number) return { ...place, number };
    return open?.number === number && open.init === init ? open : undefined;
  }

  #close(own: LiveRendition): void {
    const { open } = own.line;
    if (open === undefined) return;
    own.line.close();
    this.#journal.note({ kind: 'close', rendition: own.name, segment: open.number });
    this.#multivariants.clear();
  }

  /** Uses up the numbers before `next` that a rendition has nothing for. */
  #fill(own: LiveRendition, next: number, isNoted = true): void {
    const source = this.#rendition(SOURCE).line;
    for (let last = own.line.last; last !== undefined && last.number + 1 < next; last = own.line.last) {
      const number = last.number + 1;
      const like = own.line === source ? undefined : source.at(number);
      const { startMs, wallClockMs, durationMs } = like ?? {
        startMs: last.startMs + last.durationMs,
        wallClockMs: last.wallClockMs + last.durationMs,
        durationMs: this.#segmentTargetS * 1000,
      };
      const place = { init: last.init, startMs, wallClockMs, durationMs };
      own.line.gap({ ...place, number }, durationMs);
      if (isNoted) this.#journal.note({ kind: 'gap', rendition: own.name, segment: number, ...place });
    }
  }

  /**
   * An input is over; the others go on. What a lower rendition has begun stays open until the source's input is over too, lest players see
   * a segment end that may go on.
   */
  #finish(own: LiveRendition): void {
    own.isFinished = true;
    if (own.name === SOURCE) this.#break();
    this.#settle(own);
  }

  #interrupt(): void {
    for (const own of this.#renditions.values()) {
      if (!own.isDropped) this.#finish(own);
    }
  }

  /** Closes what is open of the source and puts the discontinuity before the next number, unless it is there already. */
  #break(): void {
    const source = this.#rendition(SOURCE);
    this.#close(source);
    this.#fill(source, this.#nextNumber);
    if (source.line.last === undefined || this.#class.discontinuities.isBefore(this.#nextNumber)) return;
    this.#class.discontinuities.add(this.#nextNumber);
    this.#journal.note({ kind: 'break', segment: this.#nextNumber });
    for (const own of this.#renditions.values()) this.#settle(own);
  }

  /** Brings a rendition whose input is over up to the discontinuity, when there is one. */
  #settle(own: LiveRendition): void {
    if (!own.isFinished || own.isDropped || !this.#class.discontinuities.isBefore(this.#nextNumber)) return;
    this.#close(own);
    this.#fill(own, this.#nextNumber);
    own.isFed = false;
    own.release();
  }

  /** What the encoder really sends may be longer than what was aimed at; players are told no less. */
  #widen({ line }: LiveRendition): void {
    const facts = this.#class;
    facts.partTargetMs = Math.max(facts.partTargetMs, line.longestPartMs);
    facts.targetDurationS = Math.max(facts.targetDurationS, Math.round(line.longestSegmentMs / 1000));
  }

  #replay(record: JournalRecord): void {
    switch (record.kind) {
      case 'part':
        this.#replayPart(record);
        break;
      case 'init':
        this.#rendition(record.rendition).line.inits[record.init] = { ...record, bytes: undefined };
        break;
      case 'close': {
        // Written behind the first part of the next segment, which closes it too.
        const { line } = this.#rendition(record.rendition);
        if (line.open?.number === record.segment) line.close();
        break;
      }
      case 'gap':
        this.#replayGap(record);
        break;
      case 'trim':
        this.#rendition(record.rendition).line.trim(record.segment, record.parts);
        break;
      case 'break':
        this.#class.discontinuities.add(record.segment);
        break;
      case 'drop':
        this.#rendition(record.rendition).isDropped = true;
        break;
      case 'end':
        this.#class.isEnded = true;
        break;
    }
  }

  #replayPart(record: PartRecord): void {
    const own = this.#rendition(record.rendition);
    const { line } = own;
    if (line.open?.number !== record.segment) {
      if (line.last !== undefined && record.segment <= line.last.number) return;
      // A disk that was full has left holes: their numbers were in use all the same.
      line.close();
      this.#fill(own, record.segment, false);
      line.begin({ ...record, number: record.segment });
    }
    line.add(record, undefined);
    this.#widen(own);
  }

  /** A number that another line has told of already says nothing new. */
  #replayGap({ segment, durationMs, ...place }: EventRecord & { readonly kind: 'gap' }): void {
    const own = this.#rendition(place.rendition);
    if (own.line.last !== undefined && segment <= own.line.last.number) return;
    own.line.close();
    this.#fill(own, segment, false);
    own.line.gap({ ...place, number: segment }, durationMs);
  }
}

/** Waits for something, but no longer than so. */
async function inTime(work: Promise<unknown>, patienceMs: number): Promise<void> {
  const patience = new AbortController();
  const late = delay(patienceMs, undefined, { signal: patience.signal }).catch(() => {});
  await Promise.race([work, late]);
  patience.abort();
}
