import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { expect } from 'chai';
import HLS from 'hls-parser';

import { record, x264 } from '../../support/live-input.ts';
import { picture, tone } from '../../support/media.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');

describe('The example of the live packager', function () {
  this.timeout(120_000);
  let folder: string;

  // Inside the package, so that it is found by its name.
  before(async () => {
    folder = await mkdtemp(join(ROOT, 'build', 'example-'));
  });

  after(() => rm(folder, { recursive: true }));

  it('does what it says, as it stands', async () => {
    const face = await readFile(join(ROOT, 'transcoder/live/index.ts'), 'utf8');
    const example = /```js\n(?<code>.*?)```/s.exec(face)?.groups?.['code'] ?? '';
    await writeFile(join(folder, 'broadcast.mjs'), example.replaceAll(/^ \* ?/gm, ''));
    await record(
      join(folder, 'lecture.flv'),
      ...picture('320x180', '25', 5),
      ...tone(5),
      ...x264(50, 2),
      '-c:a',
      'aac',
    );
    const stdout = await new Promise<string>((done, fail) => {
      const run = execFile(process.execPath, ['broadcast.mjs'], { cwd: folder }, (error, out) =>
        error === null ? done(out) : fail(error),
      );
      void readFile(join(folder, 'lecture.flv')).then((bytes) => run.stdin?.end(bytes));
    });
    const playlist = HLS.parse(stdout) as HLS.types.MediaPlaylist;
    expect(playlist.endlist).to.equal(true);
    const seconds = playlist.segments.map(({ duration }) => duration);
    expect(seconds).to.deep.equal([2, 2, 1]);
  });
});
