/** What a tag of FLV carries (Adobe Flash Video File Format 10.1, annex E.4.1); RTMP messages 8, 9 and 18 are the same. */
export type TagKind = 'audio' | 'video' | 'data';

/** One tag, as an encoder sent it. */
export interface FlvTag {
  readonly kind: TagKind;
  /** Of decoding, in the encoder's own count; wraps at 2³². */
  readonly timestampMs: number;
  /** Behind the tag's header: what an RTMP message holds. */
  readonly body: Buffer;
}

/** `TagType` (annex E.4.1). */
export const TAG_TYPES: Readonly<Record<TagKind, number>> = { audio: 8, video: 9, data: 18 };

/** Bytes of a tag before its body. */
const TAG_HEADER = 11;
/** `PreviousTagSize`, behind every tag and behind the file's header. */
const BACK_POINTER = 4;

/** What an FLV stream begins with (annex E.2), the size of the tag before the first one included. */
export function flvHeader(has: { readonly video: boolean; readonly audio: boolean }): Buffer {
  const header = Buffer.alloc(9 + BACK_POINTER);
  header.write('FLV\x01', 'latin1');
  header[4] = (has.audio ? 4 : 0) + (has.video ? 1 : 0);
  header.writeUInt32BE(9, 5);
  return header;
}

/** A tag as bytes, with its size behind it. The body is copied. */
export function flvBytes(tag: FlvTag): Buffer {
  const { length } = tag.body;
  const bytes = Buffer.allocUnsafe(TAG_HEADER + length + BACK_POINTER);
  bytes[0] = TAG_TYPES[tag.kind];
  bytes.writeUIntBE(length, 1, 3);
  const timestamp = tag.timestampMs >>> 0;
  bytes.writeUIntBE(timestamp & 0xffffff, 4, 3);
  bytes[7] = timestamp >>> 24;
  bytes.writeUIntBE(0, 8, 3);
  tag.body.copy(bytes, TAG_HEADER);
  bytes.writeUInt32BE(TAG_HEADER + length, TAG_HEADER + length);
  return bytes;
}
