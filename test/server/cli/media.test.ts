import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { expect } from 'chai';

import { alive, CommandLine, makeClip, untilEncoding } from '../../support/command-line.ts';
import { pathWithoutSandbox } from '../../support/machine.ts';
import { until } from '../../support/until.ts';

const PLAYLIST = '#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n/etc/passwd\n#EXT-X-ENDLIST\n';

describe('yuanjiao probe and transcode', function () {
  let yuanjiao: CommandLine;

  before(async () => {
    yuanjiao = await CommandLine.open();
    await makeClip(yuanjiao.path('课件 一.mp4'));
    await writeFile(yuanjiao.path('text.mp4'), 'Dies ist kein Film.\n'.repeat(100));
    await writeFile(yuanjiao.path('empty.mp4'), '');
    await writeFile(yuanjiao.path('playlist.mp4'), PLAYLIST);
  });

  after(() => yuanjiao.close());

  it('describes a lecture in words', async () => {
    const { exitCode, stdout } = await yuanjiao.run(['probe', '课件 一.mp4']);
    expect(exitCode).to.equal(0);
    expect(stdout).to.contain('h264, 640×360, 25.00 frames/s');
    expect(stdout).to.contain('aac, 1 channel, 48000 Hz');
  });

  it('describes a lecture as JSON', async () => {
    const { exitCode, stdout } = await yuanjiao.run(['probe', '课件 一.mp4', '--json']);
    expect(exitCode).to.equal(0);
    const media = JSON.parse(stdout) as { duration: number; video: { displayHeight: number } };
    expect(media.duration).to.be.closeTo(4, 0.1);
    expect(media.video.displayHeight).to.equal(360);
  });

  it('warns once where there is no sandbox, with the command that mends it', async () => {
    const env = { PATH: await pathWithoutSandbox(yuanjiao.path('tools')) };
    for (const args of [
      ['probe', '课件 一.mp4'],
      ['transcode', '课件 一.mp4', '--to', 'without-sandbox'],
    ]) {
      const { exitCode, stderr } = await yuanjiao.run(args, { env });
      expect(exitCode, stderr).to.equal(0);
      expect(stderr.match(/Warning: .*without a sandbox.*apt-get install bubblewrap/g)).to.have.length(1);
    }
  });

  const refused = [
    ['text.mp4', 'Choose the lecture itself'],
    ['empty.mp4', 'the file is empty. Upload it again'],
    ['playlist.mp4', 'Export the lecture as MP4'],
  ] as const;
  for (const [name, advice] of refused) {
    it(`exits with 3 on ${name} and says what to do`, async () => {
      const probed = await yuanjiao.run(['probe', name]);
      expect(probed.exitCode).to.equal(3);
      expect(probed.stderr).to.contain(advice);
      expect(probed.stdout).to.equal('');
      const transcoded = await yuanjiao.run(['transcode', name, '--to', `out-${name}`]);
      expect(transcoded.exitCode).to.equal(3);
      expect(transcoded.stderr).to.contain(advice);
      expect(await filesOf(yuanjiao.path(`out-${name}`))).to.deep.equal([]);
    });
  }

  it('writes a folder whose playlist ffprobe accepts, and does not overwrite it unasked', async () => {
    const made = await yuanjiao.run(['transcode', '课件 一.mp4', '--to', 'lecture']);
    expect(made.exitCode, made.stderr).to.equal(0);
    const playlist = made.stdout.trim();
    expect(playlist).to.equal(yuanjiao.path('lecture', 'index.m3u8'));
    expect(made.stderr).to.match(/100%/);
    const { stdout } = await promisify(execFile)('ffprobe', [
      ...['-v', 'error', '-show_entries', 'format=duration:stream=codec_name', '-of', 'json', playlist],
    ]);
    const found = JSON.parse(stdout) as {
      format: { duration: string };
      streams: { codec_name: string }[];
    };
    expect(Number(found.format.duration)).to.be.closeTo(4, 0.1);
    expect(found.streams.map((stream) => stream.codec_name)).to.include.members(['h264', 'aac']);

    const again = await yuanjiao.run(['transcode', '课件 一.mp4', '--to', 'lecture']);
    expect(again.exitCode).to.equal(2);
    expect(again.stderr).to.contain('add --overwrite');
  });

  it('stops on Ctrl-C with 130, leaving neither processes nor files', async () => {
    await makeClip(yuanjiao.path('large.mp4'), { seconds: 8, size: '1280x720' });
    const command = yuanjiao.start(['transcode', 'large.mp4', '--to', 'interrupted']);
    const below = await untilEncoding(command);
    command.child.kill('SIGINT');
    const { exitCode, stderr } = await command.ended;
    expect(exitCode).to.equal(130);
    expect(stderr).to.contain('Stopped on request');
    // Killed they are; the kernel takes its time to bury what runs at the lowest priority.
    await until('every process is gone', () => alive(below).length === 0);
    expect(await filesOf(yuanjiao.path('interrupted'))).to.deep.equal([]);
  });
});

async function filesOf(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
