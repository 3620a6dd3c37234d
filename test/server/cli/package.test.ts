import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';

import { expect } from 'chai';
import { openFoundation } from 'yuanjiao/server';

import { CommandLine } from '../../support/command-line.ts';
import { seedLecture, siteConfig } from '../../support/courseware-site.ts';
import { pictureDigests, testFolder, type TestFolder } from '../../support/media.ts';
import {
  filesOf,
  makeSmallLecture,
  SMALL_LECTURE_RATE,
  SMALL_LECTURE_SECONDS,
  type SmallLecture,
} from '../../support/small-lecture.ts';

describe('yuanjiao export and verify', function () {
  let yuanjiao: CommandLine;
  let folder: TestFolder;
  let lecture: SmallLecture;

  before(async () => {
    yuanjiao = await CommandLine.open();
    folder = await testFolder();
    lecture = await makeSmallLecture(folder);
  });

  after(async () => {
    await yuanjiao.close();
    await folder.remove();
  });

  it('write a lecture of the catalogue onto a stick under its name', async () => {
    const config = siteConfig(yuanjiao.path('data'));
    await mkdir(config.dataDir);
    const foundation = await openFoundation(config);
    const { courseware } = await seedLecture({ foundation }, await filesOf(lecture.folder), {
      title: '冬季修剪',
    });
    await foundation.close();
    await mkdir(yuanjiao.path('stick'));
    const { exitCode, stdout, stderr } = await yuanjiao.run(['export', courseware.id, '--to', 'stick'], {
      env: { YUANJIAO_DATA_DIR: config.dataDir },
    });
    expect(exitCode, stderr).to.equal(0);
    expect(stdout.trim()).to.equal(yuanjiao.path('stick', '冬季修剪-180p.mp4'));
    expect(await pictureDigests(stdout.trim())).to.have.length(SMALL_LECTURE_SECONDS * SMALL_LECTURE_RATE);
  });

  it('write the sound of a mirrored lecture into a file, and do not replace one unasked', async () => {
    const args = ['export', lecture.folder, '--rendition', 'audio', '--to', 'sound.m4a'];
    expect((await yuanjiao.run(args)).exitCode).to.equal(0);
    expect((await readFile(yuanjiao.path('sound.m4a'))).length).to.equal(
      lecture.download('audio.m4a').sizeBytes,
    );
    const again = await yuanjiao.run(args);
    expect(again.exitCode).to.equal(2);
    expect(again.stderr).to.contain('Add --overwrite');
    expect((await yuanjiao.run([...args, '--overwrite'])).exitCode).to.equal(0);
  });

  it('say what there is when the size is not, and what an id is when it is none', async () => {
    const size = await yuanjiao.run(['export', lecture.folder, '--rendition', '720p', '--to', 'x.mp4']);
    expect(size.exitCode).to.equal(2);
    expect(size.stderr).to.contain('There is no 720p to export. Choose one of: 180p with audio, audio.');
    const id = await yuanjiao.run(['export', './nowhere', '--to', 'x.mp4']);
    expect(id.exitCode).to.equal(2);
    expect(id.stderr).to.contain('neither the id of a lecture nor a folder');
  });

  it('find a mirror whole', async () => {
    const { exitCode, stdout } = await yuanjiao.run(['verify', lecture.folder]);
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^\d+ objects, \d+ bytes: all whole\.\n$/);
  });

  it('name what is missing, cut off or damaged, and that the list is another', async () => {
    const mirror = yuanjiao.path('mirror');
    await cp(lecture.folder, mirror, { recursive: true });
    await rm(`${mirror}/poster.jpg`);
    await writeFile(`${mirror}/index.m3u8`, '#EXTM3U\n');
    const playlist = await readFile(`${mirror}/180p/index.m3u8`, 'utf8');
    await writeFile(`${mirror}/180p/index.m3u8`, playlist.replace('VOD', 'VOO'));
    const { exitCode, stdout, stderr } = await yuanjiao.run(['verify', mirror]);
    expect(exitCode).to.equal(1);
    expect(stdout).to.contain('missing     poster.jpg');
    expect(stdout).to.contain('wrong size  index.m3u8 (8 of ');
    expect(stdout).to.contain('damaged     180p/index.m3u8');
    expect(stderr).to.contain('3 of ');
    const other = await yuanjiao.run(['verify', lecture.folder, '--sha256', '0'.repeat(64)]);
    expect(other.exitCode).to.equal(1);
    expect(other.stderr).to.contain('not the expected list');
  });

  it('refuse a folder without a list, and a list that leads out of its folder', async () => {
    expect((await yuanjiao.run(['verify', '.'])).exitCode).to.equal(2);
    const list = JSON.parse(await readFile(`${lecture.folder}/objects.json`, 'utf8')) as {
      objects: { name: string }[];
    };
    await mkdir(yuanjiao.path('evil'));
    const objects = [{ ...list.objects[0], name: '../../secret' }];
    await writeFile(yuanjiao.path('evil', 'objects.json'), JSON.stringify({ ...list, objects }));
    const { exitCode, stderr } = await yuanjiao.run(['verify', 'evil']);
    expect(exitCode).to.equal(1);
    expect(stderr).to.contain('is not the list of a lecture');
  });
});
