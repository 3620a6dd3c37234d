import { Command } from 'commander';

import {
  contentOf,
  probe,
  type AudioTrack,
  type ContentProfile,
  type MediaInfo,
  type VideoTrack,
} from '../../transcoder/index.ts';
import { clock } from './terminal-text.ts';
import { warnOfWeakness } from './sandbox-warning.ts';
import { sourceFile } from './source-file.ts';

/** `yuanjiao probe` */
export function probeCommand(signal: AbortSignal): Command {
  return new Command('probe')
    .description('Look into a media file: its tracks, their true length, and whether it can be used.')
    .argument('<file>', 'the media file')
    .option('--json', 'print everything as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao probe lecture.mp4
  yuanjiao probe lecture.mp4 --json

Exits with 3 when the file cannot become a lecture, and says why and what to do.`,
    )
    .action(async (file: string, options: { readonly json?: boolean }) => {
      const path = await sourceFile(file);
      await warnOfWeakness();
      const media = await probe(path, { signal });
      const content = media.video === undefined ? undefined : await contentOf(path, media, { signal });
      const facts = { ...media, content };
      console.log(
        options.json === true ? JSON.stringify(facts, undefined, 2) : describe(file, media, content),
      );
    });
}

const CONTENT_WORDS: Readonly<Record<ContentProfile, string>> = {
  slides: 'slides or a screen: made in more lines and fewer bits',
  camera: 'camera work',
};

function describe(file: string, media: MediaInfo, content: ContentProfile | undefined): string {
  const rows = [
    ['file', file],
    ['format', media.format],
    ['size', `${(media.sizeBytes / 2 ** 20).toFixed(1)} MiB`],
    ['duration', durationOf(media)],
    ['picture', media.video === undefined ? 'none' : describeVideo(media.video, media)],
    ...(content === undefined ? [] : [['content', CONTENT_WORDS[content]]]),
    ...(media.audio.length === 0
      ? [['sound', 'none']]
      : media.audio.map((track) => ['sound', describeAudio(track)])),
  ];
  return rows.map(([name = '', value = '']) => `${name.padEnd(10)}${value}`).join('\n');
}

function durationOf(media: MediaInfo): string {
  const declared = media.declaredDuration;
  const differs = declared !== undefined && Math.abs(declared - media.duration) > 1;
  const seconds = `${clock(media.duration)} (${media.duration.toFixed(3)} s)`;
  return differs ? `${seconds}; the file itself claims ${clock(declared)}` : seconds;
}

function describeVideo(video: VideoTrack, media: MediaInfo): string {
  const { frames } = media;
  return [
    video.codec,
    `${video.displayWidth}×${video.displayHeight}`,
    ...(frames === undefined
      ? []
      : [`${frames.averageRate.toFixed(2)} frames/s${frames.isConstantRate ? '' : ', variable'}`]),
    ...(video.fieldOrder === 'progressive' ? [] : [`interlaced (${video.fieldOrder})`]),
    ...(video.rotation === 0 ? [] : [`turned by ${video.rotation}°`]),
  ].join(', ');
}

function describeAudio(track: AudioTrack): string {
  return [
    track.codec,
    `${track.channels} channel${track.channels === 1 ? '' : 's'}`,
    `${track.sampleRate} Hz`,
    ...(track.language === undefined ? [] : [track.language]),
  ].join(', ');
}
