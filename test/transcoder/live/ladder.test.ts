import { readdir, readFile } from 'node:fs/promises';

import { expect } from 'chai';
import {
  LiveLadder,
  LivePackager,
  type Cut,
  type FlvTag,
  type LadderDropReason,
  type LiveLadderOptions,
  type LiveRung,
} from 'yuanjiao/live';

import { descendantsOf } from '../../support/command-line.ts';
import {
  bytesOf,
  isConfig,
  packetsOf,
  partsOf,
  record,
  restamped,
  segmentsOf,
  sourcePackager,
  tagsOf,
  writeCuts,
  x264,
} from '../../support/live-input.ts';
import { pathWithoutSandbox } from '../../support/machine.ts';
import {
  ffmpeg,
  ffprobe,
  picture,
  pictureDigests,
  testFolder,
  tone,
  type TestFolder,
} from '../../support/media.ts';
import { until } from '../../support/until.ts';

const RUNGS: readonly LiveRung[] = [
  { name: '90p', lines: 90, rateFactor: 25, maxBitrate: 150_000 },
  { name: '180p', lines: 180, rateFactor: 24, maxBitrate: 300_000 },
];

/** A source and its ladder, packaged as a class would. */
class Studio {
  readonly source = sourcePackager();
  readonly sourceCuts: Cut[] = [];
  readonly cuts = new Map<string, Cut[]>();
  readonly pictures = new Map<string, number>();
  readonly dropped: [rendition: string, why: LadderDropReason][] = [];
  readonly interrupted: string[] = [];
  readonly ladder: LiveLadder;
  readonly #packagers = new Map<string, LivePackager>();

  constructor(scratchFolder: string, options: Partial<LiveLadderOptions> = {}) {
    this.ladder = new LiveLadder({
      scratchFolder,
      rungs: RUNGS,
      // A machine that is busy with other tests is not to lose a rung.
      lateMs: 300_000,
      onTag: (name, tag) => {
        if (isPicture(tag)) this.pictures.set(name, (this.pictures.get(name) ?? 0) + 1);
        this.#keep(name, this.#packager(name).push(tag));
      },
      onInterrupted: (name) => {
        this.interrupted.push(name);
        this.#keep(name, this.#packager(name).end());
      },
      onDropped: (name, why) => this.dropped.push([name, why]),
      ...options,
    });
  }

  push(tags: readonly FlvTag[]): void {
    for (const tag of tags) {
      this.sourceCuts.push(...this.source.push(tag));
      this.ladder.push(tag);
    }
  }

  /** Waits until a rendition has so many pictures. */
  async reaches(name: string, pictures: number): Promise<void> {
    await until(`${pictures} pictures of ${name}`, () => (this.pictures.get(name) ?? 0) >= pictures, 60_000);
  }

  async end(): Promise<void> {
    await this.ladder.end();
    this.sourceCuts.push(...this.source.end());
    for (const [name, packager] of this.#packagers) this.#keep(name, packager.end());
  }

  #packager(name: string): LivePackager {
    const packager = this.#packagers.get(name) ?? new LivePackager({ follows: this.source });
    this.#packagers.set(name, packager);
    return packager;
  }

  #keep(name: string, cuts: readonly Cut[]): void {
    this.cuts.set(name, [...(this.cuts.get(name) ?? []), ...cuts]);
  }
}

function startsOf(cuts: readonly Cut[]): readonly (number | undefined)[] {
  return segmentsOf(cuts).map(([part]) => part?.decodeTimeMs);
}

/** Neither a description of the coding nor the end of a sequence. */
function isPicture({ kind, body }: FlvTag): boolean {
  return kind === 'video' && body[1] === 1;
}

function picturesOf(tags: readonly FlvTag[]): number {
  return tags.filter(isPicture).length;
}

