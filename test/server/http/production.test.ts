import { expect } from 'chai';
import { readFile, writeFile } from 'node:fs/promises';

import { startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import {
  ffmpeg,
  ffprobe,
  picture,
  QUICK_H264,
  testFolder,
  tone,
  type TestFolder,
} from '../../support/media.ts';
import { until } from '../../support/until.ts';

interface Production {
  readonly state: string;
  readonly progress: number;
  readonly isPlayable: boolean;
  readonly failure?: { readonly code: string; readonly message: string };
}

/** One worker, a real ffmpeg: from an upload over the wire to segments over the wire. */
describe('the making of a lecture, seen from outside', function production() {
  let site: CoursewareSite;
  let folder: TestFolder;

  before(async () => {
    folder = await testFolder();
    await ffmpeg(
      ...picture('640x360', '25', 30),
      ...tone(30),
      ...QUICK_H264,
      '-c:a',
      'aac',
      '-shortest',
      folder.join('lecture.mp4'),
    );
    site = await startSite({ env: { YUANJIAO_WORKERS: '1' } });
  });
  after(async () => {
    await site.close();
    await folder.remove();
  });

  const upload = async (path: string, title: string): Promise<string> => {
    const { id } = (await (
      await site.ask('POST', '/api/v1/courseware', { title, tags: ['乡土'] })
    ).json()) as { id: string };
    const bytes = await readFile(path);
    const begun = await site.ask('POST', '/api/v1/uploads', undefined, {
      'Tus-Resumable': '1.0.0',
      'Upload-Length': String(bytes.length),
      'Upload-Metadata': `courseware ${Buffer.from(id).toString('base64')},filename ${Buffer.from('讲课.mp4').toString('base64')}`,
    });
    const reply = await fetch(site.base + (begun.headers.get('location') ?? ''), {
      method: 'PATCH',
      headers: {
        Authorization: `Bearer ${site.token}`,
        'Tus-Resumable': '1.0.0',
        'Upload-Offset': '0',
        'Content-Type': 'application/offset+octet-stream',
      },
      body: bytes,
    });
    expect(reply.status).to.equal(204);
    return id;
  };

  it('can be followed, is watched while it grows, and ends as a lecture that plays', async () => {
    const id = await upload(folder.join('lecture.mp4'), '从上传到播放');
    const reports: Production[] = [];
    const events = await site.ask('GET', `/api/v1/courseware/${id}/production/events`);
    const reader = (events.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    let early: string | undefined;
    while (reports.at(-1)?.state !== 'ready' && reports.at(-1)?.state !== 'failed') {
      text += Buffer.from((await reader.read()).value ?? []).toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const data = /^event: production\ndata: (.*)$/.exec(text.slice(0, end))?.[1];
        if (data !== undefined) reports.push(JSON.parse(data) as Production);
        text = text.slice(end + 2);
      }
      const latest = reports.at(-1);
      if (latest?.isPlayable === true && latest.state === 'transcoding') early ??= await playlistOf(id);
    }
    await reader.cancel();
    expect(reports.at(-1)).to.include({ state: 'ready', progress: 1 });
    const progress = reports.map((report) => report.progress);
    expect(progress).to.deep.equal(progress.toSorted((a, b) => a - b));
    if (early !== undefined) expect(early).to.contain('#EXT-X-PLAYLIST-TYPE:EVENT');

    expect((await fetch(`${site.base}/api/v1/courseware/${id}/playback`)).status).to.equal(401);
    const published = await site.ask('POST', `/api/v1/courseware/${id}/publication`, { to: 'published' });
    expect(published.status).to.equal(200);
    expect(await playlistOf(id))
      .to.contain('#EXT-X-PLAYLIST-TYPE:VOD')
      .and.contain('#EXT-X-ENDLIST');
    const playback = (await (await fetch(`${site.base}/api/v1/courseware/${id}/playback`)).json()) as {
      playlistUrl: string;
    };
    const facts = await ffprobe<{ format: { duration: string } }>(
      '-show_format',
      site.base + playback.playlistUrl,
    );
    expect(Number(facts.format.duration)).to.be.closeTo(30, 0.2);
    const item = (await (await site.ask('GET', `/api/v1/courseware/${id}`)).json()) as { posterUrl: string };
    const poster = await fetch(site.base + item.posterUrl);
    expect(poster.status).to.equal(200);
    expect(poster.headers.get('content-type')).to.equal('image/jpeg');
  });

  it('takes its poster from the moment that its producer chooses', async () => {
    const scenes = 'color=red:s=320x180:r=25:d=4[a];testsrc=s=320x180:r=25:d=4[b];[a][b]concat=n=2';
    await ffmpeg(
      '-f',
      'lavfi',
      '-i',
      scenes,
      ...QUICK_H264,
      '-pix_fmt',
      'yuv420p',
      folder.join('scenes.mp4'),
    );
    const id = await upload(folder.join('scenes.mp4'), '换封面');
    await productionAt(id, 'ready');
    const before = (await (await site.ask('GET', `/api/v1/courseware/${id}`)).json()) as {
      posterUrl: string;
    };
    const chosen = await site.ask('PUT', `/api/v1/courseware/${id}/poster`, { atSeconds: 2.5 });
    expect(chosen.status).to.equal(200);
    const { posterUrl } = (await chosen.json()) as { posterUrl: string };
    expect(posterUrl)
      .to.match(/\/poster-[0-9a-f]{12}\.jpg$/)
      .and.not.equal(before.posterUrl);
    const headers = { Authorization: `Bearer ${site.token}` };
    const image = await fetch(site.base + posterUrl, { headers });
    await writeFile(folder.join('chosen.jpg'), Buffer.from(await image.arrayBuffer()));
    await ffmpeg('-i', folder.join('chosen.jpg'), '-vf', 'scale=1:1,format=rgb24', folder.join('dot.ppm'));
    const [red = 0, green = 255, blue = 255] = (await readFile(folder.join('dot.ppm'))).subarray(-3);
    expect(red).to.be.above(200);
    expect(Math.max(green, blue)).to.be.below(60);
    // What was handed out under the old address is still there.
    expect((await fetch(site.base + before.posterUrl, { headers })).status).to.equal(200);
    const late = await site.ask('PUT', `/api/v1/courseware/${id}/poster`, { atSeconds: 8 });
    expect(late.status).to.equal(422);
    const { items } = (await (await site.ask('GET', `/api/v1/courseware/${id}/history`)).json()) as {
      items: { field: string; after?: string }[];
    };
    expect(items.at(-1)).to.deep.include({ field: 'version 1: poster', after: posterUrl.split('/').at(-1) });
  });

  it('fails with a sentence for its producer when the file is no media, and is taken up again on request', async () => {
    await writeFile(folder.join('letter.mp4'), '这不是视频。'.repeat(1000));
    const id = await upload(folder.join('letter.mp4'), '信');
    const failed = await productionAt(id, 'failed');
    expect(failed.failure?.code).to.be.oneOf(['not-media', 'refused-format']);
    expect(failed.failure?.message.length).to.be.above(10);
    expect(
      (await site.ask('POST', `/api/v1/courseware/${id}/publication`, { to: 'published' })).status,
    ).to.equal(409);
    const again = await site.ask('POST', `/api/v1/courseware/${id}/production/retry`);
    expect(again.status).to.equal(200);
    await productionAt(id, 'failed');
  });

  function productionAt(id: string, state: string): Promise<Production> {
    return until(`the making is ${state}`, async () => {
      const reply = await site.ask('GET', `/api/v1/courseware/${id}/production`);
      const production = (await reply.json()) as Production;
      return production.state === state && production;
    });
  }

  async function playlistOf(id: string): Promise<string> {
    const playback = (await (await site.ask('GET', `/api/v1/courseware/${id}/playback`)).json()) as {
      playlistUrl: string;
    };
    const headers = { Authorization: `Bearer ${site.token}` };
    const multivariant = await fetch(site.base + playback.playlistUrl, { headers });
    const name =
      (await multivariant.text()).split('\n').find((line) => /^\d+p\/index\.m3u8$/.test(line)) ?? 'none';
    const media = await fetch(new URL(name, site.base + playback.playlistUrl), { headers });
    expect(media.status).to.equal(200);
    return media.text();
  }
});
