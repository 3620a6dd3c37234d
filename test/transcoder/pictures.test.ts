import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { expect } from 'chai';
import HLS from 'hls-parser';
import { transcodeToFolder } from 'yuanjiao/transcoder';

import { ffmpeg, ffprobe, lowestPsnr, QUICK_H264, testFolder, type TestFolder } from '../support/media.ts';

const run = promisify(execFile);

/** Words for a still picture with fine and coarse detail that lasts. */
function slide(seconds: number): string {
  return `testsrc=s=320x180:r=25:d=0.04,loop=-1:1,setpts=N/25/TB,trim=duration=${seconds}`;
}

const ONE_KEY_PICTURE = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '9999', '-sc_threshold', '0'];

describe('pictures of a lecture', function () {
  let folder: TestFolder;

  beforeEach(async () => {
    folder = await testFolder();
  });

  afterEach(() => folder.remove());

  /** Makes a lecture of a filter graph's output. */
  async function lecture(graph: string, ...words: readonly string[]): Promise<readonly string[]> {
    const encoder = words.length > 0 ? words : QUICK_H264;
    await ffmpeg('-f', 'lavfi', '-i', graph, ...encoder, '-pix_fmt', 'yuv420p', folder.join('source.mp4'));
    await transcodeToFolder(folder.join('source.mp4'), folder.join('lecture'));
    const list = await readFile(folder.join('lecture', 'objects.json'), 'utf8');
    return (JSON.parse(list) as { objects: { name: string }[] }).objects.map(({ name }) => name);
  }

  /** The luma PSNR of the poster against the source's picture at a second. */
  async function likeness(second: number): Promise<number> {
    await ffmpeg(
      ...['-ss', String(second), '-i', folder.join('source.mp4'), '-frames:v', '1'],
      folder.join('wanted.png'),
    );
    return lowestPsnr(folder.join('lecture', 'poster.jpg'), folder.join('wanted.png'));
  }

  /** The mean level of a tile of a sheet. */
  async function level(sheet: string, xywh: string): Promise<number> {
    const [x = 0, y = 0, w = 0, h = 0] = xywh.split(',').map(Number);
    const words = ['-v', 'error', '-i', folder.join('lecture', 'storyboard', sheet)];
    words.push('-vf', `crop=${w}:${h}:${x}:${y},format=gray`, '-f', 'rawvideo', '-');
    const { stdout } = await run('ffmpeg', words, { encoding: 'buffer' });
    expect(stdout.length).to.equal(w * h);
    return stdout.reduce((sum, dot) => sum + dot, 0) / stdout.length;
  }

  it('passes over a black opening, a white flash and half a fade, though the source has one key picture', async () => {
    // Key pictures at 0 s: black; 6 s: in the flash; 12 s: half faded in; 18 s: the slide.
    const objects = await lecture(
      `color=black:s=320x180:r=25:d=5.9[a];color=white:s=320x180:r=25:d=0.2[b];${slide(18)},fade=t=in:st=4.4:d=3[c];` +
        '[a][b][c]concat=n=3',
      ...ONE_KEY_PICTURE,
    );
    expect(objects).to.include('poster.jpg');
    expect(await likeness(18)).to.be.above(24);
    expect(await likeness(12)).to.be.below(20);
  });

  it('looks into a clip of a few seconds whose only key picture is black', async () => {
    await lecture(`color=black:s=320x180:r=25:d=2[a];${slide(3)}[b];[a][b]concat=n=2`);
    expect(await likeness(4)).to.be.above(24);
  });

  it('has no poster of a lecture that is black throughout, and is a lecture all the same', async () => {
    const objects = await lecture('color=black:s=160x90:r=25:d=3');
    expect(objects).not.to.include('poster.jpg');
    expect(objects.some((name) => /^storyboard\/index-\d+\.vtt$/.test(name))).to.equal(true);
  });

  it('shows on every tile of its storyboard what the lecture shows at that second, and lists its key pictures', async () => {
    // Grey levels that change at each segment's start: sheet two begins with the 26th.
    const objects = await lecture(
      "color=black:s=160x90:r=5:d=165,format=gray,geq=lum='mod(floor((T+0.01)/6)*37,200)+30'",
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '30'],
    );
    const index = objects.find((name) => name.endsWith('.vtt')) ?? '';
    const text = await readFile(folder.join('lecture', index), 'utf8');
    const cues = [...text.matchAll(/^(\S+) --> (\S+)\n(\S+)#xywh=(\S+)$/gm)];
    expect(text).to.match(/^WEBVTT\n\n/);
    expect(cues.length).to.equal(28);
    expect(cues.map(([, begin]) => begin).slice(0, 3)).to.deep.equal([
      '00:00:00.000',
      '00:00:06.000',
      '00:00:12.000',
    ]);
    expect(cues.at(-1)?.[2]).to.equal('00:02:45.000');
    for (const place of [0, 1, 7, 24, 25, 27]) {
      const [, , , sheet = '', xywh = ''] = cues[place] ?? [];
      const wanted = ((place * 37) % 200) + 30;
      expect(await level(sheet, xywh), `tile ${place}`).to.be.closeTo(wanted, 4);
    }
    await checkKeyPictures('90p');
  });

  /** Each key picture decodes from the range that the list names for it, and from nothing else. */
  async function checkKeyPictures(rendition: string): Promise<void> {
    const at = (name: string): string => folder.join('lecture', name);
    const { variants } = HLS.parse(await readFile(at('index.m3u8'), 'utf8')) as HLS.types.MasterPlaylist;
    const [winding, ...others] = variants.filter(({ isIFrameOnly }) => isIFrameOnly);
    expect(others).to.deep.equal([]);
    expect(winding?.uri).to.equal(`${rendition}/iframes.m3u8`);
    const list = HLS.parse(await readFile(at(winding?.uri ?? ''), 'utf8')) as HLS.types.MediaPlaylist;
    expect(list.isIFrame).to.equal(true);
    expect(list.segments.map(({ duration }) => duration)).to.deep.equal([...Array<number>(27).fill(6), 3]);
    const bits = list.segments.map(({ byterange }) => (byterange?.length ?? 0) * 8);
    expect(winding?.bandwidth).to.be.closeTo(Math.max(...bits) / 6, (winding?.bandwidth ?? 0) * 0.1);
    for (const { uri, byterange, map } of [0, 26, 27].flatMap((place) => list.segments[place] ?? [])) {
      const bytes = await readFile(at(`${rendition}/${uri}`));
      if (byterange === undefined) throw new Error(`${uri} names no range`);
      const { offset, length } = byterange;
      expect(map?.byterange?.offset).to.equal(0);
      const alone = [bytes.subarray(0, map?.byterange?.length), bytes.subarray(offset, offset + length)];
      await writeFile(folder.join('one.mp4'), Buffer.concat(alone));
      const { frames } = await ffprobe<{ frames: { pict_type: string; key_frame: number }[] }>(
        ...['-read_intervals', '%+#1', '-show_entries', 'frame=pict_type,key_frame'],
        folder.join('one.mp4'),
      );
      expect(frames[0]).to.deep.include({ pict_type: 'I', key_frame: 1 });
    }
  }
});
