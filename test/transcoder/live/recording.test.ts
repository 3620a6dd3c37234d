import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';
import HLS from 'hls-parser';
import { exportFolder, objectKey, openStore, type ObjectStore } from 'yuanjiao/storage';
import { storeRecording, type RecordedRendition, type RecordingFacts } from 'yuanjiao/live';
import { folderReader, parsePackageList, saveDownload } from 'yuanjiao/transcoder';

import { childBoxes } from '../../../transcoder/mp4-box.ts';
import { readFragmentHeaders } from '../../../transcoder/fragment-header.ts';
import {
  ffmpeg,
  ffprobe,
  packetTimes,
  picture,
  pictureDigests,
  testFolder,
  tone,
  type TestFolder,
} from '../../support/media.ts';

const CODECS = 'avc1.42c01e,mp4a.40.2';
const STARTED_AT = Date.UTC(2026, 10, 27, 1);

interface Input {
  readonly init: Buffer;
  readonly segments: readonly Buffer[];
}

/** What an encoder sent in one go, cut at its key pictures. */
async function film(
  path: string,
  seconds: number,
  size = '320x180',
  ...words: readonly string[]
): Promise<Input> {
  await ffmpeg(
    ...picture(size, '25', seconds),
    ...tone(seconds),
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '50', '-sc_threshold', '0'],
    ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', '-t', String(seconds), ...words],
    ...['-movflags', 'frag_keyframe+empty_moov+default_base_moof', path],
  );
  const boxes = childBoxes(await readFile(path));
  const init = boxes.filter(({ type }) => type === 'ftyp' || type === 'moov').map(({ bytes }) => bytes);
  const segments = boxes.flatMap(({ type, bytes }, index) =>
    type === 'moof' ? [Buffer.concat([bytes, boxes[index + 1]?.bytes ?? Buffer.alloc(0)])] : [],
  );
  return { init: Buffer.concat(init), segments };
}

type PlacedInput = Input & { readonly startsAtMs: number };

/** The inputs one after the other, as a class's journal has them. */
async function journalled(
  folder: string,
  name: string,
  inputs: readonly PlacedInput[],
): Promise<RecordedRendition> {
  await mkdir(join(folder, name), { recursive: true });
  const facts = { codecs: CODECS, hasVideo: true, hasAudio: true };
  const inits = inputs.map(({ init }, index) => ({
    file: `${name}/i${index}.mp4`,
    sizeBytes: init.length,
    facts,
  }));
  for (const [index, { init }] of inputs.entries())
    await writeFile(join(folder, name, `i${index}.mp4`), init);
  const segments: RecordedRendition['segments'][number][] = [];
  for (const [init, { segments: own, startsAtMs }] of inputs.entries()) {
    for (const [index, bytes] of own.entries()) {
      const file = `${name}/s${segments.length}.m4s`;
      // The torn beginning of a part that was never told.
      await writeFile(join(folder, file), Buffer.concat([bytes, bytes.subarray(0, 100)]));
      const startMs = startsAtMs + index * 2000;
      segments.push({
        ...{ number: segments.length, file, init, sizeBytes: bytes.length, startMs, durationMs: 2000 },
        wallClockMs: STARTED_AT + init * 60_000 + startMs,
        isDiscontinuous: index === 0 && init > 0,
        parts: [],
      });
    }
  }
  const sizeBytes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  return { name, inits, segments, durationMs: segments.length * 2000, sizeBytes, isComplete: true };
}

