// The inputs the transcoder is held to: how a small clip of each kind is made, and what must come out of it. The tests make
// and check them, and docs/inputs.md lists them.

import {
  AAC,
  beep,
  both,
  encoded,
  H264,
  joined,
  picture,
  PLAIN,
  truncated,
  withTagTimes,
  type InputFixture,
  type JoinedPart,
} from './input-clip.ts';

const OLD_FLASH = ['-c:v', 'flv', '-b:v', '600k', '-c:a', 'libmp3lame', '-ar', '44100'];

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

const HOUR_FROM_1200_MS = 'gte(PTS*TB\\,1.19)*3600/TB';

/** The muxer takes no packet of an hour. The ticks are those of the file that is written. */
const HUNDRED_SECONDS_FROM_1200_MS = 'gte(PTS*TB\\,1.19)*100/TB';

const PAUSE_FROM_1200_MS = 'gte(PTS*TB\\,1.19)*1.2/TB';

const JUMPED = { warning: '时间戳有跳变' };

/** As television has it between a programme and an advertisement. */
function changingSound(codec: string): readonly JoinedPart[] {
  return [
    { start: 0, words: [...H264, '-c:a', codec, '-ar', '48000', '-ac', '1'] },
    { start: 1.2, words: [...H264, '-c:a', codec, '-ar', '44100', '-ac', '2'] },
  ];
}