describe('A live ladder', function () {
  this.timeout(180_000);
  let folder: TestFolder;
  let tags: readonly FlvTag[];
  let studio: Studio;

  before(async () => {
    folder = await testFolder();
    await record(
      folder.join('source.flv'),
      ...picture('480x270', '30', 9),
      ...tone(9),
      ...x264(1000, 2),
      ...['-force_key_frames', '0,0.7,2.1,2.5,4.3,5.9,6.4,8.1'],
      ...['-c:a', 'aac', '-b:a', '64k'],
    );
    tags = await tagsOf(folder.join('source.flv'));
  });

  afterEach(() => studio.ladder.stop());
  after(() => folder.remove());

  function open(options?: Partial<LiveLadderOptions>): Studio {
    studio = new Studio(folder.join('scratch'), options);
    return studio;
  }

  async function play(sent: readonly FlvTag[]): Promise<Studio> {
    open();
    studio.push(sent);
    // The decoder keeps a few back to put them in order.
    for (const { name } of RUNGS) await studio.reaches(name, picturesOf(sent) - 5);
    await studio.end();
    return studio;
  }

  it('makes every picture of the source, at its time and with its key pictures to the millisecond', async () => {
    const { cuts, sourceCuts } = await play(tags);
    const source = await packetsOf(await writeCuts(folder.join('source.mp4'), sourceCuts), 'v:0');
    const shown = ({ shownMs, isKey }: { shownMs: number; isKey: boolean }): string =>
      `${Math.round(shownMs)} ${isKey}`;
    const expected = source.toSorted((a, b) => a.shownMs - b.shownMs).map(shown);
    for (const { name, lines } of RUNGS) {
      const made = cuts.get(name) ?? [];
      const path = await writeCuts(folder.join(`${name}.mp4`), made);
      expect((await packetsOf(path, 'v:0')).map(shown)).to.deep.equal(expected);
      expect(await pictureDigests(path)).to.have.length(picturesOf(tags));
      expect(startsOf(made)).to.deep.equal(startsOf(sourceCuts));
      const [init] = made;
      expect(init?.kind === 'init' && init.facts.size).to.deep.equal({
        width: (lines * 480) / 270,
        height: lines,
      });
      expect(made.every((cut) => cut.kind !== 'part' || cut.isIndependent || !cut.startsSegment)).to.equal(
        true,
      );
    }
  });

  it('makes 25 pictures of 50 a second, its key pictures the source’s wherever they stand', async () => {
    await record(
      folder.join('quick.flv'),
      ...picture('480x270', '50', 6),
      ...tone(6),
      ...x264(1000, 2),
      // Two of them at an odd picture: none may be among those left out.
      ...['-force_key_frames', '0,0.70,2.02,2.50,4.30,5.50', '-c:a', 'aac', '-b:a', '64k'],
    );
    const quick = await tagsOf(folder.join('quick.flv'));
    open();
    studio.push(quick);
    for (const { name } of RUNGS) await studio.reaches(name, picturesOf(quick) / 2 - 5);
    await studio.end();
    const { sourceCuts, cuts } = studio;
    const source = await packetsOf(await writeCuts(folder.join('quick.mp4'), sourceCuts), 'v:0');
    const keys = (packets: typeof source) =>
      packets.filter(({ isKey }) => isKey).map(({ shownMs }) => Math.round(shownMs));
    expect(keys(source)).to.have.length(6);
    for (const { name } of RUNGS) {
      const made = cuts.get(name) ?? [];
      const packets = await packetsOf(await writeCuts(folder.join('half.mp4'), made), 'v:0');
      expect(keys(packets)).to.deep.equal(keys(source));
      expect(packets.length).to.be.within(140, 156);
      expect(startsOf(made)).to.deep.equal(startsOf(sourceCuts));
      for (const segment of segmentsOf(made)) {
        expect(Math.max(...segment.map(({ duration }) => duration))).to.be.at.most(0.52);
        const whole = segment.slice(0, -1).map(({ duration }) => duration);
        expect(Math.min(0.5, ...whole)).to.be.at.least(0.425);
      }
    }
  });

  it('takes the combs out of interlaced pictures', async () => {
    const moving = ['-f', 'lavfi', '-i', 'testsrc2=size=480x288:rate=50:duration=4'];
    const quicker = 'scroll=horizontal=0.02';
    await record(
      folder.join('fields.flv'),
      ...moving,
      ...['-vf', `${quicker},tinterlace=interleave_top`, ...x264(25, 0)],
      ...['-flags', '+ildct+ilme', '-x264-params', 'tff=1'],
    );
    const fields = await tagsOf(folder.join('fields.flv'));
    open();
    studio.push(fields);
    await studio.reaches('180p', picturesOf(fields) - 5);
    await studio.end();
    const made = await writeCuts(folder.join('whole.mp4'), studio.cuts.get('180p') ?? []);
    const woven = folder.join('woven.mp4');
    await ffmpeg('-i', folder.join('fields.flv'), '-vf', 'scale=-2:180:flags=bicubic', ...x264(25, 0), woven);
    /** How like a film it is to one that was never interlaced, in dB. */
    const likeness = async (path: string): Promise<number> => {
      const log = folder.join('likeness.log');
      const reference = `[1:v]${quicker},select='not(mod(n,2))',scale=-2:180:flags=bicubic`;
      await ffmpeg(
        ...['-i', path, ...moving, '-filter_complex'],
        `[0:v]setpts=N/25/TB[a];${reference},setpts=N/25/TB[b];[a][b]psnr=shortest=1:stats_file=${log}`,
        ...['-f', 'null', '-'],
      );
      const found = [...(await readFile(log, 'utf8')).matchAll(/psnr_y:([\d.]+)/g)].map(([, db]) =>
        Number(db),
      );
      return found.reduce((sum, db) => sum + db, 0) / found.length;
    };
    const [whole, combed] = [await likeness(made), await likeness(woven)];
    expect(whole).to.be.above(combed + 2.5);
    expect(startsOf(studio.cuts.get('180p') ?? [])).to.deep.equal(startsOf(studio.sourceCuts));
  });

  it('passes the sound on as it is', async () => {
    const { cuts, sourceCuts } = await play(tags);
    const source = await packetsOf(await writeCuts(folder.join('source.mp4'), sourceCuts), 'a:0');
    const lower = await packetsOf(await writeCuts(folder.join('lower.mp4'), cuts.get('90p') ?? []), 'a:0');
    expect(lower.length).to.be.above(source.length - 10);
    expect(lower).to.deep.equal(source.slice(0, lower.length));
  });

  it('is aligned with its source where stamps wrap, and where they jump', async () => {
    const strange = restamped(tags, ({ timestampMs }) =>
      timestampMs < 5000 ? timestampMs + 2 ** 32 - 3000 : timestampMs + 123_456_789,
    );
    const { cuts, sourceCuts } = await play(strange);
    expect(startsOf(sourceCuts).length).to.be.at.least(3);
    for (const { name } of RUNGS) {
      expect(startsOf(cuts.get(name) ?? [])).to.deep.equal(startsOf(sourceCuts));
      expect(
        await pictureDigests(await writeCuts(folder.join('strange.mp4'), cuts.get(name) ?? [])),
      ).to.have.length(picturesOf(strange));
    }
  });

  it('holds the picture with its source when that has none for a while', async () => {
    const isAway = ({ timestampMs }: FlvTag): boolean => timestampMs > 2300 && timestampMs < 6300;
    const stalled = tags.filter((tag) => tag.kind !== 'video' || isConfig(tag) || !isAway(tag));
    const half = stalled.findIndex(({ timestampMs }) => timestampMs > 3000);
    open();
    studio.push(stalled.slice(0, half));
    await studio.reaches('90p', picturesOf(stalled.slice(0, half)) - 5);
    await studio.reaches('180p', picturesOf(stalled.slice(0, half)) - 5);
    studio.push(stalled.slice(half));
    for (const { name } of RUNGS) await studio.reaches(name, picturesOf(stalled) - 5);
    await studio.end();
    expect(startsOf(studio.sourceCuts).length).to.be.at.least(4);
    for (const { name } of RUNGS)
      expect(startsOf(studio.cuts.get(name) ?? [])).to.deep.equal(startsOf(studio.sourceCuts));
  });

  /** Kills the ffmpeg that makes the rungs, once it has made something. */
  async function killLadder(): Promise<void> {
    const before = studio.interrupted.length;
    for (const { pid, name } of await descendantsOf(process.pid))
      if (name === 'ffmpeg') process.kill(pid, 'SIGKILL');
    await until(
      'the ladder to notice',
      () => studio.interrupted.length > before || studio.dropped.length > 0,
    );
  }

  it('goes on with the next segment of the source when ffmpeg has died', async () => {
    const half = tags.findIndex(({ timestampMs }) => timestampMs > 3000);
    open();
    studio.push(tags.slice(0, half));
    await studio.reaches('90p', 60);
    await studio.reaches('180p', 60);
    await killLadder();
    expect(studio.interrupted.toSorted()).to.deep.equal(['180p', '90p']);
    const soFar = studio.pictures.get('90p') ?? 0;
    studio.push(tags.slice(half));
    for (const { name } of RUNGS) await studio.reaches(name, soFar + 100);
    await studio.end();
    const starts = startsOf(studio.sourceCuts);
    for (const { name } of RUNGS) {
      const made = studio.cuts.get(name) ?? [];
      expect(made.map(({ kind }) => kind).filter((kind) => kind !== 'part')).to.deep.equal([
        'init',
        'end',
        'init',
        'end',
      ]);
      expect(starts).to.include.members([...startsOf(made)]);
      expect(startsOf(made).at(-1)).to.equal(starts.at(-1));
      const parts = partsOf(made);
      parts
        .slice(1)
        .forEach(({ decodeTimeMs }, place) =>
          expect(decodeTimeMs).to.be.above(parts[place]?.decodeTimeMs ?? 0),
        );
    }
    expect(studio.dropped).to.deep.equal([]);
  });

  it('gives up when ffmpeg dies again and again, and the source goes on', async () => {
    open({ now: () => 0 });
    for (let round = 0; round < 3; round += 1) {
      const again = restamped(tags, ({ timestampMs }) => timestampMs + round * 9000);
      const soFar = studio.pictures.get('180p') ?? 0;
      studio.push(again);
      await studio.reaches('180p', soFar + 30);
      await killLadder();
    }
    expect(studio.dropped).to.deep.equal([
      ['180p', 'keeps-failing'],
      ['90p', 'keeps-failing'],
    ]);
    expect(studio.ladder.renditions).to.deep.equal([]);
    studio.push(restamped(tags, ({ timestampMs }) => timestampMs + 27_000));
    const seconds = partsOf([...studio.sourceCuts, ...studio.source.end()]).reduce(
      (sum, { duration }) => sum + duration,
      0,
    );
    expect(seconds).to.be.closeTo(36, 0.5);
  });

  it('drops the largest rung when pictures are overdue, then the next, and never the source', async () => {
    let nowMs = 0;
    open({ now: () => nowMs, lateMs: 2500 });
    const half = tags.findIndex(({ timestampMs }) => timestampMs > 3500);
    // In one go, so that nothing can come out between; then time goes by.
    studio.push(tags.slice(0, half));
    nowMs = 60_000;
    studio.push(tags.slice(half, half + 4));
    expect(studio.dropped).to.deep.equal([['180p', 'too-slow']]);
    expect(studio.ladder.renditions).to.deep.equal(['90p']);
    studio.push(tags.slice(half + 4));
    await studio.reaches('90p', 60);
    const starts = startsOf(studio.cuts.get('90p') ?? []);
    expect(startsOf(studio.sourceCuts)).to.include.members([...starts]);
    studio.push(restamped(tags, ({ timestampMs }) => timestampMs + 9000).slice(0, half));
    nowMs = 120_000;
    studio.push(restamped(tags, ({ timestampMs }) => timestampMs + 9000).slice(half, half + 4));
    expect(studio.dropped.map(([name]) => name)).to.deep.equal(['180p', '90p']);
    expect(partsOf(studio.sourceCuts).at(-1)?.decodeTimeMs).to.be.above(21_000);
  });

  it('does not take a pause of the source for slowness', async () => {
    let nowMs = 0;
    open({ now: () => nowMs, lateMs: 2500 });
    const half = tags.findIndex(({ timestampMs }) => timestampMs > 2000);
    studio.push(tags.slice(0, half));
    for (const { name } of RUNGS) await studio.reaches(name, picturesOf(tags.slice(0, half)) - 5);
    nowMs = 60_000;
    studio.push(tags.slice(half));
    expect(studio.dropped).to.deep.equal([]);
  });

  it('makes nothing that is not smaller than the source', async () => {
    open({ rungs: [...RUNGS, { name: '480p', lines: 480, rateFactor: 24, maxBitrate: 800_000 }] });
    studio.push(tags);
    expect(studio.dropped).to.deep.equal([['480p', 'not-smaller']]);
    expect(studio.ladder.renditions).to.deep.equal(['180p', '90p']);
  });

  it('makes smaller pictures of H.264 that comes by Enhanced RTMP', async () => {
    const enhanced = tags.map((tag): FlvTag => {
      if (!isPicture(tag) && !(tag.kind === 'video' && isConfig(tag))) return tag;
      const frameType = (tag.body[0] ?? 0) & 0xf0;
      const head = Buffer.concat([
        Buffer.from([0x80 + frameType + (isConfig(tag) ? 0 : 1)]),
        Buffer.from('avc1'),
      ]);
      return { ...tag, body: Buffer.concat([head, tag.body.subarray(isConfig(tag) ? 5 : 2)]) };
    });
    open();
    studio.push(enhanced);
    for (const { name } of RUNGS) await studio.reaches(name, picturesOf(tags) - 5);
    await studio.end();
    expect(startsOf(studio.sourceCuts).length).to.be.at.least(3);
    for (const { name } of RUNGS)
      expect(startsOf(studio.cuts.get(name) ?? [])).to.deep.equal(startsOf(studio.sourceCuts));
  });

  it('makes nothing of AV1, and says so', () => {
    open();
    studio.push([
      { kind: 'video', timestampMs: 0, body: Buffer.concat([Buffer.from([0x90]), Buffer.from('av01')]) },
    ]);
    expect(studio.dropped).to.deep.equal([
      ['180p', 'codec'],
      ['90p', 'codec'],
    ]);
  });

  it('works where there is no sandbox', async () => {
    const path = process.env['PATH'];
    try {
      process.env['PATH'] = await pathWithoutSandbox(folder.join('bin'));
      const { cuts, sourceCuts } = await play(tags);
      expect(startsOf(cuts.get('180p') ?? [])).to.deep.equal(startsOf(sourceCuts));
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('gives up where there is no ffmpeg, and the source goes on', async () => {
    const path = process.env['PATH'];
    try {
      process.env['PATH'] = folder.join('nothing');
      open();
      for (let round = 0; round < 3; round += 1) {
        studio.push(restamped(tags, ({ timestampMs }) => timestampMs + round * 9000));
        await until(
          'the ladder to notice',
          () => studio.interrupted.length > 2 * round || studio.dropped.length > 0,
        );
      }
    } finally {
      process.env['PATH'] = path;
    }
    expect(studio.dropped.map(([, why]) => why)).to.deep.equal(['keeps-failing', 'keeps-failing']);
    expect(partsOf(studio.sourceCuts).at(-1)?.decodeTimeMs).to.be.above(35_000);
  });

  it('leaves neither processes nor folders behind', async () => {
    const { ladder } = await play(tags);
    await ladder.stop();
    await until('ffmpeg to be gone', async () =>
      (await descendantsOf(process.pid)).every(({ name }) => name !== 'ffmpeg'),
    );
    expect(await readdir(folder.join('scratch'))).to.deep.equal([]);
  });

  it('writes what ffprobe calls H.264 Main of the right size, with AAC', async () => {
    const { cuts } = await play(tags);
    const path = await writeCuts(folder.join('probe.mp4'), cuts.get('180p') ?? []);
    const { streams } = await ffprobe<{
      streams: { codec_name: string; profile: string; height?: number; has_b_frames?: number }[];
    }>(...['-show_streams', path]);
    expect(streams[0]).to.include({ codec_name: 'h264', profile: 'Main', height: 180, has_b_frames: 0 });
    expect(streams[1]).to.include({ codec_name: 'aac', profile: 'LC' });
    expect(bytesOf(cuts.get('180p') ?? []).length).to.be.above(10_000);
  });
});
