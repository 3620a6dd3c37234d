import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { appendFile, mkdtemp, open as openFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Broadcast, type LiveMedia } from 'yuanjiao/live';

import { initCut, SteadyCuts, writeAll } from '../../support/live-cuts.ts';
import { PlaylistFollower, type JudgedPlaylist } from '../../support/playlist-judge.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { until } from '../../support/until.ts';

const WRITER = fileURLToPath(new URL('../../support/broadcast-writer.js', import.meta.url));
const TOKEN = 'abcdefgh';

async function textOf(
  broadcast: Broadcast,
  rendition: string,
  list: 'live' | 'dvr' = 'dvr',
): Promise<string> {
  const answer = await broadcast.playlist(rendition, list);
  if (answer.kind !== 'text') throw new Error(`answered ${answer.kind}`);
  return answer.text.text;
}

async function bytesOf(media: LiveMedia | undefined): Promise<Buffer> {
  if (media === undefined) throw new Error('no such media');
  if (media.kind === 'memory') return Buffer.concat(media.pieces);
  const file = await readFile(media.path);
  return file.subarray(media.offset, media.offset + media.sizeBytes);
}

describe('the journal of a class', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yuanjiao-journal-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const open = (): Promise<Broadcast> => Broadcast.open({ folder, token: TOKEN });

  it('loses nothing that was on the air when its process is killed, again and again', async function kills() {
    this.timeout(180_000);
    const followers = new Map(
      ['source live', 'source dvr', '360p live', '360p dvr'].map((name) => [name, new PlaylistFollower()]),
    );
    const look = async (
      broadcast: Broadcast,
      rendition: string,
      list: 'live' | 'dvr',
    ): Promise<JudgedPlaylist> =>
      followers.get(`${rendition} ${list}`)!.follow(await textOf(broadcast, rendition, list));
    const aired = new Set<string>();
    for (let round = 0; round < 8; round += 1) {
      const child = spawn(process.execPath, [WRITER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      let told = '';
      child.stdout.on('data', (text: Buffer) => {
        told += String(text);
        if (told.length > 400 + 90 * round) child.kill('SIGKILL');
      });
      await once(child, 'close');
      const lines = told.split('\n').slice(0, -1);
      expect(lines.length).to.be.greaterThan(10);
      for (const line of lines) aired.add(line);

      const broadcast = await open();
      const found = new Set<string>();
      for (const name of ['source', '360p'] as const) {
        await look(broadcast, name, 'live');
        const { segments } = await look(broadcast, name, 'dvr');
        for (const { uri } of segments) {
          const media = await broadcast.media(name, uri ?? '').then((known) => known && bytesOf(known));
          for (const mark of String(media ?? '').match(/\w+ \d+;/g) ?? []) found.add(mark.slice(0, -1));
        }
      }
      expect([...aired].filter((mark) => !found.has(mark))).to.deep.equal([]);
      // What was written and not yet told is the one part that may be there or not.
      expect(found.size - aired.size).to.be.at.most(2 * (round + 1));
      for (const mark of found) aired.add(mark);
      await broadcast.close();
    }
  });

  it('opens a class where it was: interrupted, with its numbers, its media and its end', async () => {
    const first = await open();
    const input = first.begin('source');
    const cuts = new SteadyCuts('a');
    await writeAll(input, [initCut(), ...cuts.parts(10)]);
    const { position } = first;
    await first.close();

    const second = await open();
    expect(second.position).to.deep.equal(position);
    const live = await textOf(second, 'source', 'live');
    expect(live).to.match(/s2\.m4s\n#EXT-X-DISCONTINUITY\n$/);
    expect(String(await bytesOf(await second.media('source', 's2.m4s')))).to.equal('a 4000;a 4500;');
    expect(String(await bytesOf(await second.media('source', 'p1.3.m4s')))).to.equal('a 3500;');
    expect(String(await bytesOf(await second.media('source', 'i0.mp4')))).to.equal('init');
    const more = new SteadyCuts('b', { startsAtMs: 9000 });
    await writeAll(second.begin('source'), [initCut(), ...more.parts(4)]);
    const recorded = await second.end();
    expect(
      recorded.renditions[0]?.segments.map(({ number, isDiscontinuous }) => [number, isDiscontinuous]),
    ).to.deep.equal([
      [0, false],
      [1, false],
      [2, false],
      [3, true],
    ]);
    expect(recorded.durationMs).to.equal(7000);
    const dvr = await textOf(second, 'source');
    await second.close();

    const third = await open();
    expect(third.isEnded).to.equal(true);
    expect(await textOf(third, 'source')).to.equal(dvr);
    expect(third.recording()).to.deep.equal(recorded);
    expect(() => third.begin('source')).to.throw(RangeError, 'has ended');
    await third.close();
  });

  it('reads over a torn last line, and writes on behind it', async () => {
    const first = await open();
    const cuts = new SteadyCuts('a');
    await writeAll(first.begin('source'), [initCut(), ...cuts.parts(6)]);
    await first.close();
    await appendFile(join(folder, 'journal'), '["source",1,0,500,0,18');

    const second = await open();
    const more = new SteadyCuts('b', { startsAtMs: 3000 });
    await writeAll(second.begin('source'), [initCut(), ...more.parts(5)]);
    await second.close();

    const third = await open();
    const dvr = await textOf(third, 'source');
    expect(dvr.match(/s\d+\.m4s/g)).to.deep.equal(['s0.m4s', 's1.m4s', 's2.m4s', 's3.m4s']);
    expect(String(await bytesOf(await third.media('source', 's2.m4s')))).to.equal(
      'b 3000;b 3500;b 4000;b 4500;',
    );
    await third.close();
  });

  it('leaves out parts whose bytes did not survive, and never gives their number to others', async () => {
    const first = await open();
    const cuts = new SteadyCuts('a');
    await writeAll(first.begin('source'), [initCut(), ...cuts.parts(10)]);
    await first.close();
    // As after a loss of power: the end of the last segment is gone, and the machine has started anew.
    await truncate(join(folder, 'source', 's2.m4s'), 9);
    await writeFile(join(folder, 'numbers'), '{"opened":2,"boot":"another"}'.padEnd(127) + '\n');

    const second = await open();
    const dvr = await textOf(second, 'source');
    expect(dvr).to.include('#EXTINF:0.500,\ns2.m4s\n');
    expect(dvr).to.include('#EXT-X-GAP\n#EXTINF:2.000,\ns3.m4s\n');
    expect(String(await bytesOf(await second.media('source', 's2.m4s')))).to.equal('a 4000;');
    await writeAll(second.begin('source'), [initCut(), ...cuts.parts(1)]);
    expect(await textOf(second, 'source', 'live')).to.match(
      /s3\.m4s\n#EXT-X-DISCONTINUITY\n[^]*"p4\.0\.m4s"/,
    );
    await second.close();

    const third = await open();
    expect((await textOf(third, 'source')).match(/s\d+\.m4s/g)).to.deep.equal(
      [0, 1, 2, 3, 4].map((number) => `s${number}.m4s`),
    );
    expect(await textOf(third, 'source')).to.include('#EXTINF:0.500,\ns2.m4s\n');
    await third.close();
  });

  it('goes on from memory while the disk is full, and records a hole', async function full() {
    const disk = await smallDisk(this, 1);
    const troubles: string[] = [];
    const recovered: number[] = [];
    const options = {
      folder: join(disk.path, 'class'),
      token: TOKEN,
      onTrouble: (error: Error) => troubles.push((error as NodeJS.ErrnoException).code ?? error.message),
      onRecovered: (lost: number) => recovered.push(lost),
    };
    try {
      let broadcast = await Broadcast.open(options);
      const follower = new PlaylistFollower();
      const input = broadcast.begin('source');
      const cuts = new SteadyCuts('a', { paddingBytes: 30_000 });
      await input.write(initCut());
      const onAir = async (count: number): Promise<void> => {
        for (const part of cuts.parts(count)) {
          await input.write(part);
          if (!broadcast.isPlayable) continue;
          const { segments } = follower.follow(await textOf(broadcast, 'source', 'live'));
          // Everything in the live window can be fetched, whatever the disk does.
          for (const { uri } of segments) {
            if (uri !== undefined) expect(await broadcast.media('source', uri)).to.not.equal(undefined);
          }
        }
      };
      await onAir(12);
      expect(troubles).to.deep.equal([]);
      await writeFile(join(disk.path, 'others'), Buffer.alloc(2 ** 20)).catch(() => {});
      await onAir(14);
      expect(troubles).to.deep.equal(['ENOSPC']);
      expect(recovered).to.deep.equal([]);
      await rm(join(disk.path, 'others'));
      await onAir(8);
      await until('the disk takes parts again', () => recovered.length > 0);
      expect(recovered[0]).to.be.within(10, 16);

      const recording = await broadcast.end();
      const segments = recording.renditions[0]?.segments ?? [];
      const holes = segments.filter(({ isDiscontinuous }) => isDiscontinuous);
      expect(holes).to.have.length(1);
      for (const segment of segments) {
        const bytes = await readFile(join(options.folder, segment.file));
        expect(bytes.length, segment.file).to.equal(segment.sizeBytes);
      }
      const dvr = await textOf(broadcast, 'source');
      expect(dvr).to.include('#EXT-X-GAP');
      await broadcast.close();
      broadcast = await Broadcast.open(options);
      const numbers = (text: string): unknown => text.match(/s\d+\.m4s/g);
      expect(numbers(await textOf(broadcast, 'source'))).to.deep.equal(numbers(dvr));
      expect(broadcast.recording().durationMs).to.equal(recording.durationMs);
      await broadcast.close();
    } finally {
      await disk.remove();
    }
  });

  it('does not wait for a disk that does not answer', async () => {
    const troubles: Error[] = [];
    const broadcast = await Broadcast.open({
      folder,
      token: TOKEN,
      onTrouble: (error) => troubles.push(error),
    });
    const input = broadcast.begin('source');
    const cuts = new SteadyCuts('a');
    await writeAll(input, [initCut(), ...cuts.parts(8)]);
    // Whoever opens a pipe to write waits until somebody reads it.
    const stuck = join(folder, 'source', 's2.m4s');
    execFileSync('mkfifo', [stuck]);
    const beganAt = performance.now();
    const written = Promise.all(cuts.parts(12).map((part) => input.write(part)));
    await until('all of it is on the air', async () => {
      const text = await textOf(broadcast, 'source', 'live');
      return text.includes('\ns4.m4s\n');
    });
    await written;
    const tookMs = performance.now() - beganAt;
    expect(troubles, `within ${tookMs} ms`).to.deep.equal([]);
    const reader = await openFile(stuck, constants.O_RDONLY | constants.O_NONBLOCK);
    const recording = await broadcast.end();
    await reader.close();
    expect(troubles.map((error) => (error as NodeJS.ErrnoException).code)).to.deep.equal(['ESPIPE']);
    expect(
      recording.renditions[0]?.segments.map(({ number, isDiscontinuous }) => [number, isDiscontinuous]),
    ).to.deep.equal([
      [0, false],
      [1, false],
      [3, true],
      [4, false],
    ]);
    await broadcast.close();
  });

  it('does not give a number again that was on the air while the disk was full', async function numbers() {
    const disk = await smallDisk(this, 1);
    const options = { folder: join(disk.path, 'class'), token: TOKEN };
    try {
      const broadcast = await Broadcast.open(options);
      const input = broadcast.begin('source');
      const cuts = new SteadyCuts('a', { paddingBytes: 30_000 });
      await writeAll(input, [initCut(), ...cuts.parts(8)]);
      await writeFile(join(disk.path, 'others'), Buffer.alloc(2 ** 20)).catch(() => {});
      await writeAll(input, cuts.parts(12));
      const follower = new PlaylistFollower();
      follower.follow(await textOf(broadcast, 'source', 'live'));
      await rm(join(disk.path, 'others'));
      // Killed here, as far as the disk knows: what it has not taken is not written any more.
      const again = await Broadcast.open(options);
      await writeAll(again.begin('source'), [initCut(), ...cuts.parts(2)]);
      follower.follow(await textOf(again, 'source', 'live'));
      expect(await textOf(again, 'source', 'live')).to.include('URI="p5.0.m4s"');
      await again.close();
      await broadcast.close();
    } finally {
      await disk.remove();
    }
  });
});
