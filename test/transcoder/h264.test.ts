import { readFile, writeFile } from 'node:fs/promises';

import { expect } from 'chai';

import { FragmentReader } from '../../transcoder/fmp4.ts';
import { hasWholeUnits } from '../../transcoder/h264.ts';
import { ffmpeg, picture, QUICK_H264, testFolder } from '../support/media.ts';

describe('A fragment of H.264', () => {
  it('is whole when its NAL units fill it, and not when the length of one leads astray or its bytes are gone', async () => {
    const folder = await testFolder();
    try {
      const fragmented = ['-movflags', '+frag_keyframe+empty_moov+default_base_moof'];
      await ffmpeg(...picture('160x120', '25', 2), ...QUICK_H264, ...fragmented, folder.join('whole.mp4'));
      const [fragment] = await new FragmentReader(folder.join('whole.mp4')).read();
      if (fragment === undefined) throw new Error('ffmpeg wrote no fragment');
      expect(await hasWholeUnits(folder.join('whole.mp4'), fragment)).to.equal(true);
      const samples = fragment.offset + fragment.firstSample.offset;
      const second = samples + fragment.firstSample.length;
      const bytes = await readFile(folder.join('whole.mp4'));
      await writeFile(folder.join('astray.mp4'), Buffer.from(bytes).fill(0x7f, second, second + 2));
      expect(await hasWholeUnits(folder.join('astray.mp4'), fragment)).to.equal(false);
      await writeFile(folder.join('gone.mp4'), Buffer.from(bytes).fill(0, second, second + 400));
      expect(await hasWholeUnits(folder.join('gone.mp4'), fragment)).to.equal(false);
    } finally {
      await folder.remove();
    }
  });
});
