import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';

import { expect } from 'chai';

import { launchChromium, newVisitor } from '../support/chromium.ts';
import {
  ffmpeg,
  picture,
  pictureDigests,
  QUICK_H264,
  testFolder,
  tone,
  type TestFolder,
} from '../support/media.ts';
import { startMinio, type MinioServer } from '../support/minio-server.ts';
import { postgresServer } from '../support/postgres-server.ts';
import { fetchPresentation } from '../support/presentation-reader.ts';
import { breakingLine, makeAdmin, signIn, type Producer, type Production } from '../support/producer.ts';
import { startServerProcess, startWorkerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const SECONDS = 44;
const RATE = 10;
const TITLE = '杨梅嫁接四步';

interface Playback {
  readonly playlistUrl: string;
  readonly extent: string;
  readonly captions: readonly unknown[];
}

interface Item {
  readonly current: { readonly sourceSha256: string };
}

describe('A lecture, from the producer to the hall', function lecture() {
  this.timeout(300_000);
  let folder: TestFolder;
  let clip = '';

  before(async () => {
    folder = await testFolder();
    clip = folder.join('clip.mp4');
    await ffmpeg(
      ...picture('854x480', String(RATE), SECONDS),
      ...tone(SECONDS),
      ...QUICK_H264,
      ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest', clip],
    );
  });

  after(() => folder.remove());

  /** Uploads in two pieces and more over a line that breaks, and gives the lecture's id. */
  async function uploadOverBreakingLine(producer: Producer, base: string): Promise<string> {
    const id = await producer.createCourseware(TITLE);
    const { size } = await stat(clip);
    const line = await breakingLine(base, Math.round(size * 0.7));
    try {
      const chunkSize = Math.ceil(size / 2);
      const begun = await producer.upload(id, clip, { chunkSize }, line.base);
      expect(line.hasBroken).to.be.true;
      expect(begun.length).to.be.greaterThan(2);
      expect(begun).to.deep.equal(
        begun.toSorted((a, b) => a - b),
        'nothing acknowledged is sent again',
      );
      expect(begun.at(-1)).to.be.at.least(chunkSize);
    } finally {
      await line.close();
    }
    const { current } = await producer.get<Item>(`/api/v1/courseware/${id}`);
    expect(current.sourceSha256).to.equal(
      createHash('sha256')
        .update(await readFile(clip))
        .digest('hex'),
    );
    return id;
  }

  /** While it is being encoded it is on the air already, as far as it goes. Nothing else may be working at the time. */
  async function watchItGrow(
    producer: Producer,
    base: string,
    id: string,
    workerEnv: Readonly<Record<string, string>>,
  ): Promise<void> {
    const isPlayable = async (): Promise<boolean> =>
      (await producer.get<Production>(`/api/v1/courseware/${id}/production`)).isPlayable;
    while (!(await isPlayable())) {
      const worker = await startWorkerProcess(workerEnv, '--max-jobs', '1');
      expect(await worker.ended).to.equal(0, worker.lines.join('\n'));
    }
    const { playlistUrl, extent } = await producer.get<Playback>(`/api/v1/courseware/${id}/playback`);
    expect(extent).to.equal('growing');
    await producer.publish(id);
    const text = await (await fetch(base + playlistUrl)).text();
    const first = text.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? '';
    const media = await (await fetch(new URL(first, base + playlistUrl))).text();
    expect(media).to.include('#EXT-X-PLAYLIST-TYPE:EVENT').and.not.include('#EXT-X-ENDLIST');
    await ffmpeg(
      ...['-xerror', '-live_start_index', '0', '-i', base + playlistUrl, '-t', '1', '-f', 'null', '-'],
    );
  }

  async function expectWhole(producer: Producer, base: string, id: string): Promise<Playback> {
    await producer.production(id, 'the lecture is ready', ({ state }) => state === 'ready');
    const { sound } = await producer.get<Production>(`/api/v1/courseware/${id}/production`);
    expect(sound.map(({ name }) => name)).to.deep.equal(['audio']);
    expect((sound[0]?.loudness ?? 0) + (sound[0]?.gain ?? 0)).to.be.closeTo(-23, 1);
    const playback = await producer.get<Playback>(`/api/v1/courseware/${id}/playback`);
    expect(playback.extent).to.equal('complete');
    const { renditions, ranges } = await fetchPresentation(base + playback.playlistUrl);
    expect(renditions).to.have.length(2);
    expect(ranges).to.be.greaterThan((SECONDS / 6) * 3);
    for (const rendition of renditions) {
      expect(await pictureDigests(rendition)).to.have.length(SECONDS * RATE);
    }
    return playback;
  }

  it('plays in a browser on SQLite and a folder', async function inBrowser() {
    const browser = await launchChromium(this, 'a lecture in the browser');
    const env = { YUANJIAO_DATA_DIR: folder.join('embedded') };
    let server: ServerProcess | undefined;
    let worker: Awaited<ReturnType<typeof startWorkerProcess>> | undefined;
    try {
      await makeAdmin(env);
      server = await startServerProcess(env);
      const { base } = server;
      const producer = await signIn(base);
      const id = await uploadOverBreakingLine(producer, base);
      await watchItGrow(producer, base, id, env);
      worker = await startWorkerProcess(env);
      const { captions } = await expectWhole(producer, base, id);
      expect(captions).to.deep.equal([]);

      const { page, complaints } = await newVisitor(browser);
      const errors: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(`${message.text()} ${message.location().url}`);
      });
      await page.goto(`${base}/`);
      await page.getByRole('link', { name: TITLE }).click();
      await page.waitForURL(`${base}/watch/${id}`);
      const look = (): Promise<Reading> =>
        page.evaluate(() => {
          const video = document.querySelector('video');
          if (video === null) return { time: 0, height: 0, total: 0, tracks: 0, isPaused: true };
          const { totalVideoFrames: total } = video.getVideoPlaybackQuality();
          const { currentTime: time, videoHeight: height, paused: isPaused, textTracks } = video;
          return { time, height, total, tracks: textTracks.length, isPaused };
        });
      const reach = (what: string, isSo: (reading: Reading) => boolean): Promise<Reading> =>
        until(what, async () => {
          const reading = await look();
          return isSo(reading) && reading;
        });

      const first = await reach('it plays', ({ time, total }) => time > 0.5 && total > 5);
      const later = await reach('it goes on', ({ time }) => time > first.time + 2);
      expect(later.total - first.total).to.be.greaterThan(RATE);
      expect(later.tracks).to.equal(0);
      expect(await page.getByRole('button', { name: '字幕' }).isVisible()).to.be.false;

      await page.locator('video').hover();
      await page.locator('.yj-seek').focus();
      await page.locator('.yj-seek').evaluate((bar: HTMLInputElement) => {
        bar.value = '12';
        bar.dispatchEvent(new Event('input', { bubbles: true }));
        bar.dispatchEvent(new Event('change', { bubbles: true }));
      });
      const sent = await reach('it plays from where it was sent', ({ time }) => time > 12.2);
      // Whoever plays all that lies between has shown all of its pictures.
      expect(sent.total - later.total).to.be.lessThan(RATE * (sent.time - later.time - 3));

      for (const lines of [360, 480]) {
        await page.locator('video').hover();
        await page.getByRole('button', { name: /^清晰度/ }).click();
        await page.getByRole('menuitemradio', { name: `${lines}p` }).click();
        await reach(`${lines} lines are shown`, ({ height }) => height === lines);
      }
      expect((await look()).isPaused).to.be.false;
      expect(complaints).to.deep.equal([]);
      expect(errors).to.deep.equal([]);
      await page.context().close();
      expect(await worker.end('SIGTERM')).to.equal(0);
      expect(await server.end('SIGTERM')).to.equal(0);
    } finally {
      await worker?.end('SIGKILL');
      await server?.end('SIGKILL');
      await browser.close();
    }
  });

  it('is made by a worker elsewhere on PostgreSQL and MinIO', async function apart() {
    const database = await (await postgresServer())?.createDatabase();
    if (database === undefined) return absent(this, 'PostgreSQL (install the package postgresql)');
    let minio: MinioServer;
    try {
      minio = await startMinio();
    } catch (error) {
      return absent(this, String(error));
    }
    const shared = {
      YUANJIAO_DATABASE: database,
      YUANJIAO_STORE: `s3:${minio.endpoint}/courseware`,
      YUANJIAO_STORE_ACCESS_KEY: minio.accessKey,
      YUANJIAO_STORE_SECRET_KEY: minio.secretKey,
    };
    const env = { ...shared, YUANJIAO_DATA_DIR: folder.join('server'), YUANJIAO_WORKERS: '0' };
    let server: ServerProcess | undefined;
    let worker: Awaited<ReturnType<typeof startWorkerProcess>> | undefined;
    try {
      await makeAdmin(env);
      server = await startServerProcess(env);
      const { base } = server;
      const producer = await signIn(base);
      const id = await uploadOverBreakingLine(producer, base);
      const workerEnv = { ...shared, YUANJIAO_DATA_DIR: folder.join('worker') };
      await watchItGrow(producer, base, id, workerEnv);
      worker = await startWorkerProcess(workerEnv);
      await expectWhole(producer, base, id);
      expect(await worker.end('SIGTERM')).to.equal(0);
      expect(await server.end('SIGTERM')).to.equal(0);
    } finally {
      await worker?.end('SIGKILL');
      await server?.end('SIGKILL');
      await minio.stop();
    }
  });
});

interface Reading {
  readonly time: number;
  readonly height: number;
  readonly total: number;
  readonly tracks: number;
  readonly isPaused: boolean;
}

/** Names what could not be had; on the build machine that is a failure. */
function absent(test: Mocha.Context, what: string): void {
  const words = `not run: the lecture on PostgreSQL and MinIO, for want of ${what}`;
  if (process.env['CI'] === 'true') throw new Error(words);
  process.stderr.write(`${words}\n`);
  test.skip();
}
