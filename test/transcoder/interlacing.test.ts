import { expect } from 'chai';
import { probe, type FieldOrder } from 'yuanjiao/transcoder';

import { fieldOrderOf, isSurelyProgressive } from '../../transcoder/interlacing.ts';
import { ffmpeg, testFolder, type TestFolder } from '../support/media.ts';

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25'];
const FLAGGED_TOP_FIRST = ['-flags', '+ildct+ilme', '-x264-params', 'tff=1'];

describe('Interlacing', function () {
  let folder: TestFolder;

  beforeEach(async () => {
    folder = await testFolder();
  });

  afterEach(() => folder.remove());

  async function measured(filters: string, flags: readonly string[] = []): Promise<FieldOrder | undefined> {
    const source = `testsrc2=s=720x576:r=50:d=1.6,${filters}`;
    await ffmpeg('-f', 'lavfi', '-i', source, ...H264, ...flags, folder.join('clip.mp4'));
    return (await probe(folder.join('clip.mp4'))).video?.fieldOrder;
  }

  it('is found in the picture where the flag denies it, with the field that comes first', async () => {
    expect(await measured('tinterlace=interleave_top,setfield=prog')).to.equal('top-first');
    expect(await measured('tinterlace=interleave_bottom,setfield=prog')).to.equal('bottom-first');
  });

  it('is not believed where the picture has none', async () => {
    expect(await measured('fps=25', FLAGGED_TOP_FIRST)).to.equal('progressive');
  });

  it('is taken from the flag where nothing moves', async () => {
    expect(await measured('fps=25,trim=end_frame=1,loop=40:1', FLAGGED_TOP_FIRST)).to.equal('top-first');
  });

  it('is not seen in a drawing whose hard edges move', async () => {
    expect(await measured('fps=25')).to.equal('progressive');
  });

  it('takes more than a few dots that seem combed, and the order from the fields', () => {
    const seen = { dots: 100_000, moving: 10_000, combed: 200, topFirst: 30, bottomFirst: 0 };
    expect(fieldOrderOf([seen, seen], 'top-first')).to.equal('progressive');
    const woven = { dots: 100_000, moving: 5000, combed: 1500, topFirst: 1, bottomFirst: 28 };
    expect(fieldOrderOf([woven, { ...seen, moving: 0, combed: 0, topFirst: 0 }], 'progressive')).to.equal(
      'bottom-first',
    );
    expect(fieldOrderOf([{ ...woven, moving: 40, combed: 40 }], 'progressive')).to.equal('progressive');
  });

  it('is looked for no further where all that moves is whole and the flag says so too', () => {
    const clear = { dots: 100_000, moving: 10_000, combed: 20, topFirst: 3, bottomFirst: 0 };
    expect(isSurelyProgressive([clear, clear], 'progressive')).to.equal(true);
    expect(isSurelyProgressive([clear, clear], 'top-first')).to.equal(false);
    expect(isSurelyProgressive([clear, { ...clear, combed: 200 }], 'progressive')).to.equal(false);
    expect(isSurelyProgressive([clear, { ...clear, moving: 0, combed: 0 }], 'progressive')).to.equal(false);
  });

  it('is found where only one half of the lecture has it', async () => {
    const whole = 'fps=25,trim=duration=6';
    const woven = 'trim=duration=6,tinterlace=interleave_top';
    for (const [first, second] of [
      [whole, woven],
      [woven, whole],
    ] as const) {
      await ffmpeg(
        ...['-f', 'lavfi', '-i', 'testsrc2=s=720x576:r=50:d=6', '-filter_complex'],
        `split[a][b];[a]${first},setpts=N/25/TB[c];[b]${second},setpts=N/25/TB[d];[c][d]concat,setfield=prog`,
        ...[...H264, folder.join('half.mp4')],
      );
      expect((await probe(folder.join('half.mp4'))).video?.fieldOrder).to.equal('top-first');
    }
  });
});
