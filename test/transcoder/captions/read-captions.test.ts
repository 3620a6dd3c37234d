import { expect } from 'chai';

import { readCaptions, retime, type CaptionFile } from 'yuanjiao/transcoder';

import { cutWebvtt, formatWebvtt } from '../../../transcoder/captions/webvtt.ts';
import { guessLanguage, languageLabel, languageTag } from '../../../transcoder/captions/language.ts';
import { FORMATS, SIMPLIFIED, TRADITIONAL, WRITINGS, written } from '../../support/caption-files.ts';

function read(...lines: readonly string[]): CaptionFile {
  return readCaptions(Buffer.from(lines.join('\n')));
}

function faults(file: CaptionFile): readonly string[] {
  return file.problems.map(({ line, code }) => `${line} ${code}`);
}

describe('a caption file', () => {
  for (const writing of WRITINGS) {
    for (const format of ['srt', 'ass', 'webvtt'] as const) {
      it(`is read as ${format} in ${writing}`, () => {
        const said = writing === 'Big5' ? TRADITIONAL : SIMPLIFIED;
        const file = readCaptions(written(FORMATS[format](said), writing));
        expect(file.format).to.equal(format);
        expect(file.charset).to.equal(writing.replace(' with a mark', ''));
        expect(file.problems).to.deep.equal([]);
        expect(file.cues).to.deep.equal([
          { startMs: 1000, endMs: 3000, text: said[0], place: 'bottom' },
          { startMs: 3500, endMs: 5250, text: said[1], place: 'bottom' },
        ]);
      });
    }
  }

  it('tells GB18030 from Big5 by a single short line', () => {
    const charsetOf = (text: string, writing: 'GB18030' | 'Big5'): string =>
      readCaptions(written(`00:01 --> 00:02\n${text}\n`, writing)).charset;
    for (const text of ['谢谢大家', '再见', '施肥以后要浇水', '我们来看第二步', '土壤']) {
      expect(charsetOf(text, 'GB18030'), text).to.equal('GB18030');
    }
    for (const text of ['謝謝大家', '再見', '施肥以後要澆水', '我們來看第二步', '土壤']) {
      expect(charsetOf(text, 'Big5'), text).to.equal('Big5');
    }
  });

  it('in a Western charset keeps its accents', () => {
    const file = readCaptions(
      Buffer.from('1\n00:00:01,000 --> 00:00:02,000\nVoilà le café, déjà vu\n', 'latin1'),
    );
    expect(file.charset).to.equal('windows-1252');
    expect(file.cues[0]?.text).to.equal('Voilà le café, déjà vu');
  });

  it('with a few broken bytes stays what it is, and names their lines', () => {
    const bytes = written(FORMATS.srt(SIMPLIFIED), 'UTF-8');
    const file = readCaptions(Buffer.concat([bytes.subarray(0, -4), Buffer.from('\n')]));
    expect(file.charset).to.equal('UTF-8');
    expect(faults(file)).to.deep.equal(['7 unreadable-text']);
    expect(file.cues).to.have.length(2);
  });

  it('that is none says so, whatever it is', () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('这是解说词。\n没有时间。\n'),
      Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 9, 0, 0, 1, 2, 3, 4, 5, 6, 7, 0, 8, 9]),
    ]) {
      const file = readCaptions(bytes);
      expect(file.cues).to.deep.equal([]);
      expect(faults(file)).to.deep.equal(['1 no-cues']);
    }
  });
});

