import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { expect } from 'chai';
import { createFile, type ISOFile, type Sample } from 'mp4box';
import type { ByteRange } from 'yuanjiao/storage';
import {
  folderReader,
  openDownload,
  readVirtualFile,
  saveDownload,
  type ObjectReader,
  type VirtualFile,
} from 'yuanjiao/transcoder';

import { layFastStartMp4 } from '../../transcoder/fast-start-mp4.ts';
import type { TrackSamples } from '../../transcoder/track-samples.ts';
import { ffprobe, packetTimes, pictureDigests, testFolder, type TestFolder } from '../support/media.ts';
import {
  makeSmallLecture,
  SMALL_LECTURE_BEEP,
  SMALL_LECTURE_RATE,
  SMALL_LECTURE_SECONDS,
  type SmallLecture,
} from '../support/small-lecture.ts';

interface Box {
  readonly type: string;
  readonly start: number;
  readonly size: number;
}

function boxesOf(bytes: Buffer): readonly Box[] {
  const boxes: Box[] = [];
  for (let start = 0; start < bytes.length; start += boxes.at(-1)?.size ?? 0) {
    boxes.push({
      type: bytes.toString('latin1', start + 4, start + 8),
      start,
      size: bytes.readUInt32BE(start),
    });
  }
  return boxes;
}

function parse(bytes: Buffer): ISOFile {
  const file = createFile();
  const copy = Uint8Array.from(bytes).buffer;
  file.appendBuffer(Object.assign(copy, { fileStart: 0 }));
  file.flush();
  return file;
}

async function collect(file: VirtualFile, range: ByteRange, read: ObjectReader): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of readVirtualFile(file, range, read)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The decoded sound, two bytes a sample. */
async function soundOf(path: string): Promise<Buffer> {
  const words = ['-v', 'error', '-i', path, '-map', '0:a', '-f', 's16le', '-'];
  const { stdout } = await promisify(execFile)('ffmpeg', words, { encoding: 'buffer', maxBuffer: 2 ** 27 });
  return stdout;
}

