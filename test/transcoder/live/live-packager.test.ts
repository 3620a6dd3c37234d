import { expect } from 'chai';
import { createFile, type Sample } from 'mp4box';
import { LivePackager, type Cut, type FlvTag } from 'yuanjiao/live';

import {
  bytesOf,
  CLASS_START_MS,
  CLASS_START_WALL_MS,
  cutsOf,
  isConfig,
  LEAD_IN_MS,
  packetsOf,
  type Packet,
  partsOf,
  record,
  restamped,
  segmentsOf,
  sourcePackager,
  tagsOf,
  writeCuts,
  x264,
} from '../../support/live-input.ts';
import {
  ffmpeg,
  ffprobe,
  picture,
  pictureDigests,
  testFolder,
  tone,
  type TestFolder,
} from '../../support/media.ts';

const AAC = ['-c:a', 'aac', '-b:a', '64k'];
const HEVC = [
  '-c:v',
  'libx265',
  '-preset',
  'ultrafast',
  '-x265-params',
  'log-level=none:keyint=50:bframes=2',
];

/** What encoders send. */
const INPUTS: Readonly<Record<string, readonly string[]>> = {
  '25 pictures a second with B-frames': [
    ...picture('320x180', '25', 7),
    ...tone(7),
    ...x264(50, 2),
    ...AAC,
    '-ar',
    '48000',
  ],
  '30 pictures a second, key pictures anywhere, 44.1 kHz': [
    ...picture('320x180', '30', 8),
    ...tone(8),
    ...x264(1000, 0),
    ...['-force_key_frames', '0,0.7,1.1,3.4,3.9,4.1,7.5'],
    ...AAC,
  ],
  '29.97 pictures a second with three B-frames, stereo': [
    ...picture('320x180', '30000/1001', 7),
    ...tone(7),
    ...x264(60, 3),
    ...AAC,
    ...['-ac', '2'],
  ],
  'pictures at odd moments': [
    ...picture('320x180', '25', 7),
    ...tone(7),
    ...['-vf', "select='gt(mod(n,7),2)+not(mod(n,50))'", '-vsync', 'vfr'],
    ...x264(30, 2),
    ...AAC,
  ],
  'pictures alone': [...picture('320x180', '25', 7), ...x264(50, 2)],
};

/** Seconds. */
const PART_TARGET = 0.52;

