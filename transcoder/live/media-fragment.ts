import { BOX_HEADER, makeBox, makeFullBox, uint32 } from '../mp4-box.ts';
import { decodeTimeBox, FROM_MOOF, SYNC_FLAGS, trackFragment } from '../track-fragment.ts';
import { AUDIO_TRACK, VIDEO_TRACK } from './init-segment.ts';

/** A picture as it is written. */
export interface PictureSample {
  readonly data: Buffer;
  /** Milliseconds. */
  readonly durationMs: number;
  /** From decoding to presentation. */
  readonly compositionMs: number;
  readonly isKey: boolean;
}

/** A frame of sound as it is written. */
export interface SoundSample {
  readonly data: Buffer;
  /** Ticks of the track. */
  readonly duration: number;
}

/** Samples of one track that follow each other. */
export interface SampleRun<S> {
  /** Of the first sample's decoding, in ticks of the track. */
  readonly decodeTime: number;
  readonly samples: readonly S[];
}

/** What a fragment holds; a run without samples is left out. */
export interface FragmentContent {
  readonly sequenceNumber: number;
  readonly pictures: SampleRun<PictureSample>;
  readonly sounds: SampleRun<SoundSample>;
}

/** Of a `trun` (§8.8.8.1). */
const RUN = { dataOffset: 0x1, duration: 0x100, size: 0x200 };

/** One `moof` and its `mdat`, the pictures before the sound; pure. */
export function mediaFragment({ sequenceNumber, pictures, sounds }: FragmentContent): Buffer {
  const pictureBytes = bytesOf(pictures.samples);
  // How far the samples lie from the start of the `moof` is only known when it is made; its length does not depend on it.
  const moofOf = (mediaStart: number): Buffer =>
    makeBox(
      'moof',
      makeFullBox('mfhd', 0, 0, uint32(sequenceNumber)),
      ...(pictures.samples.length === 0 ? [] : [pictureTrack(pictures, mediaStart)]),
      ...(sounds.samples.length === 0 ? [] : [soundTrack(sounds, mediaStart + pictureBytes)]),
    );
  const moof = moofOf(moofOf(0).length + BOX_HEADER);
  const media = [...pictures.samples, ...sounds.samples].map(({ data }) => data);
  return Buffer.concat([moof, makeBox('mdat', ...media)]);
}

function pictureTrack({ decodeTime, samples }: SampleRun<PictureSample>, dataOffset: number): Buffer {
  const rows = samples.map(({ durationMs, data, isKey, compositionMs }) => ({
    duration: durationMs,
    sizeBytes: data.length,
    isSync: isKey,
    compositionOffset: compositionMs,
  }));
  return trackFragment(VIDEO_TRACK, decodeTime, rows, dataOffset);
}

/** Defaults of the fragment's own (§8.8.7.1): durations are nearly always equal, and every frame can be decoded by itself. */
function soundTrack({ decodeTime, samples }: SampleRun<SoundSample>, dataOffset: number): Buffer {
  const usual = samples[0]?.duration ?? 0;
  const isEven = samples.every(({ duration }) => duration === usual);
  const table = samples.flatMap(({ duration, data }) => (isEven ? [data.length] : [duration, data.length]));
  return makeBox(
    'traf',
    makeFullBox('tfhd', 0, FROM_MOOF | 0x8 | 0x20, uint32(AUDIO_TRACK, usual, SYNC_FLAGS)),
    decodeTimeBox(decodeTime),
    makeFullBox(
      'trun',
      0,
      RUN.dataOffset | RUN.size | (isEven ? 0 : RUN.duration),
      uint32(samples.length, dataOffset, ...table),
    ),
  );
}

function bytesOf(samples: readonly { readonly data: Buffer }[]): number {
  return samples.reduce((sum, { data }) => sum + data.length, 0);
}
