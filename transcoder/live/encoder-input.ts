import { readAudioConfig, type AudioConfig } from './audio-config.ts';
import { EncoderClock } from './encoder-clock.ts';
import type { FlvTag } from './flv-tag.ts';
import { LiveError } from './live-error.ts';
import { readMessage, type MediaMessage } from './media-message.ts';
import { pictureKind, readVideoConfig, type VideoCodec, type VideoConfig } from './video-config.ts';

/** A picture with its stamp set straight. */
export interface InputPicture {
  readonly kind: 'picture';
  /** Of decoding, by {@link EncoderClock}. */
  readonly ms: number;
  readonly compositionMs: number;
  readonly isKey: boolean;
  readonly data: Buffer;
  /** The encoder's count was left at this stamp, and the jump taken out. */
  readonly hasJumped: boolean;
}

/** A frame of sound with its stamp set straight. */
export interface InputSound {
  readonly kind: 'sound';
  readonly ms: number;
  readonly data: Buffer;
  readonly hasJumped: boolean;
}

/** What a tag means to an input whose tags before it are known. */
export type InputEvent =
  | InputPicture
  | InputSound
  /** Pictures are coded differently from here on; undefined when they cannot be packaged any more. */
  | { readonly kind: 'video-change'; readonly config: VideoConfig | undefined; readonly had: boolean }
  | { readonly kind: 'audio-change'; readonly config: AudioConfig | undefined }
  | { readonly kind: 'unsupported'; readonly track: 'video' | 'audio'; readonly codec: string }
  | { readonly kind: 'damaged' }
  | { readonly kind: 'nothing' };

const NOTHING: InputEvent = { kind: 'nothing' };
const DAMAGED: InputEvent = { kind: 'damaged' };

/** No encoder shows a picture so much earlier or later than it is decoded. */
const MAX_COMPOSITION_MS = 5000;

/**
 * Reads one input's tags: tells what changed, what can be packaged, and when it belongs. What two of them make of the same tags is the
 * same. Nothing that an encoder sends makes it throw.
 */
export class EncoderInput {
  readonly #clock: EncoderClock;
  #video: VideoConfig | undefined;
  #audio: AudioConfig | undefined;

  /** @param near - where the count is, when it has been read for a while elsewhere */
  constructor(near?: number) {
    this.#clock = new EncoderClock(near === undefined ? {} : { near });
  }

  get video(): VideoConfig | undefined {
    return this.#video;
  }

  get audio(): AudioConfig | undefined {
    return this.#audio;
  }

  /** The latest stamp, set straight. */
  get latestMs(): number | undefined {
    return this.#clock.latestMs;
  }

  read(tag: FlvTag): InputEvent {
    const message = readMessage(tag);
    switch (message.kind) {
      case 'video-config':
        return this.#readVideoConfig(message.codec, message.record);
      case 'audio-config':
        return this.#readAudioConfig(message.record);
      case 'picture':
        return this.#readPicture(tag.timestampMs, message);
      case 'sound': {
        if (this.#audio === undefined) return NOTHING;
        return { kind: 'sound', ...this.#clock.read('audio', tag.timestampMs), data: message.data };
      }
      case 'unsupported':
        return message;
      case 'broken':
        return DAMAGED;
      case 'nothing':
        return NOTHING;
    }
  }

  #readVideoConfig(codec: VideoCodec, record: Buffer): InputEvent {
    if (this.#video?.codec === codec && this.#video.record.equals(record)) return NOTHING;
    const had = this.#video !== undefined;
    this.#video = readable(() => readVideoConfig(codec, record));
    return { kind: 'video-change', config: this.#video, had };
  }

  #readAudioConfig(record: Buffer): InputEvent {
    if (this.#audio?.record.equals(record) === true) return NOTHING;
    this.#audio = readable(() => readAudioConfig(record));
    return { kind: 'audio-change', config: this.#audio };
  }

  #readPicture(timestampMs: number, message: MediaMessage & { kind: 'picture' }): InputEvent {
    const { codec, compositionMs, data } = message;
    const video = this.#video;
    if (video === undefined || video.codec !== codec) return NOTHING;
    const kind = pictureKind(video, data);
    if (kind === 'broken' || Math.abs(compositionMs) > MAX_COMPOSITION_MS) return DAMAGED;
    const stamp = this.#clock.read('video', timestampMs);
    return { kind: 'picture', ...stamp, compositionMs, isKey: kind === 'key', data };
  }
}

function readable<C>(read: () => C): C | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof LiveError) return undefined;
    throw error;
  }
}
