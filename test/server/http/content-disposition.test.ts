import { expect } from 'chai';

import { attachment, downloadFileName } from '../../../server/http/content-disposition.ts';

describe('downloadFileName', () => {
  const names: readonly (readonly [string, string, string | undefined, string])[] = [
    ['杨梅嫁接四步', '480p.mp4', undefined, '杨梅嫁接四步-480p.mp4'],
    ['杨梅嫁接四步', 'audio.m4a', undefined, '杨梅嫁接四步-audio.m4a'],
    ['杨梅嫁接四步', '480p-audio-2.mp4', '绍兴话', '杨梅嫁接四步-绍兴话-480p.mp4'],
    ['杨梅嫁接四步', 'audio-2.m4a', '绍兴话', '杨梅嫁接四步-绍兴话.m4a'],
    ['..\\A/B: "C"?\u0007 <D>|* . ', '480p.mp4', undefined, 'A B C D-480p.mp4'],
    [' ... ', '480p.mp4', undefined, '课件-480p.mp4'],
    ['\ud83d', '480p.mp4', undefined, '\ufffd-480p.mp4'],
  ];
  for (const [title, name, sound, expected] of names) {
    it(`makes ${JSON.stringify(expected)}`, () => {
      const download = { name, ...(sound === undefined ? {} : { sound }) };
      expect(downloadFileName(title, download)).to.equal(expected);
    });
  }

  it('stays within the 255 bytes of a file name, without half a character', () => {
    const name = downloadFileName('𠮷'.repeat(300), { name: '1080p-fragmented.mp4', sound: '话'.repeat(40) });
    expect(Buffer.byteLength(name)).to.be.at.most(255);
    expect(name.isWellFormed()).to.be.true;
  });
});

describe('attachment', () => {
  it('names a file in ASCII and in UTF-8, leaving nothing that RFC 8187 does not allow', () => {
    const header = attachment('a1-480p.mp4', "讲座 (1)'*!~-480p.mp4");
    expect(header).to.equal(
      `attachment; filename="a1-480p.mp4"; filename*=UTF-8''%E8%AE%B2%E5%BA%A7%20%281%29%27%2A!~-480p.mp4`,
    );
    expect(header).to.match(/^[\x20-\x7e]+$/);
  });
});
