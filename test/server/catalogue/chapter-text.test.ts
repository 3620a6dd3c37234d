import { expect } from 'chai';

import { readChapterText } from '../../../server/catalogue/chapter-text.ts';
import { formatChapterTrack } from '../../../server/catalogue/chapter-track.ts';

const read = (text: string, duration?: number) => readChapterText(text, duration);
const one = (line: string) => {
  const { chapters, faults } = read(line);
  return faults[0]?.code ?? chapters[0];
};

describe('a pasted list of chapters', () => {
  it('is read line by line', () => {
    expect(read('00:00 开场\n05:30 嫁接的时机\r\n\r\n1:02:03 问答\n')).to.deep.equal({
      chapters: [
        { start: 0, title: '开场' },
        { start: 330, title: '嫁接的时机' },
        { start: 3723, title: '问答' },
      ],
      faults: [],
    });
  });

  const WAYS: readonly (readonly [line: string, start: number, title: string])[] = [
    ['05：30 全角冒号', 330, '全角冒号'],
    ['０５：３０　全角数字', 330, '全角数字'],
    ['【05:30】方头括号', 330, '方头括号'],
    ['（05：30）圆括号', 330, '圆括号'],
    ['[00:05:30] 方括号', 330, '方括号'],
    ['05:30 - 横线', 330, '横线'],
    ['05:30—破折号', 330, '破折号'],
    ['05:30、顿号', 330, '顿号'],
    ['- 05:30 项目符号', 330, '项目符号'],
    ['3. 05:30 序号', 330, '序号'],
    ['3、05:30 顿号序号', 330, '顿号序号'],
    ['第3章 05:30 剪枝', 330, '剪枝'],
    ['05:30-10:00 起止时间', 330, '起止时间'],
    ['[05:30 ~ 10:00] 括号里起止', 330, '括号里起止'],
    ['00:05:30,000 --> 00:10:00,000 像字幕一样', 330, '像字幕一样'],
    ['00:05:30.250 带毫秒', 330.25, '带毫秒'],
    ['75:30 没有小时', 4530, '没有小时'],
    ['5分30秒 写成中文', 330, '写成中文'],
    ['5分 只有分', 300, '只有分'],
    ['1小时2分3秒：写全', 3723, '写全'],
    ['嫁接的时机 05:30', 330, '嫁接的时机'],
    ['嫁接的时机……05:30', 330, '嫁接的时机'],
    ['嫁接的时机（05：30）', 330, '嫁接的时机'],
    ['05:30 第２部分：“３：７”配比', 330, '第２部分：“３：７”配比'],
    ['05:30 2024年的收成', 330, '2024年的收成'],
    ['05:30 <b>标签</b> & 符号', 330, '<b>标签</b> & 符号'],
  ];
  for (const [line, start, title] of WAYS) {
    it(`understands “${line}”`, () => {
      expect(one(line)).to.deep.equal({ start, title });
    });
  }

  it('passes over a heading, and only over a heading', () => {
    expect(read('目录：\n00:00 开场').faults).to.deep.equal([]);
    expect(read('欢迎收看\n00:00 开场').faults).to.deep.equal([
      { line: 1, code: 'no-time', text: '欢迎收看' },
    ]);
  });

  it('tells of each bad line which it is and what is wrong, and reads the others', () => {
    const text = [
      '00:00 开场',
      '没有时间的一行',
      '03:75 秒数不对',
      '04:00',
      `05:00 ${'长'.repeat(101)}`,
      '02:00 早了吗',
      '02:00 同一时刻',
      '59:59 太晚',
    ];
    const { chapters, faults } = read(text.join('\n'), 600);
    expect(chapters.map(({ title }) => title)).to.deep.equal(['开场', '早了吗']);
    expect(faults.map(({ line, code }) => `${line} ${code}`)).to.deep.equal([
      '2 no-time',
      '3 bad-time',
      '4 no-title',
      '5 title-too-long',
      '7 out-of-order',
      '8 beyond-end',
    ]);
    expect(faults[3]?.text.length).to.equal(60);
  });

  it('takes two hundred and no more', () => {
    const lines = Array.from({ length: 201 }, (_, minute) => `${minute}:00 第${minute}段`);
    const { chapters, faults } = read(lines.join('\n'));
    expect(chapters.length).to.equal(200);
    expect(faults).to.deep.equal([{ line: 201, code: 'too-many', text: '200:00 第200段' }]);
  });

  it('is read in the time it takes to look at it, also when it is made to be slow', () => {
    const hostile = [
      '1.'.repeat(20_000),
      `${'(['.repeat(10_000)}05:30`,
      `a${' .'.repeat(20_000)}b`,
      '5分'.repeat(20_000),
    ];
    const begin = process.cpuUsage();
    read(hostile.join('\n'));
    // Of the processor, whoever else is at it meanwhile; a hostile line would take minutes.
    const { user, system } = process.cpuUsage(begin);
    expect((user + system) / 1000).to.be.below(4_000);
  });
});

describe('a track of chapters', () => {
  it('gives each chapter until the next one begins, and writes its title as text', () => {
    const chapters = [
      { start: 0, title: '开场' },
      { start: 330.25, title: '<甲> & 乙' },
    ];
    expect(formatChapterTrack(chapters, 3725)).to.equal(
      'WEBVTT\n\n1\n00:00:00.000 --> 00:05:30.250\n开场\n\n2\n00:05:30.250 --> 01:02:05.000\n&lt;甲&gt; &amp; 乙\n',
    );
    expect(formatChapterTrack([], 10)).to.equal('WEBVTT\n');
  });
});
