import { readFile, writeFile } from 'node:fs/promises';

import { expect } from 'chai';
import { probe, TranscodeError } from 'yuanjiao/transcoder';

import { element, matroska } from '../support/hostile/ebml.ts';
import { u8 } from '../support/hostile/bytes.ts';
import { jpegsOf } from '../support/hostile/riff.ts';
import { ffmpeg, picture, QUICK_H264, testFolder, tone, type TestFolder } from '../support/media.ts';

/** Bytes that look encrypted, the same in every run. */
function noise(bytes: Buffer, seed: number): void {
  let state = seed + 1;
  for (let at = 0; at < bytes.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
}

/** A copy of a DVD's film with the sectors of picture marked as scrambled, and scrambled if that is wished. */
function scrambledDisc(film: Buffer, isScrambled: boolean): Buffer {
  const disc = Buffer.from(film);
  for (let at = 0; at + 2048 <= disc.length; at += 2048) {
    const packet = at + 14 + ((disc[at + 13] ?? 0) & 7);
    if (disc.readUInt32BE(packet) !== 0x1e0) continue;
    disc[packet + 6] = (disc[packet + 6] ?? 0) | 0x10;
    if (isScrambled) noise(disc.subarray(at + 128, at + 2048), at);
  }
  return disc;
}

/** A copy of a transport stream whose packets of picture and sound are marked as scrambled, and scrambled if that is wished. */
function scrambledBroadcast(stream: Buffer, isScrambled: boolean): Buffer {
  const broadcast = Buffer.from(stream);
  for (let at = 0; at < broadcast.length; at += 188) {
    const control = broadcast[at + 3] ?? 0;
    if ((broadcast.readUInt16BE(at + 1) & 0x1fff) < 0x100) continue;
    if ((broadcast.readUInt16BE(at + 1) & 0x1fff) >= 0x1000) continue;
    broadcast[at + 3] = control | 0x80;
    const from = at + 4 + ((control & 0x20) === 0 ? 0 : 1 + (broadcast[at + 4] ?? 0));
    if (isScrambled) noise(broadcast.subarray(from, at + 188), at);
  }
  return broadcast;
}

/** A copy of an ASF file with one more object at the end of its header. */
function withAsfObject(file: Buffer, id: string): Buffer {
  const object = Buffer.concat([Buffer.from(id, 'hex'), Buffer.alloc(8), Buffer.alloc(16)]);
  object.writeBigUInt64LE(BigInt(object.length), 16);
  const header = Number(file.readBigUInt64LE(16));
  const longer = Buffer.concat([file.subarray(0, header), object, file.subarray(header)]);
  longer.writeBigUInt64LE(BigInt(header + object.length), 16);
  longer.writeUInt32LE(file.readUInt32LE(24) + 1, 24);
  return longer;
}

describe('A file that is locked to whoever bought it', function () {
  let folder: TestFolder;

  beforeEach(async () => {
    folder = await testFolder();
  });

  afterEach(() => folder.remove());

  /** A clip of picture and sound. */
  async function clip(name: string, ...words: readonly string[]): Promise<Buffer> {
    await ffmpeg(...picture('320x180', '25', 2), ...tone(2), ...words, folder.join(name));
    return readFile(folder.join(name));
  }

  async function codeOf(name: string, content: Uint8Array): Promise<string | undefined> {
    await writeFile(folder.join(name), content);
    return probe(folder.join(name)).then(
      () => undefined,
      (error: unknown) => (error instanceof TranscodeError ? error.code : String(error)),
    );
  }

  it('is refused as an MP4 with Common Encryption, in one piece or in fragments', async () => {
    const keys = ['-encryption_key', '00112233445566778899aabbccddeeff'];
    const encryption = ['-encryption_scheme', 'cenc-aes-ctr', ...keys, '-encryption_kid', '0'.repeat(32)];
    for (const flags of [[], ['-movflags', '+faststart'], ['-movflags', 'frag_keyframe+empty_moov']]) {
      const locked = await clip('locked.mp4', ...QUICK_H264, '-c:a', 'aac', ...flags, ...encryption);
      expect(await codeOf('locked.mp4', locked), flags.join(' ')).to.equal('copy-protected');
    }
  });

  it('is refused as an MP4 of a shop, where only the name of the coding tells it', async () => {
    const open = await clip('open.mp4', ...QUICK_H264, '-c:a', 'aac');
    const locked = Buffer.from(open);
    locked.write('drms', locked.indexOf('mp4a', locked.indexOf('stsd')), 'latin1');
    expect(await codeOf('shop.m4v', locked)).to.equal('copy-protected');
    expect(await codeOf('open.mp4', open)).to.equal(undefined);
  });

  it('is refused as a Windows Media file with a licence', async () => {
    const open = await clip('open.wmv', '-c:v', 'wmv2', '-c:a', 'wmav2');
    for (const id of ['fbb3112223bdd211b4b700a0c955fc6e', '14e68a292226174cb935dae07ee9289c'])
      expect(await codeOf('locked.wmv', withAsfObject(open, id)), id).to.equal('copy-protected');
    expect(await codeOf('open.wmv', open)).to.equal(undefined);
  });

  it('is looked for no further than a file can reach', async () => {
    const spoilt = withAsfObject(await clip('open.wmv', '-c:v', 'wmv2', '-c:a', 'wmav2'), 'ab'.repeat(16));
    // The first object claims 2^64 − 1 bytes, and so does the file.
    spoilt.fill(0xff, 30 + 16, 30 + 24);
    const properties = spoilt.indexOf(Buffer.from('a1dcab8c47a9cf118ee400c00c205365', 'hex'));
    spoilt.fill(0xff, properties + 40, properties + 48);
    expect(await codeOf('spoilt.wmv', spoilt)).to.be.oneOf([
      undefined,
      'not-media',
      'truncated-media',
      'no-track',
    ]);
    const film = await clip('open.mp4', ...QUICK_H264, '-c:a', 'aac');
    const wide = Buffer.concat([Buffer.from('00000001667265650000000000000000', 'hex'), film]);
    wide.fill(0xff, 8, 16);
    expect(await codeOf('spoilt.mp4', wide)).to.be.oneOf([
      undefined,
      'not-media',
      'truncated-media',
      'no-track',
    ]);
  });

  it('is refused as a Matroska file with an encrypted track', async () => {
    await ffmpeg(...picture('320x180', '25', 1), '-c:v', 'mjpeg', folder.join('clip.avi'));
    const encryption = element('5035', element('47e1', u8(5)), element('47e2', Buffer.alloc(16, 7)));
    const encoding = element('6240', element('5032', u8(1)), element('5033', u8(1)), encryption);
    const pictures = jpegsOf(await readFile(folder.join('clip.avi')));
    const locked = matroska({ pictures, track: [element('6d80', encoding)] });
    expect(await codeOf('locked.mkv', locked)).to.equal('copy-protected');
    expect(await codeOf('open.mkv', matroska({ pictures }))).to.equal(undefined);
  });

  it('is refused as a film off a DVD, but not when only the mark was left on it', async () => {
    const film = await clip('film.vob', ...['-c:v', 'mpeg2video', '-b:v', '2M', '-c:a', 'ac3', '-f', 'vob']);
    expect(await codeOf('locked.vob', scrambledDisc(film, true))).to.equal('copy-protected');
    expect(await codeOf('marked.vob', scrambledDisc(film, false))).to.equal(undefined);
  });

  it('is refused as a programme that was recorded without a card, but not when only the mark was left on it', async () => {
    const words = ['-c:v', 'mpeg2video', '-b:v', '1M', '-c:a', 'mp2'];
    const programme = await clip('programme.ts', ...words);
    expect(await codeOf('locked.ts', scrambledBroadcast(programme, true))).to.equal('copy-protected');
    expect(await codeOf('marked.ts', scrambledBroadcast(programme, false))).to.equal(undefined);
  });
});
