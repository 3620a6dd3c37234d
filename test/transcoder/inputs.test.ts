import { readFile, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import HLS from 'hls-parser';
import { transcodeToFolder } from 'yuanjiao/transcoder';

import type { ExpectedLecture, InputFixture } from '../../scripts/input-clip.ts';
import { INPUT_FIXTURES } from '../../scripts/input-fixtures.ts';
import { seeAndHear, type SeenAndHeard } from '../support/flash-and-beep.ts';
import { ffmpeg, testFolder, type TestFolder } from '../support/media.ts';

/** What lips may be off by before people notice. */
const SYNC = 0.04;

describe('Every kind of input becomes a lecture whose picture and sound agree:', function () {
  let folder: TestFolder;

  beforeEach(async () => {
    folder = await testFolder();
  });

  afterEach(() => folder.remove());

  async function write({ file, make, assemble }: InputFixture): Promise<string> {
    for (const words of make((name) => folder.join(name))) await ffmpeg(...words);
    if (assemble !== undefined)
      await writeFile(
        folder.join(file),
        assemble((name) => readFileSync(folder.join(name))),
      );
    return folder.join(file);
  }

  for (const fixture of INPUT_FIXTURES) {
    it(fixture.kind, async () => {
      const result = await transcodeToFolder(await write(fixture), folder.join('lecture'), {
        concurrency: 1,
      });
      const { expected } = fixture;
      const multivariant = HLS.parse(
        await readFile(folder.join('lecture', 'index.m3u8'), 'utf8'),
      ) as HLS.types.MasterPlaylist;
      const pictures = multivariant.variants.filter(
        ({ resolution, isIFrameOnly }) => resolution !== undefined && !isIFrameOnly,
      );
      const top = pictures
        .toSorted((a, b) => (a.resolution?.height ?? 0) - (b.resolution?.height ?? 0))
        .at(-1);
      const sounds = top?.audio ?? [];
      expect(sounds.length).to.equal(expected.sounds ?? 1);
      const rendition = top?.uri.replace('/index.m3u8', '') ?? '';
      const sound = sounds[0]?.uri?.replace('/index.m3u8', '');
      const seen = await seeAndHear(folder.join('lecture'), rendition, sound);
      expect(top?.frameRate).to.be.closeTo(ratio(expected.rate), 0.001);
      checkLecture(seen, expected);
      if (expected.warning !== undefined) expect(result.warnings.join('')).to.include(expected.warning);
    });
  }
});

function checkLecture(seen: SeenAndHeard, expected: ExpectedLecture): void {
  const rate = ratio(expected.rate);
  expect(`${seen.width}x${seen.height}`).to.equal(expected.size);
  const tolerance = expected.tolerance ?? 2.01 / rate;
  expect(seen.pictureCount / rate, 'seconds of picture').to.be.closeTo(expected.seconds, tolerance);
  const flashes = seen.flashes.map((place) => place / rate);
  expect(flashes.length, `flashes at ${flashes.join()}`).to.equal(expected.flashes.length);
  flashes.forEach((at, place) => {
    expect(at, 'flash').to.be.closeTo(expected.flashes[place] ?? 0, (expected.tolerance ?? 0) + 1.01 / rate);
  });
  if (expected.sounds !== 0) {
    expect(seen.soundSeconds, 'seconds of sound').to.be.closeTo(seen.pictureCount / rate, 0.05);
    if (flashes.length > 0) {
      expect(seen.beeps.length, `beeps at ${seen.beeps.join()}`).to.equal(flashes.length);
      seen.beeps.forEach((at, place) => expect(at, 'beep').to.be.closeTo(flashes[place] ?? 0, SYNC));
    }
  }
  if (expected.matrix !== undefined) expect(seen.matrix).to.equal(expected.matrix);
  if (expected.luma === undefined) return;
  const flash = seen.flashes[0] ?? 0;
  expect(seen.lumas[flash - 3], 'brightness').to.be.closeTo(expected.luma.still, 4);
  expect(seen.lumas[flash + 2], 'brightness of the flash').to.be.closeTo(expected.luma.flash, 4);
}

function ratio(text: string): number {
  const [numerator = '0', denominator = '1'] = text.split('/');
  return Number(numerator) / Number(denominator);
}
