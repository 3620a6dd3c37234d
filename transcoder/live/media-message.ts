import type { VideoCodec } from './video-config.ts';
import type { FlvTag } from './flv-tag.ts';

/** What a tag means, its codec's wrapping taken off. */
export type MediaMessage =
  | { readonly kind: 'video-config'; readonly codec: VideoCodec; readonly record: Buffer }
  | {
      readonly kind: 'picture';
      readonly codec: VideoCodec;
      /** From decoding to presentation. */
      readonly compositionMs: number;
      readonly data: Buffer;
    }
  | { readonly kind: 'audio-config'; readonly record: Buffer }
  | { readonly kind: 'sound'; readonly data: Buffer }
  /** Nothing to package: metadata, the end of a sequence, commands to old players. */
  | { readonly kind: 'nothing' }
  /** Media that players of HLS cannot be given. */
  | { readonly kind: 'unsupported'; readonly track: 'video' | 'audio'; readonly codec: string }
  /** Cut off. */
  | { readonly kind: 'broken' };

const NOTHING: MediaMessage = { kind: 'nothing' };
const BROKEN: MediaMessage = { kind: 'broken' };

/**
 * Takes a tag apart: FLV's own codecs (annex E.4.2 and E.4.3), the number 12 that Chinese encoders use for HEVC, and the four-character codes
 * of Enhanced RTMP, version 1 and 2. The bodies are not looked into.
 */
export function readMessage({ kind, body }: FlvTag): MediaMessage {
  if (kind === 'data') return NOTHING;
  const head = body[0];
  // Some encoders send empty tags to keep the connection open.
  if (head === undefined) return NOTHING;
  if (kind === 'audio') return readAudio(head, body);
  return head & 0x80 ? readEnhancedVideo(head, body) : readVideo(head, body);
}

const VIDEO_CODECS: ReadonlyMap<number, VideoCodec> = new Map([
  [7, 'avc'],
  [12, 'hevc'],
]);
const FOUR_CC: ReadonlyMap<string, VideoCodec> = new Map([
  ['avc1', 'avc'],
  ['hvc1', 'hevc'],
]);
/** A frame type that carries a command and no picture. */
const COMMAND_FRAME = 5;

function readVideo(head: number, body: Buffer): MediaMessage {
  if (head >> 4 === COMMAND_FRAME) return NOTHING;
  const codec = VIDEO_CODECS.get(head & 0xf);
  if (codec === undefined) return { kind: 'unsupported', track: 'video', codec: `flv ${head & 0xf}` };
  if (body.length < 5) return BROKEN;
  const compositionMs = body.readIntBE(2, 3);
  const data = body.subarray(5);
  const packet = body[1];
  if (packet === 0) return { kind: 'video-config', codec, record: data };
  if (packet === 1) return { kind: 'picture', codec, compositionMs, data };
  return packet === 2 ? NOTHING : BROKEN;
}

function readEnhancedVideo(head: number, body: Buffer): MediaMessage {
  if (body.length < 5) return BROKEN;
  if (((head >> 4) & 7) === COMMAND_FRAME) return NOTHING;
  const name = body.toString('latin1', 1, 5);
  const codec = FOUR_CC.get(name);
  const packet = head & 0xf;
  // 2: end of a sequence, 4: metadata such as HDR's.
  if (packet === 2 || packet === 4) return NOTHING;
  if (codec === undefined || packet > 4)
    return { kind: 'unsupported', track: 'video', codec: printable(name) };
  switch (packet) {
    case 0:
      return { kind: 'video-config', codec, record: body.subarray(5) };
    case 1:
      if (body.length < 8) return BROKEN;
      return { kind: 'picture', codec, compositionMs: body.readIntBE(5, 3), data: body.subarray(8) };
    default:
      // Coded frames without a composition time, because it is 0.
      return { kind: 'picture', codec, compositionMs: 0, data: body.subarray(5) };
  }
}

const AAC = 10;
/** In place of a codec: a four-character code follows. */
const ENHANCED_AUDIO = 9;

function readAudio(head: number, body: Buffer): MediaMessage {
  const format = head >> 4;
  if (format === AAC) {
    if (body.length < 2) return BROKEN;
    return audioMessage(body[1], body.subarray(2));
  }
  if (format !== ENHANCED_AUDIO) return { kind: 'unsupported', track: 'audio', codec: `flv ${format}` };
  if (body.length < 5) return BROKEN;
  const name = body.toString('latin1', 1, 5);
  const packet = head & 0xf;
  if (name !== 'mp4a') return { kind: 'unsupported', track: 'audio', codec: printable(name) };
  return packet > 1 ? NOTHING : audioMessage(packet, body.subarray(5));
}

function audioMessage(packet: number | undefined, data: Buffer): MediaMessage {
  if (packet === 0) return { kind: 'audio-config', record: data };
  if (packet !== 1) return BROKEN;
  return data.length === 0 ? NOTHING : { kind: 'sound', data };
}

function printable(name: string): string {
  return /^[\w-]{4}$/.test(name) ? name : 'unknown';
}
