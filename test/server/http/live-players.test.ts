import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { FlvReader, LivePackager, type BroadcastInput, type FlvTag } from 'yuanjiao/live';

import { startLiveSite, type LiveSite } from '../../support/live-site.ts';
import { ffmpeg, packetTimes, pictureDigests, testFolder, type TestFolder } from '../../support/media.ts';
import { judge } from '../../support/playlist-judge.ts';

const run = promisify(execFile);
const SECONDS = 7;
const PICTURES = SECONDS * 25;

/** What an encoder of this size sends in a few seconds, key pictures every second. */
async function clipOf(folder: TestFolder, size: string): Promise<readonly FlvTag[]> {
  const file = folder.join(`${size}.flv`);
  await ffmpeg(
    ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${SECONDS}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=330:sample_rate=44100:duration=${SECONDS}`],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-pix_fmt', 'yuv420p', '-g', '25'],
    ...['-b:v', '200k', '-c:a', 'aac', '-b:a', '64k', '-f', 'flv', file],
  );
  return new FlvReader().push(await readFile(file));
}

/** The class so far, sent through one connection each; `size` changes stand for changed settings of one encoder. */
async function send(
  site: LiveSite,
  input: BroadcastInput,
  clips: readonly (readonly FlvTag[])[],
): Promise<void> {
  const { endMs, wallMs } = site.broadcast.position;
  const packager = new LivePackager({
    startsAtMs: endMs,
    startsAtWallMs: wallMs === 0 ? Date.parse('2026-11-25T06:30:00Z') : wallMs + 10_000,
  });
  for (const [turn, clip] of clips.entries()) {
    for (const tag of clip) {
      const timestampMs = tag.timestampMs + turn * SECONDS * 1000;
      for (const cut of packager.push({ ...tag, timestampMs })) await input.write(cut);
    }
  }
  for (const cut of packager.end()) await input.write(cut);
}

async function picturesInGStreamer(url: string): Promise<number> {
  const { stdout } = await run(
    'gst-launch-1.0',
    [
      // The older playbin now and then waits for itself when nothing is shown in time.
      ...['-v', 'playbin3', `uri=${url}`],
      ...['video-sink=fakesink name=pictures sync=false silent=false', 'audio-sink=fakesink sync=false'],
    ],
    { maxBuffer: 2 ** 26, timeout: 150_000 },
  );
  expect(stdout).to.include('Got EOS from element "playbin3');
  return stdout.match(/pictures: last-message = chain/g)?.length ?? 0;
}

describe('players that are no browsers', function players() {
  this.timeout(180_000);
  let folder: TestFolder;
  let small: readonly FlvTag[];
  let large: readonly FlvTag[];
  const sites: LiveSite[] = [];

  before(async () => {
    folder = await testFolder();
    small = await clipOf(folder, '192x108');
    large = await clipOf(folder, '256x144');
  });
  after(async () => {
    for (const site of sites) await site.close();
    await folder.remove();
  });

  async function openSite(): Promise<LiveSite> {
    const site = await startLiveSite();
    sites.push(site);
    return site;
  }

  describe('after an interruption', () => {
    let dvr: string;
    let site: LiveSite;

    before(async () => {
      site = await openSite();
      dvr = `${site.live}/source/dvr.m3u8`;
      await send(site, site.broadcast.begin('source'), [small]);
      await site.broadcast.interrupt();
      await send(site, site.broadcast.begin('source'), [small]);
      await site.broadcast.end();
    });

    it('are told of it', async () => {
      const { list } = judge(await (await fetch(dvr)).text());
      expect(list.segments.filter(({ discontinuity }) => discontinuity)).to.have.length(1);
      expect(list.endlist).to.equal(true);
      const { durationMs } = site.broadcast.recording();
      expect(durationMs).to.be.within(2 * SECONDS * 1000 - 100, 2 * SECONDS * 1000 + 100);
    });

    it('are ffprobe and ffmpeg, which decode every picture and complain of nothing', async () => {
      expect(await packetTimes(dvr, 'v:0')).to.have.length(2 * PICTURES);
      const digests = await pictureDigests(dvr);
      expect(digests).to.have.length(2 * PICTURES);
      expect(digests.slice(PICTURES)).to.deep.equal(digests.slice(0, PICTURES));
    });

    it('are mpv, which plays to the end', async () => {
      const { stdout, stderr } = await run('mpv', [
        ...['--no-config', '--vo=null', '--ao=null', '--ao-null-untimed', '--untimed'],
        ...['--term-status-msg=at ${=time-pos};', `${site.live}/dvr.m3u8`],
      ]);
      expect(stdout).to.include('End of file');
      const reached = [...`${stdout}${stderr}`.matchAll(/at ([\d.]+);/g)].map(([, at]) => Number(at));
      expect(Math.max(...reached)).to.be.within(2 * SECONDS - 0.5, 2 * SECONDS + 0.5);
    });

    it('are GStreamer, whose demuxer is its own', async () => {
      expect(await picturesInGStreamer(`${site.live}/dvr.m3u8`)).to.equal(2 * PICTURES);
    });
  });

  it('play on when the encoder comes with another size', async () => {
    const site = await openSite();
    await send(site, site.broadcast.begin('source'), [small, large]);
    await site.broadcast.end();
    const widths = site.broadcast.recording().renditions[0]?.inits.map(({ facts }) => facts.size?.width);
    expect(widths).to.deep.equal([192, 256]);
    judge(await (await fetch(`${site.live}/source/dvr.m3u8`)).text());
    expect(await packetTimes(`${site.live}/source/dvr.m3u8`, 'v:0')).to.have.length(2 * PICTURES);
    expect(await picturesInGStreamer(`${site.live}/dvr.m3u8`)).to.equal(2 * PICTURES);
  });
});
