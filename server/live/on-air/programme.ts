import {
  LivePackager,
  type Broadcast,
  type Cut,
  type EncoderLight,
  type FlvTag,
} from '../../../transcoder/live/index.ts';
import type { KeyRole } from '../stream-key.ts';
import { goesOnAir, type AirTime } from './encoder-choice.ts';
import { EncoderFeed, meaningOf, type FeedSession } from './encoder-feed.ts';

/** Where a programme goes: a broadcast's inputs, and nothing else of it. */
export type ProgrammeOutput = Pick<Broadcast, 'begin' | 'interrupt' | 'drop' | 'position'>;

/** The sizes below the source's, made of the same tags. */
export interface LowerRenditions {
  push(tag: FlvTag): void;
  stop(): Promise<void>;
}

/** Where lower renditions go. */
export interface LowerRenditionsOptions {
  /** Tags of a lower rendition, stamped as the source's are. */
  readonly onTag: (rendition: string, tag: FlvTag) => void;
  /** It stops for a while, and goes on with its next tags. */
  readonly onInterrupted: (rendition: string) => void;
  /** It is given up for the rest of the input. */
  readonly onDropped: (rendition: string, why: string) => void;
}

/** What a programme is told and what it tells. */
export interface ProgrammeOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Where the pictures go; asked at each key picture, so that what it says holds from the next one on. */
  readonly output: () => ProgrammeOutput;
  /** `undefined` where the class has no lower renditions. */
  readonly openLower?: ((options: LowerRenditionsOptions) => LowerRenditions | undefined) | undefined;
  /** An input begins; times are its first picture's, epoch milliseconds and on the class's time line. */
  onBegin?(output: ProgrammeOutput, input: { readonly wallMs: number; readonly mediaMs: number }): void;
  /** An input has ended; with the same `wallMs`, and the end of its last picture. */
  onEnd?(output: ProgrammeOutput, input: { readonly wallMs: number; readonly untilWallMs: number }): void;
  /** A rendition is given up, or something could not be written. */
  onTrouble?(what: string, error: unknown): void;
}

/** How long an encoder that sends sound has to show that there will be no picture. */
const SOUND_ALONE_MS = 1000;

interface Line {
  endMs: number;
  wallMs: number;
}

interface Input {
  readonly feed: EncoderFeed;
  readonly output: ProgrammeOutput;
  readonly packager: LivePackager;
  readonly line: Line;
  readonly wallMs: number;
  write(cuts: readonly Cut[]): void;
  lower: LowerRenditions | undefined;
}

/**
 * What goes out of a class: of the encoders that are connected, the one that is on the air, cut into segments. All of them are
 * heard, so that the other one can take over at its next key picture.
 *
 * Nothing here waits: what an encoder sends is packaged as it comes, and written behind its back.
 */
export class Programme {
  readonly #options: ProgrammeOptions;
  readonly #feeds = new Map<string, EncoderFeed>();
  readonly #lines = new WeakMap<ProgrammeOutput, Line>();
  /** Renditions that were sent, and those of them that never will be again. */
  readonly #begun = new Set<string>();
  readonly #givenUp = new Set<string>();
  readonly #stopping = new Set<Promise<void>>();
  #input: Input | undefined;
  #wish: KeyRole | undefined;
  #breakSinceMs: number | undefined;

  constructor(options: ProgrammeOptions) {
    this.#options = options;
  }

  /** The encoder whose pictures go out. */
  get onAir(): EncoderFeed | undefined {
    return this.#input?.feed;
  }