describe('The recording of a class', function recording() {
  this.timeout(180_000);
  let folder: TestFolder;
  let store: ObjectStore;
  let first: Input;
  let second: Input;

  before(async () => {
    folder = await testFolder();
    store = await openStore(`folder:${folder.join('objects')}`);
    first = await film(folder.join('first.mp4'), 6);
    second = await film(folder.join('second.mp4'), 5);
  });

  after(async () => {
    await store.close();
    await folder.remove();
  });

  /** The recording as ordinary files. */
  async function laidOut(prefix: string): Promise<string> {
    const at = folder.join('laid-out', prefix);
    await exportFolder(store, `${prefix}/`, at);
    return at;
  }

  let journals = 0;

  /** A class with these renditions; the first is its source. */
  async function recordedClass(...renditions: readonly (readonly PlacedInput[])[]): Promise<RecordingFacts> {
    const at = folder.join('journals', String((journals += 1)));
    const names = ['source', '480p'];
    return {
      ...{ token: 'classtoken', folder: at, durationMs: 0, startedAtMs: undefined, endedAtMs: undefined },
      renditions: await Promise.all(
        renditions.map((inputs, index) => journalled(at, names[index] ?? '', inputs)),
      ),
    };
  }

  const keep = (recorded: RecordingFacts, prefix: string): ReturnType<typeof storeRecording> =>
    storeRecording(recorded, { store, prefix, signal: new AbortController().signal });

  it('plays from its playlists and as a plain file, picture by picture as it was sent', async () => {
    const stored = await keep(await recordedClass([{ ...first, startsAtMs: 0 }]), 'plain');
    expect(stored).to.include({ duration: 6, droppedRenditions: 0 });
    expect(stored.renditions).to.deep.equal(['180p']);
    const at = await laidOut('plain');
    const sent = await pictureDigests(folder.join('first.mp4'));
    expect(await pictureDigests(`${at}/180p/index.m3u8`)).to.deep.equal(sent);
    expect(await readFile(`${at}/index.m3u8`, 'utf8')).to.include('CHANNELS="2"');
    const list = parsePackageList(await readFile(`${at}/objects.json`));
    expect(list.downloads.map(({ name }) => name)).to.include.members(['180p.mp4', 'audio.m4a']);
    const [download] = list.downloads;
    if (download === undefined) throw new Error('nothing to download');
    await saveDownload(folderReader(at), list, download, folder.join('plain.mp4'));
    expect(await pictureDigests(folder.join('plain.mp4'))).to.deep.equal(sent);
    const facts = await ffprobe<{ streams: { codec_type: string; channels?: number }[] }>(
      ...['-show_streams', folder.join('plain.mp4')],
    );
    expect(facts.streams.map(({ codec_type: type }) => type)).to.deep.equal(['video', 'audio']);
  });

  it('joins what two encoders sent without a gap, and says when each moment was', async () => {
    const inputs = [
      { ...first, startsAtMs: 0 },
      { ...second, startsAtMs: 6000 },
    ];
    const stored = await keep(await recordedClass(inputs), 'two');
    expect(stored.duration).to.be.closeTo(11, 0.001);
    const at = await laidOut('two');
    for (const rendition of ['180p', 'audio']) {
      const text = await readFile(`${at}/${rendition}/index.m3u8`, 'utf8');
      expect(text.match(/#EXT-X-DISCONTINUITY\n/g)).to.have.length(1);
      expect(text).to.include('#EXT-X-ENDLIST');
      const playlist = HLS.parse(text) as HLS.types.MediaPlaylist;
      const dates = playlist.segments.map(({ programDateTime }) => programDateTime?.getTime());
      expect(dates[0]).to.equal(STARTED_AT);
      expect(dates[3]).to.equal(STARTED_AT + 66_000);
      expect(playlist.segments.reduce((sum, { duration }) => sum + duration, 0)).to.be.closeTo(11, 0.1);
    }
    const times = await trackTimes(at);
    for (const track of times) {
      for (let index = 1; index < track.length; index += 1) {
        expect(track[index]?.start).to.equal(track[index - 1]?.end, 'each begins where the one before ends');
      }
    }
    const list = parsePackageList(await readFile(`${at}/objects.json`));
    const file = list.downloads.find(({ name }) => name === '180p.mp4');
    if (file === undefined) throw new Error('the same camera makes one file');
    await saveDownload(folderReader(at), list, file, folder.join('two.mp4'));
    const pictures = await packetTimes(folder.join('two.mp4'), 'v:0');
    expect(pictures).to.have.length(275);
    const sounds = await packetTimes(folder.join('two.mp4'), 'a:0');
    expect(Math.max(...sounds)).to.be.closeTo(Math.max(...pictures), 0.1);
  });

  /** Seconds at which the segments of the picture and of the sound begin and end, read from the stored bytes. */
  async function trackTimes(at: string): Promise<readonly (readonly { start: number; end: number }[])[]> {
    const list = parsePackageList(await readFile(`${at}/objects.json`));
    const times = ['180p/', 'audio/'].map(async (track) => {
      const objects = list.objects.filter(({ name }) => name.startsWith(track) && name.endsWith('.mp4'));
      const files = await Promise.all(objects.map(({ name }) => readFile(`${at}/${name}`)));
      return files.flatMap((bytes) =>
        childBoxes(bytes)
          .filter(({ type }) => type === 'moof')
          .flatMap((moof) => readFragmentHeaders(moof.bytes, () => undefined))
          .map(({ decodeTime, durations }) => ({
            start: decodeTime,
            end: decodeTime + durations.reduce((sum, ticks) => sum + ticks, 0),
          })),
      );
    });
    return Promise.all(times);
  }

  it('keeps a lower rendition that missed a moment, and leaves out one that was given up', async () => {
    const lower = await film(folder.join('lower.mp4'), 6, '160x90');
    const both = await recordedClass([{ ...first, startsAtMs: 0 }], [{ ...lower, startsAtMs: 0 }]);
    const missed = both.renditions.map((rendition, place) => ({
      ...rendition,
      segments: rendition.segments.filter((_, index) => place === 0 || index !== 1),
    }));
    const kept = await keep({ ...both, renditions: missed }, 'missed');
    expect(kept.renditions).to.deep.equal(['180p', '90p']);
    const text = await readFile(`${await laidOut('missed')}/90p/index.m3u8`, 'utf8');
    const playlist = HLS.parse(text) as HLS.types.MediaPlaylist;
    expect(playlist.segments.map(({ duration }) => Math.round(duration))).to.deep.equal([4, 2]);

    const long = [
      { ...first, startsAtMs: 0 },
      { ...second, startsAtMs: 6000 },
    ];
    const begun = { ...lower, segments: lower.segments.slice(0, 2), startsAtMs: 0 };
    const without = await keep(await recordedClass(long, [begun]), 'given-up');
    expect(without).to.include({ droppedRenditions: 1 });
    expect(without.renditions).to.deep.equal(['180p']);
  });

  it('of a class without pictures is sound alone', async () => {
    await ffmpeg(
      ...[...tone(4), '-c:a', 'aac', '-t', '4', '-frag_duration', '2000000'],
      ...['-movflags', 'empty_moov+default_base_moof', folder.join('sound.mp4')],
    );
    const boxes = childBoxes(await readFile(folder.join('sound.mp4')));
    const init = boxes.filter(({ type }) => type === 'ftyp' || type === 'moov').map(({ bytes }) => bytes);
    const segments = boxes.flatMap(({ type, bytes }, index) =>
      type === 'moof' ? [Buffer.concat([bytes, boxes[index + 1]?.bytes ?? Buffer.alloc(0)])] : [],
    );
    const input = { init: Buffer.concat(init), segments, startsAtMs: 0 };
    const stored = await keep(await recordedClass([input]), 'sound');
    expect(stored.renditions).to.deep.equal([]);
    expect(stored.duration).to.be.closeTo(4, 0.05);
    const list = parsePackageList(await readFile(`${await laidOut('sound')}/objects.json`));
    expect(list.downloads.map(({ name }) => name)).to.deep.equal(['audio.m4a']);
  });

  it('begun anew stores nothing twice, and replaces what a store has spoilt', async () => {
    const recorded = await recordedClass([{ ...first, startsAtMs: 0 }]);
    await keep(recorded, 'again');
    const at = await laidOut('again');
    const list = await readFile(`${at}/objects.json`);
    const name =
      parsePackageList(list).objects.find((object) => object.name.startsWith('180p/0'))?.name ?? '';
    const whole = await readFile(`${at}/${name}`);
    let puts = 0;
    const counting = new Proxy(store, {
      get(target, name) {
        if (name === 'put') puts += 1;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const signal = new AbortController().signal;
    await storeRecording(recorded, { store: counting, prefix: 'again', signal });
    const texts = puts;
    const spoilt = Buffer.from(whole);
    spoilt[spoilt.length - 10] = (spoilt[spoilt.length - 10] ?? 0) ^ 1;
    await store.put(objectKey(`again/${name}`), spoilt, { contentType: 'video/mp4' });
    await storeRecording(recorded, { store: counting, prefix: 'again', signal });
    expect(puts).to.equal(texts + texts + 1);
    const after = await laidOut('again');
    expect((await readFile(`${after}/${name}`)).equals(whole)).to.equal(true);
    expect((await readFile(`${after}/objects.json`)).equals(list)).to.equal(true);
  });
});