/** The same for every run, so that a failure can be looked at. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

describe('MP4 files of a lecture', function () {
  let folder: TestFolder;
  let lecture: SmallLecture;
  let read: ObjectReader;
  const files = new Map<
    string,
    { readonly path: string; readonly bytes: Buffer; readonly file: VirtualFile }
  >();
  const NAMES = ['180p.mp4', '180p-fragmented.mp4', 'audio.m4a'];

  before(async () => {
    folder = await testFolder();
    lecture = await makeSmallLecture(folder);
    read = folderReader(lecture.folder);
    for (const name of NAMES) {
      const path = folder.join(name);
      await saveDownload(read, lecture.list, lecture.download(name), path);
      const file = await openDownload(read, lecture.list, lecture.download(name));
      files.set(name, { path, bytes: await readFile(path), file });
    }
  });

  after(() => folder.remove());

  function made(name: string): { readonly path: string; readonly bytes: Buffer; readonly file: VirtualFile } {
    const found = files.get(name);
    if (found === undefined) throw new Error(name);
    return found;
  }

  it('offers each size of picture in both layouts and the sound alone, with exact sizes', () => {
    expect(lecture.list.downloads.map(({ name }) => name)).to.deep.equal(NAMES);
    for (const name of NAMES) {
      expect(lecture.download(name).sizeBytes, name).to.equal(made(name).bytes.length);
    }
    expect(lecture.download('180p.mp4')).to.include({ width: 320, height: 180, contentType: 'video/mp4' });
  });

  for (const name of ['180p.mp4', '180p-fragmented.mp4']) {
    it(`shows in ${name} every picture of the rendition, in time`, async () => {
      const { path } = made(name);
      const rendition = `${lecture.folder}/180p/index.m3u8`;
      expect(await pictureDigests(path)).to.deep.equal(await pictureDigests(rendition));
      const times = await packetTimes(path, 'v:0');
      expect(times).to.have.length(SMALL_LECTURE_SECONDS * SMALL_LECTURE_RATE);
      times.forEach((time, index) => expect(time).to.be.closeTo(index / SMALL_LECTURE_RATE, 0.0005));
    });

    it(`begins the sound of ${name} with the picture, what the encoder put in front before it`, async () => {
      const { path } = made(name);
      const { frames } = await ffprobe<{ frames: { pts_time: string }[] }>(
        ...['-select_streams', 'a:0', '-read_intervals', '%+0.5', '-show_entries', 'frame=pts_time', path],
      );
      // Of a fragmented file ffmpeg hands on what lies before the beginning; a player drops it.
      const early = name.includes('fragmented') ? 1024 / 48_000 : 0;
      expect(Number(frames[0]?.pts_time)).to.be.closeTo(-early, 0.001);
    });

    it(`tells the length of ${name} and its two tracks`, async () => {
      const { path } = made(name);
      const { format, streams } = await ffprobe<{
        format: { duration: string };
        streams: { codec_name: string; codec_tag_string: string }[];
      }>('-show_format', '-show_streams', path);
      expect(Number(format.duration)).to.be.closeTo(SMALL_LECTURE_SECONDS, 0.025);
      expect(streams.map(({ codec_tag_string: tag }) => tag)).to.deep.equal(['avc1', 'mp4a']);
    });
  }

  it('has the same sound in every file, as long as the picture', async () => {
    const plain = await soundOf(made('180p.mp4').path);
    expect(plain.length / 2 / 48_000).to.be.closeTo(SMALL_LECTURE_SECONDS, 0.022);
    const alone = await soundOf(made('audio.m4a').path);
    expect(alone.equals(plain)).to.be.true;
    const loud = Array.from({ length: plain.length / 2 }, (_, index) => plain.readInt16LE(index * 2));
    const onset = loud.findIndex((sample) => Math.abs(sample) > 1000) / 48_000;
    expect(onset).to.be.closeTo(SMALL_LECTURE_BEEP, 0.01);
    const fragmented = await soundOf(made('180p-fragmented.mp4').path);
    expect(fragmented.subarray(1024 * 2).equals(plain)).to.be.true;
  });

  it('puts the index of a plain file in front of its media, with full tables and no fragments', () => {
    const { bytes } = made('180p.mp4');
    expect(boxesOf(bytes).map(({ type }) => type)).to.deep.equal(['ftyp', 'moov', 'mdat']);
    const info = parse(bytes).getInfo();
    expect(info).to.include({ isFragmented: false, isProgressive: true });
    expect(info.tracks.map(({ codec }) => codec.slice(0, 4))).to.deep.equal(['avc1', 'mp4a']);
    expect(info.tracks.map((track) => track.nb_samples)).to.deep.equal([
      SMALL_LECTURE_SECONDS * SMALL_LECTURE_RATE,
      Math.ceil((SMALL_LECTURE_SECONDS * 48_000) / 1024) + 1,
    ]);
  });

  it('presents no picture of a plain file before it is decoded, as old boxes read the table unsigned', () => {
    const { bytes } = made('180p.mp4');
    const track = parse(bytes).getTrackById(1);
    const samples: Sample[] = track.samples;
    expect(Math.min(...samples.map(({ cts, dts }) => cts - dts))).to.equal(0);
    expect(Math.max(...samples.map(({ cts, dts }) => cts - dts))).to.be.greaterThan(0);
    const table = bytes.indexOf('ctts');
    expect(bytes[table + 4], 'the version of the table').to.equal(0);
  });

  it('keeps the picture and the sound of a moment within a second and a bit of each other in a plain file', () => {
    const file = parse(made('180p.mp4').bytes);
    const samples = [1, 2].flatMap((id) => file.getTrackById(id).samples);
    const inFile = samples.toSorted((a, b) => a.offset - b.offset);
    let latest = 0;
    for (const { dts, timescale } of inFile) {
      expect(dts / timescale).to.be.greaterThan(latest - 1.1);
      latest = Math.max(latest, dts / timescale);
    }
  });

  it('numbers the fragments of a fragmented file, picture and sound in turn', () => {
    const { bytes } = made('180p-fragmented.mp4');
    const types = boxesOf(bytes).map(({ type }) => type);
    expect(types.slice(0, 3)).to.deep.equal(['ftyp', 'moov', 'sidx']);
    const { moofs } = parse(bytes);
    expect(types.slice(3)).to.deep.equal(moofs.flatMap(() => ['moof', 'mdat']));
    expect(moofs.map((moof) => moof.mfhd.sequence_number)).to.deep.equal(moofs.map((_, index) => index + 1));
    const owners = moofs.map((moof) => moof.trafs[0]?.tfhd.track_id);
    expect(owners).to.deep.equal(moofs.map((_, index) => (index % 2) + 1));
  });

  it('names every segment of a fragmented file in its index, up to the last byte', () => {
    const { bytes } = made('180p-fragmented.mp4');
    const boxes = boxesOf(bytes);
    const sidx = boxes.find(({ type }) => type === 'sidx');
    const references = parse(bytes).boxes.find(({ type }) => type === 'sidx') as unknown as {
      references: { referenced_size: number; subsegment_duration: number; starts_with_SAP: number }[];
      timescale: number;
    };
    let position = (sidx?.start ?? 0) + (sidx?.size ?? 0);
    for (const { referenced_size: size } of references.references) {
      expect(boxes.find(({ start }) => start === position)?.type).to.equal('moof');
      position += size;
    }
    expect(position).to.equal(bytes.length);
    const seconds = references.references.map((row) => row.subsegment_duration / references.timescale);
    expect(seconds).to.deep.equal([6, 6, 6, 2]);
  });

  for (const name of NAMES) {
    it(`reads any range of ${name} as the slice of the whole, and no more of the store than that`, async () => {
      const { bytes, file } = made(name);
      const next = numbers(7);
      for (let round = 0; round < 150; round += 1) {
        const offset = next(bytes.length);
        const length = 1 + next(Math.min(bytes.length - offset, round % 3 === 0 ? 40 : 300_000));
        let fetched = 0;
        const counting: ObjectReader = (object, range) => {
          fetched += range.length;
          return read(object, range);
        };
        const slice = await collect(file, { offset, length }, counting);
        expect(slice.equals(bytes.subarray(offset, offset + length)), `${offset}+${length}`).to.be.true;
        // Between the samples lie the fragments' own headers and, of the other track, nothing.
        expect(fetched).to.be.at.most(length * 1.2 + 8192);
      }
    });
  }

  it('stops reading when nobody wants it any more', async () => {
    const { bytes, file } = made('180p.mp4');
    const gone = new AbortController();
    const whole = readVirtualFile(file, { offset: 0, length: bytes.length }, read, gone.signal);
    await whole.next();
    gone.abort();
    let rest = 0;
    const reading = (async () => {
      for await (const piece of whole) rest += piece.length;
    })();
    const error = await reading.catch((thrown: Error) => thrown);
    expect(error).to.be.instanceOf(Error);
    expect(rest).to.be.lessThan(bytes.length);
  });

  it('leaves no half file behind when an object is shorter than its list says', async () => {
    const object = lecture.list.objects.find(({ name }) => name.startsWith('180p/0001'))?.name ?? '';
    const bytes = await readFile(`${lecture.folder}/${object}`);
    await writeFile(`${lecture.folder}/${object}`, bytes.subarray(0, bytes.length - 1));
    try {
      const path = folder.join('half.mp4');
      const error = await saveDownload(read, lecture.list, lecture.download('180p.mp4'), path).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).to.have.property('code', 'store-unavailable');
      expect(error).to.have.property('message').that.includes('shorter than its list says');
      expect(await readFile(path).catch(() => 'none')).to.equal('none');
    } finally {
      await writeFile(`${lecture.folder}/${object}`, bytes);
    }
  });

  it('say what is damaged when an index is, and what to do', async () => {
    const path = `${lecture.folder}/180p/samples.gz`;
    const bytes = await readFile(path);
    try {
      for (const damaged of [Buffer.alloc(bytes.length, 7), gzipSync('{}'), gzipSync('null')]) {
        await writeFile(path, Buffer.concat([damaged, Buffer.alloc(bytes.length)]).subarray(0, bytes.length));
        const error = await openDownload(read, lecture.list, lecture.download('180p.mp4')).catch(
          (thrown: unknown) => thrown,
        );
        expect(error).to.have.property('code', 'package-invalid');
        expect(error)
          .to.have.property('message')
          .that.includes('180p/samples.gz is damaged. Mirror the lecture');
      }
    } finally {
      await writeFile(path, bytes);
    }
  });
});

describe('MP4 files of a copied lecture', function () {
  const coding = ['-preset', 'veryfast', '-bf', '2', '-g', '20', '-keyint_min', '20', '-sc_threshold', '0'];
  let folder: TestFolder;

  beforeEach(async () => {
    folder = await testFolder();
  });

  afterEach(() => folder.remove());

  async function save(lecture: SmallLecture): Promise<readonly string[]> {
    for (const download of lecture.list.downloads) {
      const path = folder.join(download.name);
      await saveDownload(folderReader(lecture.folder), lecture.list, download, path);
    }
    return lecture.list.downloads.map(({ name }) => name);
  }

  it('have the source’s own pictures, though its segments hold several key pictures', async () => {
    const names = await save(await makeSmallLecture(folder, { sounds: 0, coding }));
    expect(names).to.deep.equal(['180p.mp4', '180p-fragmented.mp4']);
    const source = await pictureDigests(folder.join('source.mp4'));
    expect(source).to.have.length(SMALL_LECTURE_SECONDS * SMALL_LECTURE_RATE);
    for (const name of names) {
      expect(await pictureDigests(folder.join(name)), name).to.deep.equal(source);
      const times = await packetTimes(folder.join(name), 'v:0');
      times.forEach((time, index) => expect(time).to.be.closeTo(index / SMALL_LECTURE_RATE, 0.0005));
    }
  });

  it('are one for each sound of it', async () => {
    const lecture = await makeSmallLecture(folder, { sounds: 2, coding });
    const names = await save(lecture);
    expect(names).to.deep.equal([
      ...['180p.mp4', '180p-fragmented.mp4', '180p-audio-2.mp4'],
      ...['audio.m4a', 'audio-2.m4a'],
    ]);
    expect(lecture.download('180p-audio-2.mp4').sound).to.equal(lecture.download('audio-2.m4a').sound);
    expect(lecture.download('180p.mp4').sound).to.not.equal(lecture.download('audio-2.m4a').sound);
    const [first, , second, firstAlone, secondAlone] = await Promise.all(
      names.map((name) => soundOf(folder.join(name))),
    );
    expect(first?.equals(firstAlone ?? Buffer.alloc(0))).to.be.true;
    expect(second?.equals(secondAlone ?? Buffer.alloc(0))).to.be.true;
    expect(first?.equals(second ?? Buffer.alloc(0))).to.be.false;
  });
});

describe('layFastStartMp4', () => {
  const movie = (type: string): string => {
    const box = (name: string, ...parts: readonly Buffer[]): Buffer => {
      const body = Buffer.concat(parts);
      const head = Buffer.alloc(8);
      head.writeUInt32BE(body.length + 8);
      head.write(name, 4, 'latin1');
      return Buffer.concat([head, body]);
    };
    const handler = box('hdlr', Buffer.from(`\0\0\0\0\0\0\0\0${type}`, 'latin1'));
    const tables = box('minf', box('stbl', box('stsd', Buffer.alloc(8))));
    const media = box('mdia', box('mdhd', Buffer.alloc(24)), handler, tables);
    return box('trak', box('tkhd', Buffer.alloc(84)), media).toString('base64');
  };

  function track(kind: 'video' | 'audio', bytesEach: number): TrackSamples {
    const place = { object: 0, offset: 150 };
    return {
      kind,
      timescale: 10,
      movie: movie(kind === 'video' ? 'vide' : 'soun'),
      mediaStart: 0,
      objects: [`${kind}/0000-1.mp4`],
      fragments: [{ ...place, decodeTime: 0, sampleCount: 60 }],
      sizes: Array.from({ length: 60 }, () => bytesEach),
      durations: [[60, 1]],
      compositionOffsets: [[60, 0]],
    };
  }

  for (const [what, bytesEach, table, width] of [
    ['32 bits while they suffice', 1000, 'stco', 4],
    ['64 bits beyond 4 GiB', 2 ** 27, 'co64', 8],
  ] as const) {
    it(`points at each piece of media with ${what}`, () => {
      const file = layFastStartMp4([track('video', bytesEach), track('audio', 10)]);
      const head = Buffer.concat(file.extents.flatMap((extent) => ('bytes' in extent ? [extent.bytes] : [])));
      expect(file.sizeBytes).to.equal(head.length + 60 * (bytesEach + 10));
      let from = 0;
      for (const kind of ['video', 'audio']) {
        const start = head.indexOf(table, from) + 8;
        from = start;
        const offsets = Array.from({ length: head.readUInt32BE(start) }, (_, index) =>
          width === 4
            ? head.readUInt32BE(start + 4 + index * width)
            : Number(head.readBigUInt64BE(start + 4 + index * width)),
        );
        const pieces = file.extents.flatMap((extent, index) =>
          'object' in extent && extent.object.startsWith(kind) ? [file.starts[index]] : [],
        );
        expect(pieces).to.have.length(6);
        expect(offsets).to.deep.equal(pieces);
      }
    });
  }
});