describe('SRT', () => {
  it('is read through everything that offices do to it', () => {
    const file = read(
      '1',
      '00:00:01.5 --> 00:00:02,000', // a dot, and tenths
      '没有空行',
      '2',
      '0:03,000-->0:04,000', // no hours, no blanks
      '两行字',
      '第二行',
      '',
      '00：00：05，000 --> 00：00：06，000', // typed with a Chinese input method; and no number
      '全角时间',
      '7',
      '00:00:07,000 -> 00:00:08,000  X1:10 X2:20',
      '2026',
      '年',
      '',
      '',
      '8',
      '100:00:00,000 --> 100:00:01,000',
      '长得很',
    );
    expect(file.problems).to.deep.equal([]);
    expect(file.cues.map(({ startMs, endMs, text }) => [startMs, endMs, text])).to.deep.equal([
      [1500, 2000, '没有空行'],
      [3000, 4000, '两行字\n第二行'],
      [5000, 6000, '全角时间'],
      [7000, 8000, '2026\n年'],
      [360_000_000, 360_001_000, '长得很'],
    ]);
  });

  it('tells of every broken cue by its line, in words that say what to do, and shows the others', () => {
    const file = read(
      '1',
      '00:00:01,000 --> 00:00:02,000',
      '好的',
      '',
      '2',
      '00:00:05,000 --> 00:00:04,000',
      '倒过来了',
      '',
      '3',
      '00:00:6x,000 --> 00:00:07,000',
      '看不懂',
      '',
      '4',
      '00:00:08,000 --> 00:00:09,000',
      '',
      '5',
      '00:00:10,000 --> 00:00:12,000',
      '还在',
      '',
      '6',
      '00:00:11,000 --> 00:00:13,000',
      '已经来了',
      '',
      '7',
      '00:61:00,000 --> 00:62:00,000',
      '没有这样的分钟',
    );
    expect(file.cues.map(({ text }) => text)).to.deep.equal(['好的', '还在', '已经来了']);
    expect(faults(file)).to.deep.equal([
      '6 end-before-start',
      '10 bad-time',
      '14 no-text',
      '21 overlap',
      '25 bad-time',
    ]);
    expect(file.problems.map(({ isLeftOut }) => isLeftOut)).to.deep.equal([true, true, true, false, true]);
    for (const { message } of file.problems) expect(message).to.match(/^[\u4e00-\u9fff].*(请|以).*。$/);
  });

  it('keeps bold, italic and underline, drops colours, and shows everything else as it is', () => {
    const text = (line: string): string | undefined => read('00:01 --> 00:02', line).cues[0]?.text;
    expect(text('<B>粗</B><i>斜</i><u>线</u>')).to.equal('<b>粗</b><i>斜</i><u>线</u>');
    expect(text('<font color="#ff0000" size=3>红</font>')).to.equal('红');
    expect(text('<b>没有关上<i>两层')).to.equal('<b>没有关上<i>两层</i></b>');
    expect(text('<b>交<i>叉</b>着</i></u>')).to.equal('<b>交<i>叉</i></b><i>着</i>');
    expect(text('R&D <测试> 1 < 2 --> 3')).to.equal('R&amp;D &lt;测试&gt; 1 &lt; 2 --&gt; 3');
    expect(text('<script>alert(1)</script>')).to.equal('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text('{花括号}照写')).to.equal('{花括号}照写');
  });

  it('puts a cue above when its code says so', () => {
    const { cues } = read(
      '00:01 --> 00:02',
      '{\\an8}上面',
      '',
      '00:03 --> 00:04',
      '{\\a6}也在上面',
      '',
      '00:05 --> 00:06',
      '{\\an2\\fs20}下面',
    );
    expect(cues.map(({ text, place }) => [text, place])).to.deep.equal([
      ['上面', 'top'],
      ['也在上面', 'top'],
      ['下面', 'bottom'],
    ]);
  });

  it('joins two languages that share their times, and parts cues that touch', () => {
    const { cues, problems } = read(
      '00:01,000 --> 00:02,000',
      '你好',
      '',
      '00:01,000 --> 00:02,000',
      'Hello',
      '',
      '00:01,900 --> 00:03,000',
      '再见',
    );
    expect(problems).to.deep.equal([]);
    expect(cues.map(({ startMs, endMs, text }) => [startMs, endMs, text])).to.deep.equal([
      [1000, 1900, '你好\nHello'],
      [1900, 3000, '再见'],
    ]);
  });
});

describe('ASS', () => {
  const events = (...dialogues: readonly string[]): CaptionFile =>
    read(
      '[Script Info]',
      '[V4+ Styles]',
      'Format: Name, Alignment, Fontsize',
      'Style: Top,8,20',
      'Style: Default,2,20',
      '[Events]',
      'Format: Layer, Start, End, Style, Text',
      ...dialogues,
    );

  it('gives its text, its line ends, its styles and its place', () => {
    const { cues, problems } = events(
      'Dialogue: 0,0:00:01.50,0:00:02.25,Default,{\\fad(200,200)\\b1}粗{\\b0}细，带逗号\\N第二行\\h{\\i1}斜',
      'Dialogue: 0,0:00:03.00,0:00:04.00,Top,片名',
      'Dialogue: 0,0:00:05.00,0:00:06.00,Top,{\\an2}回到下面',
      'Dialogue: 0,0:00:07.00,0:00:08.00,*Default,{\\k20}卡{\\k30}拉',
      'Comment: 0,0:00:09.00,0:00:10.00,Default,给自己看的',
      'Dialogue: 0,0:00:09.00,0:00:10.00,Default,{\\p1}m 0 0 l 100 0{\\p0}',
    );
    expect(problems).to.deep.equal([]);
    expect(cues.map(({ startMs, endMs, text, place }) => [startMs, endMs, text, place])).to.deep.equal([
      [1500, 2250, '<b>粗</b>细，带逗号\n第二行\u00a0<i>斜</i>', 'bottom'],
      [3000, 4000, '片名', 'top'],
      [5000, 6000, '回到下面', 'bottom'],
      [7000, 8000, '卡拉', 'bottom'],
    ]);
  });

  it('shows events that are not in the order of time, and one of two equal layers', () => {
    const { cues, problems } = events(
      'Dialogue: 0,0:00:05.00,0:00:06.00,Default,后',
      'Dialogue: 0,0:00:01.00,0:00:02.00,Default,先',
      'Dialogue: 1,0:00:01.00,0:00:02.00,Default,先',
    );
    expect(problems).to.deep.equal([]);
    expect(cues.map(({ text }) => text)).to.deep.equal(['先', '后']);
  });

  it('tells of broken events by their lines', () => {
    const file = events(
      'Dialogue: 0,0:00:01.00,0:00:02.00,Default,好',
      'Dialogue: 0,0:00:03.00,0:00:04.00',
      'Dialogue: 0,0:00:09.00,0:00:08.00,Default,倒过来了',
      'Dialogue: 0,later,0:00:08.00,Default,看不懂',
      'Dialogue: 0,0:00:09.00,0:00:10.00,Default,',
    );
    expect(faults(file)).to.deep.equal(['9 bad-line', '10 end-before-start', '11 bad-time', '12 no-text']);
    expect(file.cues).to.have.length(1);
  });
});

describe('WebVTT', () => {
  it('is read past its header, notes, styles, names, settings and entities', () => {
    const { cues, problems } = read(
      'WEBVTT - 果树',
      'X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0',
      '',
      'STYLE',
      '::cue { color: red }',
      '',
      'NOTE 这里写着 不算',
      '还是说明',
      '',
      'intro',
      '00:00:01.000 --> 00:00:02.000 line:0 align:start',
      '<v 老师>上课&lt;了&gt; <c.yellow>R&amp;D</c> <00:00:01.500><b.loud>响</b>',
      '',
      '00:03.000 --> 00:04.000 line:-2',
      '下面',
    );
    expect(problems).to.deep.equal([]);
    expect(cues).to.deep.equal([
      { startMs: 1000, endMs: 2000, text: '上课&lt;了&gt; R&amp;D <b>响</b>', place: 'top' },
      { startMs: 3000, endMs: 4000, text: '下面', place: 'bottom' },
    ]);
  });

  it('comes out as it went in', () => {
    const { cues } = read(
      '00:01 --> 00:02',
      '<b>R&D</b> <测试>',
      '',
      '01:00:03,456 --> 01:00:04,000',
      '{\\an8}一小时后',
    );
    const text = formatWebvtt(cues);
    expect(text).to.equal(
      'WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<b>R&amp;D</b> &lt;测试&gt;\n\n' +
        '01:00:03.456 --> 01:00:04.000 line:0\n一小时后\n',
    );
    expect(readCaptions(Buffer.from(text)).cues).to.deep.equal(cues);
  });

  it('is cut into pieces of five minutes, with a cue on the border in both', () => {
    const { cues } = read('04:59 --> 05:01', '在边上', '', '12:00 --> 12:01', '后面');
    const pieces = cutWebvtt(cues);
    expect(pieces).to.have.length(3);
    expect(
      pieces.map((piece) => readCaptions(Buffer.from(piece)).cues.map(({ text }) => text)),
    ).to.deep.equal([['在边上'], ['在边上'], ['后面']]);
    for (const piece of pieces) {
      expect(piece).to.match(/^WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00\.000,MPEGTS:0\n/);
    }
  });
});

describe('the times of captions', () => {
  const { cues } = read('00:01 --> 00:03', '一', '', '10:00 --> 10:02', '二');

  it('move by an offset; what lies before the lecture is gone, what reaches into it is cut', () => {
    const times = (offsetMs: number): readonly (readonly number[])[] =>
      retime(cues, { offsetMs, stretch: 1 }).map(({ startMs, endMs }) => [startMs, endMs]);
    expect(times(1500)).to.deep.equal([
      [2500, 4500],
      [601_500, 603_500],
    ]);
    expect(times(-2000)).to.deep.equal([
      [0, 1000],
      [598_000, 600_000],
    ]);
    expect(times(-3000)).to.deep.equal([[597_000, 599_000]]);
  });

  it('stretch with the rate of pictures they were made for', () => {
    const [, last] = retime(cues, { offsetMs: 0, stretch: 25 / 23.976 });
    expect(last?.startMs).to.equal(625_626);
  });
});

describe('the language of captions', () => {
  it('is what the file’s name says, else what its characters say', () => {
    const cuesOf = (lines: readonly string[]) => readCaptions(written(FORMATS.srt(lines), 'UTF-8')).cues;
    const guess = (name: string, lines: readonly string[] = SIMPLIFIED): string =>
      guessLanguage(name, cuesOf(lines));
    expect(guess('讲座.en.srt')).to.equal('en');
    expect(guess('讲座.cht.ass')).to.equal('zh-Hant');
    expect(guess('讲座.zh-TW.srt')).to.equal('zh-TW');
    expect(guess('讲座.chi.srt')).to.equal('zh-Hans');
    expect(guess('讲座.srt')).to.equal('zh-Hans');
    expect(guess('第1课.new.srt')).to.equal('zh-Hans');
    expect(guess('讲座.srt', TRADITIONAL)).to.equal('zh-Hant');
    expect(guess('talk.srt', ['Good morning', 'Thank you'])).to.equal('en');
  });

  it('is written as BCP 47 has it, and called what it calls itself', () => {
    expect(['chi', 'ZH_hans', 'eng', 'zh-x-2'].map(languageTag)).to.deep.equal([
      'zh',
      'zh-Hans',
      'en',
      'zh-x-2',
    ]);
    expect(['', 'und', '中文', 'a/b', 'zh-Hans-CN-x-private-one'].map(languageTag)).to.deep.equal(
      Array.from({ length: 5 }, () => undefined),
    );
    expect(['zh-Hans', 'zh-Hant', 'en'].map(languageLabel)).to.deep.equal([
      '简体中文',
      '繁體中文',
      'English',
    ]);
  });
});
