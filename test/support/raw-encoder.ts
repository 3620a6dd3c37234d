import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { until } from './until.ts';

/** A value of AMF0, as far as encoders use it. */
export type Amf = string | number | boolean | null | { readonly [name: string]: Amf };

/** A command that the server sent, such as `onStatus` or `_result`. */
export interface ServerCommand {
  readonly name: string;
  readonly values: readonly unknown[];
}

const HANDSHAKE_BYTES = 1 + 1536 + 1536;
const COMMAND = 20;

/**
 * RTMP spoken by hand, apart from any library, so that everything can be said wrongly: what is sent is exactly what the test says.
 * Adobe's RTMP specification 1.0, §5.2 (handshake), §5.3 (chunks), §7.2 (commands).
 */
export class RawEncoder {
  readonly socket: Socket;
  readonly commands: ServerCommand[] = [];
  /** Sequence numbers of the server's acknowledgements. */
  readonly acknowledgements: number[] = [];
  isClosed = false;
  #received = Buffer.alloc(0);
  #isGreeted = false;
  #inChunkSize = 128;
  #outChunkSize = 128;
  readonly #streams = new Map<number, { length: number; type: number; bytes: Buffer }>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#read();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  /** Opens a connection and says nothing. */
  static async open(port: number, options: { readonly isSecure?: boolean; readonly host?: string } = {}) {
    const place = { port, host: options.host ?? '127.0.0.1' };
    const socket =
      options.isSecure === true
        ? connectTls({ ...place, rejectUnauthorized: false })
        : connectTcp({ ...place, noDelay: true });
    const encoder = new RawEncoder(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once(options.isSecure === true ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
    });
    return encoder;
  }

  /** Opens a connection and publishes; `code` of the server's answer says whether it may. */
  static async publish(
    port: number,
    key: string,
    options: { readonly isSecure?: boolean; readonly app?: string } = {},
  ) {
    const encoder = await RawEncoder.open(port, options);
    await encoder.greet();
    encoder.connect(options.app ?? 'live');
    encoder.command('createStream', 4, null);
    encoder.command('publish', 5, null, key, 'live');
    const code = await until(
      'an answer to "publish"',
      () => encoder.status ?? (encoder.isClosed && 'closed'),
    );
    return { encoder, code };
  }

  /** The code of the latest `onStatus`. */
  get status(): string | undefined {
    const latest = this.commands.findLast(({ name }) => name === 'onStatus');
    return (latest?.values[2] as { readonly code?: string } | undefined)?.code;
  }

