import type { Cue } from './caption-file.ts';

/** Seconds of a piece of captions: at most so much is fetched before it is needed, and a two-hour lecture has 24 pieces. */
export const PIECE_SECONDS = 300;

/** A whole WebVTT file; pure. */
export function formatWebvtt(cues: readonly Cue[]): string {
  return ['WEBVTT\n', ...cues.map(formatCue)].join('\n');
}

/**
 * Cuts captions into WebVTT segments for HLS (RFC 8216 §3.5); pure. A cue on a border is in both pieces, times count from the
 * start of the lecture. There is at least one piece, and none after the last cue.
 */
export function cutWebvtt(cues: readonly Cue[]): readonly string[] {
  const pieceMs = PIECE_SECONDS * 1000;
  const endMs = cues.reduce((end, cue) => Math.max(end, cue.endMs), 0);
  const count = Math.max(1, Math.ceil(endMs / pieceMs));
  return Array.from({ length: count }, (_, piece) => {
    const from = piece * pieceMs;
    const inside = cues.filter((cue) => cue.startMs < from + pieceMs && cue.endMs > from);
    return ['WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n', ...inside.map(formatCue)].join('\n');
  });
}

function formatCue({ startMs, endMs, text, place }: Cue): string {
  const settings = place === 'top' ? ' line:0' : '';
  return `${formatTime(startMs)} --> ${formatTime(endMs)}${settings}\n${text}\n`;
}

function formatTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((value) => String(value).padStart(2, '0'))
    .join(':');
  return `${clock}.${String(ms % 1000).padStart(3, '0')}`;
}
