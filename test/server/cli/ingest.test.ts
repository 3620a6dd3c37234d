import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';

import { expect } from 'chai';
import { loadConfig, openFoundation, type Foundation } from 'yuanjiao/server';
import { generationId } from 'yuanjiao/transcoder';

import { alive, CommandLine, makeClip, untilEncoding } from '../../support/command-line.ts';
import { freePort } from '../../support/minio-server.ts';
import { until } from '../../support/until.ts';

describe('yuanjiao ingest, serve and worker', function () {
  let yuanjiao: CommandLine;
  let foundation: Foundation;

  beforeEach(async () => {
    yuanjiao = await CommandLine.open();
    foundation = await openFoundation(loadConfig({ env: {}, cwd: yuanjiao.folder }));
    await makeClip(yuanjiao.path('课件.mp4'));
  });

  afterEach(async () => {
    await foundation.close();
    await yuanjiao.close();
  });

  const items = async () => (await foundation.catalogue.list()).items;

  it('takes one file in once, however often it is told with --if-missing', async () => {
    const args = ['ingest', '课件.mp4', '--title', '杨梅嫁接', '--tag', '乡土', '--if-missing', '--publish'];
    const first = await yuanjiao.run(args);
    expect(first.exitCode, first.stderr).to.equal(0);
    const second = await yuanjiao.run(args);
    expect(second.exitCode, second.stderr).to.equal(0);
    expect(second.stderr).to.contain('was taken in before');
    expect(second.stdout).to.equal(first.stdout);
    const found = await items();
    expect(found).to.have.length(1);
    expect(found[0]).to.include({ title: '杨梅嫁接', publication: 'published' });
    expect(found[0]?.tags).to.deep.equal(['乡土']);
    expect(found[0]?.current?.production).to.equal('ready');
    expect(first.stdout).to.equal(`http://127.0.0.1:8180/watch/${found[0]?.id}\n`);

    await foundation.catalogue.move(found[0]?.id ?? '', 'withdrawn');
    const third = await yuanjiao.run(args);
    expect(third.exitCode).to.equal(0);
    expect(third.stderr).to.contain('It is withdrawn; that was left as it is');
    expect((await items())[0]?.publication).to.equal('withdrawn');
  });

  it('makes a lecture again from its source, and lets it go before others where told', async () => {
    const taken = await yuanjiao.run(['ingest', '课件.mp4', '--title', '杨梅嫁接', '--wait']);
    expect(taken.exitCode, taken.stderr).to.equal(0);
    const before = (await items())[0];
    const id = before?.id ?? '';
    const made = await yuanjiao.run(['reprocess', id, '--full-rate', '--urgent', '--wait']);
    expect(made.exitCode, made.stderr).to.equal(0);
    const { current, upcoming } = await foundation.catalogue.get(id);
    expect(upcoming).to.equal(undefined);
    expect(current).to.include({ number: 2, production: 'ready' });
    expect(current?.generation).to.not.equal(before?.current?.generation);
    const jobs = await foundation.jobs.list(current?.generation ?? generationId('none'));
    expect(jobs.every(({ isUrgent }) => isUrgent)).to.equal(true);
    expect(jobs[0]?.payload).to.deep.include({
      ladder: { includes1080p: false, includesFloor: false, keepsFullRate: true },
    });
    const unknown = await yuanjiao.run(['reprocess', 'nosuch']);
    expect(unknown.exitCode).to.equal(1);
    expect(unknown.stderr).to.contain('There is no courseware "nosuch"');
  });

  it('gives its jobs back on Ctrl-C and is finished by the next run', async () => {
    await makeClip(yuanjiao.path('large.mp4'), { seconds: 8, size: '1280x720' });
    const args = ['ingest', 'large.mp4', '--title', '大棚管理', '--if-missing', '--wait'];
    const command = yuanjiao.start(args);
    const below = await untilEncoding(command);
    command.child.kill('SIGINT');
    const interrupted = await command.ended;
    expect(interrupted.exitCode).to.equal(130);
    expect(interrupted.stderr).to.contain('--if-missing --wait to go on');
    // Killed they are; the kernel takes its time to bury what runs at the lowest priority.
    await until('every process is gone', () => alive(below).length === 0);
    const [item] = await items();
    const generation = item?.current?.generation;
    expect(generation).to.not.equal(undefined);
    if (generation === undefined) return;
    const jobs = await foundation.jobs.list(generation);
    expect(jobs.filter(({ state }) => state === 'active')).to.deep.equal([]);

    const resumed = await yuanjiao.run(args);
    expect(resumed.exitCode, resumed.stderr).to.equal(0);
    const found = await items();
    expect(found).to.have.length(1);
    expect(found[0]?.current).to.include({ production: 'ready', generation });
  });

  it('leaves nothing in the catalogue of what cannot become a lecture', async () => {
    await writeFile(yuanjiao.path('notes.mp4'), 'Notizen\n'.repeat(200));
    const { exitCode, stderr } = await yuanjiao.run(['ingest', 'notes.mp4', '--title', 'Notizen', '--wait']);
    expect(exitCode).to.equal(3);
    expect(stderr).to.contain('Choose the lecture itself');
    expect(await items()).to.deep.equal([]);
  });

  it('refuses an unknown tag with 2 and names the known ones', async () => {
    const { exitCode, stderr } = await yuanjiao.run([
      'ingest',
      '课件.mp4',
      '--title',
      '杨梅',
      '--tag',
      '乡上',
    ]);
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain('乡土');
    expect(await items()).to.deep.equal([]);
  });

  it('leaves the encoding to a running worker, and does nothing twice', async () => {
    const worker = yuanjiao.start(['worker', '--jobs', '2']);
    const ingested = await yuanjiao.run(['ingest', '课件.mp4', '--title', '杨梅嫁接']);
    expect(ingested.exitCode, ingested.stderr).to.equal(0);
    expect(ingested.stderr).to.contain('add --wait');
    const watching = await yuanjiao.run([
      'ingest',
      '课件.mp4',
      '--title',
      '杨梅嫁接',
      '--if-missing',
      '--wait',
    ]);
    expect(watching.exitCode, watching.stderr).to.equal(0);
    worker.child.kill('SIGTERM');
    expect((await worker.ended).exitCode).to.equal(0);
    const found = await items();
    expect(found).to.have.length(1);
    const generation = found[0]?.current?.generation;
    if (generation === undefined) throw new Error('no generation');
    const jobs = await foundation.jobs.list(generation);
    expect(jobs.every(({ state, attempts }) => state === 'done' && attempts === 1)).to.equal(true);
  });

  it('serves until it is told to stop, and exits with 0', async () => {
    const port = await freePort();
    const server = yuanjiao.start(['serve'], { env: { YUANJIAO_PORT: String(port), YUANJIAO_WORKERS: '0' } });
    const answer = await until('the server answers', () =>
      fetch(`http://127.0.0.1:${port}/alive`).catch(() => undefined),
    );
    expect(answer.status).to.equal(200);
    server.child.kill('SIGINT');
    expect((await server.ended).exitCode).to.equal(0);
  });

  it('exits with 4 when the port is taken, and says what to do', async () => {
    const other = createServer().listen(0);
    await until('the other program listens', () => other.listening);
    const { port } = other.address() as AddressInfo;
    const { exitCode, stderr } = await yuanjiao.run(['serve'], { env: { YUANJIAO_PORT: String(port) } });
    other.close();
    expect(exitCode).to.equal(4);
    expect(stderr).to.contain('set YUANJIAO_PORT');
  });
});
