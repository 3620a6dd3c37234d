import { writeFile } from 'node:fs/promises';

import { expect } from 'chai';

import { FORMATS, SIMPLIFIED, written } from '../../support/caption-files.ts';
import { CommandLine, makeClip } from '../../support/command-line.ts';

interface Listed {
  readonly language: string;
  readonly label: string;
  readonly fileName: string;
}

describe('yuanjiao ingest with captions', function () {
  let yuanjiao: CommandLine;

  before(async () => {
    yuanjiao = await CommandLine.open();
    await makeClip(yuanjiao.path('lecture.mp4'));
    await writeFile(yuanjiao.path('lecture.srt'), written(FORMATS.srt(SIMPLIFIED), 'GB18030'));
    await writeFile(yuanjiao.path('other.ass'), FORMATS.ass(['Bonjour', 'Fin']));
    const broken = `${FORMATS.srt(SIMPLIFIED)}\n3\n00:00:09,000 --> 00:00:08,000\n反\n`;
    await writeFile(yuanjiao.path('broken.srt'), broken);
    await writeFile(yuanjiao.path('text.srt'), '只是解说词');
  });

  after(() => yuanjiao.close());

  const captionsOf = async (address: string): Promise<readonly Listed[]> => {
    const { loadConfig, openFoundation } = await import('yuanjiao/server');
    const { CaptionDesk } = await import('../../../server/captions/caption-desk.ts');
    const foundation = await openFoundation(loadConfig({ env: {}, cwd: yuanjiao.folder }));
    try {
      const listed = await new CaptionDesk(foundation).list(address.trim().split('/').at(-1) ?? '');
      return listed.map(({ language, label, fileName }) => ({ language, label, fileName }));
    } finally {
      await foundation.close();
    }
  };

  it('takes the files along that lie beside the lecture under its name, and none twice', async () => {
    const words = ['ingest', 'lecture.mp4', '--title', '第一课', '--if-missing'];
    const { exitCode, stdout, stderr } = await yuanjiao.run(words);
    expect(exitCode, stderr).to.equal(0);
    expect(stderr).to.contain('lecture.srt').and.contain('2 cues');
    expect(await captionsOf(stdout)).to.deep.equal([
      { language: 'zh-Hans', label: '简体中文', fileName: 'lecture.srt' },
    ]);
    const again = await yuanjiao.run(words);
    expect(again.stdout).to.equal(stdout);
    expect(again.stderr).to.not.contain('lecture.srt');
  });

  it('takes those that are named, in the language that is named, and tells of broken cues by line', async () => {
    const words = [
      'ingest',
      'lecture.mp4',
      '--title',
      '第二课',
      '--captions',
      'other.ass,fr',
      '--captions',
      'broken.srt',
    ];
    const { exitCode, stdout, stderr } = await yuanjiao.run(words);
    expect(exitCode, stderr).to.equal(0);
    expect(stderr).to.contain('Note: broken.srt 第 10 行：');
    expect((await captionsOf(stdout)).map(({ language, fileName }) => [language, fileName])).to.deep.equal([
      ['zh-Hans', 'broken.srt'],
      ['fr', 'other.ass'],
    ]);
  });

  it('takes nothing at all when a caption file cannot be used or is not there', async () => {
    for (const [value, exit, words] of [
      ['text.srt', 3, '第 1 行'],
      ['lecture.srt,中文', 2, 'is no language'],
      ['missing.srt', 2, 'missing.srt'],
    ] as const) {
      const run = await yuanjiao.run(['ingest', 'lecture.mp4', '--title', '第三课', '--captions', value]);
      expect(run.exitCode, run.stderr).to.equal(exit);
      expect(run.stderr).to.contain(words);
      expect(run.stdout).to.equal('');
    }
  });
});
