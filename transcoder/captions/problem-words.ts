import type { CaptionProblem, CaptionProblemCode } from './caption-file.ts';

const WORDS: Readonly<Record<CaptionProblemCode, { readonly message: string; readonly isLeftOut: boolean }>> =
  {
    'no-cues': {
      message: '没有找到任何字幕时间。请确认这是 SRT、ASS 或 WebVTT 字幕文件，而不是文稿或压缩包。',
      isLeftOut: true,
    },
    'bad-time': {
      message: '时间看不懂，这一条没有采用。请写成“00:01:02,500 --> 00:01:05,000”的样子。',
      isLeftOut: true,
    },
    'end-before-start': {
      message: '结束时间不晚于开始时间，这一条没有采用。请核对这两个时间。',
      isLeftOut: true,
    },
    'no-text': { message: '只有时间，没有文字，这一条没有采用。请补上文字，或删去这一条。', isLeftOut: true },
    'bad-line': {
      message: '这一行的项目比 Format 行写明的少，没有采用。请对照其他行补全。',
      isLeftOut: true,
    },
    'unreadable-text': {
      message: '有无法识别的字符，显示为“�”。请用 UTF-8 编码重新保存字幕文件后再上传。',
      isLeftOut: false,
    },
    overlap: {
      message: '上一条还没有消失，这一条就出现了，两条会同时显示。如果不是有意的，请改正时间。',
      isLeftOut: false,
    },
  };

/** A problem of the cue or text at a line, in its usual words; pure. */
export function cueProblem(line: number, code: CaptionProblemCode): CaptionProblem {
  return { line, code, ...WORDS[code] };
}
