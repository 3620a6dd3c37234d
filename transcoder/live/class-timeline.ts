import type { InitCut, PartCut } from './cut.ts';
import type { EventRecord, JournalRecord, PartRecord } from './journal-record.ts';
import { formatLiveMultivariant, type LiveVariant } from './live-multivariant.ts';
import type { RenditionReport } from './live-playlist.ts';
import { LiveRendition, type ClassFacts, type LiveText } from './live-rendition.ts';
import type { LivePart } from './live-segment.ts';
import type { SegmentPlace } from './segment-line.ts';

/** The rendition that is the encoder's own stream; it gives the numbers. */
export const SOURCE = 'source';

/** How far a lower rendition's first picture may lie from the source's: one picture at 25 a second. */
const ALIGNMENT_MS = 40;

/**
 * Renditions, numbers and discontinuities of a class: what happens to one of them because of another. Everything here is done at
 * once; `note` writes down what a rebuilt class must know.
 */
export class ClassTimeline {
  readonly facts: ClassFacts;
  /** The source first, once there is one. */
  readonly renditions = new Map<string, LiveRendition>();
  readonly #multivariants = new Map<string, LiveText>();
  readonly #note: (record: EventRecord) => void;
  /** Of a segment that has no other measure. */
  readonly #segmentTargetMs: number;
  #nextNumber: number;

  constructor(facts: ClassFacts, nextNumber: number, note: (record: EventRecord) => void) {
    this.facts = facts;
    this.#segmentTargetMs = facts.targetDurationS * 1000;
    this.#nextNumber = nextNumber;
    this.#note = note;
  }

  /** Those that can be handed out, the source first. */
  playable(): readonly LiveRendition[] {
    return [...this.renditions.values()].filter(({ isPlayable }) => isPlayable);
  }

  /** How far the others have come. */
  reports(asking: LiveRendition): readonly RenditionReport[] {
    return this.playable().flatMap((own) => (own === asking ? [] : (own.report ?? [])));
  }

  /** A rendition by its name, made when it is new. */
  rendition(name: string): LiveRendition {
    // The source is the first of the list, whoever asks first.
    for (const each of [SOURCE, name]) {
      if (!this.renditions.has(each)) this.renditions.set(each, new LiveRendition(each, this.facts));
    }
    return this.renditions.get(name) as LiveRendition;
  }

