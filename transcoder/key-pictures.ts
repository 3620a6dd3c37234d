import { open } from 'node:fs/promises';

import type { ByteRange } from '../storage/index.ts';
import { TranscodeError } from './errors.ts';
import { byteStreamOf, sampleFormatOf } from './h264.ts';
import type { ObjectReader } from './object-reader.ts';
import type { SegmentRun } from './segment-run.ts';

/** One segment of a finished rendition, and where its bytes lie. */
export interface SegmentPlace {
  readonly run: SegmentRun;
  /** In the run's object. */
  readonly range: ByteRange;
  /** Of the key picture it begins with, in the run's object. */
  readonly keyPicture: ByteRange;
}

/** Every segment of a rendition in order; pure. */
export function segmentPlaces(runs: readonly SegmentRun[]): readonly SegmentPlace[] {
  return runs.flatMap((run) => {
    let offset = run.initBytes;
    return run.segments.map(([, length, keyOffset, keyBytes]) => {
      const range = { offset, length };
      const keyPicture = { offset: offset + keyOffset, length: keyBytes };
      offset += length;
      return { run, range, keyPicture };
    });
  });
}

/** Reads as little of finished renditions as is wanted. */
export class SegmentReader {
  readonly #read: ObjectReader;
  readonly #signal: AbortSignal | undefined;
  readonly #inits = new Map<string, Buffer>();

  constructor(read: ObjectReader, signal?: AbortSignal) {
    this.#read = read;
    this.#signal = signal;
  }

  /** A segment behind its init segment: a file that plays. */
  async segment(place: SegmentPlace): Promise<Buffer> {
    return Buffer.concat([
      await this.#init(place.run),
      await this.#read(place.run.name, place.range, this.#signal),
    ]);
  }

  /**
   * Writes the key pictures of these segments into one file, as a byte stream (ITU-T H.264 annex B): one range of some
   * kilobytes each is all that is read.
   *
   * @throws {TranscodeError} `output-invalid` when a run is no H.264
   */
  async writeKeyPictures(places: readonly SegmentPlace[], path: string): Promise<void> {
    const file = await open(path, 'w');
    try {
      for (const { run, keyPicture } of places) {
        const format = sampleFormatOf(await this.#init(run));
        if (format === undefined) {
          throw new TranscodeError('output-invalid', `Cannot take pictures: ${run.name} is no H.264.`);
        }
        await file.write(byteStreamOf(await this.#read(run.name, keyPicture, this.#signal), format));
      }
    } finally {
      await file.close();
    }
  }

  async #init(run: SegmentRun): Promise<Buffer> {
    const known = this.#inits.get(run.initSha256);
    if (known !== undefined) return known;
    const init = await this.#read(run.name, { offset: 0, length: run.initBytes }, this.#signal);
    this.#inits.set(run.initSha256, init);
    return init;
  }
}