  /** Every encoder that is connected. */
  get feeds(): readonly EncoderFeed[] {
    return [...this.#feeds.values()];
  }

  /** What the operator asked for and was not obeyed yet. */
  get wish(): KeyRole | undefined {
    return this.#wish;
  }

  /** What the encoder on the air sends, and what is wrong with it; of the only one that is connected while none is. */
  get light(): EncoderLight | undefined {
    return this.#input === undefined ? this.feeds[0]?.light : this.#input.packager.light;
  }

  /** The same of any encoder that is connected. */
  lightOf(feed: EncoderFeed): EncoderLight {
    return this.#input?.feed === feed ? this.#input.packager.light : feed.light;
  }

  /** Whether pictures go to this output now. */
  isFeeding(output: ProgrammeOutput): boolean {
    return this.#input?.output === output;
  }

  /** An encoder is connected. */
  add(session: FeedSession): void {
    this.#feeds.set(session.id, new EncoderFeed(session));
  }

  /** Takes what an encoder sent. Unknown sessions are not heard. */
  push(sessionId: string, tag: FlvTag): void {
    const feed = this.#feeds.get(sessionId);
    if (feed === undefined) return;
    const nowMs = this.#options.now();
    const meaning = meaningOf(tag);
    feed.note(tag, meaning, nowMs);
    const mayBegin =
      meaning === 'key-picture' ||
      (meaning === 'sound' && !feed.hasPicture && nowMs - feed.session.startedAt >= SOUND_ALONE_MS);
    if (mayBegin && this.#begins(feed, nowMs)) this.#begin(feed, nowMs);
    const input = this.#input;
    if (input?.feed !== feed) {
      feed.watch(tag);
      return;
    }
    if (meaning === 'picture' || meaning === 'key-picture' || meaning === 'sound')
      for (const other of this.#feeds.values()) if (other !== feed) other.noteOnAirHeard();
    input.write(input.packager.push(tag));
    input.lower?.push(tag);
  }

  /** An encoder is gone. When it was on the air, players are told at once that something else will follow. */
  remove(sessionId: string): void {
    const feed = this.#feeds.get(sessionId);
    this.#feeds.delete(sessionId);
    if (feed === undefined) return;
    if (this.#wish === feed.session.role) this.#wish = undefined;
    if (this.#input?.feed !== feed) return;
    const { output } = this.#input;
    this.#end();
    this.#breakSinceMs = this.#options.now();
    output.interrupt().catch((error: unknown) => this.#trouble('the interruption', error));
  }

  /** Puts the encoder with this key on the air at its next key picture. */
  switchTo(role: KeyRole): void {
    this.#wish = this.#input?.feed.session.role === role ? undefined : role;
  }

  /** Ends what goes out; nothing begins any more. What makes the lower renditions may take a moment longer. */
  async stop(): Promise<void> {
    this.end();
    await Promise.all(this.#stopping);
  }

  /** The same, and nothing is waited for. */
  end(): void {
    this.#end();
    this.#feeds.clear();
  }

  #begins(feed: EncoderFeed, nowMs: number): boolean {
    const candidate = feed.facts;
    if (candidate === undefined) return false;
    // The same encoder goes on, unless its pictures are to go elsewhere from now on.
    if (this.#input?.feed === feed) return this.#input.output !== this.#options.output();
    const onAir = this.#input?.feed.facts;
    const other = this.feeds.find((one) => one !== feed && one !== this.#input?.feed)?.facts;
    const air: AirTime = {
      ...(onAir !== undefined && { onAir }),
      ...(other !== undefined && { other }),
      ...(this.#wish !== undefined && { wish: this.#wish }),
      ...(this.#breakSinceMs !== undefined && { breakSinceMs: this.#breakSinceMs }),
    };
    return goesOnAir(candidate, air, nowMs);
  }

  #begin(feed: EncoderFeed, nowMs: number): void {
    const output = this.#options.output();
    const before = this.#input?.output;
    this.#end();
    if (before !== undefined && before !== output)
      before.interrupt().catch((error: unknown) => this.#trouble('the interruption', error));
    if (this.#wish === feed.session.role) this.#wish = undefined;
    this.#breakSinceMs = undefined;
    const line = this.#lineOf(output);
    const start = { mediaMs: line.endMs, wallMs: Math.max(nowMs, line.wallMs) };
    const packager = new LivePackager({ startsAtMs: start.mediaMs, startsAtWallMs: start.wallMs });
    const source = output.begin('source');
    const input: Input = {
      feed,
      output,
      packager,
      line,
      wallMs: start.wallMs,
      lower: undefined,
      write: (cuts) => {
        for (const cut of cuts) {
          if (cut.kind === 'part') {
            line.endMs = cut.decodeTimeMs + Math.round(cut.duration * 1000);
            line.wallMs = cut.wallClockMs + Math.round(cut.duration * 1000);
          }
          source.write(cut).catch((error: unknown) => this.#trouble('a part', error));
        }
      },
    };
    this.#input = input;
    input.lower = this.#options.openLower?.(this.#lowerOf(input));
    this.#options.onBegin?.(output, start);
    for (const description of feed.descriptions) {
      input.write(packager.push(description));
      input.lower?.push(description);
    }
  }

  #lowerOf({ packager, output }: Input): LowerRenditionsOptions {
    const inputs = new Map<
      string,
      { readonly packager: LivePackager; readonly write: (cuts: readonly Cut[]) => void }
    >();
    return {
      onTag: (rendition, tag) => {
        if (this.#givenUp.has(rendition) || this.#input?.packager !== packager) return;
        let own = inputs.get(rendition);
        if (own === undefined) {
          const target = output.begin(rendition);
          this.#begun.add(rendition);
          own = {
            packager: new LivePackager({ follows: packager }),
            write: (cuts) => {
              for (const cut of cuts)
                target.write(cut).catch((error: unknown) => this.#trouble(`a part of ${rendition}`, error));
            },
          };
          inputs.set(rendition, own);
        }
        own.write(own.packager.push(tag));
      },
      onInterrupted: (rendition) => {
        const own = inputs.get(rendition);
        if (own !== undefined && this.#input?.packager === packager) own.write(own.packager.end());
      },
      onDropped: (rendition, why) => {
        // What was never sent is missed by nobody, and the next encoder may be another.
        if (!this.#begun.has(rendition) || this.#givenUp.has(rendition)) return;
        this.#givenUp.add(rendition);
        output.drop(rendition);
        this.#trouble(`${rendition}, which is given up`, new Error(why));
      },
    };
  }

  #end(): void {
    const input = this.#input;
    if (input === undefined) return;
    this.#input = undefined;
    input.write(input.packager.end());
    if (input.lower !== undefined) this.#stopLower(input.lower);
    this.#options.onEnd?.(input.output, { wallMs: input.wallMs, untilWallMs: input.line.wallMs });
  }

  #stopLower(lower: LowerRenditions): void {
    const stopping = lower.stop().catch((error: unknown) => this.#trouble('the lower renditions', error));
    this.#stopping.add(stopping);
    void stopping.then(() => this.#stopping.delete(stopping));
  }

  /** Where the next input begins: where the last one ended, whoever sent it and however long that is ago. */
  #lineOf(output: ProgrammeOutput): Line {
    let line = this.#lines.get(output);
    if (line === undefined) {
      line = { ...output.position };
      this.#lines.set(output, line);
    }
    return line;
  }

  #trouble(what: string, error: unknown): void {
    this.#options.onTrouble?.(what, error);
  }
}