  /** The list of renditions; undefined before anything can be played. */
  multivariant(kind: 'live' | 'dvr'): LiveText | undefined {
    const kept = this.#multivariants.get(kind);
    if (kept !== undefined) return kept;
    const variants = this.playable().flatMap((own): readonly LiveVariant[] => {
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

  /** The segment that a part belongs to; undefined when it belongs to nothing that can still be told. A new one of the source uses up a number. */
  placeOf(own: LiveRendition, cut: PartCut): SegmentPlace | undefined {
    const { open, last, inits } = own.line;
    if (open !== undefined && !cut.startsSegment) return open;
    const init = inits.length - 1;
    if (init < 0) return undefined;
    const place = { init, startMs: cut.decodeTimeMs, wallClockMs: cut.wallClockMs };
    if (own.name === SOURCE) {
      const number = this.#nextNumber;
      this.#nextNumber += 1;
      return { ...place, number };
    }
    const number = this.rendition(SOURCE).line.around(cut.decodeTimeMs, ALIGNMENT_MS)?.number;
    if (number === undefined) return undefined;
    if (last === undefined || number > last.number) return { ...place, number };
    return open?.number === number && open.init === init ? open : undefined;
  }

  #close(own: LiveRendition): void {
    const { open } = own.line;
    if (open === undefined) return;
    own.line.close();
    this.#note({ kind: 'close', rendition: own.name, segment: open.number });
    this.#multivariants.clear();
  }

  /** Uses up the numbers before `next` that a rendition has nothing for. */
  #fill(own: LiveRendition, next: number, isNoted = true): void {
    const source = this.rendition(SOURCE).line;
    for (let last = own.line.last; last !== undefined && last.number + 1 < next; last = own.line.last) {
      const number = last.number + 1;
      const like = own.line === source ? undefined : source.at(number);
      const { startMs, wallClockMs, durationMs } = like ?? {
        startMs: last.startMs + last.durationMs,
        wallClockMs: last.wallClockMs + last.durationMs,
        durationMs: this.#segmentTargetMs,
      };
      const place = { init: last.init, startMs, wallClockMs, durationMs };
      own.line.gap({ ...place, number }, durationMs);
      if (isNoted) this.#note({ kind: 'gap', rendition: own.name, segment: number, ...place });
    }
  }

  /** An input begins; a discontinuity, when it is the source's and not its first. */
  begin(own: LiveRendition): void {
    if (own.name === SOURCE) {
      this.#break();
      own.announce();
    }
    own.isFed = true;
    own.isFinished = false;
  }

  /** Takes an init segment; undefined when it is the one that holds anyway, as of an encoder that comes back. */
  addInit(own: LiveRendition, { bytes, facts }: InitCut): number | undefined {
    const { inits } = own.line;
    own.isFed = true;
    own.isFinished = false;
    if (inits.at(-1)?.bytes?.equals(bytes) === true) return undefined;
    inits.push({ facts, sizeBytes: bytes.length, bytes });
    this.#multivariants.clear();
    return inits.length - 1;
  }

  /** Takes a part into its segment, which it begins where `place` is not the open one, and tells whoever waits. */
  add(
    own: LiveRendition,
    place: SegmentPlace,
    part: Omit<LivePart, 'offset'>,
    { bytes, endsSegment }: PartCut,
    isLost: boolean,
  ): void {
    const { line } = own;
    if (line.open?.number !== place.number) {
      this.#close(own);
      this.#fill(own, place.number);
      line.begin(place);
    }
    line.add(part, bytes);
    if (isLost) line.lose(place.number, (line.open?.parts.length ?? 1) - 1);
    if (endsSegment) this.#close(own);
    this.#widen(own);
    own.announce();
  }

  /** Takes a rendition out for good. */
  drop(own: LiveRendition): void {
    if (own.isDropped) return;
    this.#close(own);
    own.isDropped = true;
    own.isFed = false;
    this.#note({ kind: 'drop', rendition: own.name });
    this.#multivariants.clear();
    own.release();
  }

  /** The class is over. */
  end(): void {
    if (this.facts.isEnded) return;
    for (const own of this.renditions.values()) {
      this.#close(own);
      own.isFed = false;
    }
    this.facts.isEnded = true;
    this.#note({ kind: 'end' });
    for (const own of this.renditions.values()) own.release();
  }

  /**
   * An input is over; the others go on. What a lower rendition has begun stays open until the source's input is over too, lest players see
   * a segment end that may go on.
   */
  finish(own: LiveRendition): void {
    own.isFinished = true;
    if (own.name === SOURCE) this.#break();
    this.#settle(own);
  }

  /** Every input is over. */
  interrupt(): void {
    for (const own of this.renditions.values()) {
      if (!own.isDropped) this.finish(own);
    }
  }

  /** Closes what is open of the source and puts the discontinuity before the next number, unless it is there already. */
  #break(): void {
    const source = this.rendition(SOURCE);
    this.#close(source);
    this.#fill(source, this.#nextNumber);
    if (source.line.last === undefined || this.facts.discontinuities.isBefore(this.#nextNumber)) return;
    this.facts.discontinuities.add(this.#nextNumber);
    this.#note({ kind: 'break', segment: this.#nextNumber });
    for (const own of this.renditions.values()) this.#settle(own);
  }

  /** Brings a rendition whose input is over up to the discontinuity, when there is one. */
  #settle(own: LiveRendition): void {
    if (!own.isFinished || own.isDropped || !this.facts.discontinuities.isBefore(this.#nextNumber)) return;
    this.#close(own);
    this.#fill(own, this.#nextNumber);
    own.isFed = false;
    own.release();
  }

  /** What the encoder really sends may be longer than what was aimed at; players are told no less. */
  #widen({ line }: LiveRendition): void {
    const facts = this.facts;
    facts.partTargetMs = Math.max(facts.partTargetMs, line.longestPartMs);
    facts.targetDurationS = Math.max(facts.targetDurationS, Math.round(line.longestSegmentMs / 1000));
  }

  /** Does again what the journal tells. */
  replay(record: JournalRecord): void {
    switch (record.kind) {
      case 'part':
        this.#replayPart(record);
        break;
      case 'init':
        this.rendition(record.rendition).line.inits[record.init] = { ...record, bytes: undefined };
        break;
      case 'close': {
        // Written behind the first part of the next segment, which closes it too.
        const { line } = this.rendition(record.rendition);
        if (line.open?.number === record.segment) line.close();
        break;
      }
      case 'gap':
        this.#replayGap(record);
        break;
      case 'trim':
        this.rendition(record.rendition).line.trim(record.segment, record.parts);
        break;
      case 'break':
        this.facts.discontinuities.add(record.segment);
        break;
      case 'drop':
        this.rendition(record.rendition).isDropped = true;
        break;
      case 'end':
        this.facts.isEnded = true;
        break;
    }
  }

  #replayPart(record: PartRecord): void {
    const own = this.rendition(record.rendition);
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
    const own = this.rendition(place.rendition);
    if (own.line.last !== undefined && segment <= own.line.last.number) return;
    own.line.close();
    this.#fill(own, segment, false);
    own.line.gap({ ...place, number: segment }, durationMs);
  }
}
