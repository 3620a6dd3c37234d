import amf from 'node-media-server/src/protocol/amf.js';
import logger from 'node-media-server/src/core/logger.js';
import Rtmp from 'node-media-server/src/protocol/rtmp.js';

import type { FlvTag, TagKind } from '../../../transcoder/live/index.ts';
import type { StatusWords } from './endings.ts';

// It prints what strangers send, without a limit.
logger.log = () => {};

/** What a conversation asks and tells. */
export interface RtmpListener {
  /** Bytes for the peer. */
  write(bytes: Buffer): void;
  /**
   * The peer wants to publish to `/<address>`, such as `live/<key>`, without a query.
   *
   * @returns undefined when it may; otherwise what it is told
   */
  publish(address: string, software: string | undefined): StatusWords | undefined;
  /** The peer wants to watch; it is told what is returned. */
  play(): StatusWords;
  /** The peer has been told why it may not do what it wants; nothing it sends is read any more. */
  turnedAway(): void;
  /** A whole message of an accepted publisher. The next one overwrites its bytes. */
  tag(tag: FlvTag): void;
  /** The publisher says that it is done. */
  unpublish(): void;
}

/** The peer broke a rule; the connection is of no use any more. */
export class RtmpFault extends Error {
  override readonly name = 'RtmpFault';
  readonly code: 'not-rtmp' | 'malformed' | 'too-much';

