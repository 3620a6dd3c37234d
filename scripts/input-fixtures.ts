// The inputs the transcoder is held to: how a small clip of each kind is made, and what must come out of it. The tests make
// and check them, and docs/inputs.md lists them.

import { CLOCK_FIXTURES } from './clock-fixtures.ts';
import {
  AAC,
  beep,
  both,
  encoded,
  H264,
  picture,
  PLAIN,
  truncated,
  type InputFixture,
  OLD_FLASH,
} from './input-clip.ts';

const CODECS: readonly InputFixture[] = [
  encoded('H.264 + AAC，MP4', 'h264.mp4', [...H264, ...AAC]),
  encoded(
    'HEVC 10 位，MKV，两条音轨',
    'hevc10.mkv',
    [
      ...['-map', '0', '-map', '1', '-map', '1', '-c:v', 'libx265', '-preset', 'ultrafast'],
      ...['-pix_fmt', 'yuv420p10le', '-x265-params', 'log-level=error', ...AAC],
    ],
    {},
    { sounds: 2 },
  ),
  encoded('VP8 + Vorbis，WebM', 'vp8.webm', [
    ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '400k', '-c:a', 'libvorbis'],
  ]),
  encoded('VP9 + Opus，WebM', 'vp9.webm', [
    ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '400k', '-c:a', 'libopus'],
  ]),
  encoded('AV1 + AAC，MP4', 'av1.mp4', ['-c:v', 'libsvtav1', '-preset', '12', '-pix_fmt', 'yuv420p', ...AAC]),
  encoded(
    'MPEG-1（VCD 转录），MPG',
    'vcd.mpg',
    ['-c:v', 'mpeg1video', '-b:v', '1150k', '-bf', '2', '-g', '15', '-c:a', 'mp2', '-f', 'vcd'],
    { size: '352x288' },
    { size: '352x288' },
  ),
  encoded('MPEG-2 + AC-3，TS', 'broadcast.ts', [
    '-c:v',
    'mpeg2video',
    '-b:v',
    '2M',
    '-bf',
    '2',
    '-g',
    '12',
    '-c:a',
    'ac3',
  ]),
  encoded('MPEG-4 ASP（B 帧）+ MP3，AVI', 'divx.avi', [
    ...['-c:v', 'mpeg4', '-q:v', '5', '-bf', '2', '-g', '60', '-c:a', 'libmp3lame'],
  ]),
  encoded('WMV（wmv2；VC-1 只有解码器）+ WMA，ASF', 'download.wmv', [
    '-c:v',
    'wmv2',
    '-b:v',
    '600k',
    '-c:a',
    'wmav2',
  ]),
  encoded('RealVideo 2 + AC-3，RM', 'download.rm', [
    ...['-c:v', 'rv20', '-b:v', '600k', '-bf', '0', '-c:a', 'ac3'],
  ]),
  encoded('Sorenson H.263 + MP3，FLV', 'old.flv', OLD_FLASH),
  encoded(
    'ProRes 422 10 位 + PCM，MOV',
    'master.mov',
    ['-c:v', 'prores_ks', '-profile:v', '1', '-c:a', 'pcm_s24le'],
    { color: 'gray' },
    { luma: { still: 126, flash: 235 } },
  ),
  encoded(
    'MJPEG 全范围 4:2:2 + PCM，AVI',
    'camera.avi',
    ['-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj422p', '-c:a', 'pcm_s16le'],
    { color: 'gray' },
    { luma: { still: 126, flash: 235 } },
  ),
  encoded(
    'DNxHD + PCM，MXF',
    'edit.mxf',
    ['-c:v', 'dnxhd', '-b:v', '60M', '-pix_fmt', 'yuv422p', '-c:a', 'pcm_s16le'],
    { size: '1280x720' },
    { size: '1280x720' },
  ),
  encoded('没有压缩的 RGB，AVI', 'raw.avi', ['-c:v', 'rawvideo', '-pix_fmt', 'bgr24', '-c:a', 'pcm_s16le']),
  encoded('256 色的录屏，AVI', 'palette.avi', ['-c:v', 'rawvideo', '-pix_fmt', 'pal8', '-c:a', 'pcm_s16le'], {
    after: 'split[a][b];[a]palettegen[p];[b][p]paletteuse',
  }),
  encoded('Flash 录屏（Screen Video 2）+ Speex，FLV', 'screencast2.flv', [
    ...['-c:v', 'flashsv2', '-c:a', 'libspeex', '-ar', '16000'],
  ]),
  encoded('Flash 录屏（Screen Video）+ Nellymoser，FLV', 'screencast.flv', [
    ...['-c:v', 'flashsv', '-c:a', 'nellymoser', '-ar', '22050'],
  ]),
  encoded('Theora + Vorbis，OGV', 'free.ogv', ['-c:v', 'libtheora', '-q:v', '6', '-c:a', 'libvorbis']),
];

