import { getEventListeners } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';

import { expect } from 'chai';
import HLS from 'hls-parser';
import { createFile } from 'mp4box';
import { openStore, type ObjectStore } from 'yuanjiao/storage';
import {
  transcode,
  transcodeToFolder,
  type TranscodeOptions,
  type TranscodeResult,
} from 'yuanjiao/transcoder';

import {
  ffmpeg,
  ffprobe,
  lowestPsnr,
  packetTimes,
  picture,
  pictureDigests,
  QUICK_H264,
  testFolder,
  tone,
  type TestFolder,
} from '../support/media.ts';

describe('transcode', function () {
  let folder: TestFolder;
  let store: ObjectStore;

  beforeEach(async () => {
    folder = await testFolder();
    store = await openStore(`folder:${folder.join('objects')}`);
  });

  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  /** Transcodes and answers with the result and the path of an object. */
  async function make(
    words: readonly string[],
    name = 'source.mp4',
    options: TranscodeOptions = {},
  ): Promise<{ result: TranscodeResult; at: (key: string) => string }> {
    await ffmpeg(...words, folder.join(name));
    const result = await transcodeToFolder(folder.join(name), folder.join('lecture'), options);
    return { result, at: (key) => folder.join('lecture', key) };
  }

  interface Probed {
    streams: {
      width?: number;
      height?: number;
      r_frame_rate?: string;
      channels?: number;
      sample_aspect_ratio?: string;
    }[];
    format: { duration: string };
  }

  function look(path: string): Promise<Probed> {
    return ffprobe<Probed>('-show_streams', '-show_format', path);
  }

  it('makes every size from spans that join to the picture, with the sound beside them', async () => {
    const { result, at } = await make([
      ...picture('1280x720', '30000/1001', 20),
      ...tone(20),
      ...QUICK_H264,
      ...['-c:a', 'aac', '-ac', '2'],
    ]);
    expect(result.renditions).to.deep.equal(['360p', '480p', '720p', 'audio']);
    expect(result.duration).to.be.closeTo(20, 0.05);

    for (const rendition of ['360p', '480p', '720p']) {
      const times = await packetTimes(at(`${rendition}/index.m3u8`), 'v:0');
      // ffprobe adds the reordering delay of two pictures to what it reads.
      expect(times[0]).to.be.within(0, 0.1);
      times.slice(1).forEach((time, position) => {
        expect(time - (times[position] ?? 0)).to.be.closeTo(1001 / 30_000, 0.0001);
      });
      expect(times.length).to.equal(Math.round((result.duration * 30_000) / 1001));
    }
    const sound = await packetTimes(at('audio/index.m3u8'), 'a:0');
    sound.slice(1).forEach((time, position) => {
      expect(time - (sound[position] ?? 0)).to.be.closeTo(1024 / 48_000, 0.0001);
    });
    // The whole lecture decodes without a complaint, and no two neighbouring pictures of a running clock are the same.
    const digests = await pictureDigests(at('360p/index.m3u8'));
    expect(digests.length).to.equal(Math.round((result.duration * 30_000) / 1001));
  });

  it('cuts a varying rate into the same pictures as one uncut encode has', async () => {
    // A lossless source and a size that is not scaled, so that only the choice of pictures can differ.
    const { at } = await make(
      [
        ...picture('320x180', '30', 21),
        ...['-vf', "select='gt(random(1)\\,0.6)+eq(n\\,0)'", '-fps_mode', 'vfr', ...QUICK_H264],
      ],
      'source.mkv',
    );
    await ffmpeg(
      ...['-i', folder.join('source.mkv'), '-vf', 'fps=30:start_time=0', '-c:v', 'libx264', '-qp', '0'],
      folder.join('uncut.mp4'),
    );
    const cut = await packetTimes(at('180p/index.m3u8'), 'v:0');
    const uncut = await packetTimes(folder.join('uncut.mp4'), 'v:0');
    expect(cut.length).to.be.closeTo(uncut.length, 2);
    expect(await lowestPsnr(at('180p/index.m3u8'), folder.join('uncut.mp4'))).to.be.greaterThan(26);
  });

  it('has its playlists and objects accepted by independent readers', async () => {
    const { result, at } = await make([
      ...picture('640x360', '25', 20),
      ...tone(20),
      ...QUICK_H264,
      '-c:a',
      'aac',
    ]);
    const multivariant = HLS.parse(await readFile(at('index.m3u8'), 'utf8')) as HLS.types.MasterPlaylist;
    expect(multivariant.isMasterPlaylist).to.equal(true);
    expect(multivariant.independentSegments).to.equal(true);
    const names = new Set<string>();
    for (const rendition of result.renditions) {
      const media = HLS.parse(
        await readFile(at(`${rendition}/index.m3u8`), 'utf8'),
      ) as HLS.types.MediaPlaylist;
      expect(media.playlistType).to.equal('VOD');
      expect(media.endlist).to.equal(true);
      for (const segment of media.segments) {
        expect(Math.round(segment.duration)).to.be.at.most(media.targetDuration);
        names.add(`${rendition}/${segment.uri}`);
      }
    }
    for (const name of names) {
      await look(at(name));
      const bytes = await readFile(at(name));
      const file = createFile();
      let tracks = 0;
      let fault: string | undefined;
      file.onReady = (info: { tracks: unknown[] }): void => void (tracks = info.tracks.length);
      file.onError = (_module: string, message: string): void => void (fault = message);
      const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as Parameters<
        typeof file.appendBuffer
      >[0];
      buffer.fileStart = 0;
      file.appendBuffer(buffer);
      file.flush();
      expect(fault, name).to.equal(undefined);
      expect(tracks, name).to.equal(1);
    }
  });

  it('declares rates that are measured on what was made', async () => {
    const { at } = await make([...picture('640x360', '25', 24), ...tone(24), ...QUICK_H264, '-c:a', 'aac']);
    const multivariant = HLS.parse(await readFile(at('index.m3u8'), 'utf8')) as HLS.types.MasterPlaylist;
    const rates = async (rendition: string): Promise<{ average: number; peak: number }> => {
      const media = HLS.parse(
        await readFile(at(`${rendition}/index.m3u8`), 'utf8'),
      ) as HLS.types.MediaPlaylist;
      const bits = media.segments.map((segment) => ({
        size: (segment.byterange?.length ?? 0) * 8,
        time: segment.duration,
      }));
      const average =
        bits.reduce((sum, { size }) => sum + size, 0) / bits.reduce((sum, { time }) => sum + time, 0);
      return {
        average,
        peak: Math.max(...bits.filter(({ time }) => time > 3).map(({ size, time }) => size / time)),
      };
    };
    const sound = await rates('audio');
    for (const variant of multivariant.variants.filter(
      (candidate) => candidate.resolution !== undefined && !candidate.isIFrameOnly,
    )) {
      const video = await rates(variant.uri.replace('/index.m3u8', ''));
      expect(variant.averageBandwidth ?? 0).to.be.closeTo(
        video.average + sound.average,
        variant.bandwidth * 0.02,
      );
      expect(variant.bandwidth).to.be.closeTo(video.peak + sound.peak, variant.bandwidth * 0.1);
      expect(variant.codecs).to.match(/^avc1\.6400[0-9a-f]{2},mp4a\.40\.2$/);
      expect(variant.frameRate).to.equal(25);
    }
  });

  it('keeps 4:3 as 4:3 when the samples of a tape are wide', async () => {
    const { result, at } = await make(
      [...picture('720x576', '25', 7), '-vf', 'setsar=16/15', '-c:v', 'mpeg2video', '-g', '15', '-bf', '2'],
      'tape.mpg',
    );
    expect(result.renditions).to.deep.equal(['360p', '480p', '576p']);
    const { streams } = await look(at('576p/index.m3u8'));
    expect([streams[0]?.width, streams[0]?.height]).to.deep.equal([768, 576]);
    expect(streams[0]?.sample_aspect_ratio).to.equal('1:1');
  });

  it('turns an upright phone clip and counts its lines on the short side', async () => {
    await ffmpeg(...picture('1280x720', '30', 7), ...QUICK_H264, folder.join('flat.mp4'));
    const { result, at } = await make(
      ['-i', folder.join('flat.mp4'), '-c', 'copy', '-metadata:s:v', 'rotate=90'],
      'phone.mp4',
    );
    expect(result.renditions).to.deep.equal(['360p', '480p', '720p']);
    const { streams } = await look(at('360p/index.m3u8'));
    expect([streams[0]?.width, streams[0]?.height]).to.deep.equal([360, 640]);
  });

  it('never upscales, and rounds odd sizes to even ones', async () => {
    const { result, at } = await make(
      [...picture('427x241', '25', 7), '-c:v', 'mpeg4', '-q:v', '3', '-bf', '2'],
      'odd.avi',
    );
    expect(result.renditions).to.deep.equal(['240p']);
    const { streams } = await look(at('240p/index.m3u8'));
    expect([(streams[0]?.width ?? 0) % 2, (streams[0]?.height ?? 0) % 2]).to.deep.equal([0, 0]);
  });

  it('halves 50 and 60 pictures a second', async () => {
    const { at } = await make([...picture('320x180', '60000/1001', 7), ...QUICK_H264]);
    const { streams } = await look(at('180p/index.m3u8'));
    expect(streams[0]?.r_frame_rate).to.equal('30000/1001');
  });

  it('makes a lecture without sound, and says so', async () => {
    const { result, at } = await make([...picture('320x180', '25', 7), ...QUICK_H264]);
    expect(result.renditions).to.deep.equal(['180p']);
    expect(result.warnings).to.include('没有声音。');
    expect(await readFile(at('index.m3u8'), 'utf8')).not.to.include('AUDIO');
  });

  it('makes a lecture of sound alone, with a still for the screen', async () => {
    const { result, at } = await make([...tone(20), '-c:a', 'libmp3lame'], 'speech.mp3');
    expect(result.renditions).to.deep.equal(['720p', 'audio']);
    expect(Number((await look(at('audio/index.m3u8'))).format.duration)).to.be.closeTo(20, 0.25);
    const { streams } = await look(at('720p/index.m3u8'));
    expect(streams[0]).to.include({ width: 1280, height: 720, r_frame_rate: '5/1' });
  });

  it('fills a late start of the sound with silence, so that it stays with the picture', async () => {
    const { at } = await make([
      ...picture('320x180', '25', 10),
      ...['-itsoffset', '4', ...tone(5)],
      ...['-map', '0:v', '-map', '1:a', ...QUICK_H264, '-c:a', 'aac'],
    ]);
    await ffmpeg(
      ...[
        '-i',
        at('audio/index.m3u8'),
        '-af',
        `silencedetect=n=-40dB:d=1,ametadata=print:file=${folder.join('silence.txt')}`,
      ],
      ...['-f', 'null', '-'],
    );
    const text = await readFile(folder.join('silence.txt'), 'utf8');
    expect(Number(/silence_end=([\d.]+)/.exec(text)?.[1])).to.be.closeTo(4, 0.05);
    expect(Number((await look(at('audio/index.m3u8'))).format.duration)).to.be.closeTo(10, 0.05);
  });

  it('makes 1080p when asked, and not otherwise', async () => {
    const words = [...picture('1920x1080', '25', 2), ...QUICK_H264];
    const { result } = await make(words, 'source.mp4', { includes1080p: true });
    expect(result.renditions).to.deep.equal(['360p', '480p', '720p', '1080p']);
  });

  it('takes what is there of a file that was cut off, and says how much is lost', async () => {
    await ffmpeg(
      ...[
        ...picture('640x360', '25', 30),
        ...tone(30),
        ...QUICK_H264,
        '-c:a',
        'aac',
        '-movflags',
        '+faststart',
      ],
      folder.join('whole.mp4'),
    );
    const bytes = await readFile(folder.join('whole.mp4'));
    await writeFile(folder.join('cut.mp4'), bytes.subarray(0, Math.round(bytes.length * 0.6)));
    const result = await transcode(folder.join('cut.mp4'), store);
    expect(result.duration).to.be.within(14, 22);
    expect(result.warnings.join()).to.match(/片尾缺失约 \d+ 秒/);
  });

  it('copies a source that fits for its own rung, to the bit, and cuts the others at the same pictures', async () => {
    const { result, at } = await make([
      ...[
        ...picture('640x480', '25', 20),
        ...tone(20),
        '-c:v',
        'libx264',
        '-preset',
        'veryfast',
        '-profile:v',
        'high',
      ],
      ...[
        '-b:v',
        '500k',
        '-maxrate',
        '600k',
        '-bufsize',
        '600k',
        '-bf',
        '2',
        '-g',
        '50',
        '-keyint_min',
        '50',
      ],
      ...['-sc_threshold', '0', '-c:a', 'aac'],
    ]);
    expect(result.renditions).to.deep.equal(['360p', '480p', 'audio']);
    expect(await pictureDigests(at('480p/index.m3u8'))).to.deep.equal(
      await pictureDigests(folder.join('source.mp4')),
    );
    const cuts = async (rendition: string): Promise<readonly string[]> =>
      [...(await readFile(at(`${rendition}/index.m3u8`), 'utf8')).matchAll(/#EXTINF:([\d.]+)/g)].map(
        (match) => match[1] ?? '',
      );
    expect(await cuts('480p')).to.deep.equal(await cuts('360p'));
    expect((await packetTimes(at('480p/index.m3u8'), 'v:0')).length).to.equal(500);
    expect((await packetTimes(at('360p/index.m3u8'), 'v:0')).length).to.equal(500);
  });

  it('encodes a source that only seems to fit, because its groups of pictures are open', async () => {
    const { result, at } = await make([
      ...[
        ...picture('320x180', '25', 14),
        '-c:v',
        'libx264',
        '-preset',
        'veryfast',
        '-profile:v',
        'high',
        '-b:v',
        '200k',
      ],
      ...['-bf', '2', '-g', '50', '-keyint_min', '50', '-sc_threshold', '0', '-x264-params', 'open-gop=1'],
    ]);
    expect(result.renditions).to.deep.equal(['180p']);
    expect(await pictureDigests(at('180p/index.m3u8'))).not.to.deep.equal(
      await pictureDigests(folder.join('source.mp4')),
    );
    expect((await packetTimes(at('180p/index.m3u8'), 'v:0')).length).to.equal(350);
  });

  it('stops on request and leaves no playlist behind', async () => {
    await ffmpeg(...picture('1280x720', '25', 40), ...QUICK_H264, folder.join('long.mp4'));
    const abort = new AbortController();
    let hasBegun = false;
    const making = transcode(folder.join('long.mp4'), store, {
      signal: abort.signal,
      scratchDir: folder.join('scratch'),
      onProgress: (status) => {
        if (status.stage !== 'transcoding' || hasBegun) return;
        hasBegun = true;
        abort.abort();
      },
    });
    const error = await making.then(
      () => undefined,
      (reason: unknown) => reason as { code?: string },
    );
    expect(error?.code).to.equal('canceled');
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    expect(keys.filter((key) => key.endsWith('.m3u8'))).to.deep.equal([]);
  });

  it('lets go of the signal that it was given', async () => {
    await ffmpeg(...picture('320x180', '25', 1), ...QUICK_H264, folder.join('short.mp4'));
    const { signal } = new AbortController();
    await transcode(folder.join('short.mp4'), store, { signal });
    expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
  });

  it('tells at once of options that cannot work', async () => {
    await ffmpeg(...picture('320x180', '25', 1), ...QUICK_H264, folder.join('short.mp4'));
    const refusal = async (options: TranscodeOptions, path = 'short.mp4'): Promise<unknown> =>
      transcode(folder.join(path), store, options).catch((thrown: unknown) => thrown);
    for (const concurrency of [0, 1.5, Number.NaN]) {
      expect(await refusal({ concurrency }))
        .to.be.instanceOf(RangeError)
        .with.property('message')
        .that.includes('concurrency');
    }
    expect(await refusal({ prefix: 'grafting/' })).to.have.property('code', 'invalid-key');
    expect(await refusal({ signal: AbortSignal.abort('no') })).to.include({ code: 'canceled', cause: 'no' });
    expect(await refusal({}, 'nowhere.mp4')).to.have.property('code', 'ENOENT');
    expect(await readdir(folder.join('objects/objects')).catch(() => [])).to.deep.equal([]);
  });
});
