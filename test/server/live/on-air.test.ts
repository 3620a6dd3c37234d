import { expect } from 'chai';
import { transcodeToFolder, type PackageList } from 'yuanjiao/transcoder';

import { seedLecture, startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { HeldClasses, playableSeconds } from '../../support/held-classes.ts';
import {
  ffmpeg,
  picture,
  pictureDigests,
  QUICK_H264,
  testFolder,
  tone,
  type TestFolder,
} from '../../support/media.ts';
import { filesOf } from '../../support/small-lecture.ts';
import { until } from '../../support/until.ts';

interface Item {
  readonly kind: string;
  readonly publication: string;
  readonly tags: readonly string[];
  readonly duration: number;
  readonly posterUrl: string | null;
  readonly current: { readonly production: string; readonly isPlayable: boolean };
}

const PICTURES_A_SECOND = 25;
const ITEM_SECONDS = 8;

describe('A live class', function liveClass() {
  this.timeout(300_000);
  let site: CoursewareSite;
  let live: HeldClasses;
  let folder: TestFolder;

  before(async () => {
    folder = await testFolder();
    // A machine that is busy with other tests is not to lose a size.
    site = await startSite({ env: { YUANJIAO_LIVE_PORT: '0' }, liveLateMs: 300_000 });
    live = new HeldClasses(() => site);
  });

  afterEach(() => live.stopEncoders());

  after(async () => {
    await site.close();
    await folder.remove();
  });

  it('begins with its first picture, and is in the catalogue when it ends', async () => {
    const id = await live.announce('嫁接');
    expect(await live.document(id)).to.have.nested.property('slate.kind', 'lobby');
    expect(await live.document(id)).to.not.have.property('playlistUrl');
    live.encoder(await live.ingestUrl(id));
    const shown = await live.untilDocument(id, 'there is a picture', ({ slate }) => slate.kind === 'none');
    expect(shown.state).to.equal('on_air');
    await live.ask('POST', `/api/v1/live-classes/${id}/marks`, { kind: 'chapter', text: '切削接穗' });
    await site.foundation.classes.slides.add(id, {
      ...{ image: 'grafting.png', contentType: 'image/png', width: 960, height: 540, sizeBytes: 1 },
    });
    const [slide] = await site.foundation.classes.slides.list(id);
    await live.ask('POST', `/api/v1/live-classes/${id}/marks`, { kind: 'slide', slideId: slide?.id });
    await live.untilSegments(id, 3);

    const dvr = site.base + (shown.dvrUrl ?? '').replace('dvr.m3u8', 'source/dvr.m3u8');
    await live.move(id, 'end');
    const seconds = playableSeconds(await (await fetch(dvr)).text());
    expect(await (await fetch(dvr)).text()).to.include('#EXT-X-ENDLIST');
    const recordingCoursewareId = await until(
      'a draft',
      async () => (await live.get(id)).recordingCoursewareId ?? undefined,
    );
    const pictures = await pictureDigests(dvr);
    expect(pictures.length).to.equal(Math.round(seconds * PICTURES_A_SECOND));

    const item = `/api/v1/courseware/${recordingCoursewareId}`;
    await until('the recording is stored', async () => (await live.get(id)).state === 'recorded');
    const stored = await live.ask<Item>('GET', item);
    expect(stored).to.deep.include({ kind: 'live_replay', publication: 'draft', tags: ['直播课堂'] });
    expect(stored.duration).to.be.closeTo(seconds, 0.01);
    expect(stored.current).to.include({ production: 'ready', isPlayable: true });
    expect((await live.document(id)).slate.kind).to.equal('ended');
    const { chapters } = await site.foundation.catalogue.chapters(recordingCoursewareId);
    expect(chapters.map(({ title }) => title)).to.deep.equal(['切削接穗']);
    const { slides } = await live.ask<{
      readonly slides: readonly { readonly start: number; readonly imageUrl: string }[];
    }>('GET', `${item}/playback`);
    expect(slides.map(({ imageUrl }) => imageUrl)).to.deep.equal([`/live/class/${id}/images/grafting.png`]);
    expect(slides[0]?.start).to.be.within(0.1, seconds);
    const poster = await site.ask('GET', stored.posterUrl ?? '/');
    expect(poster.headers.get('content-type')).to.equal('image/jpeg');
  });

  it('has smaller sizes, cut where the source is, live and in the recording', async () => {
    const id = await live.announce('嫁接二', { ladder: '480p-360p' });
    live.encoder(await live.ingestUrl(id), { size: '960x540', rate: 5 });
    const { playlistUrl = '' } = await live.untilDocument(
      id,
      'something',
      (told) => told.playlistUrl !== undefined,
    );
    const multivariant = site.base + playlistUrl;
    await until('all sizes', async () => {
      const text = await (await fetch(multivariant)).text();
      return text.match(/^#EXT-X-STREAM-INF/gm)?.length === 3;
    });
    await live.untilSegments(id, 3);
    const { dvrUrl = '' } = await live.document(id);
    const coursewareId = await live.record(id);
    const starts = await Promise.all(
      ['source', '480p', '360p'].map(async (rendition) => {
        const text = await (
          await fetch(site.base + dvrUrl.replace('dvr.m3u8', `${rendition}/dvr.m3u8`))
        ).text();
        return text.match(/^#EXT-X-PROGRAM-DATE-TIME:.*/gm)?.slice(1, 3);
      }),
    );
    expect(starts[1]).to.deep.equal(starts[0]);
    expect(starts[2]).to.deep.equal(starts[0]);
    const { current } = await site.foundation.catalogue.get(coursewareId);
    expect(current?.warnings).to.deep.equal([]);
    const list = (await (
      await site.ask('GET', `/v/${current?.generation}/objects.json`)
    ).json()) as PackageList;
    expect(list.downloads.map(({ name }) => name)).to.include.members(['540p.mp4', '480p.mp4', '360p.mp4']);
  });

  it('is rehearsed before nobody’s eyes, and nothing of that is kept', async () => {
    const id = await live.announce('试讲');
    await live.move(id, 'rehearse');
    live.encoder(await live.ingestUrl(id));
    const { rehearsalUrl = '' } = await until('operators see it', async () => {
      const air = await live.air(id);
      return air.rehearsalUrl !== undefined && air;
    });
    expect((await live.document(id)).slate.kind).to.equal('rehearsal');
    expect(await live.document(id)).to.not.have.property('playlistUrl');
    expect((await fetch(site.base + rehearsalUrl)).status).to.equal(401);
    expect((await site.ask('GET', rehearsalUrl)).status).to.equal(200);
    await live.move(id, 'start');
    const text = await live.untilSegments(id, 1);
    expect(text).to.include('#EXT-X-MEDIA-SEQUENCE:0');
    const [interval] = await until('its time on the air', async () => {
      const found = await site.foundation.classes.onAirIntervals(id);
      return found.length > 0 && found;
    });
    expect(interval?.mediaStartMs).to.equal(0);
    await live.record(id);
  });

  it('plays an item of the catalogue at its hour, and ends with it', async () => {
    const clip = folder.join('clip.mp4');
    await ffmpeg(
      ...picture('320x180', '10', ITEM_SECONDS),
      ...tone(ITEM_SECONDS),
      ...QUICK_H264,
      '-c:a',
      'aac',
      clip,
    );
    const lecture = folder.join('lecture');
    await transcodeToFolder(clip, lecture);
    const { courseware } = await seedLecture(site, await filesOf(lecture), { title: '春耕' });
    const id = await live.announce('春耕', { source: 'simulive', coursewareId: courseware.id });
    const begun = await live.untilDocument(id, 'it begins', ({ playlistUrl }) => playlistUrl !== undefined);
    expect(begun.state).to.equal('on_air');
    const dvr = site.base + (begun.dvrUrl ?? '').replace('dvr.m3u8', 'source/dvr.m3u8');
    await live.untilDocument(id, 'it ends', ({ state }) => state === 'ended');
    const text = await (await fetch(dvr)).text();
    expect(text).to.include('#EXT-X-ENDLIST');
    expect(playableSeconds(text)).to.be.closeTo(ITEM_SECONDS, 0.5);
    expect(await pictureDigests(dvr)).to.deep.equal(await pictureDigests(`${lecture}/180p/index.m3u8`));
    expect((await live.document(id)).replay?.coursewareId).to.equal(courseware.id);
  });
});
