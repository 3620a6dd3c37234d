import { writeFile } from 'node:fs/promises';

import { expect } from 'chai';
import { probe } from 'yuanjiao/transcoder';

import { readContainerChapters } from '../../transcoder/chapters.ts';
import { ffmpeg, picture, QUICK_H264, testFolder, type TestFolder } from '../support/media.ts';

const METADATA = [
  ';FFMETADATA1',
  ...['[CHAPTER]', 'TIMEBASE=1/1000', 'START=0', 'END=1500', 'title=开场'],
  ...['[CHAPTER]', 'TIMEBASE=1/1000', 'START=1500', 'END=3000', 'title=嫁接 & <时机>'],
].join('\n');

describe('chapters of a container', function () {
  let folder: TestFolder;

  before(async () => {
    folder = await testFolder();
    await writeFile(folder.join('chapters.txt'), METADATA);
  });

  after(() => folder.remove());

  for (const name of ['lecture.mp4', 'lecture.mkv']) {
    it(`are read out of ${name}, with their titles as they are`, async () => {
      await ffmpeg(
        ...[...picture('320x180', '25', 3), '-i', folder.join('chapters.txt'), '-map_metadata', '1'],
        ...[...QUICK_H264, folder.join(name)],
      );
      expect((await probe(folder.join(name))).chapters).to.deep.equal([
        { start: 0, title: '开场' },
        { start: 1.5, title: '嫁接 & <时机>' },
      ]);
    });
  }

  it('are cleaned: foreign titles, times outside the lecture, doubles and disorder', () => {
    const given = [
      { start_time: '20.5', tags: { title: '\u202E反\u0007着写' } },
      { start_time: '9.98', tags: { title: '\uFFFD\uFFFD' } },
      { start_time: '20.5', tags: { title: '又一次' } },
      { start_time: '30', tags: { title: '长'.repeat(300) } },
      { start_time: '400', tags: { title: '在结尾之后' } },
      { start_time: 'N/A', tags: { title: '没有时间' } },
    ];
    expect(readContainerChapters(given, 10, 100)).to.deep.equal([
      { start: 0, title: '第 1 章' },
      { start: 10.5, title: '反 着写' },
      { start: 20, title: '长'.repeat(100) },
    ]);
  });

  it('are none when there is only one, which divides nothing', () => {
    expect(readContainerChapters([{ start_time: '0', tags: { title: '全部' } }], 0, 60)).to.deep.equal([]);
  });

  it('are at most two hundred', () => {
    const many = Array.from({ length: 500 }, (_, start) => ({ start_time: String(start) }));
    expect(readContainerChapters(many, 0, 1000).length).to.equal(200);
  });
});
