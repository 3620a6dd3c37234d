import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

import { expect } from 'chai';
import HLS from 'hls-parser';
import { transcodeToFolder, type PackageList } from 'yuanjiao/transcoder';

import { captionWarnings } from '../../../transcoder/captions/caption-source.ts';
import { formatSubtitlePlaylist, withSubtitles } from '../../../transcoder/playlist/subtitle-playlist.ts';
import { FORMATS, SIMPLIFIED, written } from '../../support/caption-files.ts';
import {
  ffmpeg,
  ffprobe,
  picture,
  QUICK_H264,
  testFolder,
  tone,
  type TestFolder,
} from '../../support/media.ts';

interface Probed {
  readonly streams: { readonly codec_name: string }[];
  readonly packets: { readonly pts_time: string }[];
}

describe('captions of a lecture', function () {
  let folder: TestFolder;

  before(async () => {
    folder = await testFolder();
    await writeFile(folder.join('chinese.srt'), FORMATS.srt(['片子里的字幕', '第二句']));
    await writeFile(folder.join('english.ass'), FORMATS.ass(['<Hello> & {\\b1}welcome{\\b0}', 'Second']));
    await writeFile(folder.join('beside.srt'), written(FORMATS.srt(SIMPLIFIED), 'GB18030'));
    await ffmpeg(
      ...picture('320x180', '10', 3),
      ...tone(3),
      ...['-i', folder.join('chinese.srt'), '-i', folder.join('english.ass')],
      ...['-map', '0', '-map', '1', '-map', '2', '-map', '3', ...QUICK_H264, '-pix_fmt', 'yuv420p'],
      ...['-c:a', 'pcm_s16le', '-c:s:0', 'subrip', '-c:s:1', 'ass'],
      ...[
        '-metadata:s:s:0',
        'language=chi',
        '-metadata:s:s:1',
        'language=eng',
        '-metadata:s:s:1',
        'title=英文字幕',
      ],
      folder.join('lecture.mkv'),
    );
  });
  after(() => folder.remove());

  it('in its container and beside it become subtitle renditions that ffprobe and hls-parser read', async () => {
    const { warnings } = await transcodeToFolder(folder.join('lecture.mkv'), folder.join('made'), {
      captions: [{ path: folder.join('beside.srt'), offsetMs: -500 }],
    });
    expect(warnings.filter((words) => words.includes('字幕'))).to.deep.equal([]);
    const text = await readFile(folder.join('made', 'index.m3u8'), 'utf8');
    const playlist = HLS.parse(text) as HLS.types.MasterPlaylist;
    for (const variant of playlist.variants.filter(({ isIFrameOnly }) => !isIFrameOnly)) {
      const subtitles = variant.subtitles.map(({ language, name, isDefault, uri }) => [
        language,
        name,
        isDefault,
        uri,
      ]);
      expect(subtitles).to.deep.equal([
        ['en', '英文字幕', false, 'captions-en-1/index.m3u8'],
        ['zh-Hans', '简体中文', false, 'captions-zh-hans/index.m3u8'],
      ]);
    }
    // The file beside it takes the place of the track of the same language.
    const english = await readFile(folder.join('made', 'captions-en-1', '0000.vtt'), 'utf8');
    expect(english).to.contain('00:00:01.000 --> 00:00:03.000\n&lt;Hello&gt; &amp; <b>welcome</b>\n');
    const chinese = await readFile(folder.join('made', 'captions-zh-hans', 'all.vtt'), 'utf8');
    expect(chinese).to.contain(`00:00:00.500 --> 00:00:02.500\n${SIMPLIFIED[0]}\n`);
    // ffprobe 5 passes subtitle groups of a multivariant playlist over; it reads theirs by themselves.
    const rendition = folder.join('made', 'captions-en-1', 'index.m3u8');
    const { streams, packets } = await ffprobe<Probed>('-show_streams', '-show_packets', rendition);
    expect(streams.map((stream) => stream.codec_name)).to.deep.equal(['webvtt']);
    expect(packets.map((packet) => Number(packet.pts_time))).to.deep.equal([1, 3.5]);
  });

  it('are in the list of what belongs to the lecture, each as it is', async () => {
    const list = JSON.parse(await readFile(folder.join('made', 'objects.json'), 'utf8')) as PackageList;
    const names = list.objects.map(({ name }) => name);
    expect(names).to.include.members([
      'captions-en-1/index.m3u8',
      'captions-en-1/0000.vtt',
      'captions-en-1/all.vtt',
      'captions-zh-hans/index.m3u8',
    ]);
    expect(new Set(names).size).to.equal(names.length);
    for (const { name, sizeBytes, sha256 } of list.objects) {
      const bytes = await readFile(folder.join('made', name));
      expect(bytes.length, name).to.equal(sizeBytes);
      expect(createHash('sha256').update(bytes).digest('hex'), name).to.equal(sha256);
    }
  });

  it('in an MP4 are taken along, and a file beside it that holds nothing stops before the encoding', async () => {
    const source = folder.join('lecture.mp4');
    await ffmpeg(
      ...[...tone(3), '-i', folder.join('chinese.srt'), '-map', '0', '-map', '1'],
      ...['-c:a', 'aac', '-c:s', 'mov_text', '-metadata:s:s:0', 'language=chi', source],
    );
    await transcodeToFolder(source, folder.join('sound'));
    const text = await readFile(folder.join('sound', 'captions-zh-hans-1', 'all.vtt'), 'utf8');
    expect(text).to.contain('片子里的字幕');
    await writeFile(folder.join('nothing.srt'), '1\n00:00:05,000 --> 00:00:01,000\n倒过来\n');
    const failure = await transcodeToFolder(source, folder.join('never'), {
      captions: [{ path: folder.join('nothing.srt') }],
    }).catch((error: unknown) => error);
    expect(failure).to.include({ code: 'captions-unusable' });
    expect(String(failure)).to.contain('nothing.srt').and.contain('第 2 行');
  });

  it('that are pictures are named to the producer', () => {
    const track = { index: 3, language: 'chi', title: undefined };
    const [warning, ...more] = captionWarnings({
      subtitles: [
        { ...track, codec: 'hdmv_pgs_subtitle' },
        { ...track, codec: 'ass' },
      ],
    });
    expect(more).to.deep.equal([]);
    expect(warning).to.contain('PGS').and.contain('chi').and.contain('SRT');
  });
});