const CLOCKS: readonly InputFixture[] = [
  joined('时间戳向前跳一小时，TS', 'jump.ts', [{ start: 10 }, { start: 3611.2 }], JUMPED),
  joined('两段录像首尾相接，时钟重新开始，TS', 'restart.ts', [{ start: 500 }, { start: 7 }], JUMPED),
  joined('时钟溢出（26.5 小时回零），TS', 'overflow.ts', [{ start: 95_442.5 }, { start: 95_443.7 }]),
  joined(
    '三段录像首尾相接，每段声音都比画面短 60 毫秒，TS',
    'short-sounds.ts',
    [500, 7, 300].map((start) => ({ start, soundSeconds: 1.14 })),
    JUMPED,
  ),
  joined('画面大小中途改变，TS', 'growing.ts', [
    { start: 0, words: [...H264, ...AAC] },
    { start: 1.2, size: '640x480', words: [...H264, ...AAC] },
  ]),
  joined('采样率和声道中途改变，AAC，TS', 'changing-aac.ts', changingSound('aac')),
  joined('采样率和声道中途改变，AC-3，TS', 'changing-ac3.ts', changingSound('ac3')),
  {
    kind: '时间戳向前跳一小时，MKV',
    file: 'jump.mkv',
    make: (at) => [
      [...both({ flashes: [0.6, 1.8] }), ...H264, '-bf', '0', ...AAC, at('straight.mkv')],
      [
        ...['-i', at('straight.mkv'), '-c', 'copy'],
        ...[
          '-bsf:v',
          `setts=ts=TS+${HOUR_FROM_1200_MS}`,
          '-bsf:a',
          `setts=ts=TS+${HOUR_FROM_1200_MS}`,
          at('jump.mkv'),
        ],
      ],
    ],
    expected: { ...PLAIN, flashes: [0.6, 1.8], tolerance: 0.15, warning: '时间戳有跳变' },
  },
  {
    kind: '录制中间暂停 1.2 秒，MKV',
    file: 'paused.mkv',
    make: (at) => [
      [...both({ flashes: [0.6, 1.8] }), ...H264, '-bf', '0', ...AAC, at('straight.mkv')],
      [
        ...['-i', at('straight.mkv'), '-c', 'copy', '-bsf:v', `setts=ts=TS+${PAUSE_FROM_1200_MS}`],
        ...['-bsf:a', `setts=ts=TS+${PAUSE_FROM_1200_MS}`, at('paused.mkv')],
      ],
    ],
    expected: { ...PLAIN, seconds: 3.6, flashes: [0.6, 3], tolerance: 0.15, warning: '中间有 1 处' },
  },
  {
    kind: '一个声音数据包的时间戳错到 20 秒后，FLV',
    file: 'stray.flv',
    make: (at) => [[...both(), ...OLD_FLASH, at('whole.flv')]],
    assemble: (read) =>
      withTagTimes(read('whole.flv'), (timeMs, sound) => (sound === 10 ? timeMs + 20_000 : timeMs)),
    expected: { ...PLAIN, warning: '时间戳有跳变' },
  },
  {
    kind: '时钟溢出（4.66 小时回零），FLV',
    file: 'overflow.flv',
    make: (at) => [[...both({ flashes: [0.6, 1.8] }), ...OLD_FLASH, at('whole.flv')]],
    assemble: (read) => withTagTimes(read('whole.flv'), (timeMs) => 2 ** 24 - 1200 + timeMs),
    expected: { ...PLAIN, flashes: [0.6, 1.8], warning: '时间戳有跳变' },
  },
  {
    kind: '两个文件直接拼接（copy /b），MP4',
    file: 'two-in-one.mp4',
    make: (at) => [[...both(), ...H264, ...AAC, at('one.mp4')]],
    assemble: (read) => Buffer.concat([read('one.mp4'), read('one.mp4')]),
    expected: { ...PLAIN, warning: '只能读到第一段' },
  },
  {
    kind: '时间戳向前跳 100 秒，MP4',
    file: 'jump.mp4',
    make: (at) => [
      [...both({ flashes: [0.6, 1.8] }), ...H264, '-bf', '0', ...AAC, at('straight.mp4')],
      [
        ...['-i', at('straight.mp4'), '-c', 'copy', '-bsf:v', `setts=ts=TS+${HUNDRED_SECONDS_FROM_1200_MS}`],
        ...['-bsf:a', `setts=ts=TS+${HUNDRED_SECONDS_FROM_1200_MS}`, at('jump.mp4')],
      ],
    ],
    expected: { ...PLAIN, flashes: [0.6, 1.8], tolerance: 0.15, warning: '时间戳有跳变' },
  },
  {
    kind: '带剪辑列表（从 0.6 秒处起播），MP4',
    file: 'edited.mp4',
    make: (at) => [
      [...both({ seconds: 3 }), ...H264, ...AAC, at('whole.mp4')],
      ['-ss', '0.6', '-i', at('whole.mp4'), '-c', 'copy', at('edited.mp4')],
    ],
    expected: { ...PLAIN, flashes: [0.4] },
  },
  {
    kind: '声音晚 0.8 秒开始',
    file: 'late-sound.mkv',
    make: (at) => [
      [
        ...[...picture(), '-itsoffset', '0.8', ...beep({ flashes: [0.2], seconds: 1.6 })],
        ...['-map', '0', '-map', '1', ...H264, ...AAC, at('late-sound.mkv')],
      ],
    ],
    expected: PLAIN,
  },
  {
    kind: '画面晚 0.8 秒开始',
    file: 'late-picture.mkv',
    make: (at) => [
      [
        ...[...beep(), '-itsoffset', '0.8', ...picture({ flashes: [0.2], seconds: 1.6 })],
        ...['-map', '1', '-map', '0', ...H264, ...AAC, at('late-picture.mkv')],
      ],
    ],
    expected: PLAIN,
  },
  {
    kind: '画面比声音早结束',
    file: 'short-picture.mp4',
    make: (at) => [
      [...picture({ seconds: 2 }), ...beep({ seconds: 6 }), ...H264, ...AAC, at('short-picture.mp4')],
    ],
    expected: { ...PLAIN, seconds: 6, warning: '画面比声音早结束 4 秒' },
  },
  {
    kind: '声音比画面早结束',
    file: 'short-sound.mp4',
    make: (at) => [
      [...picture({ seconds: 6 }), ...beep({ seconds: 2 }), ...H264, ...AAC, at('short-sound.mp4')],
    ],
    expected: { ...PLAIN, seconds: 6, warning: '声音比画面早结束 4 秒' },
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
  ...CLOCKS,
  ...DAMAGES,
];