const PICTURES: readonly InputFixture[] = [
  encoded(
    'DVD 转录：MPEG-2 隔行（上场先），16:9 变形像素，VOB',
    'dvd.vob',
    [
      ...['-c:v', 'mpeg2video', '-b:v', '5M', '-flags', '+ildct+ilme', '-top', '1', '-aspect', '16:9'],
      ...['-bf', '2', '-g', '12', '-c:a', 'ac3', '-ac', '2', '-f', 'vob'],
    ],
    { size: '720x576', rate: '50', after: 'tinterlace=interleave_top' },
    { size: '1024x576', matrix: 'bt470bg' },
  ),
  encoded(
    'DV 磁带：隔行（下场先），4:3',
    'tape.dv',
    [
      '-c:v',
      'dvvideo',
      '-pix_fmt',
      'yuv420p',
      '-aspect',
      '4:3',
      '-ar',
      '48000',
      '-ac',
      '2',
      '-c:a',
      'pcm_s16le',
    ],
    { size: '720x576', rate: '50', after: 'tinterlace=interleave_bottom' },
    { size: '768x576', matrix: 'bt470bg' },
  ),
  encoded(
    '隔行画面被标成逐行，H.264',
    'mislabelled.mp4',
    [...H264, ...AAC],
    { size: '720x576', rate: '50', after: 'tinterlace=interleave_top,setfield=prog' },
    { size: '720x576' },
  ),
  encoded(
    'HDR（PQ，BT.2020，HEVC 10 位）',
    'hdr.mp4',
    [
      ...['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le', '-tag:v', 'hvc1', ...AAC],
      ...['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'],
      ...['-x265-params', 'log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc'],
    ],
    { color: '0x737373' },
    { matrix: 'bt709', luma: { still: 100, flash: 235 }, warning: 'HDR' },
  ),
  encoded(
    'RGB 录屏（H.264 4:4:4）',
    'screen.mkv',
    ['-c:v', 'libx264rgb', '-preset', 'ultrafast', '-pix_fmt', 'rgb24', ...AAC],
    { color: '0x00ff00' },
    { matrix: 'bt709', luma: { still: 173, flash: 235 } },
  ),
  {
    kind: '手机竖拍（旋转 90°）',
    file: 'phone.mp4',
    make: (at) => [
      [...both(), ...H264, ...AAC, at('flat.mp4')],
      ['-i', at('flat.mp4'), '-c', 'copy', '-metadata:s:v', 'rotate=90', at('phone.mp4')],
    ],
    expected: { ...PLAIN, size: '240x320' },
  },
  encoded(
    '帧率不固定的录屏，MKV',
    'varying.mkv',
    [...H264, ...AAC, '-fps_mode', 'vfr'],
    { rate: '30', after: "select='not(mod(n,3))+lt(n,9)'" },
    { rate: '30', warning: '帧率不固定' },
  ),
  encoded('每秒 50 帧', 'fast.mp4', [...H264, ...AAC], { rate: '50' }),
  encoded(
    '每秒 59.94 帧',
    'ntsc.mp4',
    [...H264, ...AAC],
    { rate: '60000/1001' },
    { rate: '30000/1001', warning: '59.94' },
  ),
];

/** One after the other, for six seconds. */
const UNBROKEN = Array.from({ length: 30 }, (_, number) => number * 0.2);

const SOUNDS: readonly InputFixture[] = [
  {
    kind: '5.1 声道',
    file: 'surround.mkv',
    make: (at) => [[...both({}, '5.1'), ...H264, '-c:a', 'ac3', at('surround.mkv')]],
    expected: PLAIN,
  },
  {
    kind: '没有声音',
    file: 'silent.mp4',
    make: (at) => [[...picture(), ...H264, at('silent.mp4')]],
    expected: { ...PLAIN, sounds: 0, warning: '没有声音' },
  },
  {
    kind: '只有声音，MP3',
    file: 'speech.mp3',
    make: (at) => [[...beep(), '-c:a', 'libmp3lame', at('speech.mp3')]],
    expected: { size: '1280x720', rate: '5', seconds: 2.4, flashes: [], warning: '只有声音' },
  },
  {
    kind: '只有声音，中间有一段损坏，M4A',
    file: 'spoilt-sound.m4a',
    make: (at) => [[...beep({ seconds: 6, flashes: UNBROKEN }), ...AAC, at('whole.m4a')]],
    assemble: (read) => {
      const bytes = read('whole.m4a');
      const body = bytes.indexOf('mdat') + 4;
      const length = bytes.readUInt32BE(body - 8) - 8;
      return bytes.fill(0, body + Math.round(length * 0.3), body + Math.round(length * 0.7));
    },
    expected: { size: '1280x720', rate: '5', seconds: 6, flashes: [], warning: '秒声音损坏' },
  },
  {
    kind: '只有声音，带封面，M4A',
    file: 'cover.m4a',
    make: (at) => [
      ['-f', 'lavfi', '-i', 'color=c=0xff0000:s=300x300', '-frames:v', '1', at('cover.png')],
      [
        ...[...beep(), '-i', at('cover.png'), '-map', '0', '-map', '1', ...AAC, '-c:v', 'copy'],
        ...['-disposition:v', 'attached_pic', at('cover.m4a')],
      ],
    ],
    expected: { size: '1280x720', rate: '5', seconds: 2.4, flashes: [], warning: '只有声音' },
  },
];

