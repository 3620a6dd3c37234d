import type { Cut, InitCut, InputFacts, PartCut } from 'yuanjiao/live';

export const SOME_FACTS: InputFacts = {
  codecs: 'avc1.64001f,mp4a.40.2',
  size: { width: 1280, height: 720 },
  hasVideo: true,
  hasAudio: true,
};

/** An init segment of no particular media. */
export function initCut(text = 'init', facts = SOME_FACTS): InitCut {
  return { kind: 'init', bytes: Buffer.from(text), facts };
}

/** Cuts as a packager makes them of a steady encoder, with bytes that say where they belong. */
export class SteadyCuts {
  readonly #name: string;
  readonly #partsASegment: number;
  readonly #partMs: number;
  readonly #wallAtZeroMs: number;
  readonly #padding: Buffer;
  #made = 0;
  #atMs: number;

  constructor(
    name: string,
    {
      partsASegment = 4,
      partMs = 500,
      startsAtMs = 0,
      wallAtZeroMs = Date.parse('2026-11-25T06:30:00Z'),
      paddingBytes = 0,
    } = {},
  ) {
    this.#name = name;
    this.#partsASegment = partsASegment;
    this.#partMs = partMs;
    this.#atMs = startsAtMs;
    this.#wallAtZeroMs = wallAtZeroMs;
    this.#padding = Buffer.alloc(paddingBytes, '.');
  }

  /** Where the next part begins on the class's time line. */
  get atMs(): number {
    return this.#atMs;
  }

  part(): PartCut {
    const startsSegment = this.#made % this.#partsASegment === 0;
    const cut: PartCut = {
      kind: 'part',
      bytes: Buffer.concat([Buffer.from(`${this.#name} ${this.#atMs};`), this.#padding]),
      duration: this.#partMs / 1000,
      isIndependent: startsSegment,
      startsSegment,
      endsSegment: this.#made % this.#partsASegment === this.#partsASegment - 1,
      decodeTimeMs: this.#atMs,
      wallClockMs: this.#wallAtZeroMs + this.#atMs,
    };
    this.#made += 1;
    this.#atMs += this.#partMs;
    return cut;
  }

  parts(count: number): readonly PartCut[] {
    return Array.from({ length: count }, () => this.part());
  }
}

/** Writes cuts one after another. */
export async function writeAll(
  input: { write(cut: Cut): Promise<void> },
  cuts: readonly Cut[],
): Promise<void> {
  for (const cut of cuts) await input.write(cut);
}
