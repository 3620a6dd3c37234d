import type { Ladder } from './ladder.ts';
import type { AudioTrack } from './media-info.ts';

/** One sound track's part of a plan: one rendition, never cut, shared by every size of picture. */
export interface AudioPlan {
  /** Names the rendition, its job and its folder: `audio`, then `audio-2`, `audio-3`, … */
  readonly name: string;
  /** What a viewer reads in the menu of sound tracks; differs from the others'. */
  readonly label: string;
  /** BCP 47, such as `zh`; undefined when the source does not say. */
  readonly language: string | undefined;
  /** The one that is heard unless the viewer chooses; exactly one of a plan. */
  readonly isDefault: boolean;
  /** A player never chooses a commentary by itself. */
  readonly isCommentary: boolean;
  readonly streamIndex: number;
  readonly sourceChannels: number;
  /** Whether the source's clock can be followed closely. */
  readonly hasSteadyClock: boolean;
  readonly bitrate: number;
  /** Seconds at which the track is cut off or filled with silence, so that it ends with the picture. */
  readonly duration: number;
}

/** Sound tracks that are kept of one source: each costs its own storage and a line in a menu that halls read from afar. */
export const MAX_AUDIO_TRACKS = 4;

/** The folder and the job of a lecture's first sound rendition. */
export const AUDIO_RENDITION = 'audio';

const LANGUAGE_NAMES = new Intl.DisplayNames(['zh-Hans'], { type: 'language', fallback: 'none' });
/** ISO 639-2 codes that name no language. */
const NO_LANGUAGE: ReadonlySet<string> = new Set(['und', 'mul', 'zxx', 'mis', 'root']);
const LONGEST_LABEL = 40;

/**
 * Chooses the sound tracks to make and names them; pure.
 *
 * The default is the first that the source marks as default and that is no commentary, else the first that is none; it comes
 * first. At most {@link MAX_AUDIO_TRACKS} are kept, in the source's order.
 */
export function planAudio(
  tracks: readonly AudioTrack[],
  ladder: Ladder,
  duration: number,
): readonly AudioPlan[] {
  const labels = new Set<string>();
  return keptTracks(tracks).map((track, position) => {
    const language = languageTag(track.language);
    const label = uniqueLabel(labelOf(track, language, position), labels);
    labels.add(label);
    return {
      name: position === 0 ? AUDIO_RENDITION : `${AUDIO_RENDITION}-${position + 1}`,
      label,
      language,
      isDefault: position === 0,
      isCommentary: track.isCommentary,
      streamIndex: track.index,
      sourceChannels: track.channels,
      hasSteadyClock: track.hasSteadyClock,
      bitrate: ladder.audioBitrate,
      duration,
    };
  });
}

/** The tracks of a source that become renditions, the default first; pure. */
export function keptTracks(tracks: readonly AudioTrack[]): readonly AudioTrack[] {
  const spoken = tracks.filter((track) => !track.isCommentary);
  const first = spoken.find((track) => track.isDefault) ?? spoken[0] ?? tracks[0];
  if (first === undefined) return [];
  return [first, ...tracks.filter((track) => track !== first)].slice(0, MAX_AUDIO_TRACKS);
}

/** The BCP 47 tag of what a container calls its language (ISO 639-2, either kind of code); pure. */
export function languageTag(code: string | undefined): string | undefined {
  if (code === undefined || NO_LANGUAGE.has(code)) return undefined;
  try {
    const [tag] = Intl.getCanonicalLocales(code);
    return tag === undefined || NO_LANGUAGE.has(tag) ? undefined : tag;
  } catch {
    // Hostile or mistyped: players would stumble over it.
    return undefined;
  }
}

function labelOf(track: AudioTrack, language: string | undefined, position: number): string {
  const title = track.title?.replace(/[\p{Cc}"]/gu, ' ').trim();
  if (title !== undefined && title !== '' && title.length <= LONGEST_LABEL) return title;
  const spoken = language === undefined ? undefined : LANGUAGE_NAMES.of(language);
  if (track.isCommentary) return `${spoken ?? ''}评论`;
  return spoken ?? (position === 0 ? '原声' : `音轨 ${position + 1}`);
}

/** Two renditions of a group may not share a name (RFC 8216 §4.3.4.1.1). */
function uniqueLabel(label: string, taken: ReadonlySet<string>): string {
  let unique = label;
  for (let count = 2; taken.has(unique); count += 1) unique = `${label}（${count}）`;
  return unique;
}
