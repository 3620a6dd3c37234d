import type { Chapter } from '../../transcoder/index.ts';

/**
 * Chapters as a WebVTT track of the kind `chapters` (W3C WebVTT §3.3), for other players and for lectures that are taken
 * along; pure.
 *
 * @param duration - seconds; the end of the last chapter
 */
export function formatChapterTrack(chapters: readonly Chapter[], duration: number): string {
  const cues = chapters.map(({ start, title }, place) => {
    const end = Math.max(start, chapters[place + 1]?.start ?? duration);
    return `${place + 1}\n${vttTime(start)} --> ${vttTime(end)}\n${escaped(title)}\n`;
  });
  return ['WEBVTT\n', ...cues].join('\n');
}

/** A cue's text is markup. */
function escaped(title: string): string {
  return title.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function vttTime(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const part = (divisor: number, modulus: number, width: number): string =>
    String(Math.floor(ms / divisor) % modulus).padStart(width, '0');
  return `${part(3_600_000, 100, 2)}:${part(60_000, 60, 2)}:${part(1000, 60, 2)}.${part(1, 1000, 3)}`;
}
