import type { MediaInfo, SubtitleTrack } from '../media-info.ts';

/** A text track of a source that is taken along. */
export interface CaptionSource {
  /** ffmpeg's stream index in the source as it was uploaded. */
  readonly streamIndex: number;
  readonly codec: string;
  readonly language: string | undefined;
  readonly title: string | undefined;
}

/** How ffmpeg writes each kind of text track as a file of its own. */
export interface CaptionExtraction {
  readonly codec: 'copy' | 'subrip';
  readonly format: 'srt' | 'ass' | 'webvtt';
}

/** Text tracks are copied as they are, and no decoder sees them; only MP4's own kind has no file format and is decoded. */
const EXTRACTIONS: Readonly<Record<string, CaptionExtraction>> = {
  subrip: { codec: 'copy', format: 'srt' },
  ass: { codec: 'copy', format: 'ass' },
  ssa: { codec: 'copy', format: 'ass' },
  webvtt: { codec: 'copy', format: 'webvtt' },
  mov_text: { codec: 'subrip', format: 'srt' },
};

const PICTURE_NAMES: Readonly<Record<string, string>> = {
  hdmv_pgs_subtitle: '蓝光图形字幕 PGS',
  dvd_subtitle: 'DVD 图形字幕 VobSub',
  dvb_subtitle: '数字电视图形字幕 DVB',
  xsub: 'DivX 图形字幕',
  dvb_teletext: '图文电视字幕',
  eia_608: '电视隐藏字幕 CEA-608',
};

/** How a text track of this kind is taken out; `undefined` for one that cannot be. */
export function extractionOf(codec: string): CaptionExtraction | undefined {
  return EXTRACTIONS[codec];
}

/** The text tracks of a source that can be taken along; pure. */
export function captionSources(media: Pick<MediaInfo, 'subtitles'>): readonly CaptionSource[] {
  return media.subtitles
    .filter(({ codec }) => extractionOf(codec) !== undefined)
    .map(({ index, codec, language, title }) => ({ streamIndex: index, codec, language, title }));
}

/** What a producer should know of the tracks that cannot be taken along; pure. */
export function captionWarnings(media: Pick<MediaInfo, 'subtitles'>): readonly string[] {
  return media.subtitles
    .filter(({ codec }) => extractionOf(codec) === undefined)
    .map(
      (track) =>
        `文件里的${PICTURE_NAMES[track.codec] ?? `字幕（${track.codec}）`}${nameOf(track)}不是文字，无法带上；如需字幕，请另外上传 SRT、ASS 或 WebVTT 文件。`,
    );
}

function nameOf({ title, language }: SubtitleTrack): string {
  const name = title ?? language;
  return name === undefined ? '' : `“${name}”`;
}
