import { deflateSync } from 'node:zlib';

import { join, repeated, u16, u16le, u32, u32le, u8, zeros } from './bytes.ts';
import { EBML_HEADER, element, HUGE_SIZE, matroska } from './ebml.ts';
import type { HostileFile } from './hostile-file.ts';
import { synchsafe } from './impossible-pictures.ts';
import { box, editBox, findBox, fullBox } from './iso-boxes.ts';
import { avi, chunk, jpegsOf, wav } from './riff.ts';
import { crowdedTransportStream } from './transport-stream.ts';

const TABLES = 'moov.trak.mdia.minf.stbl';

/** A copy in which each of the 25 pictures lasts so many ticks of 1/12,800 s, and neither edits nor the order of decoding say otherwise. */
function withTimes(clip: Buffer, ticks: number): Buffer {
  const file = editBox(clip, `${TABLES}.stts`, () => join(zeros(4), u32(1), u32(25), u32(ticks)));
  for (const type of ['edts', 'ctts']) file.write('free', file.indexOf(type), 'latin1');
  return file;
}

/** A copy whose index names so many samples of one byte. */
function countless(clip: Buffer, samples: number): Buffer {
  let file = clip;
  const table = (name: string, payload: Buffer): void => {
    file = editBox(file, `${TABLES}.${name}`, () => payload);
  };
  table('stts', join(zeros(4), u32(1), u32(samples), u32(512)));
  table('stsz', join(zeros(4), u32(1), u32(samples)));
  table('stsc', join(zeros(4), u32(1), u32(1), u32(samples), u32(1)));
  table('stco', join(zeros(4), u32(1), u32(48)));
  table('stss', join(zeros(4), u32(0)));
  table('ctts', join(zeros(4), u32(0)));
  return join(file, box('free', zeros(samples)));
}

/** Metadata of a Flash file (AMF0) in a tag of its own. */
function flashMetadata(value: Buffer): Buffer {
  const data = join(u8(2), u16(10), 'onMetaData', value);
  const size = u32(data.length).subarray(1);
  return join('FLV\x01\x05', u32(9), u32(0), u8(18), size, zeros(7), data, u32(data.length + 11));
}

/** Containers that refer to other files. */
export const REFERENCES: readonly HostileFile[] = [
  {
    name: 'outside.mp4',
    tries: 'tracks whose data are in another file, by address',
    make: ({ clips, neighbour }) =>
      editBox(clips['clip.mp4'], 'moov.trak.mdia.minf.dinf.dref', () =>
        join(zeros(4), u32(1), fullBox('url ', 0, `file://${neighbour}\0`)),
      ),
    outcome: 'made',
  },
  {
    name: 'alias.mov',
    tries: 'tracks whose data are in another file, by alias',
    make: ({ clips, neighbour }) =>
      editBox(clips['silent.mp4'], 'moov.trak.mdia.minf.dinf.dref', () => {
        const path = join(u16(2), u16(neighbour.length), neighbour, zeros(neighbour.length % 2));
        const names = join(zeros(10), u8(4), 'disk', zeros(23), zeros(12), u8(12), 'neighbour.ts', zeros(51));
        return join(
          zeros(4),
          u32(1),
          fullBox('alis', 0, names, zeros(16), u16(1), u16(1), zeros(16), path, u16(0xffff), zeros(40)),
        );
      }),
    outcome: ['truncated-media'],
  },
  {
    name: 'reference.mov',
    tries: 'a reference film that names an address',
    make: ({ url }) => {
      const target = `${url}/film.mov\0`;
      const reference = box('rdrf', u32(0), 'url ', u32(target.length), target);
      return join(box('ftyp', 'qt  ', u32(0)), box('moov', box('rmra', box('rmda', reference))));
    },
    outcome: ['truncated-media', 'not-media', 'no-track'],
  },
  {
    name: 'linked.mkv',
    tries: 'a film that continues in the file beside it',
    make: ({ clips }) =>
      matroska({
        pictures: jpegsOf(clips['clip.avi']),
        info: [
          element('3e83bb', 'neighbour.mkv'),
          element('3eb923', Buffer.alloc(16, 7)),
          element('3c83ab', 'neighbour.mkv'),
        ],
      }),
    outcome: 'accepted',
  },
];

