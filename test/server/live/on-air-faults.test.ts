import { randomBytes } from 'node:crypto';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';

import { expect } from 'chai';

import { startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { HeldClasses, playableSeconds } from '../../support/held-classes.ts';
import { pictureDigests, testFolder, type TestFolder } from '../../support/media.ts';
import { startMinio, type MinioServer } from '../../support/minio-server.ts';
import { smallDisk, type SmallDisk } from '../../support/small-disk.ts';
import { until } from '../../support/until.ts';

interface Item {
  readonly duration: number;
}

interface Disk {
  readonly since: string;
  readonly until?: string;
  readonly isFull: boolean;
  readonly holes: number;
}

/** Takes all the room there is. */
async function fill({ path }: SmallDisk): Promise<void> {
  await writeFile(`${path}/ballast`, randomBytes(2 ** 24)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOSPC') throw error;
  });
}

async function isKept({ base }: CoursewareSite): Promise<boolean> {
  const { parts } = (await (await fetch(`${base}/ready`)).json()) as {
    readonly parts: readonly { readonly name: string; readonly status: string }[];
  };
  return parts.some(({ name, status }) => name === 'live-recording' && status === 'ok');
}

async function diskOf(classes: HeldClasses, id: string): Promise<Disk | undefined> {
  return (await classes.ask<{ readonly disk?: Disk }>('GET', `/api/v1/live-classes/${id}/air`)).disk;
}

