import type { AudioConfig } from './audio-config.ts';

/** AAC-LC frames in which nothing sounds, for one channel and for two (ISO/IEC 14496-3 §4.4.2.1). */
const SILENT_FRAMES: ReadonlyMap<number, Buffer> = new Map([
  [1, Buffer.from('00c800802380', 'hex')],
  [2, Buffer.from('210049900219002380', 'hex')],
]);
/** LC, and the two of HE, whose decoders take a frame of the core coder alone. */
const DECODE_LC: ReadonlySet<number> = new Set([2, 5, 29]);

/** A frame of silence that fits in among an encoder's own; undefined where there is none. */
export function silentFrame({ objectType, channels, frameSamples }: AudioConfig): Buffer | undefined {
  return DECODE_LC.has(objectType) && frameSamples === 1024 ? SILENT_FRAMES.get(channels) : undefined;
}
