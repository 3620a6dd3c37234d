/** A part of a lecture with a heading. It lasts until the next one begins. */
export interface Chapter {
  /** Seconds from the lecture's start. */
  readonly start: number;
  readonly title: string;
}

/** Chapters of one lecture. */
export const MAX_CHAPTERS = 200;
/** Characters of a chapter's title. */
export const MAX_CHAPTER_TITLE = 100;

/** A chapter as ffprobe tells it. */
export interface ContainerChapter {
  readonly start_time?: string;
  readonly tags?: { readonly title?: string };
}

/** Control characters, line and paragraph separators, and the marks that reverse the direction of what follows. */
const UNWANTED = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu;

/**
 * Reads a container's chapters; pure. They are foreign: titles are cleaned and cut to {@link MAX_CHAPTER_TITLE} characters, one that
 * is empty or of an unreadable coding becomes `第 3 章`, chapters outside the lecture or at the same time as another are dropped.
 * A single chapter divides nothing and is none.
 *
 * @param origin - the file's own zero, in seconds
 * @param duration - of the lecture, in seconds
 */
export function readContainerChapters(
  chapters: readonly ContainerChapter[],
  origin: number,
  duration: number,
): readonly Chapter[] {
  const starts = new Set<number>();
  const kept = chapters
    .map(({ start_time: start, tags }) => ({
      // An edit list or a priming frame may put the first one a moment before the lecture.
      start: Math.max(0, Math.round((Number(start) - origin) * 1000) / 1000),
      title: tags?.title ?? '',
    }))
    .filter(({ start }) => start < duration && !starts.has(start) && starts.add(start).size > 0)
    .toSorted((a, b) => a.start - b.start)
    .slice(0, MAX_CHAPTERS)
    .map(({ start, title }, place) => ({ start, title: cleanTitle(title, place + 1) }));
  return kept.length < 2 ? [] : kept;
}

function cleanTitle(title: string, number: number): string {
  const clean = Array.from(title.normalize('NFC').replace(UNWANTED, ' ').trim());
  // U+FFFD stands where bytes were no UTF-8.
  const isReadable = clean.length > 0 && !clean.includes('\uFFFD') && title.isWellFormed();
  return isReadable ? clean.slice(0, MAX_CHAPTER_TITLE).join('').trim() : `第 ${number} 章`;
}