describe('A live packager', function () {
  this.timeout(180_000);
  let folder: TestFolder;

  before(async () => {
    folder = await testFolder();
    for (const [name, words] of Object.entries(INPUTS)) await record(input(name), ...words);
    await record(input('sound'), ...tone(7), ...AAC, '-ar', '48000');
  });

  after(() => folder.remove());

  function input(name: string): string {
    return folder.join(`${name.replaceAll(/\W+/g, '-')}.flv`);
  }

  const WITH_B_FRAMES = '25 pictures a second with B-frames';

  async function firstShownMs(path: string): Promise<number> {
    const packets = await packetsOf(path, 'v:0');
    return Math.min(...packets.map(({ shownMs }) => shownMs));
  }

  for (const name of Object.keys(INPUTS)) {
    describe(`given ${name}`, () => {
      let cuts: readonly Cut[];
      let path: string;

      before(async () => {
        cuts = cutsOf(await tagsOf(input(name)));
        path = await writeCuts(folder.join('out.mp4'), cuts);
      });

      it('passes on every picture at its own time, so that all decode to the same', async () => {
        const sent = await packetsOf(input(name), 'v:0');
        const packaged = await packetsOf(path, 'v:0');
        const first = await firstShownMs(input(name));
        // Before key pictures stand the parameter sets.
        const bytes = ({ digest, isKey }: Packet): unknown => isKey || digest;
        expect(packaged.map(bytes)).to.deep.equal(sent.map(bytes));
        expect(packaged.map(({ shownMs }) => Math.round(shownMs))).to.deep.equal(
          sent.map(({ shownMs }) => Math.round(shownMs - first) + CLASS_START_MS + LEAD_IN_MS),
        );
        expect(packaged.every(({ shownMs, decodeMs }) => shownMs >= decodeMs)).to.equal(true);
        expect(await pictureDigests(path)).to.deep.equal(await pictureDigests(input(name)));
      });

      it('passes on every frame of sound, within half a frame of its time and without a hole', async () => {
        const sent = await packetsOf(input(name), 'a:0');
        const packaged = await packetsOf(path, 'a:0');
        const first = await firstShownMs(input(name));
        const expected = sent.slice(sent.length - packaged.length);
        expect(packaged.map(({ digest }) => digest)).to.deep.equal(expected.map(({ digest }) => digest));
        // Only what lies before the first picture is left out.
        const skipped = sent.slice(0, sent.length - packaged.length);
        expect(skipped.every(({ shownMs }) => shownMs < first)).to.equal(true);
        for (const [place, { shownMs, durationMs }] of packaged.entries()) {
          const wanted = (expected[place]?.shownMs ?? 0) - first + CLASS_START_MS + LEAD_IN_MS;
          expect(Math.abs(shownMs - wanted)).to.be.lessThan(12);
          const next = packaged[place + 1];
          if (next !== undefined) expect(Math.abs(next.shownMs - shownMs - durationMs)).to.be.lessThan(0.01);
        }
      });

      it('begins segments with key pictures, the first ones after two seconds', async () => {
        const sent = await packetsOf(input(name), 'v:0');
        const first = await firstShownMs(input(name));
        const due: number[] = [];
        for (const { shownMs, isKey } of sent) {
          const at = Math.round(shownMs - first) + CLASS_START_MS;
          if (isKey && at - (due.at(-1) ?? 0) >= 2000) due.push(at);
        }
        const segments = segmentsOf(cuts);
        expect(segments.map(([part]) => part?.decodeTimeMs)).to.deep.equal(due);
        expect(segments.every(([part]) => part?.isIndependent)).to.equal(true);
      });

      it('cuts parts that join, and tells the time of day of each', () => {
        const parts = partsOf(cuts);
        parts.forEach((part, place) => {
          const next = parts[place + 1];
          if (next !== undefined)
            expect(part.decodeTimeMs + Math.round(part.duration * 1000)).to.equal(next.decodeTimeMs);
          expect(part.wallClockMs - CLASS_START_WALL_MS).to.equal(part.decodeTimeMs - CLASS_START_MS);
        });
        expect(parts[0]?.decodeTimeMs).to.equal(CLASS_START_MS);
      });

      it('keeps all parts but the last of a segment between 85 and 100 % of the target', () => {
        if (name === 'pictures at odd moments') return;
        for (const segment of segmentsOf(cuts)) {
          for (const { duration } of segment) expect(duration).to.be.at.most(PART_TARGET);
          for (const { duration } of segment.slice(0, -1))
            expect(duration).to.be.at.least(0.85 * PART_TARGET);
        }
      });

      it('writes what mp4box reads back', () => {
        const tracks = readByMp4box(cuts);
        const [pictures = []] = tracks;
        const parts = partsOf(cuts);
        expect(tracks.length).to.equal(name === 'pictures alone' ? 1 : 2);
        expect(pictures[0]?.is_sync).to.equal(true);
        expect(pictures.every(({ cts, dts }) => cts >= dts)).to.equal(true);
        // Decoding times of all fragments follow each other.
        pictures.slice(1).forEach(({ dts }, place) => {
          expect(dts).to.equal((pictures[place]?.dts ?? 0) + (pictures[place]?.duration ?? 0));
        });
        const seconds = pictures.reduce((sum, { duration }) => sum + duration, 0) / 1000;
        // The line that is cut follows what is shown, and decoding runs ahead of it now more, now less.
        expect(seconds).to.be.closeTo(
          parts.reduce((sum, { duration }) => sum + duration, 0),
          0.1,
        );
      });
    });
  }

  function readByMp4box(cuts: readonly Cut[]): readonly (readonly Sample[])[] {
    const file = createFile();
    let errors = '';
    file.onError = (_module, message) => (errors += message);
    const bytes = Uint8Array.from(bytesOf(cuts)).buffer;
    file.appendBuffer(Object.assign(bytes, { fileStart: 0 }));
    file.flush();
    expect(errors).to.equal('');
    return file.getInfo().tracks.map(({ id }) => file.getTrackSamplesInfo(id));
  }

  it('says what players must be told of the media', async () => {
    const [init] = cutsOf(await tagsOf(input(WITH_B_FRAMES)));
    expect(init?.kind === 'init' && init.facts).to.deep.equal({
      codecs: 'avc1.4d400c,mp4a.40.2',
      size: { width: 320, height: 180 },
      hasVideo: true,
      hasAudio: true,
    });
  });

  it('cuts sound alone by time, four parts a segment, and loses none of it', async () => {
    const cuts = cutsOf(await tagsOf(input('sound')));
    const path = await writeCuts(folder.join('sound.mp4'), cuts);
    const sent = await packetsOf(input('sound'), 'a:0');
    const packaged = await packetsOf(path, 'a:0');
    expect(packaged.map(({ digest }) => digest)).to.deep.equal(sent.map(({ digest }) => digest));
    const segments = segmentsOf(cuts);
    expect(segments.slice(0, -1).map((parts) => parts.length)).to.deep.equal(
      segments.slice(0, -1).map(() => 4),
    );
    for (const { duration, isIndependent } of partsOf(cuts).slice(0, -1)) {
      expect(duration).to.be.within(0.85 * PART_TARGET, PART_TARGET);
      expect(isIndependent).to.equal(true);
    }
    expect(cuts[0]?.kind === 'init' && cuts[0].facts).to.deep.equal({
      codecs: 'mp4a.40.2',
      hasVideo: false,
      hasAudio: true,
    });
  });

  it('goes on without a gap when the encoder comes back with a new count', async () => {
    const tags = await tagsOf(input(WITH_B_FRAMES));
    const first = cutsOf(tags);
    const last = partsOf(first).at(-1);
    const endMs = (last?.decodeTimeMs ?? 0) + Math.round((last?.duration ?? 0) * 1000);
    const again = new LivePackager({ startsAtMs: endMs, startsAtWallMs: CLASS_START_WALL_MS + 60_000 });
    const second = cutsOf(
      restamped(tags, ({ timestampMs }) => timestampMs + 777_777),
      again,
    );
    // The same init segment, which ffmpeg does not want to see twice.
    const path = await writeCuts(folder.join('twice.mp4'), [...first, ...partsOf(second)]);
    const pictures = await packetsOf(path, 'v:0');
    const shown = pictures.map(({ shownMs }) => Math.round(shownMs)).toSorted((a, b) => a - b);
    expect(shown).to.deep.equal(shown.map((_time, place) => CLASS_START_MS + LEAD_IN_MS + place * 40));
    expect(await pictureDigests(path)).to.have.length(shown.length);
    expect(partsOf(second)[0]?.wallClockMs).to.equal(CLASS_START_WALL_MS + 60_000);
  });

  it('does not notice that stamps wrap', async () => {
    const tags = await tagsOf(input(WITH_B_FRAMES));
    const plain = cutsOf(tags);
    const wrapped = cutsOf(restamped(tags, ({ timestampMs }) => timestampMs + 2 ** 32 - 3000));
    expect(bytesOf(wrapped).equals(bytesOf(plain))).to.equal(true);
  });

  for (const [what, jumpMs] of [
    ['an hour forward', 3_600_000],
    ['an hour back', -3_600_000],
    ['four seconds back', -4000],
    ['a random distance', 2 ** 31 + 12_345],
  ] as const) {
    it(`closes the gap when all stamps jump ${what}`, async () => {
      const tags = await tagsOf(input(WITH_B_FRAMES));
      const base = 10_000_000;
      const jumped = restamped(
        tags,
        ({ timestampMs }) => base + timestampMs + (timestampMs > 3000 ? jumpMs : 0),
      );
      let nowMs = CLASS_START_WALL_MS;
      const packager = sourcePackager(() => nowMs);
      const cuts = jumped.flatMap((tag, place) => {
        const original = tags[place]?.timestampMs ?? 0;
        // Ten minutes went by at the jump.
        nowMs = CLASS_START_WALL_MS + original + (original > 3000 ? 600_000 : 0);
        return packager.push(tag);
      });
      cuts.push(...packager.end());
      expect(packager.light.reasons).to.include('time-jumped');
      const path = await writeCuts(folder.join('jumped.mp4'), cuts);
      expect(await pictureDigests(path)).to.deep.equal(await pictureDigests(input(WITH_B_FRAMES)));
      for (const { duration } of partsOf(cuts)) expect(duration).to.be.within(0.04, PART_TARGET);
      const shown = (await packetsOf(path, 'v:0')).map(({ shownMs }) => shownMs).toSorted((a, b) => a - b);
      expect(shown.at(-1) ?? 0).to.be.closeTo(CLASS_START_MS + LEAD_IN_MS + 7000, 150);
      const sound = await packetsOf(path, 'a:0');
      expect(sound.at(-1)?.shownMs ?? 0).to.be.closeTo(shown.at(-1) ?? 0, 150);
      const last = partsOf(cuts).at(-1);
      expect(last?.wallClockMs ?? 0).to.be.closeTo(CLASS_START_WALL_MS + 607_000, 700);
    });
  }

  it('plays a single absurd stamp where its picture belongs', async () => {
    const tags = await tagsOf(input(WITH_B_FRAMES));
    const pictures = tags.filter((tag) => tag.kind === 'video' && !isConfig(tag));
    const odd = new Set([pictures[40], pictures[80], tags.filter(({ kind }) => kind === 'audio')[90]]);
    const cuts = cutsOf(restamped(tags, (tag) => tag.timestampMs + (odd.has(tag) ? 1_234_567_890 : 0)));
    const path = await writeCuts(folder.join('odd.mp4'), cuts);
    expect(await pictureDigests(path)).to.deep.equal(await pictureDigests(input(WITH_B_FRAMES)));
    expect(partsOf(cuts).map(({ decodeTimeMs }) => decodeTimeMs)).to.deep.equal(
      partsOf(cutsOf(tags)).map(({ decodeTimeMs }) => decodeTimeMs),
    );
  });

  /** Pictures and sound for a long time, made of the first ones of a recording. */
  async function longTags(seconds: number, drift: number): Promise<readonly FlvTag[]> {
    const tags = await tagsOf(input(WITH_B_FRAMES));
    const configs = tags.filter(isConfig);
    const key = tags.find((tag) => tag.kind === 'video' && !isConfig(tag));
    const sound = tags.find((tag) => tag.kind === 'audio' && !isConfig(tag));
    const media: FlvTag[] = [];
    for (let at = 0; at < seconds * 25; at += 1) media.push({ ...(key as FlvTag), timestampMs: at * 40 });
    for (let at = 0; at * 1024 < seconds * 48_000; at += 1) {
      media.push({ ...(sound as FlvTag), timestampMs: Math.round(((at * 1024) / 48) * drift) });
    }
    return [...configs, ...media.toSorted((a, b) => a.timestampMs - b.timestampMs)];
  }

  for (const drift of [1.0005, 0.9995]) {
    it(`keeps sound and picture together for half an hour when the sound card counts ${drift} seconds a second`, async () => {
      const long = await longTags(1800, drift);
      const tracks = readByMp4box(cutsOf(long).map(withoutMedia));
      const sounds = tracks[1] ?? [];
      const stamps = long
        .filter((tag) => tag.kind === 'audio' && !isConfig(tag))
        .map(({ timestampMs }) => timestampMs);
      // With the first picture's presentation the class begins.
      const startMs =
        (long.find((tag) => tag.kind === 'video' && !isConfig(tag))?.body.readIntBE(2, 3) ?? 0) - 10;
      const wanted = stamps.filter((stamp) => stamp >= startMs && stamp < 1_795_000);
      const base = CLASS_START_MS + LEAD_IN_MS - startMs - 10;
      const offsets = wanted.map((stamp, place) => (sounds[place]?.dts ?? 0) / 48 - base - stamp);
      expect(offsets.length).to.be.above(80_000);
      const worst = offsets.reduce((most, offset) => Math.max(most, Math.abs(offset)), 0);
      expect(worst).to.be.lessThan(12);
      expect(sounds.every(({ duration }) => Math.abs(duration - 1024) <= 4)).to.equal(true);
    });
  }

  it('puts silence where frames of sound are missing, and stays in step behind it', async () => {
    const tags = await tagsOf(input(WITH_B_FRAMES));
    const holed = tags.filter(
      (tag) => tag.kind !== 'audio' || isConfig(tag) || tag.timestampMs < 2000 || tag.timestampMs > 5000,
    );
    const path = await writeCuts(folder.join('holed.mp4'), cutsOf(holed));
    const sound = await packetsOf(path, 'a:0');
    sound.slice(1).forEach(({ shownMs }, place) => {
      expect(shownMs - (sound[place]?.shownMs ?? 0)).to.be.lessThan(45);
    });
    const whole = await packetsOf(await writeCuts(folder.join('whole.mp4'), cutsOf(tags)), 'a:0');
    // The sound of the last seconds is where it was.
    const late = whole.filter(({ shownMs }) => shownMs > CLASS_START_MS + LEAD_IN_MS + 5100).slice(0, -3);
    expect(late.length).to.be.above(80);
    for (const { digest, shownMs } of late) {
      const same = sound.find(
        (packet) => packet.digest === digest && Math.abs(packet.shownMs - shownMs) < 22,
      );
      expect(same, `the frame at ${shownMs} ms`).to.not.equal(undefined);
    }
    // Decodes, and is silent in the hole.
    await ffmpeg('-xerror', '-i', path, '-map', '0:a', '-ss', '3', '-t', '1.5', folder.join('hole.wav'));
    const { frames } = await ffprobe<{ frames: { tags: Record<string, string> }[] }>(
      ...['-f', 'lavfi', '-i', `amovie=${folder.join('hole.wav')},astats=metadata=1:reset=0`],
      ...['-show_entries', 'frame_tags=lavfi.astats.Overall.Peak_level'],
    );
    expect(frames.at(-1)?.tags['lavfi.astats.Overall.Peak_level']).to.match(/^-(inf|[6-9]\d|\d{3})/);
  });

  it('keeps the sound going when none comes any more', async () => {
    const tags = await tagsOf(input(WITH_B_FRAMES));
    const mute = tags.filter((tag) => tag.kind !== 'audio' || isConfig(tag) || tag.timestampMs < 1000);
    const cuts = cutsOf(mute);
    const tracks = readByMp4box(cuts);
    const sound = tracks[1]?.at(-1);
    const endMs = ((sound?.dts ?? 0) + (sound?.duration ?? 0)) / 48;
    expect(endMs).to.be.closeTo(CLASS_START_MS + LEAD_IN_MS + 7000, 50);
  });

  it('holds the last key picture when no more come, and goes on with the next key picture', async () => {
    const tags = await tagsOf(input(WITH_B_FRAMES));
    const isAway = ({ timestampMs }: FlvTag): boolean => timestampMs > 1500 && timestampMs < 5000;
    const stalled = tags.filter((tag) => tag.kind !== 'video' || isConfig(tag) || !isAway(tag));
    const packager = sourcePackager();
    const cuts = cutsOf(stalled, packager);
    const path = await writeCuts(folder.join('stalled.mp4'), cuts);
    for (const { duration } of partsOf(cuts)) expect(duration).to.be.at.most(PART_TARGET);
    const shown = (await packetsOf(path, 'v:0')).map(({ shownMs }) => shownMs).toSorted((a, b) => a - b);
    shown.slice(1).forEach((time, place) => expect(time - (shown[place] ?? 0)).to.be.at.most(541));
    const digests = await pictureDigests(path);
    const original = await pictureDigests(input(WITH_B_FRAMES));
    // The stills are the first picture; behind them is what follows the key picture of the sixth second.
    expect(digests.filter((digest) => digest === original[0]).length).to.be.at.least(6);
    expect(digests.slice(-20)).to.deep.equal(original.slice(-20));
    expect(cuts.filter(({ kind }) => kind === 'end')).to.have.length(1);
  });

  it('keeps to the target through a pause of the picture, and of both tracks', async () => {
    const tags = await tagsOf(input(WITH_B_FRAMES));
    const isAway = ({ timestampMs }: FlvTag): boolean => timestampMs > 2600 && timestampMs < 4000;
    // The rest of a group of pictures, as an encoder drops it when its line is too slow.
    const original = await pictureDigests(input(WITH_B_FRAMES));
    for (const isLost of [({ kind }: FlvTag) => kind === 'video', () => true]) {
      const paused = tags.filter((tag) => isConfig(tag) || !isAway(tag) || !isLost(tag));
      const cuts = cutsOf(paused);
      for (const segment of segmentsOf(cuts)) {
        for (const { duration } of segment) expect(duration).to.be.at.most(PART_TARGET);
        for (const { duration } of segment.slice(0, -1)) expect(duration).to.be.at.least(0.85 * PART_TARGET);
      }
      const path = await writeCuts(folder.join('paused.mp4'), cuts);
      // Behind the next key picture all is as it was.
      expect((await pictureDigests(path)).slice(-70)).to.deep.equal(original.slice(-70));
      const sound = await packetsOf(path, 'a:0');
      sound.slice(1).forEach(({ shownMs }, place) => {
        expect(shownMs - (sound[place]?.shownMs ?? 0)).to.be.lessThan(45);
      });
    }
  });

  it('shows every picture of an encoder that sends one a second', async () => {
    const path = folder.join('slow.flv');
    await record(path, ...picture('160x120', '1', 12), ...tone(12), ...x264(4, 0), ...AAC, '-ar', '48000');
    const cuts = cutsOf(await tagsOf(path));
    expect(await pictureDigests(await writeCuts(folder.join('slow.mp4'), cuts))).to.deep.equal(
      await pictureDigests(path),
    );
    for (const { duration } of partsOf(cuts).slice(0, -1))
      expect(duration).to.be.within(0.85 * PART_TARGET, PART_TARGET);
    expect(segmentsOf(cuts).map(([part]) => part?.decodeTimeMs)).to.deep.equal([10_000, 14_000, 18_000]);
  });

  it('ends and begins again with a new init segment when the picture changes its size', async () => {
    await record(
      folder.join('small.flv'),
      ...picture('160x120', '25', 3),
      ...tone(3),
      ...x264(50, 0),
      ...AAC,
      '-ar',
      '48000',
    );
    const large = await tagsOf(input(WITH_B_FRAMES));
    const small = restamped(await tagsOf(folder.join('small.flv')), ({ timestampMs }) => timestampMs + 7040);
    const cuts = cutsOf([...large, ...small]);
    const kinds = cuts.map(({ kind }) => kind).filter((kind) => kind !== 'part');
    expect(kinds).to.deep.equal(['init', 'end', 'init', 'end']);
    const middle = cuts.findLastIndex(({ kind }) => kind === 'init');
    const init = cuts[middle];
    expect(init?.kind === 'init' && init.facts.size).to.deep.equal({ width: 160, height: 120 });
    const path = await writeCuts(folder.join('second.mp4'), cuts.slice(middle));
    expect(await pictureDigests(path)).to.deep.equal(await pictureDigests(folder.join('small.flv')));
    const parts = partsOf(cuts);
    parts
      .slice(1)
      .forEach(({ decodeTimeMs }, place) =>
        expect(decodeTimeMs).to.be.above(parts[place]?.decodeTimeMs ?? 0),
      );
  });

  it('takes sound that is announced after the first pictures, at the cost of a new init segment', async () => {
    const tags = await tagsOf(input(WITH_B_FRAMES));
    const late = tags.filter((tag) => tag.kind !== 'audio' || tag.timestampMs > 3000);
    const config = tags.find((tag) => tag.kind === 'audio' && isConfig(tag)) as FlvTag;
    const place = late.findIndex(({ kind }) => kind === 'audio');
    const cuts = cutsOf([...late.slice(0, place), config, ...late.slice(place)]);
    const inits = cuts.filter((cut) => cut.kind === 'init');
    expect(inits.map(({ facts }) => facts.hasAudio)).to.deep.equal([false, true]);
  });

  it('goes over to pictures when an encoder that sent sound alone begins to send them', async () => {
    const tags = await tagsOf(input(WITH_B_FRAMES));
    const late = tags.filter((tag) => tag.kind !== 'video' || tag.timestampMs > 3500);
    const config = tags.find((tag) => tag.kind === 'video' && isConfig(tag)) as FlvTag;
    const place = late.findIndex(({ kind }) => kind === 'video');
    const cuts = cutsOf([...late.slice(0, place), config, ...late.slice(place)]);
    const inits = cuts.filter((cut) => cut.kind === 'init');
    expect(inits.map(({ facts }) => facts.hasVideo)).to.deep.equal([false, true]);
    const parts = partsOf(cuts);
    parts.slice(1).forEach(({ decodeTimeMs }, before) => {
      const last = parts[before];
      expect(decodeTimeMs).to.be.at.least(
        (last?.decodeTimeMs ?? 0) + Math.round((last?.duration ?? 0) * 1000),
      );
    });
  });

  it('leaves out what it cannot package, and says so', async () => {
    await record(
      folder.join('mp3.flv'),
      ...picture('160x120', '25', 4),
      ...tone(4),
      ...x264(50, 0),
      '-c:a',
      'libmp3lame',
    );
    const mp3 = sourcePackager();
    const cuts = cutsOf(await tagsOf(folder.join('mp3.flv')), mp3);
    expect(cuts[0]?.kind === 'init' && cuts[0].facts.hasAudio).to.equal(false);
    expect(mp3.light.level).to.equal('red');
    expect(mp3.light.reasons).to.deep.equal(['sound-unsupported']);
    await record(folder.join('h263.flv'), ...picture('160x120', '25', 4), ...tone(4), '-c:v', 'flv1', ...AAC);
    const h263 = sourcePackager();
    const sound = cutsOf(await tagsOf(folder.join('h263.flv')), h263);
    expect(sound[0]?.kind === 'init' && sound[0].facts.hasVideo).to.equal(false);
    expect(h263.light.reasons).to.include('picture-unsupported');
  });

  /** The pictures of an MP4 as an encoder would send them that speaks Enhanced RTMP, or the older Chinese way. */
  async function hevcTags(
    path: string,
    wrap: (isConfig: boolean, compositionMs: number) => Buffer,
  ): Promise<readonly FlvTag[]> {
    const file = createFile(true);
    const bytes = Uint8Array.from(
      await import('node:fs/promises').then(({ readFile }) => readFile(path)),
    ).buffer;
    file.appendBuffer(Object.assign(bytes, { fileStart: 0 }));
    file.flush();
    const source = Buffer.from(bytes);
    const box = source.indexOf('hvcC', 0, 'latin1');
    const config = source.subarray(box + 4, box - 4 + source.readUInt32BE(box - 4));
    const samples = file.getTrackSamplesInfo(1);
    return [
      { kind: 'video', timestampMs: 0, body: Buffer.concat([wrap(true, 0), config]) },
      ...samples.map((sample): FlvTag => ({
        kind: 'video',
        timestampMs: Math.round((sample.dts * 1000) / sample.timescale),
        body: Buffer.concat([
          wrap(false, Math.round(((sample.cts - sample.dts) * 1000) / sample.timescale)),
          source.subarray(sample.offset, sample.offset + sample.size),
        ]),
      })),
    ];
  }

  for (const [way, wrap] of [
    [
      'Enhanced RTMP',
      (isConfig: boolean, compositionMs: number): Buffer => {
        const offset = Buffer.alloc(3);
        offset.writeIntBE(compositionMs, 0, 3);
        const head = Buffer.concat([Buffer.from([0x90 + (isConfig ? 0 : 1)]), Buffer.from('hvc1')]);
        return isConfig ? head : Buffer.concat([head, offset]);
      },
    ],
    [
      'the codec number 12',
      (isConfig: boolean, compositionMs: number): Buffer => {
        const offset = Buffer.alloc(3);
        offset.writeIntBE(compositionMs, 0, 3);
        return Buffer.concat([Buffer.from([0x1c, isConfig ? 0 : 1]), offset]);
      },
    ],
  ] as const) {
    it(`packages HEVC that comes by ${way}`, async () => {
      const path = folder.join('hevc.mp4');
      await ffmpeg(...picture('320x180', '25', 5), ...HEVC, '-tag:v', 'hvc1', path);
      const packager = sourcePackager();
      const cuts = cutsOf(await hevcTags(path, wrap), packager);
      const out = await writeCuts(folder.join('hevc-out.mp4'), cuts);
      expect(await pictureDigests(out)).to.deep.equal(await pictureDigests(path));
      const { streams } = await ffprobe<{ streams: { codec_tag_string: string; width: number }[] }>(
        ...['-show_streams', out],
      );
      expect(streams[0]).to.include({ codec_tag_string: 'hvc1', width: 320, height: 180 });
      expect(cuts[0]?.kind === 'init' && cuts[0].facts.codecs).to.match(/^hvc1\.1\.6\.L60\.[\dA-F.]+$/);
      expect(segmentsOf(cuts).map(([part]) => part?.decodeTimeMs)).to.deep.equal([10_000, 12_000, 14_000]);
      expect(packager.light.reasons).to.include('hevc');
    });
  }

  it('counts HE-AAC by its core coder', async () => {
    await record(
      folder.join('core.flv'),
      ...picture('160x120', '25', 4),
      ...tone(4),
      ...x264(50, 0),
      ...AAC,
      '-ar',
      '22050',
      '-ac',
      '1',
    );
    const tags = await tagsOf(folder.join('core.flv'));
    // HE-AAC, 22.05 kHz, one channel, heard at 44.1 kHz, AAC-LC in the core (ISO/IEC 14496-3 §1.6.2.1).
    const config = Buffer.from([0xaf, 0x00, 0x2b, 0x8a, 0x08, 0x00]);
    const cuts = cutsOf(
      tags.map((tag) => (tag.kind === 'audio' && isConfig(tag) ? { ...tag, body: config } : tag)),
    );
    expect(cuts[0]?.kind === 'init' && cuts[0].facts.codecs).to.match(/mp4a\.40\.5$/);
    const path = await writeCuts(folder.join('he.mp4'), cuts);
    const sound = await packetsOf(path, 'a:0');
    expect(sound.length).to.be.above(80);
    sound.slice(1).forEach(({ shownMs }, place) => {
      expect(shownMs - (sound[place]?.shownMs ?? 0)).to.be.closeTo(46.44, 0.1);
    });
    await ffmpeg('-xerror', '-i', path, '-f', 'null', '-');
  });

  describe('given damaged tags', () => {
    /** Numbers of chance that are the same in every run. */
    function* chance(seed: number): Generator<number, never> {
      let state = seed;
      for (;;) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        yield state;
      }
    }

    it('leaves out tags that are cut off anywhere, and nothing else', async () => {
      const tags = await tagsOf(input(WITH_B_FRAMES));
      const [pictureTag, soundTag] = ['video', 'audio'].map(
        (kind) => tags.filter((tag) => tag.kind === kind && !isConfig(tag))[30] as FlvTag,
      );
      const configs = tags.filter(isConfig);
      const cutOff = [pictureTag, soundTag, ...configs].flatMap((tag) =>
        Array.from({ length: Math.min(60, (tag?.body.length ?? 0) - 1) }, (_none, length) => ({
          ...(tag as FlvTag),
          body: (tag as FlvTag).body.subarray(0, length),
        })),
      );
      // Sound of any length looks like sound; only what is recognisably no tag is tried here.
      const harmless = cutOff.filter((tag) => tag.kind === 'video' && !isConfig(tag));
      const place = tags.indexOf(pictureTag as FlvTag);
      const packager = sourcePackager();
      const cuts = cutsOf([...tags.slice(0, place), ...harmless, ...tags.slice(place)], packager);
      expect(bytesOf(cuts).equals(bytesOf(cutsOf(tags)))).to.equal(true);
      expect(packager.light.reasons).to.include('tags-damaged');
      for (const tag of cutOff)
        expect(() => cutsOf([...tags.slice(0, 40), tag, ...tags.slice(40, 80)])).to.not.throw();
    });

    it('survives garbage of every kind between the tags', async () => {
      const tags = await tagsOf(input(WITH_B_FRAMES));
      const numbers = chance(7);
      const next = (below: number): number => numbers.next().value % below;
      const heads = [0x17, 0x27, 0x1c, 0x90, 0x91, 0x93, 0x95, 0xaf, 0x9f, 0x90, 0x2f, 0x57, 0x00, 0xff];
      for (let round = 0; round < 40; round += 1) {
        const packager = sourcePackager();
        const garbage = (): FlvTag => {
          const body = Buffer.from(Array.from({ length: next(80) }, () => next(256)));
          if (body.length > 0) body[0] = heads[next(heads.length)] ?? 0;
          if (body.length > 1 && next(2) === 0) body[1] = next(3);
          if (body.length > 5 && next(4) === 0)
            body.write(['hvc1', 'avc1', 'av01', 'mp4a'][next(4)] ?? '', 1);
          return {
            kind: (['video', 'audio', 'data'] as const)[next(3)] ?? 'data',
            timestampMs: numbers.next().value,
            body,
          };
        };
        const mixed = tags.flatMap((tag) => (next(5) === 0 ? [garbage(), tag] : [tag]));
        const cuts = cutsOf(mixed, packager);
        for (const { duration, bytes } of partsOf(cuts)) {
          expect(duration).to.be.above(0).and.at.most(13);
          expect(bytes.length).to.be.above(0);
        }
        const parts = partsOf(cuts);
        parts.slice(1).forEach(({ decodeTimeMs }, place) => {
          expect(decodeTimeMs).to.be.above(parts[place]?.decodeTimeMs ?? 0);
        });
      }
    });

    it('takes a hundred thousand pictures of one and the same stamp', async () => {
      const tags = await tagsOf(input(WITH_B_FRAMES));
      const start = tags.slice(0, 60);
      const dependent = tags.findLast(
        (tag) => tag.kind === 'video' && tag.body[0] === 0x27 && tag.body[1] === 1,
      ) as FlvTag;
      const same = {
        ...dependent,
        timestampMs: 1000,
        body: dependent.body.subarray(0, 5 + 4 + dependent.body.readUInt32BE(5)),
      };
      const packager = sourcePackager();
      const cuts = cutsOf([...start, ...Array.from({ length: 100_000 }, () => same)], packager);
      for (const { duration } of partsOf(cuts)) expect(duration).to.be.above(0).and.at.most(PART_TARGET);
      expect(packager.light.seconds).to.be.lessThan(3);
    });

    it('gives players nothing to choke on when pictures are full of garbage', async () => {
      const tags = await tagsOf(input(WITH_B_FRAMES));
      const numbers = chance(11);
      const spoiled = tags.map((tag) => {
        if (tag.kind !== 'video' || isConfig(tag) || numbers.next().value % 9 !== 0) return tag;
        const body = Buffer.from(tag.body);
        body.writeUInt32BE(numbers.next().value, 5);
        return { ...tag, body };
      });
      const cuts = cutsOf(spoiled);
      const tracks = readByMp4box(cuts);
      expect(tracks[0]?.length).to.be.above(100);
    });
  });
});

/** A part without its media: enough for a reader of headers, and half an hour fits into memory. */
function withoutMedia(cut: Cut): Cut {
  if (cut.kind !== 'part') return cut;
  const moof = cut.bytes.subarray(0, cut.bytes.readUInt32BE(0));
  const mdat = Buffer.from([0, 0, 0, 8, 0x6d, 0x64, 0x61, 0x74]);
  return { ...cut, bytes: Buffer.concat([moof, mdat]) };
}
