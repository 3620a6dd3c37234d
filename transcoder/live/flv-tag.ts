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
