import { atEach, BitWriter, join, u16, u32, u32le, u8, withBits, zeros } from './bytes.ts';
import type { HostileFile } from './hostile-file.ts';
import { box, editBox } from './iso-boxes.ts';

/** Where the size alone tells what is wrong, it is told; some decoders leave no size behind. */
const TOO_LARGE = ['too-large', 'no-track'] as const;

/** 65,536 × 65,536 dots in an H.264 sequence parameter set (ITU-T H.264 §7.3.2.1.1), baseline profile. */
function gigapixelParameterSet(): Buffer {
  const bits = new BitWriter().bits(66, 8).bits(0, 8).bits(51, 8);
  for (const value of [0, 0, 2, 1]) bits.ue(value);
  bits.bits(0, 1).ue(4095).ue(4095).bits(1, 1).bits(1, 1).bits(0, 1).bits(0, 1);
  return join(u8(0x67), bits.bytes());
}

/** Headers that ask for gigabytes, and shapes that are none. */
export const IMPOSSIBLE_PICTURES: readonly HostileFile[] = [
  {
    name: 'gigapixel-h264.mp4',
    tries: 'an H.264 header that claims 65,536 × 65,536 dots',
    make: ({ clips }) =>
      editBox(clips['silent.mp4'], 'moov.trak.mdia.minf.stbl.stsd.avc1.avcC', (payload) => {
        const set = gigapixelParameterSet();
        const picture = Buffer.from('68ce3c80', 'hex');
        return join(
          payload.subarray(0, 5),
          u8(0xe1),
          u16(set.length),
          set,
          u8(1),
          u16(picture.length),
          picture,
        );
      }),
    outcome: TOO_LARGE,
  },
  {
    name: 'gigapixel-entry.mp4',
    tries: 'a sample entry that claims 65,535 × 65,535 dots over a small picture',
    make: ({ clips }) =>
      editBox(clips['silent.mp4'], 'moov.trak.mdia.minf.stbl.stsd', (payload) => {
        const isPicture = payload.toString('latin1', 12, 16) === 'avc1';
        return isPicture ? join(payload.subarray(0, 40), u32(0xffffffff), payload.subarray(44)) : payload;
      }),
    outcome: 'accepted',
  },
  {
    name: 'gigapixel-vp8.webm',
    tries: 'VP8 key pictures that claim 16,383 × 16,383 dots',
    make: ({ clips }) =>
      atEach(clips['vp8.webm'], Buffer.from('9d012a', 'hex'), (copy, at) =>
        withBits(copy, (at + 3) * 8, 32, 0xff3fff3f),
      ),
    outcome: ['too-large', 'damaged-media'],
    isRefusedLate: true,
  },
  {
    name: 'gigapixel-vp9.webm',
    tries: 'VP9 key pictures that claim 65,536 × 65,536 dots',
    make: ({ clips }) =>
      atEach(clips['vp9.webm'], Buffer.from('498342', 'hex'), (copy, at) =>
        withBits(copy, (at + 3) * 8 + 4, 32, 0xffffffff),
      ),
    outcome: TOO_LARGE,
  },
  {
    name: 'gigapixel-jpeg.avi',
    tries: 'JPEG pictures that claim 65,535 × 65,535 dots',
    make: ({ clips }) =>
      atEach(clips['clip.avi'], Buffer.from('ffc0', 'hex'), (copy, at) =>
        withBits(copy, (at + 5) * 8, 32, 0xffffffff),
      ),
    outcome: TOO_LARGE,
  },
  {
    name: 'gigapixel-sorenson.flv',
    tries: 'Sorenson pictures that claim 65,535 × 65,535 dots',
    make: ({ clips }) =>
      atEach(clips['clip.flv'], Buffer.from('000084', 'hex'), (copy, at) =>
        withBits(copy, at * 8 + 33, 32, 0xffffffff),
      ),
    outcome: TOO_LARGE,
  },
  {
    name: 'gigapixel-mpeg.mpg',
    tries: 'MPEG-1 sequences that claim 4,095 × 4,095 dots',
    make: ({ clips }) =>
      atEach(clips['clip.mpg'], Buffer.from('000001b3', 'hex'), (copy, at) =>
        withBits(copy, (at + 4) * 8, 24, 0xffffff),
      ),
    outcome: TOO_LARGE,
  },
  {
    name: 'gigapixel-windows.wmv',
    tries: 'a Windows Media header that claims 65,535 × 65,535 dots',
    make: ({ clips }) =>
      atEach(clips['clip.wmv'], join(u32le(320), u32le(180)), (copy, at) =>
        withBits(copy, at * 8, 64, Number(0xffff0000ffff0000n)),
      ),
    outcome: TOO_LARGE,
  },
  {
    name: 'cover.mp3',
    tries: 'a sound file with a cover of 20,000 × 20,000 dots',
    make: ({ clips }) => {
      const png = join(
        Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
        u32(20_000),
        u32(20_000),
        u8(8, 6, 0, 0, 0),
        zeros(4096),
      );
      const picture = join(u8(0), 'image/png\0', u8(3, 0), png);
      const frame = join('APIC', u32(picture.length), u8(0, 0), picture);
      return join('ID3', u8(3, 0, 0), synchsafe(frame.length), frame, clips['clip.mp3']);
    },
    outcome: 'accepted',
  },
  {
    name: 'needle.mp4',
    tries: 'samples 30,000 times as wide as high',
    make: ({ clips }) => clips['wide-samples.mp4'],
    outcome: 'accepted',
  },
  {
    name: 'no-matrix.mp4',
    tries: 'a track that is turned by no angle at all',
    make: ({ clips }) =>
      editBox(clips['silent.mp4'], 'moov.trak.tkhd', (payload) =>
        join(payload.subarray(0, 40), zeros(36), payload.subarray(76)),
      ),
    outcome: 'accepted',
  },
  {
    name: 'negative-clean-aperture.mp4',
    tries: 'a picture with a negative opening',
    make: ({ clips }) =>
      editBox(clips['silent.mp4'], 'moov.trak.mdia.minf.stbl.stsd.avc1', (payload) =>
        join(payload, box('clap', Buffer.alloc(32, 0xff))),
      ),
    outcome: 'accepted',
  },
];

/** Four bytes of seven bits each, as ID3v2 writes sizes (§3.1). */
export function synchsafe(value: number): Buffer {
  return u8((value >> 21) & 0x7f, (value >> 14) & 0x7f, (value >> 7) & 0x7f, value & 0x7f);
}