describe('a subtitle playlist', () => {
  it('covers the lecture from its start to its end, whatever the captions cover', () => {
    const durations = (pieceCount: number, duration: number): readonly number[] => {
      const playlist = HLS.parse(formatSubtitlePlaylist({ pieceCount }, duration)) as HLS.types.MediaPlaylist;
      expect(playlist.endlist).to.equal(true);
      expect(Math.max(...playlist.segments.map((segment) => segment.duration))).to.be.at.most(
        playlist.targetDuration,
      );
      return playlist.segments.map((segment) => segment.duration);
    };
    expect(durations(2, 700)).to.deep.equal([300, 400]);
    expect(durations(9, 700)).to.deep.equal([300, 300, 100]);
    expect(durations(1, 7200.5)).to.deep.equal([7200.5]);
    expect(durations(1, 3)).to.deep.equal([3]);
  });

  it('is named once for every variant, with names that differ and cannot break out', () => {
    const multivariant =
      '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=2x2\na.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb.m3u8\n';
    const track = { edition: 'x', label: '字"幕\n', kind: 'captions' } as const;
    const text = withSubtitles(multivariant, [
      { ...track, language: 'zh' },
      { ...track, language: 'en' },
    ]);
    const { variants } = HLS.parse(text) as HLS.types.MasterPlaylist;
    for (const { subtitles } of variants) {
      expect(subtitles.map(({ name }) => name)).to.deep.equal(['字幕 (zh)', '字幕 (en)']);
      expect(subtitles[0]?.characteristics).to.contain('describes-music-and-sound');
    }
    expect(withSubtitles(multivariant, [])).to.equal(multivariant);
  });
});
