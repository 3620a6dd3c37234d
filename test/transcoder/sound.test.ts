import { readFile } from 'node:fs/promises';

import { expect } from 'chai';
import HLS from 'hls-parser';
import { transcodeToFolder, type GenerationStatus, type TrackReport } from 'yuanjiao/transcoder';

import { ffmpeg, ffprobe, QUICK_H264, testFolder, type TestFolder } from '../support/media.ts';
import { levelAfter, meter, recordSpeech, SPEECH_LUFS } from '../support/sound-media.ts';

const SECONDS = 12;

describe('the sound of a lecture', function () {
  let folder: TestFolder;
  let recording: TestFolder;

  before(async () => {
    recording = await testFolder();
    await recordSpeech(recording.join('speech.wav'), SECONDS);
  });

  after(async () => {
    await recording.remove();
  });

  beforeEach(async () => {
    folder = await testFolder();
  });

  afterEach(async () => {
    await folder.remove();
  });

  function speech(filters: string): readonly string[] {
    return lavfi(`amovie=${recording.join('speech.wav')},${filters}`);
  }

  function lavfi(graph: string): readonly string[] {
    return ['-f', 'lavfi', '-i', graph];
  }

  /** A lecture with a black picture and these tracks; its playlists and what was said about its sound. */
  async function make(
    tracks: readonly (readonly string[])[],
    words: readonly string[] = [],
    seconds = SECONDS,
  ): Promise<{
    at: (name: string) => string;
    sound: readonly TrackReport[];
    warnings: readonly string[];
    renditions: readonly string[];
  }> {
    await ffmpeg(
      ...lavfi(`color=black:s=160x90:r=25:d=${seconds}`),
      ...tracks.flat(),
      ...['-map', '0', ...tracks.flatMap((_, index) => ['-map', String(index + 1)])],
      ...[...QUICK_H264, '-c:a', 'pcm_s16le', ...words],
      folder.join('source.mkv'),
    );
    let last: GenerationStatus | undefined;
    const { warnings, renditions } = await transcodeToFolder(
      folder.join('source.mkv'),
      folder.join('lecture'),
      { onProgress: (status) => (last = status) },
    );
    const at = (name: string): string => folder.join('lecture', name, 'index.m3u8');
    return { at, sound: last?.sound ?? [], warnings, renditions };
  }

  async function channelsOf(path: string): Promise<number | undefined> {
    const { streams } = await ffprobe<{ streams: { channels?: number }[] }>('-show_streams', path);
    return streams[0]?.channels;
  }

  it('comes out at -23 LUFS and at most -1 dBTP, in mono, however loud it went in', async () => {
    const { at, sound, warnings } = await make([
      speech('volume=-12dB'),
      speech('volume=-31dB,pan=stereo|c0=c0|c1=c0'),
      speech('volume=0dB,pan=stereo|c0=c0|c1=c0'),
      // Amplified far beyond full scale and cut off there, as by an input that was set too high.
      speech('volume=26dB'),
    ]);
    for (const { name } of sound) {
      const made = await meter(at(name));
      expect(made.loudness, name).to.be.closeTo(-23, 0.5);
      expect(made.truePeak, name).to.be.at.most(-1);
      expect(await channelsOf(at(name)), name).to.equal(1);
    }
    const source = await meter(folder.join('source.mkv'));
    expect(sound[0]?.loudness).to.be.closeTo(source.loudness, 0.15);
    expect(sound[0]?.truePeak).to.be.closeTo(source.truePeak, 0.15);
    expect(warnings.filter((warning) => warning.includes('声音偏小'))).to.have.length(1);
    expect(warnings.filter((warning) => warning.includes('削波'))).to.have.length(1);
    expect(warnings.find((warning) => warning.includes('削波'))).to.match(/^音轨“音轨 4”：/);
  });

  it('loses no channel, whichever is dead or turned over, and holds rare peaks and wide ranges', async () => {
    const { at, sound, warnings } = await make(
      [
        speech('pan=stereo|c1=c0'),
        speech('pan=stereo|c0=c0|c1=-1*c0'),
        // A knock on the table every five seconds, 30 dB above a quiet voice.
        speech("volume='if(lt(mod(t,5),0.03),0.9,0.03)':eval=frame"),
        // Somebody in the last row for half of the time, then the lecturer at the microphone.
        speech(`aloop=1:${SECONDS * 48_000},volume='if(lt(t,${SECONDS}),0.07,0.6)':eval=frame`),
      ],
      [],
      2 * SECONDS,
    );
    expect(sound.map(({ mix, method }) => [mix, method])).to.deep.equal([
      ['right', 'gain'],
      ['inverted', 'gain'],
      ['mono', 'limiter'],
      ['mono', 'leveller'],
    ]);
    for (const { name } of sound) {
      const made = await meter(at(name));
      expect(made.loudness, name).to.be.closeTo(-23, 1);
      expect(made.truePeak, name).to.be.at.most(-1);
    }
    expect((await meter(at('audio-4'))).range).to.be.below((sound[3]?.loudnessRange ?? 0) - 5);
    expect(warnings.join())
      .to.include('只有右声道有声音')
      .and.to.include('相位相反')
      .and.to.include('忽大忽小');
  });

  it('keeps the speech of 5.1 in front, leaves what is right as it is, and does not blow up silence', async () => {
    const surround =
      'aevalsrc=0.2*sin(2*PI*300*t)|0.2*sin(2*PI*300*t)|0.2*sin(2*PI*1500*t)|0.5*sin(2*PI*50*t)|' +
      '0.2*sin(2*PI*6000*t)|0.2*sin(2*PI*6000*t):c=5.1:s=48000:d=12';
    const { at, sound, warnings, renditions } = await make([
      lavfi(surround),
      speech(`volume=${-22.6 - SPEECH_LUFS}dB`),
      lavfi(`anoisesrc=color=pink:amplitude=0.01:d=${SECONDS}:r=48000`),
      lavfi(`anullsrc=r=48000:d=${SECONDS}`),
    ]);
    const front = await levelAfter(at('audio'), 'bandpass=f=300:w=100');
    const centre = await levelAfter(at('audio'), 'bandpass=f=1500:w=100');
    const behind = await levelAfter(at('audio'), 'bandpass=f=6000:w=100');
    // Two front channels with the same tone add up to 6 dB: the centre is as strong as both together.
    expect(centre - front).to.be.within(-1, 1);
    expect(centre - behind).to.be.greaterThan(4);
    expect(await channelsOf(at('audio'))).to.equal(1);

    expect(sound[1]).to.include({ method: 'none', gain: 0 });
    expect((await meter(at('audio-2'))).loudness).to.be.closeTo(sound[1]?.loudness ?? 0, 0.2);

    expect(sound[2]).to.include({ gain: 26 });
    expect((await meter(at('audio-3'))).loudness).to.be.closeTo((sound[2]?.loudness ?? 0) + 26, 0.5);

    expect(sound[3]).to.include({ method: 'none' });
    expect(renditions).not.to.include('audio-4');
    expect(await readFile(folder.join('lecture', 'index.m3u8'), 'utf8')).not.to.include('audio-4');
    expect(warnings.join()).to.include('声音太小').and.to.include('几乎没有声音');
  });

  it('gives way to another track where the one marked as default is silent', async () => {
    const { renditions } = await make(
      [lavfi('anullsrc=r=48000:d=2'), speech('atrim=end=2')],
      ['-disposition:a:0', 'default', '-disposition:a:1', '0'],
      2,
    );
    expect(renditions).to.deep.equal(['90p', 'audio', 'audio-2']);
    const text = await readFile(folder.join('lecture', 'index.m3u8'), 'utf8');
    expect(text)
      .to.match(/DEFAULT=YES.*URI="audio-2/)
      .and.to.match(/DEFAULT=NO.*URI="audio\//);
    expect(text).to.match(/STREAM-INF:BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,CODECS="mp4a.*\naudio-2\//);
  });

  it('offers every language by its name, keeps commentaries back, and stays a choice for phones', async () => {
    const quick = speech('atrim=end=2');
    const { renditions, warnings } = await make(
      [quick, quick, quick, quick, quick],
      [
        ...['-disposition:a:0', 'comment', '-metadata:s:a:0', 'language=eng'],
        ...['-disposition:a:1', '0', '-metadata:s:a:1', 'language=wuu'],
        ...['-disposition:a:2', 'default', '-metadata:s:a:2', 'language=chi'],
        ...['-disposition:a:3', '0', '-metadata:s:a:3', 'title=现场声'],
      ],
      2,
    );
    expect(renditions).to.deep.equal(['90p', 'audio', 'audio-2', 'audio-3', 'audio-4']);
    expect(warnings).to.include('文件里有 5 条音轨，只保留了 4 条。');
    const text = await readFile(folder.join('lecture', 'index.m3u8'), 'utf8');
    const multivariant = HLS.parse(text) as HLS.types.MasterPlaylist;
    const picture = multivariant.variants.find(({ resolution }) => resolution !== undefined);
    const facts = picture?.audio.map(({ name, language, isDefault, autoselect, uri }) => [
      ...[name, language, isDefault, autoselect, uri],
    ]);
    expect(facts).to.deep.equal([
      ['中文', 'zh', true, true, 'audio/index.m3u8'],
      ['英语评论', 'en', false, false, 'audio-2/index.m3u8'],
      ['吴语', 'wuu', false, true, 'audio-3/index.m3u8'],
      ['现场声', undefined, false, true, 'audio-4/index.m3u8'],
    ]);
    const alone = multivariant.variants.find(({ resolution }) => resolution === undefined);
    expect(alone?.uri).to.equal('audio/index.m3u8');
    expect(alone?.bandwidth).to.be.below(90_000);
  });
});
