import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { LivePackager, type Cut, type FlvTag } from 'yuanjiao/live';

import { launchChromium, newVisitor } from '../../support/chromium.ts';
import {
  CLASS_START_MS,
  cutsOf,
  isConfig,
  LEAD_IN_MS,
  partsOf,
  record,
  restamped,
  tagsOf,
  x264,
} from '../../support/live-input.ts';
import { picture, testFolder, tone, type TestFolder } from '../../support/media.ts';

/** What a browser made of media that was given to it part by part. */
interface Playback {
  readonly buffered: readonly (readonly [start: number, end: number])[];
  readonly pictures: number;
  readonly error: string;
}

const SECONDS = 8;
const START_S = (CLASS_START_MS + LEAD_IN_MS) / 1000;

describe('A browser given live parts one by one', function () {
  this.timeout(180_000);
  let browser: Browser;
  let page: Page;
  let folder: TestFolder;
  let tags: readonly FlvTag[];

  before(async function () {
    browser = await launchChromium(this, 'live parts in a browser');
    ({ page } = await newVisitor(browser));
    folder = await testFolder();
    await record(
      folder.join('input.flv'),
      ...picture('320x180', '25', SECONDS),
      ...tone(SECONDS),
      ...x264(50, 2),
      ...['-c:a', 'aac', '-b:a', '64k', '-ar', '44100'],
    );
    tags = await tagsOf(folder.join('input.flv'));
  });

  after(async () => {
    await browser?.close();
    await folder?.remove();
  });

  /** Appends init segments and parts, then plays them to the end, eight times as fast. */
  async function playback(cuts: readonly Cut[]): Promise<Playback> {
    const [init] = cuts;
    const codecs = init?.kind === 'init' ? init.facts.codecs : '';
    const pieces = cuts.flatMap((cut) => (cut.kind === 'end' ? [] : [cut.bytes.toString('base64')]));
    return page.evaluate(
      async ([type, all]) => {
        const video = document.createElement('video');
        video.muted = true;
        document.body.replaceChildren(video);
        const source = new MediaSource();
        video.src = URL.createObjectURL(source);
        await new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true }));
        const buffer = source.addSourceBuffer(type);
        let error = '';
        for (const piece of all) {
          const bytes = Uint8Array.from(atob(piece), (letter) => letter.charCodeAt(0));
          const isOver = new Promise<void>((resolve) => {
            buffer.addEventListener('updateend', () => resolve(), { once: true });
          });
          try {
            buffer.appendBuffer(bytes);
          } catch (thrown) {
            error = `${String(thrown)} ${video.error?.message ?? ''}`;
            break;
          }
          await isOver;
        }
        const ranges = [...Array(buffer.buffered.length).keys()].map(
          (place) => [buffer.buffered.start(place), buffer.buffered.end(place)] as const,
        );
        if (error === '' && source.readyState === 'open') {
          source.endOfStream();
          video.currentTime = ranges[0]?.[0] ?? 0;
          video.playbackRate = 8;
          const isDone = new Promise<void>((resolve) => {
            for (const event of ['ended', 'error'])
              video.addEventListener(event, () => resolve(), { once: true });
          });
          await video.play();
          await isDone;
        }
        const { totalVideoFrames } = video.getVideoPlaybackQuality();
        return { buffered: ranges, pictures: totalVideoFrames, error: error || (video.error?.message ?? '') };
      },
      [`video/mp4; codecs="${codecs}"`, pieces] as const,
    );
  }

  function expectOneRange(result: Playback, seconds: number): void {
    expect(result.error).to.equal('');
    expect(result.buffered).to.have.length(1);
    const [[start, end] = [0, 0]] = result.buffered;
    expect(start).to.be.closeTo(START_S, 0.03);
    expect(end - start).to.be.closeTo(seconds, 0.1);
    expect(result.pictures).to.be.above(seconds * 3);
  }

  it('has one range without a hole, and plays it to its end', async () => {
    expectOneRange(await playback(cutsOf(tags)), SECONDS);
  });

  it('has one range when the encoder has been away', async () => {
    const first = cutsOf(tags);
    const last = partsOf(first).at(-1);
    const startsAtMs = (last?.decodeTimeMs ?? 0) + Math.round((last?.duration ?? 0) * 1000);
    const second = cutsOf(
      restamped(tags, ({ timestampMs }) => timestampMs + 5_000_000),
      new LivePackager({ startsAtMs, startsAtWallMs: Date.now() }),
    );
    expectOneRange(await playback([...first, ...second]), 2 * SECONDS);
  });

  it('does not stop where the encoder has lost its sound', async () => {
    const mute = tags.filter((tag) => tag.kind !== 'audio' || isConfig(tag) || tag.timestampMs < 1000);
    expectOneRange(await playback(cutsOf(mute)), SECONDS);
    const holed = tags.filter(
      (tag) => tag.kind !== 'audio' || isConfig(tag) || tag.timestampMs < 1000 || tag.timestampMs > 6000,
    );
    expectOneRange(await playback(cutsOf(holed)), SECONDS);
  });

  it('does not stop where the encoder has lost its picture', async () => {
    const stalled = tags.filter(
      (tag) => tag.kind !== 'video' || isConfig(tag) || tag.timestampMs < 1300 || tag.timestampMs > 5900,
    );
    expectOneRange(await playback(cutsOf(stalled)), SECONDS);
  });

  it('does not stop where pictures, or all, are missing for a second', async () => {
    for (const isLost of [({ kind }: FlvTag) => kind === 'video', () => true]) {
      const paused = tags.filter(
        (tag) => isConfig(tag) || tag.timestampMs < 2500 || tag.timestampMs > 3900 || !isLost(tag),
      );
      expectOneRange(await playback(cutsOf(paused)), SECONDS);
    }
  });

  it('does not stop where stamps jump', async () => {
    const jumped = restamped(tags, ({ timestampMs }) => timestampMs + (timestampMs > 3000 ? 777_777_777 : 0));
    expectOneRange(await playback(cutsOf(jumped)), SECONDS);
  });

  it('takes a new size behind a new init segment', async () => {
    await record(
      folder.join('small.flv'),
      ...picture('160x120', '25', 4),
      ...tone(4),
      ...x264(50, 0),
      '-c:a',
      'aac',
    );
    const small = restamped(
      await tagsOf(folder.join('small.flv')),
      ({ timestampMs }) => timestampMs + SECONDS * 1000,
    );
    expectOneRange(await playback(cutsOf([...tags, ...small])), SECONDS + 4);
  });
});
