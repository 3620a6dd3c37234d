import { readFile } from 'node:fs/promises';

import { expect } from 'chai';
import { flvBytes, flvHeader, FlvReader, LiveError, type FlvTag } from 'yuanjiao/live';

import { record, x264 } from '../../support/live-input.ts';
import { picture, testFolder, tone, type TestFolder } from '../../support/media.ts';

describe('FLV', function () {
  this.timeout(120_000);
  let folder: TestFolder;
  let file: Buffer;

  before(async () => {
    folder = await testFolder();
    await record(
      folder.join('a.flv'),
      ...picture('160x120', '25', 2),
      ...tone(2),
      ...x264(50, 2),
      '-c:a',
      'aac',
    );
    file = await readFile(folder.join('a.flv'));
  });

  after(() => folder.remove());

  function read(bytes: Buffer, pieceBytes: number): readonly FlvTag[] {
    const reader = new FlvReader();
    const tags: FlvTag[] = [];
    for (let at = 0; at < bytes.length; at += pieceBytes)
      tags.push(...reader.push(bytes.subarray(at, at + pieceBytes)));
    return tags;
  }

  function failureOf(work: () => unknown): LiveError {
    try {
      work();
    } catch (error) {
      expect(error).to.be.instanceOf(LiveError);
      return error as LiveError;
    }
    throw new Error('nothing was thrown');
  }

  it('is read and written again to the byte', () => {
    const tags = read(file, file.length);
    expect(tags.filter(({ kind }) => kind === 'video').length).to.be.above(50);
    const again = Buffer.concat([
      flvHeader({ video: true, audio: true }),
      ...tags.map((tag) => flvBytes(tag)),
    ]);
    expect(again.equals(file)).to.equal(true);
  });

  it('gives the same tags in whatever pieces it comes', () => {
    const whole = read(file, file.length);
    for (const pieceBytes of [1, 2, 7, 13, 1000, 65_536]) {
      expect(read(file, pieceBytes)).to.deep.equal(whole);
    }
  });

  it('keeps stamps of all 32 bits', () => {
    const tag: FlvTag = { kind: 'data', timestampMs: 0xfedcba98, body: Buffer.from('x') };
    expect(read(Buffer.concat([flvHeader({ video: true, audio: false }), flvBytes(tag)]), 5)).to.deep.equal([
      tag,
    ]);
  });

  it('gives what came whole before the stream broke, and then says so every time', () => {
    const broken = Buffer.concat([file.subarray(0, 20_000), Buffer.from('garbage that is no tag'), file]);
    const reader = new FlvReader();
    expect(reader.push(broken).length).to.be.above(5);
    const failures = [file, file].map((bytes) => failureOf(() => reader.push(bytes)).code);
    expect(failures).to.deep.equal(['flv-unreadable', 'flv-unreadable']);
  });

  it('refuses what is no FLV, with what to do', () => {
    for (const text of [
      '<html><body>not here</body></html>',
      '\0'.repeat(40),
      'FLV\x01\x05\xff\xff\xff\xff',
      'FLV\x01\x05\0\0\0\x02',
    ]) {
      const error = failureOf(() => new FlvReader().push(Buffer.from(text, 'latin1')));
      expect(error.code).to.equal('flv-unreadable');
      expect(error.message).to.include('Start the stream again');
    }
  });

  it('refuses a tag that is too large before it is there', () => {
    const head = Buffer.concat([
      flvHeader({ video: true, audio: true }),
      Buffer.from([9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0]),
    ]);
    expect(failureOf(() => new FlvReader().push(head)).code).to.equal('flv-tag-too-large');
    const reader = new FlvReader({ maxTagBytes: 100 });
    expect(failureOf(() => [reader.push(file), reader.push(file)]).code).to.equal('flv-tag-too-large');
  });
});
