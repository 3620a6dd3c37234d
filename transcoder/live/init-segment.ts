import { makeBox, makeFullBox, uint16, uint32 } from '../mp4-box.ts';
import { movieHeader } from '../movie-header.ts';
import { audioSampleEntry, type AudioConfig } from './audio-config.ts';
import { visualSampleEntry, type VideoConfig } from './video-config.ts';

/** The tracks of an input; at least one. */
export interface TrackConfigs {
  readonly video: VideoConfig | undefined;
  readonly audio: AudioConfig | undefined;
}

/** Numbers of the tracks, whichever there are. */
export const VIDEO_TRACK = 1;
export const AUDIO_TRACK = 2;

/** Ticks a second of the picture: an encoder's stamps are milliseconds, and are passed on as they are. */
export const VIDEO_TIMESCALE = 1000;

const MATRIX = uint32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
/** `und` (ISO/IEC 14496-12 §8.4.2.3). */
const NO_LANGUAGE = 0x55c4;

/** An init segment (RFC 8216 §3.3): `ftyp` and a `moov` without samples; pure. */
export function initSegment({ video, audio }: TrackConfigs): Buffer {
  const tracks = [
    ...(video === undefined ? [] : [videoTrack(video)]),
    ...(audio === undefined ? [] : [audioTrack(audio)]),
  ];
  const defaults = [
    ...(video === undefined ? [] : [trackDefaults(VIDEO_TRACK)]),
    ...(audio === undefined ? [] : [trackDefaults(AUDIO_TRACK)]),
  ];
  return Buffer.concat([
    makeBox('ftyp', Buffer.from('iso6\0\0\0\x01isomiso6mp41', 'latin1')),
    makeBox('moov', movieHeader(0, AUDIO_TRACK), ...tracks, makeBox('mvex', ...defaults)),
  ]);
}

/** What is not said with every fragment (§8.8.3): nothing but the sample description. */
function trackDefaults(id: number): Buffer {
  return makeFullBox('trex', 0, 0, uint32(id, 1, 0, 0, 0));
}

function videoTrack(config: VideoConfig): Buffer {
  const { width, height } = config.format;
  const handler = makeFullBox('vmhd', 0, 1, Buffer.alloc(8));
  return makeBox(
    'trak',
    trackHeader(VIDEO_TRACK, 0, width, height),
    mediaBox(VIDEO_TIMESCALE, 'vide', handler, visualSampleEntry(config)),
  );
}

function audioTrack(config: AudioConfig): Buffer {
  const handler = makeFullBox('smhd', 0, 0, Buffer.alloc(4));
  return makeBox(
    'trak',
    trackHeader(AUDIO_TRACK, 0x100, 0, 0),
    mediaBox(config.sampleRate, 'soun', handler, audioSampleEntry(config)),
  );
}

/** `tkhd` (§8.3.2). */
function trackHeader(id: number, volume: number, width: number, height: number): Buffer {
  return makeFullBox(
    'tkhd',
    0,
    // Enabled, and part of the presentation.
    3,
    uint32(0, 0, id, 0, 0, 0, 0),
    uint16(0, 0, volume, 0),
    MATRIX,
    uint32(width * 0x10000, height * 0x10000),
  );
}

function mediaBox(timescale: number, handler: 'vide' | 'soun', header: Buffer, entry: Buffer): Buffer {
  const empty = ['stts', 'stsc', 'stco'].map((type) => makeFullBox(type, 0, 0, uint32(0)));
  return makeBox(
    'mdia',
    makeFullBox('mdhd', 0, 0, uint32(0, 0, timescale, 0), uint16(NO_LANGUAGE, 0)),
    makeFullBox('hdlr', 0, 0, uint32(0), Buffer.from(handler, 'latin1'), Buffer.alloc(12), Buffer.from('\0')),
    makeBox(
      'minf',
      header,
      makeBox('dinf', makeFullBox('dref', 0, 0, uint32(1), makeFullBox('url ', 0, 1))),
      makeBox(
        'stbl',
        makeFullBox('stsd', 0, 0, uint32(1), entry),
        ...empty,
        makeFullBox('stsz', 0, 0, uint32(0, 0)),
      ),
    ),
  );
}
