import { readFile, writeFile } from 'node:fs/promises';

import { expect } from 'chai';
import { openBox, probe, TranscodeError, type MediaInfo } from 'yuanjiao/transcoder';

import { sourceWarnings } from '../../transcoder/source-warnings.ts';
import { ffmpeg, picture, QUICK_H264, testFolder, tone, type TestFolder } from '../support/media.ts';

/** Seconds that a producer is told are missing at the end; undefined where he is told nothing of the kind. */
function lostTailOf(media: MediaInfo): string | undefined {
  return /片尾缺失约 (\d+) 秒/.exec(sourceWarnings(media).join())?.[1];
}

describe('probe', function () {
  let folder: TestFolder;

  beforeEach(async () => {
    folder = await testFolder();
  });

  afterEach(() => folder.remove());

  async function refusalOf(name: string, content: string | Uint8Array): Promise<TranscodeError> {
    await writeFile(folder.join(name), content);
    const error = await probe(folder.join(name)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(TranscodeError);
    return error as TranscodeError;
  }

  it('tells what is in a file', async () => {
    await ffmpeg(
      ...[
        ...picture('640x360', '25', 4),
        ...tone(4),
        ...QUICK_H264,
        '-c:a',
        'aac',
        '-metadata:s:a:0',
        'language=chi',
      ],
      folder.join('clip.mp4'),
    );
    const media = await probe(folder.join('clip.mp4'));
    expect(media.video).to.include({ codec: 'h264', displayWidth: 640, displayHeight: 360, rotation: 0 });
    expect(media.frames).to.include({ count: 100, isConstantRate: true });
    expect(media.duration).to.be.closeTo(4, 0.001);
    expect(media.audio).to.have.length(1);
    expect(media.audio[0]).to.include({ codec: 'aac', language: 'chi' });
  });

  it('runs in a sandbox on this machine', async () => {
    const box = await openBox();
    expect(box.weakness).to.equal(undefined);
    expect(box.kind).to.equal('bubblewrap');
  });

  it('refuses an empty file', async () => {
    const error = await refusalOf('empty.mp4', '');
    expect(error.code).to.equal('empty-file');
    expect(error.message).to.include('Upload it again');
  });

  it('refuses text, whatever its name', async () => {
    const error = await refusalOf('lecture.mp4', '这不是视频，只是一段文字。\n'.repeat(500));
    expect(['not-media', 'refused-format']).to.include(error.code);
  });

  it('refuses random bytes', async () => {
    const bytes = Uint8Array.from(
      { length: 100_000 },
      (_, position) => (position * 7919 + (position >> 3) * 31) & 0xff,
    );
    const error = await refusalOf('lecture.mp4', bytes);
    expect(['not-media', 'refused-format']).to.include(error.code);
  });

  it('refuses an MP4 whose index is missing, and says what to do', async () => {
    await ffmpeg(...picture('320x180', '25', 4), ...QUICK_H264, folder.join('whole.mp4'));
    const whole = await readFile(folder.join('whole.mp4'));
    const error = await refusalOf('cut.mp4', whole.subarray(0, Math.round(whole.length * 0.7)));
    expect(error.code).to.equal('truncated-media');
    expect(error.message).to.include('Upload it again');
  });

  it('refuses a file of too many tracks, and says how many it takes', async () => {
    const tracks = Array.from({ length: 33 }, () => ['-map', '0']).flat();
    await ffmpeg(...tone(1), ...tracks, '-c:a', 'libmp3lame', folder.join('whole.mkv'));
    const error = await refusalOf('lecture.mkv', await readFile(folder.join('whole.mkv')));
    expect(error.code).to.equal('too-many-tracks');
    expect(error.message).to.include('more than 32 tracks');
  });

  it('refuses a decoder that nobody needs', async () => {
    await ffmpeg(...picture('320x180', '25', 1), '-c:v', 'magicyuv', folder.join('rare.avi'));
    const error = await refusalOf('lecture.avi', await readFile(folder.join('rare.avi')));
    expect(error.code).to.equal('refused-format');
    expect(error.message).to.include('Export the lecture as MP4');
  });

  it('misses nothing of a recording that begins late, and only what is cut off of one that was cut', async () => {
    const late = ['-output_ts_offset', '50', '-g', '25'];
    for (const [name, ...codecs] of [
      ['late.mp4', ...QUICK_H264, '-c:a', 'aac', '-movflags', '+faststart'],
      ['late.mkv', ...QUICK_H264, '-c:a', 'aac'],
      ['late.wmv', '-c:v', 'wmv2', '-c:a', 'wmav2'],
    ] as const) {
      const path = folder.join(name);
      await ffmpeg(...picture('160x90', '25', 10), ...tone(10), ...codecs, ...late, path);
      expect(lostTailOf(await probe(path)), name).to.equal(undefined);
      const whole = await readFile(path);
      await writeFile(path, whole.subarray(0, Math.round(whole.length / 2)));
      const cut = await probe(path);
      expect(Number(lostTailOf(cut)), name).to.be.closeTo(10 - cut.duration, 0.6);
    }
  });

  it('notices a second recording that was joined byte by byte, where nothing reads it', async () => {
    for (const [name, ...codecs] of [
      ['joined.mp4', ...QUICK_H264, '-c:a', 'aac'],
      ['joined.wmv', '-c:v', 'wmv2', '-c:a', 'wmav2'],
    ] as const) {
      const path = folder.join(name);
      await ffmpeg(...picture('320x180', '25', 2), ...tone(2), ...codecs, path);
      expect((await probe(path)).unreadShare, name).to.equal(0);
      const one = await readFile(path);
      await writeFile(path, Buffer.concat([one, one]));
      const media = await probe(path);
      expect(media.unreadShare, name).to.be.closeTo(0.5, 0.01);
      expect(sourceWarnings(media).join(), name).to.include('只能读到第一段，后面约 50% 的内容没有用上');
    }
  });

  it('believes the bytes of a Windows Media file before its time', async () => {
    await ffmpeg(
      ...[...picture('320x180', '25', 4), ...tone(4), '-c:v', 'wmv2', '-c:a', 'wmav2'],
      folder.join('talk.wmv'),
    );
    const file = await readFile(folder.join('talk.wmv'));
    const properties = file.indexOf(Buffer.from('a1dcab8c47a9cf118ee400c00c205365', 'hex'));
    const playTime = properties + 64;
    file.writeBigUInt64LE(36_000n * 10_000_000n, playTime);
    await writeFile(folder.join('talk.wmv'), file);
    expect(lostTailOf(await probe(folder.join('talk.wmv')))).to.equal(undefined);
  });

  it('leaves out a sound track of unknown coding beside a known one, and refuses a lecture that has no other', async () => {
    const tracks = ['-map', '0', '-map', '1', '-map', '1', ...QUICK_H264, '-c:a', 'aac'];
    await ffmpeg(...picture('320x180', '25', 2), ...tone(2), ...tracks, folder.join('known.mp4'));
    const spatial = await readFile(folder.join('known.mp4'));
    const rename = (type: string, name: string): void => {
      spatial.write(name, spatial.lastIndexOf(type), 'latin1');
    };
    rename('mp4a', 'apac');
    rename('esds', 'free');
    await writeFile(folder.join('spatial.mp4'), spatial);
    const media = await probe(folder.join('spatial.mp4'));
    expect(media.audio.map(({ codec }) => codec)).to.deep.equal(['aac']);
    rename('mp4a', 'apac');
    rename('esds', 'free');
    const error = await refusalOf('only-spatial.mp4', spatial);
    expect(error.code).to.equal('refused-format');
    expect(error.message).to.include('The sound is coded');
  });

  it('tells a picture of unknown coding from a damaged one', async () => {
    await ffmpeg(...picture('320x180', '25', 1), ...QUICK_H264, folder.join('known.mp4'));
    const unknown = await readFile(folder.join('known.mp4'));
    unknown.write('aprn', unknown.lastIndexOf('avc1'), 'latin1');
    unknown.write('free', unknown.lastIndexOf('avcC'), 'latin1');
    const error = await refusalOf('unknown.mp4', unknown);
    expect(error.code).to.equal('refused-format');
    expect(error.message).to.include('The picture is coded');
  });

  it('takes a cover in a sound file for no picture', async () => {
    await ffmpeg(...['-f', 'lavfi', '-i', 'color=s=64x64:d=1', '-frames:v', '1'], folder.join('cover.png'));
    await ffmpeg(
      ...[...tone(3), '-i', folder.join('cover.png'), '-map', '0', '-map', '1'],
      ...['-c:a', 'libmp3lame', '-c:v', 'copy', '-disposition:v', 'attached_pic'],
      folder.join('talk.mp3'),
    );
    const media = await probe(folder.join('talk.mp3'));
    expect(media.video).to.equal(undefined);
    expect(media.audio).to.have.length(1);
  });

  it('reads a name that looks like an option or a protocol as a name', async () => {
    await ffmpeg(...picture('64x64', '25', 1), ...QUICK_H264, folder.join('plain.mp4'));
    for (const name of ['-version.mp4', 'concat:a|b.mp4', '%03d.mp4', '中文 名.mp4']) {
      await writeFile(folder.join(name), await readFile(folder.join('plain.mp4')));
      expect((await probe(folder.join(name))).duration, name).to.be.closeTo(1, 0.05);
    }
  });
});
