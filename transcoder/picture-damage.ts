import { TranscodeError } from './errors.ts';
import type { Job } from './job.ts';

/** Pictures of a source that were not as they should be; 0 and 0 for a sound one. */
export interface PictureDamage {
  /** Could not be decoded; the picture before is seen longer. */
  readonly lost: number;
  /** Decoded with holes, which were filled from their surroundings. */
  readonly patched: number;
}

/** A lecture may lose so much of its pictures; more, and it must be exported anew. */
const MOST_LOST = 0.05;
/** Less is not worth a word: every recording off the air has a few. */
const LEAST_TOLD_SECONDS = 1;

/** Counts damaged pictures by what ffmpeg complains of. */
export class DamageCounter {
  #lost = 0;
  #patched = 0;
  #decoded = 0;
  #last: 'lost' | 'patched' | undefined;

  /** Takes a line of stderr. */
  note(line: string): void {
    const repeated = /Last message repeated (\d+) times/.exec(line);
    if (repeated === null) {
      this.#last = /Error while decoding stream #0:/.test(line)
        ? 'lost'
        : /corrupt decoded frame in stream/.test(line)
          ? 'patched'
          : undefined;
    }
    const count = repeated === null ? 1 : Number(repeated[1]);
    if (this.#last === 'lost') this.#lost += count;
    if (this.#last === 'patched') this.#patched += count;
    const decoded = /\(video\): \d+ packets read .*; (\d+) frames decoded/.exec(line);
    if (decoded !== null) this.#decoded = Number(decoded[1]);
  }

  /** How many pictures were decoded, as ffmpeg tells at its end when it is told to be verbose. */
  get decoded(): number {
    return this.#decoded;
  }

  get damage(): PictureDamage {
    return { lost: this.#lost, patched: this.#patched };
  }
}

/** The damage in all finished spans of a generation; pure. */
export function damageOf(jobs: readonly Job[]): PictureDamage {
  const spans = jobs
    .filter((job) => job.kind === 'span' && job.state === 'done')
    .map(
      (job) =>
        (job.result as { readonly damage?: PictureDamage } | undefined)?.damage ?? { lost: 0, patched: 0 },
    );
  return {
    lost: spans.reduce((sum, { lost }) => sum + lost, 0),
    patched: spans.reduce((sum, { patched }) => sum + patched, 0),
  };
}

/** What the producer is told of the damage, in Chinese; pure. */
export function damageWarnings(damage: PictureDamage, picturesPerSecond: number): readonly string[] {
  const lost = damage.lost / picturesPerSecond;
  const patched = damage.patched / picturesPerSecond;
  return [
    ...(lost >= LEAST_TOLD_SECONDS
      ? [`原片约有 ${Math.round(lost)} 秒画面损坏、无法解码，已用前一帧补上。`]
      : []),
    ...(patched >= LEAST_TOLD_SECONDS
      ? [`原片约有 ${Math.round(patched)} 秒画面带有花屏，已尽量修补；如有完好的原片，请重新上传。`]
      : []),
  ];
}

/**
 * Refuses a lecture of which too much could not be decoded.
 *
 * @throws {TranscodeError} `damaged-media`
 */
export function checkDamage(damage: PictureDamage, pictureCount: number): void {
  if (damage.lost <= pictureCount * MOST_LOST) return;
  const percent = Math.round((damage.lost / pictureCount) * 100);
  throw new TranscodeError(
    'damaged-media',
    `${percent} % of the pictures cannot be decoded, and at most ${MOST_LOST * 100} % may be missing. Export the lecture anew from the original and upload that.`,
  );
}
