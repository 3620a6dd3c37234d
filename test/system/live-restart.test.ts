import { readFile, stat } from 'node:fs/promises';

import { expect } from 'chai';
import { loadConfig, openFoundation, type Foundation } from 'yuanjiao/server';

import { descendantsOf } from '../support/command-line.ts';
import { HeldClasses, playableSeconds } from '../support/held-classes.ts';
import { pictureDigests, testFolder, type TestFolder } from '../support/media.ts';
import { freePort } from '../support/minio-server.ts';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const PICTURES_A_SECOND = 25;

/** The numbers and lengths of the segments that are no gap. */
function segmentsOf(playlist: string): readonly { readonly number: number; readonly seconds: number }[] {
  let number = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist)?.[1]);
  return playlist.split('\n').flatMap((line, place, lines) => {
    const seconds = /^#EXTINF:([\d.]+)/.exec(line)?.[1];
    if (seconds === undefined) return [];
    number += 1;
    return lines[place - 1] === '#EXT-X-GAP' ? [] : [{ number: number - 1, seconds: Number(seconds) }];
  });
}

describe('A live class whose server is killed', function killed() {
  this.timeout(300_000);
  let folder: TestFolder;
  let env: Readonly<Record<string, string>>;
  let server: ServerProcess;
  let foundation: Foundation;
  let token: string;
  let live: HeldClasses;

  before(async () => {
    folder = await testFolder();
    env = {
      YUANJIAO_DATA_DIR: folder.join('data'),
      YUANJIAO_PORT: String(await freePort()),
      YUANJIAO_LIVE_PORT: String(await freePort()),
    };
    server = await startServerProcess(env);
    foundation = await openFoundation(loadConfig({ env }));
    ({ token } = await foundation.accounts.createToken('test'));
    live = new HeldClasses(() => ({ base: server.base, token }));
  });

  after(async () => {
    await live.stopEncoders();
    await foundation.close();
    await server.end('SIGKILL');
    await folder.remove();
  });

  it('goes on as the same class, is recorded once, and loses no part that was told', async () => {
    const id = await live.announce('断电');
    const encoder = live.encoder(await live.ingestUrl(id));
    await live.untilSegments(id, 2);

    // The last that anybody was told before the end.
    const told = await live.playlist(id);
    // It comes back when everything has been looked at.
    encoder.hold();
    await server.end('SIGKILL');
    server = await startServerProcess(env);
    const restored = await live.playlist(id, 'dvr');
    const toldSeconds = [...told.matchAll(/#EXT-X-PART:DURATION=([\d.]+)/g)].reduce(
      (sum, [, seconds]) => sum + Number(seconds),
      0,
    );
    expect(playableSeconds(restored)).to.be.at.least(toldSeconds - 0.001);
    expect((await live.playlist(id)).trimEnd().endsWith('#EXT-X-DISCONTINUITY')).to.equal(true);
    encoder.release();
    const before = segmentsOf(restored);
    const afterKill = await live.untilSegments(id, before.length + 2);
    expect(segmentsOf(afterKill).slice(0, before.length)).to.deep.equal(before, 'no number is used again');

    const processes = await descendantsOf(server.process.pid ?? 0);
    const commands = await Promise.all(
      processes.map(async ({ pid }) => ({ pid, command: await readFile(`/proc/${pid}/cmdline`, 'utf8') })),
    );
    const ingest = commands.find(({ command }) => command.includes('ingest-process'));
    if (ingest === undefined) throw new Error('the ingest has no process of its own');
    process.kill(ingest.pid, 'SIGKILL');
    const earlier = segmentsOf(await live.playlist(id, 'dvr'));
    const text = await live.untilSegments(id, earlier.length + 2);
    const segments = segmentsOf(text);
    expect(segments.map(({ number }) => number)).to.deep.equal(
      segments.map(({ number }) => number).toSorted((a, b) => a - b),
    );
    expect(text.match(/#EXT-X-DISCONTINUITY\n/g)).to.have.length(2);
    expect((await live.get(id)).state).to.equal('on_air');

    const { dvrUrl = '' } = await live.document(id);
    await live.move(id, 'end');
    const dvr = server.base + dvrUrl.replace('dvr.m3u8', 'source/dvr.m3u8');
    const whole = await (await fetch(dvr)).text();
    // In the middle of the copy, or before it: whoever comes next makes it whole.
    await server.end('SIGKILL');
    server = await startServerProcess(env);
    const coursewareId = await until('the recording is stored', async () => {
      const found = await live.get(id);
      return found.state === 'recorded' && (found.recordingCoursewareId ?? undefined);
    });
    const { items } = await foundation.catalogue.list();
    expect(items.map((item) => item.id)).to.deep.equal([coursewareId], 'one recording');
    expect(items[0]?.duration).to.be.closeTo(playableSeconds(whole), 0.5);
    await foundation.catalogue.move(coursewareId, 'published');
    const { playlistUrl } = await live.ask<{ readonly playlistUrl: string }>(
      'GET',
      `/api/v1/courseware/${coursewareId}/playback`,
    );
    const pictures = await pictureDigests(server.base + playlistUrl);
    expect(pictures).to.have.length(Math.round(playableSeconds(whole) * PICTURES_A_SECOND));

    // Swept when it starts, since nothing is kept for late players here.
    const journal = folder.join('data', 'live', /[^/]+(?=\/dvr)/.exec(dvrUrl)?.[0] ?? '');
    expect((await stat(journal)).isDirectory()).to.equal(true);
    await server.end('SIGKILL');
    server = await startServerProcess({ ...env, YUANJIAO_SUPERSEDED_HOURS: '0' });
    await until('the journal is swept', () =>
      stat(journal).then(
        () => false,
        () => true,
      ),
    );
    expect(await pictureDigests(server.base + playlistUrl)).to.deep.equal(pictures);
  });
});