  send(bytes: Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** C0, C1, and C2 once the server has answered. */
  async greet(): Promise<void> {
    this.send(Buffer.concat([Buffer.from([3]), Buffer.alloc(1536)]));
    await until('the handshake', () => this.#isGreeted || (this.isClosed && 'closed'));
    this.send(Buffer.alloc(1536));
  }

  connect(app: string, facts: { readonly [name: string]: Amf } = {}): void {
    this.command('connect', 1, { app, type: 'nonprivate', tcUrl: `rtmp://127.0.0.1/${app}`, ...facts });
  }

  command(name: string, transaction: number, ...values: readonly Amf[]): void {
    this.message(COMMAND, Buffer.concat([name, transaction, ...values].map((value) => amfBytes(value))), {
      chunkStream: 3,
      streamId: name === 'publish' || name === 'play' ? 1 : 0,
    });
  }

  /** Says that chunks will be larger from here on. */
  setChunkSize(size: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(size);
    this.message(1, bytes, { chunkStream: 2, streamId: 0 });
    this.#outChunkSize = size;
  }

  video(timestampMs: number, body: Buffer): void {
    this.message(9, body, { chunkStream: 6, timestampMs });
  }

  audio(timestampMs: number, body: Buffer): void {
    this.message(8, body, { chunkStream: 4, timestampMs });
  }

  /** A whole message, as a chunk of type 0 and what follows it. */
  message(
    type: number,
    body: Buffer,
    place: { readonly chunkStream: number; readonly streamId?: number; readonly timestampMs?: number },
  ): void {
    this.send(messageBytes(type, body, { chunkSize: this.#outChunkSize, ...place }));
  }

  close(): void {
    this.socket.destroy();
  }

  #read(): void {
    if (!this.#isGreeted) {
      if (this.#received.length < HANDSHAKE_BYTES) return;
      this.#received = this.#received.subarray(HANDSHAKE_BYTES);
      this.#isGreeted = true;
    }
    while (this.#readChunk());
  }

  /** The server uses small chunk streams, and full headers to begin messages. */
  #readChunk(): boolean {
    const first = this.#received[0];
    if (first === undefined) return false;
    const [chunkStream, hasHeader] = [first & 0x3f, first >> 6 === 0];
    const headerBytes = hasHeader ? 12 : 1;
    if (this.#received.length < headerBytes) return false;
    if (hasHeader && !this.#streams.has(chunkStream)) {
      this.#streams.set(chunkStream, {
        length: this.#received.readUIntBE(4, 3),
        type: this.#received[7] ?? 0,
        bytes: Buffer.alloc(0),
      });
    }
    const message = this.#streams.get(chunkStream);
    if (message === undefined)
      throw new Error(`a chunk that begins nothing: ${this.#received.toString('hex')}`);
    const size = Math.min(this.#inChunkSize, message.length - message.bytes.length);
    if (this.#received.length < headerBytes + size) return false;
    message.bytes = Buffer.concat([message.bytes, this.#received.subarray(headerBytes, headerBytes + size)]);
    this.#received = this.#received.subarray(headerBytes + size);
    if (message.bytes.length === message.length) {
      this.#streams.delete(chunkStream);
      this.#take(message.type, message.bytes);
    }
    return true;
  }

  #take(type: number, bytes: Buffer): void {
    if (type === 1) this.#inChunkSize = bytes.readUInt32BE();
    if (type === 3) this.acknowledgements.push(bytes.readUInt32BE());
    if (type !== COMMAND) return;
    const [name, ...values] = amfValues(bytes);
    this.commands.push({ name: String(name), values });
  }
}

/** The chunks of one message. */
export function messageBytes(
  type: number,
  body: Buffer,
  place: {
    readonly chunkStream: number;
    readonly streamId?: number;
    readonly timestampMs?: number;
    readonly chunkSize?: number;
    /** What the header claims, where that is not true. */
    readonly length?: number;
  },
): Buffer {
  const { chunkStream, streamId = 1, timestampMs = 0, chunkSize = 128, length = body.length } = place;
  const header = Buffer.alloc(12);
  header[0] = chunkStream;
  const extended = Buffer.alloc(timestampMs >= 0xff_ff_ff ? 4 : 0);
  if (extended.length > 0) extended.writeUInt32BE(timestampMs);
  header.writeUIntBE(Math.min(timestampMs, 0xff_ff_ff), 1, 3);
  header.writeUIntBE(length, 4, 3);
  header[7] = type;
  header.writeUInt32LE(streamId, 8);
  const parts = [header, extended, body.subarray(0, chunkSize)];
  for (let at = chunkSize; at < body.length; at += chunkSize) {
    parts.push(Buffer.from([0xc0 | chunkStream]), extended, body.subarray(at, at + chunkSize));
  }
  return Buffer.concat(parts);
}

/** A value in AMF0. */
export function amfBytes(value: Amf): Buffer {
  if (value === null) return Buffer.from([5]);
  if (typeof value === 'boolean') return Buffer.from([1, value ? 1 : 0]);
  if (typeof value === 'string') return Buffer.concat([Buffer.from([2]), amfName(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  const fields = Object.entries(value).flatMap(([name, inner]) => [amfName(name), amfBytes(inner)]);
  return Buffer.concat([Buffer.from([3]), ...fields, Buffer.from([0, 0, 9])]);
}

function amfName(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function amfValues(bytes: Buffer): readonly unknown[] {
  const values: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    const [value, end] = amfValue(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
}

function amfValue(bytes: Buffer, at: number): readonly [value: unknown, end: number] {
  switch (bytes[at]) {
    case 0:
      return [bytes.readDoubleBE(at + 1), at + 9];
    case 1:
      return [bytes[at + 1] !== 0, at + 2];
    case 2: {
      const end = at + 3 + bytes.readUInt16BE(at + 1);
      return [bytes.toString('utf8', at + 3, end), end];
    }
    case 3: {
      const fields: Record<string, unknown> = {};
      let next = at + 1;
      while (bytes.readUIntBE(next, 3) !== 9) {
        const valueAt = next + 2 + bytes.readUInt16BE(next);
        const name = bytes.toString('utf8', next + 2, valueAt);
        [fields[name], next] = amfValue(bytes, valueAt);
      }
      return [fields, next + 3];
    }
    case 5:
    case 6:
      return [null, at + 1];
    case undefined:
    default:
      throw new Error(`AMF0 of kind ${bytes[at]}`);
  }
}
