import type { FlvTag, TagKind } from '../../../transcoder/live/index.ts';
import type { LiveClassId } from '../live-class.ts';
import type { AdmittedKey, KeyRole } from '../stream-key.ts';
import type { GoneReason, RefusalReason } from './endings.ts';
import type { RefusedFacts } from './guard.ts';
import type { IngestLimits } from './limits.ts';

/** Where the ingest process listens. */
export interface ListeningPlace {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls?: { readonly port: number; readonly keyFile: string; readonly certFile: string };
}

/** What the server tells the ingest process. */
export type Order =
  | {
      readonly kind: 'begin';
      readonly place: ListeningPlace;
      readonly limits: IngestLimits;
      readonly beatMs: number;
      readonly certificateCheckMs: number;
    }
  | { readonly kind: 'admit'; readonly keys: readonly AdmittedKey[] }
  | { readonly kind: 'cut'; readonly channel: number; readonly why: GoneReason };

/** Totals since the ingest process began. */
export interface Beat {
  readonly kind: 'beat';
  readonly connections: number;
  readonly publishers: number;
  readonly receivedBytes: number;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
}

/** What the ingest process tells the server. */
export type Report =
  | { readonly kind: 'listening'; readonly isSecure: boolean; readonly port: number }
  | { readonly kind: 'trouble'; readonly what: Trouble; readonly detail: string }
  | { readonly kind: 'certificate'; readonly until: number }
  | {
      readonly kind: 'published';
      /** Names the session in tags and orders; never used twice by one process. */
      readonly channel: number;
      readonly classId: LiveClassId;
      readonly role: KeyRole;
      readonly address: string;
      readonly startedAt: number;
      readonly encoder?: string;
    }
  | { readonly kind: 'gone'; readonly channel: number; readonly why: GoneReason; readonly detail?: string }
  | ({ readonly kind: 'refused'; readonly why: RefusalReason } & RefusedFacts)
  | Beat;

/** What keeps the ingest process from its work: an address it cannot have, or a certificate it cannot use. */
export type Trouble = 'port' | 'tls-port' | 'certificate';

/** One message on the pipe between the two. */
export type Message<Note> =
  | { readonly kind: 'note'; readonly note: Note }
  | { readonly kind: 'tag'; readonly channel: number; readonly tag: FlvTag };

const LENGTH_BYTES = 4;
const NOTE = 1;
const TAG = 2;
/** Kind, channel, kind of tag, timestamp. */
const TAG_HEAD_BYTES = 1 + 4 + 1 + 4;
const KIND_CODES: Readonly<Record<TagKind, number>> = { audio: 8, video: 9, data: 18 };
const KINDS: ReadonlyMap<number, TagKind> = new Map(
  Object.entries(KIND_CODES).map(([kind, code]) => [code, kind as TagKind]),
);
/** A message above this is no message of ours. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** A note as bytes: length, kind, JSON. */
export function noteBytes(note: Order | Report): Buffer {
  const text = Buffer.from(JSON.stringify(note));
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + 1 + text.length);
  bytes.writeUInt32BE(1 + text.length, 0);
  bytes[LENGTH_BYTES] = NOTE;
  text.copy(bytes, LENGTH_BYTES + 1);
  return bytes;
}

/** A tag as bytes; copied, so the tag's own may be used again. */
export function tagBytes(channel: number, { kind, timestampMs, body }: FlvTag): Buffer {
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + TAG_HEAD_BYTES + body.length);
  bytes.writeUInt32BE(TAG_HEAD_BYTES + body.length, 0);
  bytes[4] = TAG;
  bytes.writeUInt32BE(channel, 5);
  bytes[9] = KIND_CODES[kind];
  bytes.writeUInt32BE(timestampMs, 10);
  body.copy(bytes, LENGTH_BYTES + TAG_HEAD_BYTES);
  return bytes;
}

/** Takes the pipe's bytes apart. */
export class MessageReader<Note extends Order | Report> {
  #waiting: Buffer[] = [];
  #waitingBytes = 0;

  /**
   * Every message that is whole by now.
   *
   * @throws {Error} when the other side does not speak this language
   */
  push(bytes: Buffer): readonly Message<Note>[] {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    const messages: Message<Note>[] = [];
    for (let length = this.#nextLength(); length !== undefined; length = this.#nextLength()) {
      messages.push(readMessage(this.#take(LENGTH_BYTES + length).subarray(LENGTH_BYTES)));
    }
    return messages;
  }

  /** The length of the next message, once all of it is here. */
  #nextLength(): number | undefined {
    if (this.#waitingBytes < LENGTH_BYTES) return undefined;
    if ((this.#waiting[0]?.length ?? 0) < LENGTH_BYTES) this.#waiting = [Buffer.concat(this.#waiting)];
    const length = this.#waiting[0]?.readUInt32BE(0) ?? 0;
    if (length < 1 || length > MAX_MESSAGE_BYTES) throw new Error(`A message of ${length} bytes`);
    return this.#waitingBytes < LENGTH_BYTES + length ? undefined : length;
  }

  #take(size: number): Buffer {
    const [first] = this.#waiting;
    const all = first !== undefined && first.length >= size ? first : Buffer.concat(this.#waiting);
    const rest = all === first ? this.#waiting.slice(1) : [];
    if (all.length > size) rest.unshift(all.subarray(size));
    this.#waiting = rest;
    this.#waitingBytes -= size;
    return all.subarray(0, size);
  }
}

function readMessage<Note>(bytes: Buffer): Message<Note> {
  if (bytes[0] === NOTE) return { kind: 'note', note: JSON.parse(bytes.toString('utf8', 1)) as Note };
  const kind = KINDS.get(bytes[5] ?? 0);
  if (bytes[0] !== TAG || bytes.length < TAG_HEAD_BYTES || kind === undefined)
    throw new Error(`A message of kind ${bytes[0]}`);
  return {
    kind: 'tag',
    channel: bytes.readUInt32BE(1),
    tag: { kind, timestampMs: bytes.readUInt32BE(6), body: bytes.subarray(TAG_HEAD_BYTES) },
  };
}
