import { TAG_TYPES, type FlvTag, type TagKind } from './flv-tag.ts';
import { LiveError } from './live-error.ts';

/** How much an {@link FlvReader} takes. */
export interface FlvReaderOptions {
  /** Bytes of the largest tag that is accepted; 8 MiB by default, far beyond a key picture of 4K. */
  readonly maxTagBytes?: number;
}

const DEFAULT_MAX_TAG = 8 * 2 ** 20;
/** Without the fields of later versions; the header says its own length. */
const SHORTEST_HEADER = 9;
const LONGEST_HEADER = 1024;
const BACK_POINTER = 4;
const TAG_HEADER = 11;

const KINDS: ReadonlyMap<number, TagKind> = new Map(
  Object.entries(TAG_TYPES).map(([kind, type]) => [type, kind as TagKind]),
);

/**
 * Reads tags out of FLV that arrives in pieces of any size, such as ffmpeg's standard output. It never holds more than one
 * unfinished tag.
 *
 * After an error the place in the stream is lost: every further call throws it again.
 */
export class FlvReader {
  readonly #maxTagBytes: number;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes that are still missing before it is worth looking again. */
  #wanted = SHORTEST_HEADER;
  readonly #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #hasHeader = false;
  #failure: LiveError | undefined;

  constructor(options: FlvReaderOptions = {}) {
    this.#maxTagBytes = options.maxTagBytes ?? DEFAULT_MAX_TAG;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @returns the tags that have become whole; their bodies share the memory of what was pushed
   * @throws {LiveError} `flv-unreadable` when this is no FLV or its tags do not follow each other, `flv-tag-too-large`
   */
  push(bytes: Buffer): readonly FlvTag[] {
    if (this.#failure !== undefined) throw this.#failure;
    this.#pieces.push(bytes);
    this.#pieceBytes += bytes.length;
    if (this.#pieceBytes < this.#wanted) return [];
    // Joined only when a tag is whole: a large one in small pieces would else be copied again and again.
    const [first = bytes] = this.#pieces;
    const joined = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces, this.#pieceBytes);
    this.#pieces.length = 0;
    this.#rest = joined;
    const tags: FlvTag[] = [];
    try {
      while (this.#readNext(tags));
    } catch (error) {
      this.#failure = error as LiveError;
      this.#rest = Buffer.alloc(0);
      // What came whole before the damage is still good; the error follows with the next bytes.
      if (tags.length === 0) throw error;
    }
    if (this.#rest.length > 0) this.#pieces.push(this.#rest);
    this.#pieceBytes = this.#rest.length;
    return tags;
  }

  /** @returns false when the next thing is not whole */
  #readNext(tags: FlvTag[]): boolean {
    const rest = this.#rest;
    if (!this.#hasHeader) return this.#readHeader(rest);
    if (rest.length < TAG_HEADER) return this.#want(TAG_HEADER);
    const kind = KINDS.get(rest[0] ?? 0);
    const length = rest.readUIntBE(1, 3);
    if (kind === undefined) throw unreadable(`a tag of type ${rest[0]}`);
    if (length > this.#maxTagBytes) {
      throw new LiveError(
        'flv-tag-too-large',
        `A tag of ${length} bytes is larger than the ${this.#maxTagBytes} that are accepted. Lower the encoder's bitrate or its picture size.`,
      );
    }
    const end = TAG_HEADER + length;
    if (rest.length < end + BACK_POINTER) return this.#want(end + BACK_POINTER);
    // Some writers leave it 0; any other wrong number means that the place in the stream is lost.
    const back = rest.readUInt32BE(end);
    if (back !== end && back !== 0) throw unreadable(`a tag of ${end} bytes that is said to have ${back}`);
    const timestampMs = rest.readUIntBE(4, 3) + (rest[7] ?? 0) * 2 ** 24;
    tags.push({ kind, timestampMs, body: rest.subarray(TAG_HEADER, end) });
    this.#rest = rest.subarray(end + BACK_POINTER);
    return true;
  }

  #readHeader(rest: Buffer): boolean {
    if (rest.length < SHORTEST_HEADER) return this.#want(SHORTEST_HEADER);
    if (rest.toString('latin1', 0, 3) !== 'FLV') throw unreadable('it does not begin with FLV');
    const length = rest.readUInt32BE(5);
    if (length < SHORTEST_HEADER || length > LONGEST_HEADER) throw unreadable(`a header of ${length} bytes`);
    if (rest.length < length + BACK_POINTER) return this.#want(length + BACK_POINTER);
    this.#hasHeader = true;
    this.#rest = rest.subarray(length + BACK_POINTER);
    return true;
  }

  #want(bytes: number): false {
    this.#wanted = bytes;
    return false;
  }
}

function unreadable(why: string): LiveError {
  return new LiveError(
    'flv-unreadable',
    `This is no FLV, or bytes of it are missing: ${why}. Start the stream again.`,
  );
}