describe('A live class in trouble', function trouble() {
  this.timeout(300_000);
  let site: CoursewareSite;
  let live: HeldClasses;
  let folder: TestFolder;

  before(async () => {
    folder = await testFolder();
    site = await startSite({ env: { YUANJIAO_LIVE_PORT: '0' } });
    live = new HeldClasses(() => site);
  });

  afterEach(() => live.stopEncoders());

  after(async () => {
    await site.close();
    await folder.remove();
  });

  it('plays from its journal while the store is away, and then from the store, the same', async () => {
    const minio = await startMinio();
    const { port } = new URL(minio.endpoint);
    const away = await startSite({
      env: {
        YUANJIAO_LIVE_PORT: '0',
        YUANJIAO_STORE: `s3:${minio.endpoint}/live`,
        YUANJIAO_STORE_ACCESS_KEY: minio.accessKey,
        YUANJIAO_STORE_SECRET_KEY: minio.secretKey,
      },
    });
    const other = new HeldClasses(() => away);
    let again: MinioServer | undefined;
    try {
      const id = await other.announce('授粉');
      other.encoder(await other.ingestUrl(id));
      await other.untilSegments(id, 2);
      await minio.kill();
      await other.untilSegments(id, 3);
      const { token } = await away.foundation.classes.get(id);
      await other.move(id, 'end');
      const index = `/v/live-${token}/index.m3u8`;
      const journal = await until('it plays from the journal', async () => {
        const response = await away.ask('GET', index);
        return response.ok && response.text();
      });
      expect((await fetch(away.base + index)).status).to.equal(401, 'nobody has seen the draft yet');
      const variant = journal.split('\n').find((line) => line.startsWith('/live/')) ?? '';
      const seen = await pictureDigests(away.base + variant);

      again = await startMinio({ ...minio, port: Number(port) });
      const coursewareId = await other.record(id);
      await away.foundation.catalogue.move(coursewareId, 'published');
      const { playlistUrl } = await other.ask<{ readonly playlistUrl: string }>(
        'GET',
        `/api/v1/courseware/${coursewareId}/playback`,
      );
      expect(await pictureDigests(away.base + playlistUrl)).to.deep.equal(seen);
      const file = await fetch(`${away.base}/api/v1/courseware/${coursewareId}/downloads/180p.mp4`);
      await writeFile(folder.join('180p.mp4'), Buffer.from(await file.arrayBuffer()));
      expect(await pictureDigests(folder.join('180p.mp4'))).to.deep.equal(seen);
      const { replay } = await other.untilDocument(
        id,
        'where to see it again',
        (told) => told.replay !== undefined,
      );
      expect(replay?.coursewareId).to.equal(coursewareId);
    } finally {
      await other.stopEncoders();
      await away.close();
      await again?.stop();
    }
  });

  it('survives its encoder: a slate, the grace, an interruption, and one recording of all of it', async () => {
    const id = await live.announce('修剪', { graceSeconds: 600 });
    const url = await live.ingestUrl(id);
    const first = live.encoder(url);
    await live.untilSegments(id, 2);
    await first.stop('SIGKILL');
    const broken = await live.untilDocument(id, 'the slate', ({ slate }) => slate.kind === 'interrupted');
    expect(broken.state).to.equal('on_air');
    const tail = (await live.playlist(id)).trimEnd().split('\n');
    expect(tail.at(-1)).to.equal('#EXT-X-DISCONTINUITY', 'told before anything follows it');
    expect(tail.join('\n')).to.not.include('ENDLIST');
    await live.ask('PATCH', `/api/v1/live-classes/${id}`, { graceSeconds: 5 });
    await live.untilDocument(id, 'the grace is over', ({ state }) => state === 'interrupted');

    const second = live.encoder(url, { tone: 880 });
    await live.untilDocument(
      id,
      'it goes on',
      ({ state, slate }) => state === 'on_air' && slate.kind === 'none',
    );
    const sofar = await live.untilSegments(id, 4);
    expect(sofar.match(/#EXT-X-DISCONTINUITY\n/g)).to.have.length(1);
    expect(sofar).to.include('#EXT-X-MEDIA-SEQUENCE:0');
    await second.stop();
    const dvr = await live.playlist(id, 'dvr');
    const coursewareId = await live.record(id);
    const { duration } = await live.ask<Item>('GET', `/api/v1/courseware/${coursewareId}`);
    expect(duration).to.be.closeTo(playableSeconds(dvr), 0.5);
    const intervals = await site.foundation.classes.onAirIntervals(id);
    expect(intervals).to.have.length(2);
    expect(intervals.every(({ untilMs }) => untilMs !== undefined)).to.equal(true);
  });

  it('is taken over by the backup encoder, which keeps it until the operator says otherwise', async () => {
    const id = await live.announce('病虫害');
    const main = live.encoder(await live.ingestUrl(id, 'main'));
    await live.untilSegments(id, 1);
    live.encoder(await live.ingestUrl(id, 'backup'), { tone: 880 });
    const onAir = async (): Promise<string | undefined> =>
      (await live.air(id)).inputs.find(({ isOnAir }) => isOnAir)?.role;
    await until('both are there', async () => (await live.air(id)).inputs.length === 2);
    expect(await onAir()).to.equal('main');
    main.hold();
    await until('the backup has taken over', async () => (await onAir()) === 'backup');
    expect((await live.document(id)).state).to.equal('on_air');
    main.release();
    await until('the main one is heard again', async () =>
      (await live.air(id)).inputs.some(({ role, silentMs }) => role === 'main' && silentMs < 1000),
    );
    const { length } = (await live.playlist(id, 'dvr')).match(/^#EXTINF/gm) ?? [];
    await live.untilSegments(id, (length ?? 0) + 2);
    expect(await onAir()).to.equal('backup', 'nobody takes it back by himself');
    await live.ask('POST', `/api/v1/live-classes/${id}/air/switch`, { role: 'main' });
    await until('the operator is obeyed', async () => (await onAir()) === 'main');
    await live.record(id);
  });

  it('goes on when its disk is full, and keeps what the disk has taken', async function full() {
    const disk = await smallDisk(this, 16);
    const dataDir = folder.join('full');
    await mkdir(dataDir);
    await symlink(disk.path, `${dataDir}/live`);
    const crowded = await startSite({ dataDir, env: { YUANJIAO_LIVE_PORT: '0' } });
    const other = new HeldClasses(() => crowded);
    try {
      const id = await other.announce('满盘');
      other.encoder(await other.ingestUrl(id));
      await other.untilSegments(id, 1);
      await fill(disk);
      await other.untilSegments(id, 3);
      expect((await other.document(id)).slate.kind).to.equal('none', 'nobody sees anything of it');
      await until('the operator of the class is told', async () => {
        const told = await diskOf(other, id);
        return told?.isFull === true && told.until === undefined;
      });
      await until('the operator of the server is told', async () => !(await isKept(crowded)));
      await rm(`${disk.path}/ballast`);
      const over = await until('the operator is told that it is over', async () => {
        const told = await diskOf(other, id);
        return told?.until !== undefined && told;
      });
      expect(Date.parse(over.until ?? '')).to.be.greaterThan(Date.parse(over.since));
      await until('the server says so too', () => isKept(crowded));
      const { length: sofar } = (await other.playlist(id, 'dvr')).match(/^#EXTINF/gm) ?? [];
      await other.untilSegments(id, (sofar ?? 0) + 2);
      const { dvrUrl = '' } = await other.document(id);
      await other.move(id, 'end');
      const dvr = await (await fetch(crowded.base + dvrUrl.replace('dvr.m3u8', 'source/dvr.m3u8'))).text();
      expect(dvr).to.include('#EXT-X-GAP');
      const coursewareId = await other.record(id);
      const { duration } = await other.ask<Item>('GET', `/api/v1/courseware/${coursewareId}`);
      expect(duration).to.be.closeTo(playableSeconds(dvr), 0.5);
    } finally {
      await other.stopEncoders();
      await crowded.close();
      await disk.remove();
    }
  });

  it('is told by a server that was started on a full disk what its recording has lost, and what others would', async function restart() {
    const disk = await smallDisk(this, 16);
    const dataDir = folder.join('full-at-start');
    await mkdir(dataDir);
    await mkdir(`${disk.path}/live`);
    await symlink(`${disk.path}/live`, `${dataDir}/live`);
    const startedAt = Date.now();
    const settings = { dataDir, env: { YUANJIAO_LIVE_PORT: '0' } };
    let crowded = await startSite(settings);
    const other = new HeldClasses(() => crowded);
    try {
      const id = await other.announce('满盘重启');
      const later = await other.announce('还没开始');
      other.encoder(await other.ingestUrl(id));
      await other.untilSegments(id, 1);
      await fill(disk);
      await until('its operator is told', () => diskOf(other, id));
      await other.stopEncoders();
      await crowded.close();
      crowded = await startSite(settings);
      const restartedAt = Date.now();
      expect(await isKept(crowded)).to.equal(false, 'before anything is sent');
      const after = await until('it is on the air again', () => diskOf(other, id));
      expect(after).to.include({ isFull: true, holes: 1 }).and.not.to.have.property('until');
      expect(Date.parse(after.since)).to.be.within(startedAt, restartedAt);
      expect(await diskOf(other, later)).to.include({ isFull: true, holes: 0 });
      await rm(`${disk.path}/ballast`);
      await until('the server finds out that there is room', () => isKept(crowded));
      expect(await diskOf(other, id))
        .to.include({ since: after.since, holes: 1 })
        .and.to.have.property('until');
      expect(await diskOf(other, later)).to.equal(undefined);
    } finally {
      await other.stopEncoders();
      await crowded.close();
      await disk.remove();
    }
  });
});
