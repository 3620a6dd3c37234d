import type { Chapter } from './descriptor.ts';

/** A chapter begun so little ago counts as its start, when somebody asks for the one before. */
const JUST_BEGUN_SECONDS = 3;

/** The place of the chapter a second belongs to; -1 before the first. */
export function chapterIndexAt(chapters: readonly Chapter[], position: number): number {
  // Half a tick: a seek to a chapter may land a moment before its start.
  for (let index = chapters.length - 1; index >= 0; index -= 1) {
    if ((chapters[index]?.start ?? 0) <= position + 0.05) return index;
  }
  return -1;
}

/**
 * Where the next chapter begins, or the one before: the start of this one when it has been running for a while. Pure.
 *
 * @param step 1 or -1
 * @returns seconds; undefined when there is no such chapter
 */
export function chapterStep(
  chapters: readonly Chapter[],
  position: number,
  step: number,
): number | undefined {
  const index = chapterIndexAt(chapters, position);
  if (step > 0) return chapters[index + 1]?.start;
  const current = chapters[index];
  if (current === undefined) return undefined;
  return position - current.start > JUST_BEGUN_SECONDS ? current.start : (chapters[index - 1]?.start ?? 0);
}
