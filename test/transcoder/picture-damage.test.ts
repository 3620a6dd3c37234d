import { readFile, writeFile } from 'node:fs/promises';

import { expect } from 'chai';

import { transcodeToFolder, type TranscodeError } from 'yuanjiao/transcoder';

import { checkDamage, DamageCounter, damageWarnings } from '../../transcoder/picture-damage.ts';
import { ffmpeg, picture, QUICK_H264, testFolder } from '../support/media.ts';

describe('Damaged pictures', () => {
  it('are counted by what ffmpeg says, also where it says it only once', () => {
    const counter = new DamageCounter();
    for (const line of [
      'Error while decoding stream #0:0: Invalid data found when processing input',
      '    Last message repeated 3 times',
      '[h264 @ 0x55] concealing 300 DC, 300 AC, 300 MV errors in P frame',
      '    Last message repeated 9 times',
      'source: corrupt decoded frame in stream 0',
      'Error while decoding stream #0:0: Invalid data found when processing input',
    ])
      counter.note(line);
    expect(counter.damage).to.deep.equal({ lost: 5, patched: 1 });
  });

  it('are told in seconds, and not for a blink', () => {
    expect(damageWarnings({ lost: 75, patched: 10 }, 25)).to.deep.equal([
      '原片约有 3 秒画面损坏、无法解码，已用前一帧补上。',
    ]);
    expect(damageWarnings({ lost: 24, patched: 24 }, 25)).to.deep.equal([]);
  });

  it('may be a twentieth of a lecture and not more', () => {
    expect(() => checkDamage({ lost: 50, patched: 900 }, 1000)).not.to.throw();
    expect(() => checkDamage({ lost: 51, patched: 0 }, 1000)).to.throw(
      /5 % of the pictures cannot be decoded/,
    );
  });

  it('make a lecture be refused by that name, also where whole spans have none that can be decoded', async function () {
    const folder = await testFolder();
    try {
      const words = [...picture('160x120', '25', 30), ...QUICK_H264, '-movflags', '+faststart'];
      await ffmpeg(...words, folder.join('whole.mp4'));
      const bytes = await readFile(folder.join('whole.mp4'));
      await writeFile(folder.join('damaged.mp4'), bytes.fill(0, Math.round(bytes.length * 0.45)));
      const error = await transcodeToFolder(folder.join('damaged.mp4'), folder.join('lecture')).then(
        () => undefined,
        (reason: unknown) => reason as TranscodeError,
      );
      expect(error?.code).to.equal('damaged-media');
      expect(error?.message).to.include('Export the lecture anew');
    } finally {
      await folder.remove();
    }
  });
});