/** Containers whose sizes, counts and references are lies. */
export const SPOILT_CONTAINERS: readonly HostileFile[] = [
  {
    name: 'crowd.mp4',
    tries: 'three thousand tracks',
    make: ({ clips }) => {
      const track = box('trak', findBox(clips['silent.mp4'], 'moov.trak'));
      return editBox(clips['silent.mp4'], 'moov', (payload) => join(payload, repeated(3000, track)));
    },
    outcome: ['too-many-tracks'],
  },
  {
    name: 'million-entries.mp4',
    tries: 'a time table of a thousand million entries',
    make: ({ clips }) =>
      editBox(clips['silent.mp4'], `${TABLES}.stts`, (payload) =>
        join(zeros(4), u32(1_000_000_000), payload.subarray(8)),
      ),
    outcome: ['probe-overrun'],
  },
  {
    name: 'endless-samples.mp4',
    tries: 'a size table of four thousand million samples',
    make: ({ clips }) =>
      editBox(clips['silent.mp4'], `${TABLES}.stsz`, () => join(zeros(4), u32(1), u32(0xfffffff0))),
    outcome: ['truncated-media', 'not-media', 'probe-failed', 'too-large'],
  },
  {
    name: 'crumbs.mp4',
    tries: 'twenty thousand pictures of one byte',
    make: ({ clips }) => countless(clips['silent.mp4'], 20_000),
    outcome: ['truncated-media'],
  },
  {
    name: 'all-at-once.mp4',
    tries: 'all pictures at one moment',
    make: ({ clips }) => withTimes(clips['silent.mp4'], 0),
    outcome: 'accepted',
  },
  {
    name: 'too-quick.mp4',
    tries: 'twelve thousand pictures a second',
    make: ({ clips }) => withTimes(clips['silent.mp4'], 1),
    outcome: ['too-large'],
  },
  {
    name: 'century.mp4',
    tries: 'pictures days apart',
    make: ({ clips }) => withTimes(clips['silent.mp4'], 0x7fff0000),
    outcome: ['too-large'],
  },
  {
    name: 'long-still.mp4',
    tries: 'twenty-five pictures over fourteen hours',
    make: ({ clips }) => withTimes(clips['silent.mp4'], 25_600_000),
    outcome: ['too-large'],
  },
  {
    name: 'late-edit.mp4',
    tries: 'an edit list that begins after a month',
    make: ({ clips }) =>
      editBox(clips['silent.mp4'], 'moov.trak.edts.elst', () =>
        join(zeros(4), u32(1), u32(2000), u32(0x7fffffff), u32(0x10000)),
      ),
    outcome: ['truncated-media', 'no-track', 'too-large'],
  },
  {
    name: 'many-edits.mp4',
    tries: 'an edit list of two thousand repetitions',
    make: ({ clips }) =>
      editBox(clips['silent.mp4'], 'moov.trak.edts.elst', () =>
        join(zeros(4), u32(2000), repeated(2000, join(u32(40), u32(0), u32(0x10000)))),
      ),
    outcome: ['truncated-media'],
  },
  {
    name: 'boundless-index.mp4',
    tries: 'an index of four gigabytes in a file of a few kilobytes',
    make: ({ clips }) => {
      const copy = Buffer.from(clips['silent.mp4']);
      copy.writeUInt32BE(0xffffffff, copy.indexOf('moov') - 4);
      return copy;
    },
    outcome: 'accepted',
  },
  {
    name: 'negative-box.mp4',
    tries: 'a box of minus two bytes',
    make: ({ clips }) =>
      join(
        clips['silent.mp4'].subarray(0, 32),
        u32(1),
        'free',
        Buffer.alloc(7, 0xff),
        u8(0xfe),
        clips['silent.mp4'].subarray(32),
      ),
    outcome: ['truncated-media', 'not-media'],
  },
  {
    name: 'endless-box.mp4',
    tries: 'boxes of no size, one in the other',
    make: ({ clips }) => join(clips['silent.mp4'].subarray(0, 32), repeated(5000, join(u32(4), 'moov'))),
    outcome: ['truncated-media', 'not-media'],
  },
  {
    name: 'matryoshka.mp4',
    tries: 'ten thousand boxes, one in the other',
    make: ({ clips }) => {
      const depth = 10_000;
      const heads = Array.from({ length: depth }, (_, level) => join(u32((depth - level) * 8), 'moov'));
      return join(clips['silent.mp4'].subarray(0, 32), ...heads);
    },
    outcome: ['truncated-media', 'not-media'],
  },
  {
    name: 'circular-index.avi',
    tries: 'an AVI index that names itself a hundred thousand times',
    make: ({ clips }) =>
      avi({
        jpegs: jpegsOf(clips['clip.avi']),
        more: (offset) => {
          const entry = join(u32le(offset), u32le(0), u32le(24), u32le(25));
          return [
            chunk('indx', u16le(4), u8(0, 0), u32le(100_000), '00dc', zeros(12), repeated(100_000, entry)),
          ];
        },
      }),
    outcome: 'accepted',
  },
  {
    name: 'no-rate.avi',
    tries: 'an AVI of no pictures in no second',
    make: ({ clips }) => avi({ jpegs: jpegsOf(clips['clip.avi']), rate: [0, 0] }),
    outcome: 'accepted',
  },
  {
    name: 'nested-metadata.flv',
    tries: 'metadata nested a hundred thousand times',
    make: ({ clips }) => {
      const nested = repeated(100_000, join(u8(3), u16(1), 'a'));
      return join(flashMetadata(join(nested, u8(5))), clips['clip.flv'].subarray(13));
    },
    outcome: 'accepted',
  },
  {
    name: 'endless-metadata.flv',
    tries: 'a list of four thousand million values',
    make: ({ clips }) =>
      join(flashMetadata(join(u8(10), u32(0xffffffff), u8(5, 5, 5))), clips['clip.flv'].subarray(13)),
    outcome: 'accepted',
  },
  {
    name: 'crowd.ts',
    tries: 'seven thousand streams with nothing in them',
    make: () => {
      const tables = crowdedTransportStream(40);
      return repeated(5, tables);
    },
    outcome: ['too-large', 'not-media', 'no-track'],
  },
  {
    name: 'chain.ogg',
    tries: 'a chain of thirty recordings',
    make: ({ clips }) => repeated(30, clips['clip.ogg']),
    outcome: 'accepted',
  },
  {
    name: 'deep-tags.mkv',
    tries: 'tags nested ten thousand times',
    make: ({ clips }) => {
      const heads = repeated(10_000, Buffer.from('67c801ffffffffffffff', 'hex'));
      return matroska({
        pictures: jpegsOf(clips['clip.avi']),
        before: [element('1254c367', element('7373', heads))],
      });
    },
    outcome: 'accepted',
  },
  {
    name: 'boundless-element.mkv',
    tries: 'an element of 72 petabytes',
    make: ({ clips }) =>
      matroska({
        pictures: jpegsOf(clips['clip.avi']),
        before: [join(Buffer.from('1254c367', 'hex'), HUGE_SIZE, zeros(64))],
      }),
    outcome: 'accepted',
  },
  {
    name: 'packed-pictures.mkv',
    tries: 'a packet that unpacks to a thousand times its size',
    make: ({ clips }) => {
      const bomb = deflateSync(zeros(9_000_000), { level: 9 });
      const packed = element(
        '6d80',
        element(
          '6240',
          element('5031', u8(0)),
          element('5032', u8(1)),
          element('5034', element('4254', u8(0))),
        ),
      );
      const honest = jpegsOf(clips['clip.avi']).map((picture) => deflateSync(picture));
      return matroska({ pictures: [...honest, bomb], track: [packed] });
    },
    outcome: 'made',
  },
  {
    name: 'only-a-head.mkv',
    tries: 'a Matroska head and nothing else',
    make: () => EBML_HEADER,
    outcome: ['truncated-media', 'not-media'],
  },
  {
    name: 'fonts.mkv',
    tries: 'an attachment of three megabytes that calls itself a font',
    make: ({ clips }) => clips['fonts.mkv'],
    outcome: 'made',
  },
  {
    name: 'boundless-tag.mp3',
    tries: 'a tag of 256 megabytes in a file of a few kilobytes',
    make: ({ clips }) => join('ID3', u8(3, 0, 0), synchsafe(0xfffffff), clips['clip.mp3']),
    outcome: ['truncated-media', 'not-media'],
  },
  {
    name: 'packed-tag.mp3',
    tries: 'a tag that unpacks to 256 megabytes',
    make: ({ clips }) => {
      const content = join(u32(0x0fffffff), deflateSync(zeros(5_000_000)));
      const frame = join('TXXX', u32(content.length), u8(0, 0x80), content);
      return join('ID3', u8(3, 0, 0), synchsafe(frame.length), frame, clips['clip.mp3']);
    },
    outcome: 'accepted',
  },
  {
    name: 'choir.wav',
    tries: 'sound of 65,535 channels',
    make: () => wav({ channels: 65_535, rate: 0xffffffff, blockBytes: 0 }, 0xffffffff, zeros(400_000)),
    outcome: ['not-media', 'no-track'],
  },
  {
    name: 'endless.wav',
    tries: 'sound that claims to be endless',
    make: () => wav({ channels: 1, rate: 44_100, blockBytes: 2 }, 0xffffffff, zeros(176_400)),
    outcome: 'accepted',
  },
  {
    name: 'empty-frames.aac',
    tries: 'sound frames of no length',
    make: () => Buffer.alloc(70_000, Buffer.from('fff1508000001c', 'hex')),
    outcome: ['not-media', 'no-track', 'truncated-media'],
  },
  {
    name: 'backwards.rm',
    tries: 'RealMedia chunks of no size',
    make: () =>
      join('.RMF', u32(18), u16(0), u32(0), u32(0xffffffff), repeated(500, join('MDPR', u32(0), u16(0)))),
    outcome: ['not-media', 'truncated-media', 'no-track'],
  },
  {
    name: 'boundless.wmv',
    tries: 'a Windows Media header of nine exabytes',
    make: ({ clips }) =>
      join(
        clips['clip.wmv'].subarray(0, 16),
        Buffer.alloc(7, 0xff),
        u8(0x7f),
        clips['clip.wmv'].subarray(24),
      ),
    outcome: 'accepted',
  },
];
