import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

import { expect } from 'chai';

import { LiveSite, type BookedClass } from '../../scripts/bench/live/live-site.ts';
import { EdgeBox } from '../../scripts/edge-box.ts';
import { needEdgePrograms } from '../support/edge-suite.ts';
import { programOnPath } from '../support/machine.ts';
import { until } from '../support/until.ts';

const SECRET = 'a-secret-of-the-house-and-its-edges-1';

interface Played {
  readonly code: number | null;
  readonly words: string;
  /** Seconds, at each picture. */
  readonly positions: readonly number[];
}

/** Sends pictures of a size into a class, a key picture a second. */
function publish({ publishUrl }: BookedClass, size: string): ChildProcess {
  return spawn(
    programOnPath('ffmpeg'),
    [
      ...['-nostdin', '-v', 'error', '-re', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25`],
      ...['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-c:v', 'libx264'],
      ...['-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '25', '-pix_fmt', 'yuv420p'],
      ...['-c:a', 'aac', '-f', 'flv', publishUrl],
    ],
    { stdio: 'ignore' },
  );
}

async function end(publisher: ChildProcess): Promise<void> {
  if (publisher.exitCode !== null || publisher.signalCode !== null) return;
  const ended = once(publisher, 'exit');
  publisher.kill('SIGKILL');
  await ended;
}

/** Plays with mpv, without a screen and without waiting. */
async function playWithMpv(url: string, ...options: readonly string[]): Promise<Played> {
  const mpv = spawn(
    programOnPath('mpv'),
    ['--no-config', '--vo=null', '--ao=null', '--term-status-msg=AT ${=time-pos}\n', ...options, url],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let words = '';
  for (const stream of [mpv.stdout, mpv.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (words += text));
  }
  const [code] = (await once(mpv, 'close')) as [number | null];
  const positions = [...words.matchAll(/AT (-?[\d.]+)/g)].map(([, at]) => Number(at));
  return { code, words, positions };
}

describe('A live class that was interrupted by an encoder with other settings', () => {
  let site: LiveSite;
  let edge: EdgeBox;
  let booked: BookedClass;
  let publisher: ChildProcess;
  let path: string;

  before(async function () {
    needEdgePrograms(this);
    if (!existsSync('/usr/bin/mpv') && process.env['CI'] !== 'true') this.skip();
    this.timeout(180_000);
    site = await LiveSite.open({ YUANJIAO_EDGE_SECRET: SECRET, YUANJIAO_LOG_LEVEL: 'info' });
    edge = await EdgeBox.open({ origin: site.base, secret: SECRET });
    booked = await site.startClass({ title: '夏季果园管理' });
    publisher = publish(booked, '160x90');
    path = await site.playlistPath(booked.id, 60_000);
    await until(
      'four seconds are there',
      async () => (await text('source/dvr.m3u8')).includes('s1.m4s'),
      60_000,
    );
    await end(publisher);
    publisher = publish(booked, '320x180');
    await until(
      'the class goes on behind a discontinuity',
      async () => /EXT-X-DISCONTINUITY\n[^]*\.m4s[^]*\.m4s/.test(await text('source/dvr.m3u8')),
      60_000,
    );
  });

  after(async () => {
    if (publisher !== undefined) await end(publisher);
    await edge?.close();
    await site?.close();
  });

  /** A playlist of the class as the edge gives it. */
  async function text(name: string): Promise<string> {
    return (await fetch(new URL(name, edge.base + path))).text();
  }

  it('is played at the live edge by mpv', async function () {
    this.timeout(180_000);
    const { code, words, positions } = await playWithMpv(edge.base + path, '--frames=40');
    expect(code, words).to.equal(0);
    expect(positions.length).to.be.at.least(38);
  });

  describe('and has ended', () => {
    let dvr: string;
    let seconds: number;

    before(async function () {
      this.timeout(180_000);
      await site.endClass(booked.id);
      const media = await until('its playlist has its end', async () => {
        const found = await text('source/dvr.m3u8');
        return found.includes('#EXT-X-ENDLIST') && found;
      });
      dvr = edge.base + path.replace('index.m3u8', 'dvr.m3u8');
      seconds = [...media.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, [, length]) => sum + Number(length), 0);
    });

    it('is whole for ffprobe, which finds every picture and a clock that never goes back', async function () {
      this.timeout(180_000);
      const { stdout, stderr } = await promisify(execFile)(programOnPath('ffprobe'), [
        ...[
          '-v',
          'error',
          '-select_streams',
          'v:0',
          '-show_entries',
          'packet=dts_time',
          '-of',
          'csv=p=0',
          dvr,
        ],
      ]);
      expect(stderr).to.equal('');
      const times = stdout.split('\n').filter(Boolean).map(Number);
      expect(Math.abs(times.length - seconds * 25)).to.be.at.most(2);
      const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      expect(Math.min(...steps)).to.be.greaterThan(0);
      // Between the two encoders lies what was lost with the first.
      expect(Math.max(...steps)).to.be.lessThan(1);
    });

    it('is decoded by ffmpeg to the last picture without a fault', async function () {
      this.timeout(180_000);
      const { stderr } = await promisify(execFile)(programOnPath('ffmpeg'), [
        ...['-nostdin', '-v', 'warning', '-xerror', '-i', dvr, '-f', 'null', '-'],
      ]);
      // It keeps the first init segment, and says so; the key pictures bring what has changed with them.
      expect(stderr.replaceAll(/.*Found duplicated MOOV Atom.*\n/g, '')).to.equal('');
    });

    it('is played by mpv from the beginning to the end, across the discontinuity', async function () {
      this.timeout(180_000);
      const { code, words, positions } = await playWithMpv(dvr, '--untimed', '--no-audio');
      expect(code, words).to.equal(0);
      expect(words)
        .to.contain('End of file')
        .and.to.not.match(/error|corrupt|out of range/i);
      expect(positions.at(0)).to.be.lessThan(0.2);
      expect(Math.abs((positions.at(-1) ?? 0) - seconds)).to.be.lessThan(0.5);
    });
  });
});