const ODD_SOUNDS: readonly InputFixture[] = [
  {
    kind: '只有声音，封面损坏，MP3',
    file: 'spoilt-cover.mp3',
    make: (at) => [
      ['-f', 'lavfi', '-i', 'testsrc2=s=300x300', '-frames:v', '1', at('cover.jpg')],
      [
        ...[...beep(), '-i', at('cover.jpg'), '-map', '0', '-map', '1', '-c:a', 'libmp3lame'],
        ...['-c:v', 'copy', at('whole.mp3')],
      ],
    ],
    assemble: (read) => {
      const bytes = read('whole.mp3');
      const cover = bytes.indexOf(Buffer.from('ffd8ff', 'hex'));
      return bytes.fill(0x55, cover + 20, cover + 2000);
    },
    expected: { size: '1280x720', rate: '5', seconds: 2.4, flashes: [], warning: '只有声音' },
  },
  {
    kind: '录音笔、手机录音，AMR',
    file: 'recorder.amr',
    make: () => [],
    // There is no free encoder, but any bits are 20 ms of a noise at 12.2 kbit/s (RFC 4867 §5).
    assemble: () =>
      Buffer.concat([
        Buffer.from('#!AMR\n'),
        ...Array.from({ length: 120 }, (_, frame) =>
          Buffer.from([
            0x3c,
            ...Array.from({ length: 31 }, (_bits, place) => (frame * 31 + place * 17) % 256),
          ]),
        ),
      ]),
    expected: { size: '1280x720', rate: '5', seconds: 2.4, flashes: [], warning: '只有声音' },
  },
];

/** Zeros in the pictures between two numbers, where the lengths of all stay right: a file without sound, a slice a picture. */
function withSpoiltPictures(bytes: Buffer, from: number, to: number): Buffer {
  const end = bytes.indexOf('moov', 0, 'latin1') - 4;
  let position = bytes.indexOf('mdat', 0, 'latin1') + 4;
  for (let picture = 0; position < end;) {
    const length = bytes.readUInt32BE(position);
    const type = (bytes[position + 4] ?? 0) & 0x1f;
    if (type === 1 && picture >= from && picture < to)
      bytes.fill(0, position + 4 + Math.round(length * 0.3), position + 4 + length);
    if (type === 1 || type === 5) picture += 1;
    position += 4 + length;
  }
  return bytes;
}

const DAMAGES: readonly InputFixture[] = [
  truncated(
    '片尾缺失，MP4（索引在前）',
    'cut.mp4',
    [...H264, ...AAC, '-movflags', '+faststart'],
    '片尾缺失约',
  ),
  truncated('片尾缺失，MKV', 'cut.mkv', [...H264, ...AAC], '片尾缺失约'),
  truncated('片尾缺失，FLV', 'cut.flv', [...H264, ...AAC], '片尾缺失约'),
  truncated('片尾缺失，WMV', 'cut.wmv', ['-c:v', 'wmv2', '-q:v', '5', '-c:a', 'wmav2'], '片尾缺失约'),
  truncated('片尾缺失，AVI', 'cut.avi', ['-c:v', 'mpeg4', '-q:v', '5', '-c:a', 'libmp3lame'], '片尾缺失约'),
  truncated('片尾缺失，TS（文件里没有写总长）', 'cut.ts', [...H264, ...AAC]),
  {
    kind: '中间有一段损坏，MP4',
    file: 'damaged.mp4',
    make: (at) => [
      [
        ...both({ seconds: 24, flashes: [1, 21] }),
        ...[...H264, '-g', '25', ...AAC, '-movflags', '+faststart', at('whole.mp4')],
      ],
    ],
    assemble: (read) => {
      const bytes = read('whole.mp4');
      return bytes.fill(0, Math.round(bytes.length * 0.5), Math.round(bytes.length * 0.54));
    },
    expected: { ...PLAIN, seconds: 24, flashes: [1, 21], warning: '秒画面损坏、无法解码，已用前一帧补上' },
  },
  {
    kind: '画面数据有误码，码流本可直接采用，MP4',
    file: 'spoilt-copy.mp4',
    make: (at) => [[...picture({ seconds: 4 }), ...H264, '-bf', '0', at('whole.mp4')]],
    assemble: (read) => withSpoiltPictures(read('whole.mp4'), 55, 95),
    expected: { ...PLAIN, seconds: 4, sounds: 0, warning: '秒画面带有花屏' },
  },
];

/** Every kind of input, in the order of the table. */
export const INPUT_FIXTURES: readonly InputFixture[] = [
  ...CODECS,
  ...PICTURES,
  ...SOUNDS,
  ...ODD_SOUNDS,
  ...CLOCK_FIXTURES,
  ...DAMAGES,
];
