import { expect } from 'chai';
import type { BroadcastInput } from 'yuanjiao/live';
import { liveResourceAt } from 'yuanjiao/server';

import { LightPlayer } from '../../../scripts/bench/live/light-player.ts';
import { EdgeBox } from '../../../scripts/edge-box.ts';
import { AwayProxy } from '../../support/away-proxy.ts';
import { needEdgePrograms } from '../../support/edge-suite.ts';
import { initCut, SteadyCuts, writeAll } from '../../support/live-cuts.ts';
import { LIVE_TOKEN, startLiveSite, type LiveSite } from '../../support/live-site.ts';
import { until } from '../../support/until.ts';

const PLAYERS = 40;
const FOLDER = `/live/${LIVE_TOKEN}`;

describe('The origin of live classes behind an edge', () => {
  let site: LiveSite;
  let line: AwayProxy;
  let edge: EdgeBox;
  let input: BroadcastInput;
  let cuts: SteadyCuts;

  before(async function () {
    needEdgePrograms(this);
    this.timeout(180_000);
    site = await startLiveSite();
    line = await AwayProxy.open(site.base);
    edge = await EdgeBox.open({ origin: line.base });
    input = site.broadcast.begin('source');
    cuts = new SteadyCuts('a', { paddingBytes: 20_000 });
    await writeAll(input, [initCut(), ...cuts.parts(4 * 6)]);
  });

  after(async () => {
    await edge?.close();
    await line?.goAway();
    await site?.close();
  });

  it('says of everything how long it lives, as edges expect it', async () => {
    const { msn, part } = await next();
    void input.write(cuts.part());
    for (const name of [
      'index.m3u8',
      `source/index.m3u8?_HLS_msn=${msn}&_HLS_part=${part}`,
      'source/index.m3u8',
      `source/p${msn - 1}.0.m4s`,
      `source/s${msn - 1}.m4s`,
      'source/i0.mp4',
    ]) {
      const reply = await fetch(`${site.live}/${name}`);
      const control = reply.headers.get('cache-control') ?? '';
      const resource = liveResourceAt(`${FOLDER}/${name}`);
      expect(reply.status, name).to.equal(200);
      expect(control, name).to.contain('public').and.contain(`max-age=${resource?.freshSeconds}`);
      if (resource !== undefined && resource.staleWhileAwaySeconds > 0) {
        expect(control, name).to.contain(`stale-if-error=${resource.staleWhileAwaySeconds}`);
      }
    }
    const missing = await fetch(`${site.live}/source/p${msn + 9}.0.m4s`);
    expect(missing.status).to.equal(404);
    expect(missing.headers.get('cache-control')).to.contain('max-age=1');
  });

  it('is asked once by forty players for each playlist and each part', async () => {
    const before = line.requests.length;
    const players = Array.from(
      { length: PLAYERS },
      () => new LightPlayer(`${edge.base}${FOLDER}/index.m3u8`),
    );
    const playing = players.map((player) => player.play());
    const haveAll = (parts: number): Promise<unknown> =>
      until(`${parts} parts have come to all`, () => players.every(({ figures }) => figures.parts >= parts));
    try {
      await haveAll(1);
      const had = Math.max(...players.map(({ figures }) => figures.parts));
      for (let more = 1; more <= 8; more++) {
        await input.write(cuts.part());
        await haveAll(had - 3 + more);
      }
    } finally {
      for (const player of players) player.stop();
      await Promise.all(playing);
    }
    const asked = line.requests.slice(before);
    const lasting = asked.filter((request) => /_HLS_msn|\.m4s|\.mp4/.test(request));
    // A wait that ended without news may be begun again.
    const renewed = lasting.filter((request) => request.includes('_HLS_msn'));
    const media = lasting.filter((request) => !request.includes('_HLS_msn'));
    expect(media).to.deep.equal([...new Set(media)]);
    expect(renewed.length).to.be.at.most(new Set(renewed).size + 2);
    const served = players.reduce((sum, { figures }) => sum + figures.parts + figures.playlists, 0);
    expect(served).to.be.at.least(8 * PLAYERS);
    expect(asked.length / served).to.be.lessThan(0.1);
  });

  it('has a class go on through its edge when it was away and is back', async function () {
    this.timeout(180_000);
    const player = new LightPlayer(`${edge.base}${FOLDER}/index.m3u8`);
    const playing = player.play();
    try {
      await until('it plays', () => player.figures.parts > 0);
      await line.goAway();
      await until('it is refused', () => player.figures.failures > 1);
      // Ordinary players see a playlist that stands still.
      expect((await fetch(`${edge.base}${FOLDER}/source/index.m3u8`)).status).to.equal(200);
      await line.comeBack();
      const before = player.figures.parts;
      await input.write(cuts.part());
      await until('it goes on', () => player.figures.parts > before);
    } finally {
      player.stop();
      await playing;
    }
  });

  async function next(): Promise<{ readonly msn: number; readonly part: number }> {
    const text = await (await fetch(`${site.live}/source/index.m3u8`)).text();
    const first = Number(/MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]);
    const whole = text.split('\n').filter((line) => /^s\d+\.m4s$/.test(line)).length;
    const open = text
      .slice(text.lastIndexOf('\ns'))
      .split('\n')
      .filter((line) => line.startsWith('#EXT-X-PART:'));
    return { msn: first + whole, part: open.length };
  }
});
