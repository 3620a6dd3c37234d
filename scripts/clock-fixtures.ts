// Those of the inputs whose clock, form or order of bytes is odd.

import {
  AAC,
  beep,
  both,
  H264,
  joined,
  picture,
  PLAIN,
  withTagTimes,
  type InputFixture,
  type JoinedPart,
  OLD_FLASH,
} from './input-clip.ts';

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

/** Clocks that jump, stray, start anew or stop, and what changes on the way. */
export const CLOCK_FIXTURES: readonly InputFixture[] = [
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
