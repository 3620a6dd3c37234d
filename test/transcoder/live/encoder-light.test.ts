import { expect } from 'chai';
import { LIGHT_ADVICE, LIGHT_LEVELS, type FlvTag, type LivePackager, type LightReason } from 'yuanjiao/live';

import { isConfig, record, sourcePackager, tagsOf, x264 } from '../../support/live-input.ts';
import { picture, testFolder, tone, type TestFolder } from '../../support/media.ts';

const AAC = ['-c:a', 'aac', '-b:a', '64k', '-ar', '48000'];

describe('The light of an encoder', function () {
  this.timeout(120_000);
  let folder: TestFolder;
  let good: readonly FlvTag[];

  before(async () => {
    folder = await testFolder();
    good = await recorded(x264(50, 0));
  });

  after(() => folder.remove());

  async function recorded(
    words: readonly string[],
    rate = '25',
    size = '320x180',
    sound = AAC,
  ): Promise<readonly FlvTag[]> {
    const path = folder.join('input.flv');
    await record(path, ...picture(size, rate, 6), ...tone(6), ...words, ...sound);
    return tagsOf(path);
  }

  /** The light after some tags that came at the pace of their stamps, or with a delay. */
  function lightAfter(
    tags: readonly FlvTag[],
    delayMs: (stampMs: number) => number = () => 0,
  ): LivePackager['light'] {
    let nowMs = 0;
    const packager = sourcePackager(() => nowMs);
    for (const tag of tags) {
      nowMs = Math.max(nowMs, tag.timestampMs + delayMs(tag.timestampMs));
      packager.push(tag);
    }
    return packager.light;
  }

  it('is green for a key picture in two seconds, no B-frames, and sound', () => {
    const light = lightAfter(good);
    expect(light.reasons).to.deep.equal([]);
    expect(light.level).to.equal('green');
    expect(light.video).to.include({ width: 320, height: 180, gopSeconds: 2, hasBFrames: false });
    expect(light.video?.frameRate).to.be.closeTo(25, 0.1);
    expect(light.audio).to.include({ codecs: 'mp4a.40.2', sampleRate: 48_000, channels: 1 });
    expect(light.audio?.bitrate).to.be.within(20_000, 90_000);
    expect(light.behindSeconds).to.equal(0);
  });

  it('is green before anything has come, and names nothing as missing', () => {
    expect(sourcePackager().light).to.include({ level: 'green', seconds: 0 });
    expect(lightAfter(good.slice(0, 10)).level).to.equal('green');
  });

  it('says how many bits the pictures take', () => {
    const pictures = good.filter((tag) => tag.kind === 'video' && !isConfig(tag));
    const bits = pictures.reduce((sum, { body }) => sum + (body.length - 5) * 8, 0);
    expect(lightAfter(good).video?.bitrate).to.be.closeTo(bits / 6, bits / 60);
  });

  const cases: readonly (readonly [LightReason, string, () => Promise<readonly FlvTag[]>])[] = [
    ['b-frames', 'B-frames', () => recorded(x264(50, 2))],
    ['key-pictures-rare', 'a key picture in five seconds', () => recorded(x264(125, 0))],
    ['frame-rate-low', 'eight pictures a second', () => recorded(x264(16, 0), '8')],
    ['no-sound', 'no sound', async () => good.filter(({ kind }) => kind !== 'audio')],
    ['no-picture', 'no picture', async () => good.filter(({ kind }) => kind !== 'video')],
    [
      'sound-stalled',
      'sound that has stopped',
      async () => good.filter((tag) => tag.kind !== 'audio' || tag.timestampMs < 3000),
    ],
    [
      'picture-stalled',
      'pictures that have stopped',
      async () => good.filter((tag) => tag.kind !== 'video' || tag.timestampMs < 3000),
    ],
    [
      'picture-unusual',
      'ten bits',
      () => recorded([...x264(50, 0), '-pix_fmt', 'yuv420p10le', '-profile:v', 'high10']),
    ],
    ['interlaced', 'fields', () => recorded([...x264(50, 0), '-flags', '+ildct+ilme'])],
    ['picture-large', 'more than 1080p', () => recorded([...x264(50, 0), '-vf', 'scale=2560:1440'], '5')],
    ['sound-unusual', 'six channels', () => recorded(x264(50, 0), '25', '320x180', [...AAC, '-ac', '6'])],
    [
      'time-jumped',
      'a jump',
      async () =>
        good.map((tag) =>
          tag.timestampMs < 3000 ? tag : { ...tag, timestampMs: tag.timestampMs + 9_000_000 },
        ),
    ],
    [
      'tags-damaged',
      'damage',
      async () => [...good, { kind: 'video', timestampMs: 6000, body: Buffer.from([0x27, 1, 0]) }],
    ],
  ];
  for (const [reason, what, tags] of cases) {
    it(`tells of ${what}`, async () => {
      const light = lightAfter(await tags());
      expect(light.reasons).to.include(reason);
      expect(light.level).to.equal(
        light.reasons.some((found) => LIGHT_LEVELS[found] === 'red') ? 'red' : 'amber',
      );
    });
  }

  it('tells when the line is too slow, and when it has caught up', () => {
    const slow = (stampMs: number): number => Math.max(0, stampMs - 1000) * 0.6;
    const behind = lightAfter(good, slow);
    expect(behind.reasons).to.deep.equal(['behind']);
    expect(behind.behindSeconds).to.be.closeTo(3, 0.1);
    expect(lightAfter(good, (stampMs) => Math.max(0, stampMs - 1000) * 1.2)).to.include({ level: 'red' });
    expect(lightAfter(good, (stampMs) => (stampMs < 5500 ? slow(stampMs) : -1000)).level).to.not.equal('red');
  });

  it('does not take an encoder whose clock is slow for one whose line is', () => {
    const key = good.find((tag) => tag.kind === 'video' && !isConfig(tag)) as FlvTag;
    const hours = Array.from({ length: 8 * 3600 }, (_none, place): FlvTag => ({
      ...key,
      timestampMs: place * 1000,
    }));
    // A tenth of a second in a thousand: three seconds in eight hours.
    const light = lightAfter([...good.filter(isConfig), ...hours], (stampMs) => stampMs / 10_000);
    expect(light.behindSeconds).to.be.lessThan(0.2);
  });

  it('misses key pictures after twelve seconds', () => {
    const pictures = good.filter((tag) => tag.kind === 'video' && !isConfig(tag));
    const dependent = pictures[1] as FlvTag;
    const long = Array.from({ length: 350 }, (_none, place): FlvTag => ({
      ...dependent,
      timestampMs: 40 + place * 40,
    }));
    const light = lightAfter([...good.filter(isConfig), pictures[0] as FlvTag, ...long]);
    expect(light.reasons).to.include('key-pictures-missing');
  });

  it('has advice for every reason', () => {
    for (const reason of Object.keys(LIGHT_LEVELS)) {
      expect(LIGHT_ADVICE[reason as LightReason]).to.match(/[\u4e00-\u9fff].+。$/);
    }
  });
});