  constructor(code: RtmpFault['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** How much one connection may make the parser hold. */
export interface ConversationLimits {
  readonly maxGreetingBytes: number;
  readonly maxMessageBytes: number;
}

const RTMP_VERSION = 3;
/** An encoder uses five; each may hold a message of its own. */
const MAX_CHUNK_STREAMS = 16;
const MAX_CHUNK_SIZE = 0xff_ff_ff;
/** The peer is told of what arrived at the latest after so many bytes: some stop sending where nothing ever comes back. */
const ACKNOWLEDGE_BYTES = 2_500_000;
const MAX_TEXT = 200;

const KINDS: ReadonlyMap<number, TagKind> = new Map([
  [8, 'audio'],
  [9, 'video'],
  [18, 'data'],
]);

/** AMF0 for the string `@setDataFrame`, which only the way to a server needs. */
const SET_DATA_FRAME = Buffer.from('\u0002\u0000\u000D@setDataFrame', 'latin1');

/**
 * The server's side of RTMP on one connection (Adobe's RTMP specification 1.0): the parser of node-media-server, with its
 * decisions taken away from it. It never throws anything but {@link RtmpFault}, forwards nothing before `publish` was accepted,
 * and after a refusal nothing at all.
 */
export class RtmpConversation {
  readonly #rtmp = new Rtmp();
  readonly #listener: RtmpListener;
  readonly #limits: ConversationLimits;
  #state: 'greeting' | 'publishing' | 'over' = 'greeting';
  #received = 0;
  #acknowledged = 0;
  #software: string | undefined;

  constructor(listener: RtmpListener, limits: ConversationLimits) {
    this.#listener = listener;
    this.#limits = limits;
    const rtmp = this.#rtmp;
    rtmp.flv = undefined;
    rtmp.onOutputCallback = (bytes) => listener.write(bytes);
    rtmp.onPacketCallback = (packet) => this.#packet(packet);
    rtmp.packetAlloc = () => this.#allocate();
    rtmp.controlHandler = () => this.#control();
    rtmp.onConnect = (invocation) => this.#connect(invocation);
    rtmp.onPublish = (invocation) => this.#publish(invocation);
    rtmp.onPlay = () => this.#play();
    rtmp.onDeleteStream = () => this.#unpublish();
  }

  /**
   * Reads what has arrived.
   *
   * @throws {RtmpFault}
   */
  push(bytes: Buffer): void {
    if (this.#state === 'over') return;
    if (this.#received === 0 && bytes[0] !== RTMP_VERSION)
      throw new RtmpFault('not-rtmp', 'The first byte is not that of RTMP');
    this.#received += bytes.length;
    if (this.#state === 'greeting' && this.#received > this.#limits.maxGreetingBytes)
      throw new RtmpFault('too-much', 'Too much came before "publish"');
    try {
      const complaint = this.#rtmp.parserData(bytes);
      if (complaint !== null) throw new RtmpFault('malformed', complaint);
    } catch (error) {
      if (error instanceof RtmpFault) throw error;
      throw new RtmpFault('malformed', 'The parser gave up', error);
    }
    this.#acknowledge();
  }

  /** Tells the peer that it is over, and why; nothing it sends counts afterwards. */
  close(words: StatusWords | undefined): void {
    this.#state = 'over';
    if (words === undefined) return;
    const { level = 'error', code, description } = words;
    this.#rtmp.sendStatusMessage(this.#rtmp.streamId ?? 0, level, code, description);
  }

  #acknowledge(): void {
    const window = Math.min(ACKNOWLEDGE_BYTES, Math.max(1, (this.#rtmp.ackSize ?? Infinity) / 2));
    if (this.#state === 'over' || this.#received - this.#acknowledged < window) return;
    this.#acknowledged = this.#received;
    this.#rtmp.sendACK(this.#received % 2 ** 32);
  }

  #allocate(): void {
    const { parserPacket, inPackets } = this.#rtmp;
    const { maxMessageBytes, maxGreetingBytes } = this.#limits;
    const most = this.#state === 'publishing' ? maxMessageBytes : Math.min(maxMessageBytes, maxGreetingBytes);
    if (parserPacket.header.length > most) throw new RtmpFault('too-much', 'A message is too large');
    if (inPackets.size > MAX_CHUNK_STREAMS) throw new RtmpFault('malformed', 'Too many chunk streams');
    Rtmp.prototype.packetAlloc.call(this.#rtmp);
  }

  #control(): void {
    Rtmp.prototype.controlHandler.call(this.#rtmp);
    const size = this.#rtmp.inChunkSize;
    if (size < 1 || size > MAX_CHUNK_SIZE) throw new RtmpFault('malformed', 'An impossible chunk size');
  }

  #connect(invocation: Rtmp.Invocation): void {
    if (this.#state !== 'greeting') return;
    const { flashVer } = Object(invocation.cmdObj) as { flashVer?: unknown };
    if (typeof flashVer === 'string') this.#software = flashVer.slice(0, MAX_TEXT);
    Rtmp.prototype.onConnect.call(this.#rtmp, invocation);
  }

  #publish({ streamName }: Rtmp.Invocation): void {
    const rtmp = this.#rtmp;
    if (this.#state === 'over') return;
    if (this.#state === 'publishing') throw new RtmpFault('malformed', 'Published twice on one connection');
    if (typeof rtmp.streamApp !== 'string' || typeof streamName !== 'string')
      throw new RtmpFault('malformed', 'Published without a name');
    rtmp.streamId = rtmp.parserPacket.header.stream_id;
    // Encoders with one field for everything split it where they like.
    const address = [rtmp.streamApp, streamName].map((words) => words.split('?', 1)[0] ?? '').join('/');
    const refusal = this.#listener.publish(
      address
        .split('/')
        .filter((word) => word !== '')
        .join('/'),
      this.#software,
    );
    if (refusal !== undefined) {
      this.#turnAway(refusal);
      return;
    }
    this.#state = 'publishing';
    rtmp.sendStatusMessage(rtmp.streamId, 'status', 'NetStream.Publish.Start', 'Publishing.');
  }

  #play(): void {
    if (this.#state === 'over') return;
    this.#rtmp.streamId = this.#rtmp.parserPacket.header.stream_id;
    this.#turnAway(this.#listener.play());
  }

  #turnAway(words: StatusWords): void {
    this.close(words);
    this.#listener.turnedAway();
  }

  #unpublish(): void {
    if (this.#state === 'publishing') this.#listener.unpublish();
  }

  #packet({ codec_type, dts, size, data }: Rtmp.MediaPacket): void {
    const kind = KINDS.get(codec_type);
    if (this.#state !== 'publishing' || kind === undefined || size === 0) return;
    const body = data.subarray(0, size);
    const isForServers = kind === 'data' && body.subarray(0, SET_DATA_FRAME.length).equals(SET_DATA_FRAME);
    this.#listener.tag({
      kind,
      timestampMs: dts,
      body: isForServers ? body.subarray(SET_DATA_FRAME.length) : body,
    });
  }
}

/** The encoder's own name in a tag of metadata; undefined where there is none or the tag cannot be read. */
export function encoderOf(tag: FlvTag): string | undefined {
  try {
    const { cmd, dataObj } = amf.decodeAmf0Data(tag.body);
    const { encoder } = Object(dataObj) as { encoder?: unknown };
    return cmd === 'onMetaData' && typeof encoder === 'string' ? encoder.slice(0, MAX_TEXT) : undefined;
  } catch {
    return undefined;
  }
}
