import { execFileSync, spawn } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { getPriority } from 'node:os';

import { expect } from 'chai';
import { openStore } from 'yuanjiao/storage';
import { demandSandbox, openBox, probe, transcode, TranscodeError } from 'yuanjiao/transcoder';

import { runFfmpeg, runFfprobe, type FfmpegTask, type ProbeOptions } from '../../transcoder/ffmpeg.ts';
import { openScratch, type Scratch } from '../../transcoder/scratch.ts';
import { alive, descendantsOf } from '../support/command-line.ts';
import { pathWithoutSandbox, programOnPath } from '../support/machine.ts';
import { ffmpeg, picture, QUICK_H264, testFolder, type TestFolder } from '../support/media.ts';
import { until } from '../support/until.ts';

const HEADERS = ['-v', 'error', '-show_streams', '-of', 'json'];

/** Enough of everything. */
const LOOK: ProbeOptions = { cpuSeconds: 600, timeoutMs: 600_000, maxBytes: 1e6, onLine: () => undefined };

describe('The box of a media tool', function () {
  let folder: TestFolder;

  before(async () => {
    folder = await testFolder();
    await ffmpeg(...picture('320x180', '25', 4), ...QUICK_H264, folder.join('clip.mp4'));
    await ffmpeg('-i', folder.join('clip.mp4'), '-c', 'copy', folder.join('clip.ts'));
    execFileSync('mkfifo', [folder.join('silent.mp4'), folder.join('endless.ts')]);
  });

  after(() => folder.remove());

  /** A scratch on a clip, on a pipe into which nobody writes, or on one for {@link lookWithoutEnd}. */
  function scratchOn(name: 'clip.mp4' | 'silent.mp4' | 'endless.ts'): Promise<Scratch> {
    return openScratch(folder.join('scratch'), folder.join(name));
  }

  async function failureOf(work: Promise<unknown>): Promise<TranscodeError> {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(TranscodeError);
    return error as TranscodeError;
  }

  /** Encodes the clip again and again, without an end of its own. */
  const ENDLESS: FfmpegTask = {
    inputOptions: ['-v', 'warning', '-stats', '-stream_loop', '-1'],
    outputs: [{ name: 'endless.mkv', options: ['-c:v', 'mpeg4', '-f', 'matroska'] }],
  };

  it('stops a run that computes longer than it may, and says so', async () => {
    const scratch = await scratchOn('clip.mp4');
    const limits = { cpuSeconds: 1, outputBytes: 1e9 };
    const error = await failureOf(runFfmpeg({ ...ENDLESS, limits }, scratch));
    expect(error.code).to.equal('encoder-overrun');
    expect(error.message).to.include('computed longer').and.include('Export the lecture as MP4');
    expect(error.isRetryable).to.equal(false);
  });

  it('stops a run that writes more than it may', async () => {
    const scratch = await scratchOn('clip.mp4');
    const limits = { cpuSeconds: 60, outputBytes: 200_000 };
    const error = await failureOf(runFfmpeg({ ...ENDLESS, limits }, scratch));
    expect(error.code).to.equal('encoder-overrun');
    expect(error.message).to.include('wrote more');
    expect((await readFile(scratch.path('endless.mkv'))).length).to.be.at.most(200_000);
  });

  /** The process of the tests may have others of its own, such as a database. */
  async function descendants(): Promise<ReadonlySet<number>> {
    return new Set((await descendantsOf(process.pid)).map(({ pid }) => pid));
  }

  it('stops a run whose clock stands still, with all it has started', async () => {
    const scratch = await scratchOn('silent.mp4');
    const before = await descendants();
    const stalled = failureOf(runFfmpeg(ENDLESS, scratch, { stallMs: 4000 }));
    const started = await until('ffmpeg runs', async () => {
      const found = (await descendantsOf(process.pid)).filter(({ pid }) => !before.has(pid));
      return found.some(({ name }) => name === 'ffmpeg') && found.map(({ pid }) => pid);
    });
    const error = await stalled;
    expect(error.code).to.equal('encoder-stalled');
    await until('all of it is gone', () => alive(started).length === 0);
  });

  it('does not blame a file for what the machine had no time to read, and stops all it has started', async () => {
    const scratch = await scratchOn('silent.mp4');
    const before = await descendants();
    const stalled = failureOf(runFfprobe(HEADERS, scratch, { ...LOOK, cpuSeconds: 20, timeoutMs: 4000 }));
    const started = await until('ffprobe runs', async () => {
      const found = (await descendantsOf(process.pid)).filter(({ pid }) => !before.has(pid));
      return found.some(({ name }) => name === 'ffprobe') && found.map(({ pid }) => pid);
    });
    const error = await stalled;
    expect(error.code).to.equal('probe-stalled');
    expect(error.message).to.include('in 4 s it got').and.include('tried again');
    expect(error.isRetryable).to.equal(true);
    await until('all of it is gone', () => alive(started).length === 0);
  });

  it('does not blame a file either when nothing comes from the disk', async () => {
    const scratch = await scratchOn('silent.mp4');
    const silence = { cpuSeconds: 20, timeoutMs: 1000 };
    const error = await failureOf(runFfprobe(HEADERS, scratch, { ...LOOK, silence }));
    expect(error.code).to.equal('probe-stalled');
    expect(error.message).to.include('nothing was read for 1 s');
  });

  /** Looks into a pipe out of which the clip comes without an end. */
  async function lookWithoutEnd(
    limits: Partial<Pick<ProbeOptions, 'cpuSeconds' | 'silence'>>,
  ): Promise<TranscodeError> {
    const scratch = await scratchOn('endless.ts');
    const feeder = spawn('sh', ['-c', 'exec > endless.ts; while cat clip.ts; do :; done'], {
      cwd: folder.path,
      stdio: 'ignore',
    });
    try {
      return await failureOf(runFfprobe([...HEADERS, '-count_packets'], scratch, { ...LOOK, ...limits }));
    } finally {
      feeder.kill('SIGKILL');
    }
  }

  it('stops a look into a file that has it compute too long, and says that it is the file', async () => {
    const error = await lookWithoutEnd({ cpuSeconds: 1 });
    expect(error.code).to.equal('probe-overrun');
    expect(error.message).to.include('more than 1 s of computing time').and.include('damaged');
    expect(error.isRetryable).to.equal(false);
  });

  it('stops a look into a file that leads round in circles', async () => {
    const error = await lookWithoutEnd({ silence: { cpuSeconds: 1, timeoutMs: LOOK.timeoutMs } });
    expect(error.code).to.equal('probe-overrun');
    expect(error.message).to.include('got nowhere in 1 s of computing time');
  });

  it('stops a look into a file that tells too much', async () => {
    const scratch = await scratchOn('clip.mp4');
    const lines: string[] = [];
    const error = await failureOf(
      runFfprobe(['-v', 'error', '-show_packets', '-of', 'json'], scratch, {
        ...LOOK,
        maxBytes: 2000,
        onLine: (line) => lines.push(line),
      }),
    );
    expect(error.code).to.equal('probe-overrun');
    expect(error.message).to.include('more than 2000 bytes');
  });

  it('gives the tool limits on memory, processes and core files, and the last place at the processor', async () => {
    const scratch = await scratchOn('silent.mp4');
    const stop = new AbortController();
    const looking = runFfprobe(HEADERS, scratch, {
      ...LOOK,
      cpuSeconds: 30,
      signal: stop.signal,
    });
    const pid = await until(
      'ffprobe runs',
      async () => (await descendantsOf(process.pid)).find(({ name }) => name === 'ffprobe')?.pid,
    );
    const limits = await readFile(`/proc/${pid}/limits`, 'utf8');
    const limit = (name: string): number =>
      Number(new RegExp(`^${name} +(\\d+|unlimited)`, 'm').exec(limits)?.[1]);
    expect(limit('Max address space')).to.be.within(4 * 2 ** 30, 64 * 2 ** 30);
    expect(limit('Max core file size')).to.equal(0);
    expect(limit('Max file size')).to.be.at.most(2 ** 20);
    expect(limit('Max cpu time')).to.equal(30);
    expect(limit('Max processes')).to.be.within(4096, 100_000);
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    expect(Number(stat.slice(stat.lastIndexOf(')')).split(' ')[17])).to.equal(
      Math.min(19, getPriority() + 10),
    );
    stop.abort();
    expect((await failureOf(looking)).code).to.equal('canceled');
  });

  it('lets the tool write nowhere but into its output folder', async () => {
    for (const name of [
      '../outside.mkv',
      '../../tmp/outside.mkv',
      '../../dev/shm/outside.mkv',
      '../source',
    ]) {
      const scratch = await scratchOn('clip.mp4');
      const output = { name, options: ['-c:v', 'copy', '-f', 'matroska'] };
      const error = await failureOf(runFfmpeg({ inputOptions: ['-v', 'error'], outputs: [output] }, scratch));
      expect(error.code, name).to.equal('encoder-failed');
    }
    expect((await readFile(folder.join('clip.mp4'))).toString('latin1', 4, 8)).to.equal('ftyp');
  });

  describe('has no network', () => {
    let listener: Server;
    let calls = 0;

    before(async () => {
      listener = createServer((socket) => {
        calls += 1;
        socket.destroy();
      });
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    });

    after(() => new Promise((resolve) => listener.close(resolve)));

    it('even when ffmpeg is told to report to an address', async () => {
      const { port } = listener.address() as AddressInfo;
      const scratch = await scratchOn('clip.mp4');
      const task = {
        inputOptions: ['-v', 'error', '-progress', `tcp://127.0.0.1:${port}`],
        outputs: [{ name: 'copy.mkv', options: ['-c:v', 'copy', '-f', 'matroska'] }],
      };
      expect((await failureOf(runFfmpeg(task, scratch))).code).to.equal('encoder-failed');
      expect(calls).to.equal(0);
    });
  });

  describe('where bubblewrap is missing', () => {
    const usual = process.env['PATH'];

    beforeEach(async () => {
      const tools = await testFolder();
      process.env['PATH'] = await pathWithoutSandbox(tools.path);
    });

    afterEach(() => {
      process.env['PATH'] = usual;
    });

    it('has its limits, works, and tells its weakness with the command that mends it', async () => {
      const box = await openBox();
      expect(box.kind).to.equal('limits');
      expect(box.weakness).to.include('without a sandbox').and.include('apt-get install bubblewrap');
      expect((await probe(folder.join('clip.mp4'))).frames?.count).to.equal(100);
      const scratch = await scratchOn('clip.mp4');
      const limits = { cpuSeconds: 60, outputBytes: 200_000 };
      expect((await failureOf(runFfmpeg({ ...ENDLESS, limits }, scratch))).code).to.equal('encoder-overrun');
    });

    it('decodes nothing where a sandbox is required', async () => {
      const store = await openStore(`folder:${folder.join('refused')}`);
      for (const work of [
        probe(folder.join('clip.mp4'), { sandbox: 'required' }),
        transcode(folder.join('clip.mp4'), store, { sandbox: 'required' }),
      ]) {
        const error = await failureOf(work);
        expect(error.code).to.equal('sandbox-missing');
        expect(error.message).to.include('apt-get install bubblewrap');
      }
      await store.close();
    });

    it('finds a sandbox that was installed meanwhile', async () => {
      expect((await failureOf(demandSandbox('required'))).code).to.equal('sandbox-missing');
      await symlink(programOnPath('bwrap', usual), `${process.env['PATH']}/bwrap`);
      await demandSandbox('required');
      expect((await openBox()).kind).to.equal('bubblewrap');
    });
  });
});
