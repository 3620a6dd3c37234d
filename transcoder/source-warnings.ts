import { MAX_AUDIO_TRACKS } from './audio-plan.ts';
import { isHdr } from './color-plan.ts';
import type { FrameFacts, MediaInfo, VideoTrack } from './media-info.ts';

/** Seconds that one of picture and sound may end before the other without a word. */
const UNEVEN_ENDS = 3;
/** Seconds the first picture may come late without a word. */
const LATE_PICTURE = 1;
const LONG_LECTURE = 2 * 3600;

/**
 * What a producer should know about a source that is taken all the same, in Chinese; pure. What can be mended without a loss is not
 * mentioned.
 */
export function sourceWarnings(media: MediaInfo): readonly string[] {
  const { video, frames } = media;
  return [
    ...lostTail(media),
    ...unread(media),
    ...breaks(media),
    ...(media.shifts.length > 0
      ? ['时间戳有跳变（常见于几段录像直接相接），已接成连续的一段，请在相接处核对声音和画面。']
      : []),
    ...(video === undefined ? [] : pictureSize(video)),
    ...(frames === undefined ? [] : pictureRate(frames)),
    ...(video !== undefined && isHdr(video) ? ['原片是 HDR 画面，已转换为普通亮度，请核对颜色。'] : []),
    ...(frames === undefined ? [] : unevenTracks(media, frames)),
    ...(media.audio.length > MAX_AUDIO_TRACKS
      ? [`文件里有 ${media.audio.length} 条音轨，只保留了 ${MAX_AUDIO_TRACKS} 条。`]
      : []),
    ...(video === undefined ? ['只有声音，没有画面；播放时显示封面。'] : []),
    ...(media.duration > LONG_LECTURE
      ? [`时长 ${hours(media.duration)}，超过 2 小时；建议分成几讲，便于站点安排收看。`]
      : []),
  ];
}

function lostTail(media: MediaInfo): readonly string[] {
  const isStraight = media.shifts.length === 0;
  const lost = isStraight ? (media.declaredDuration ?? media.duration) - media.duration : 0;
  if (lost <= Math.max(2, media.duration * 0.02)) return [];
  return [`片尾缺失约 ${span(lost)}：文件似乎没有传完或已损坏，只处理了能读出的 ${span(media.duration)}。`];
}

function unread({ unreadShare }: MediaInfo): readonly string[] {
  if (unreadShare === 0) return [];
  return [
    `文件多半是几段录像直接拼成的，只能读到第一段，后面约 ${Math.max(1, Math.round(unreadShare * 100))}% 的内容没有用上（也可能没有传完，或带有附件）。请核对片长；如有缺少，请用剪辑软件接好，或分别上传。`,
  ];
}

function breaks({ video, breaks: { count, seconds } }: MediaInfo): readonly string[] {
  if (count === 0) return [];
  const filled = video === undefined ? '没有声音，已用静音' : '既没有画面也没有声音，已用静止画面和静音';
  return [
    `中间有 ${count} 处、共约 ${Math.max(1, Math.round(seconds))} 秒${filled}补上：可能录制时暂停过，也可能文件有损坏，请核对。`,
  ];
}

/** The contests' smallest picture is that of a PAL tape. */
function pictureSize(video: VideoTrack): readonly string[] {
  const size = `${video.displayWidth}×${video.displayHeight}`;
  const [short, long] = [video.displayWidth, video.displayHeight].toSorted((a, b) => a - b);
  if ((long ?? 0) >= 720 && (short ?? 0) >= 576) return [];
  if ((short ?? 0) >= 360) return [`画面为 ${size}，低于课件要求的 720×576。`];
  return [`画面只有 ${size}，投影时会模糊；如有更清晰的原片，请重新上传。`];
}

function pictureRate(frames: FrameFacts): readonly string[] {
  if (!frames.isConstantRate)
    return [`帧率不固定（平均每秒 ${rounded(frames.averageRate)} 帧），已转换为固定帧率。`];
  const isRequired = [25, 50].some((wanted) => Math.abs(frames.averageRate / wanted - 1) < 0.002);
  return isRequired ? [] : [`画面每秒 ${rounded(frames.averageRate)} 帧，课件要求 25 或 50 帧。`];
}

function unevenTracks(media: MediaInfo, frames: FrameFacts): readonly string[] {
  const warnings: string[] = [];
  if (frames.start > LATE_PICTURE)
    warnings.push(`开头 ${frames.start.toFixed(1)} 秒没有画面，已用第一帧补上。`);
  if (media.audio.length === 0) return [...warnings, '没有声音。'];
  const soundEnd = Math.max(...media.audio.map(({ end }) => end));
  if (soundEnd - frames.end > UNEVEN_ENDS)
    warnings.push(`画面比声音早结束 ${span(soundEnd - frames.end)}，已用最后一帧补上。`);
  if (frames.end - soundEnd > UNEVEN_ENDS)
    warnings.push(`声音比画面早结束 ${span(frames.end - soundEnd)}，此后无声。`);
  if (media.audio.every(({ channels }) => channels === 1))
    warnings.push('声音是单声道，参评课件要求立体声。');
  return warnings;
}

function rounded(rate: number): string {
  return Number(rate.toFixed(2)).toString();
}

function hours(seconds: number): string {
  return `${Math.floor(seconds / 3600)} 小时 ${Math.floor((seconds % 3600) / 60)} 分`;
}

function span(seconds: number): string {
  if (seconds >= 3600) return hours(seconds);
  return seconds >= 90 ? `${Math.round(seconds / 60)} 分钟` : `${Math.round(seconds)} 秒`;
}
