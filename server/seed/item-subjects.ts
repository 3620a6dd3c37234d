import { drawFor } from './draw.ts';
import {
  columnSubjects,
  liveSubjects,
  localSubjects,
  microSubjects,
  storySubjects,
  trailerSubjects,
} from './home-subjects.ts';
import { PRODUCE_FORMS, THEME_FORMS } from './item-text.ts';
import type { Family } from './produce.ts';
import type { SeriesPlan } from './series-record.ts';
import { BLANK, countyOf, lessonsOf, matterOf, titleOfLesson, type Subject } from './subject.ts';
import { STORIES, THEMES, type Theme } from './themes.ts';

/**
 * What is to be taught in a series, so many times; titles do not repeat.
 *
 * @throws {RangeError} when there is not so much to say
 */
export function planSubjects(series: SeriesPlan, size: number): readonly Subject[] {
  const subjects = subjectsOf(series, size);
  if (subjects.length === size) return subjects;
  throw new RangeError(`${series.title} has ${subjects.length} subjects and not ${size}`);
}

function subjectsOf(series: SeriesPlan, size: number): readonly Subject[] {
  const { content } = series;
  switch (content.of) {
    case 'produce':
      return techniqueSubjects(series, size, content.families, content.technique);
    case 'themes':
      return themeSubjects(series, size, THEMES[content.themes]);
    case 'local':
      return localSubjects(series, size);
    case 'pioneer':
    case 'story':
      return storySubjects(series, size, STORIES[content.of]);
    case 'micro':
      return microSubjects(size);
    case 'live':
      return liveSubjects(size);
    case 'column':
      return columnSubjects(series, size);
    case 'trailer':
      return trailerSubjects(size);
  }
}

/** Every subject in every form, each form of all subjects before the next: what is most to the point comes first. */
function inForms<T>(
  series: SeriesPlan,
  size: number,
  subjects: readonly T[],
  forms: readonly string[],
  title: (form: string, subject: T) => string,
): readonly (readonly [title: string, subject: T])[] {
  const draw = drawFor(`subjects/${series.title}`);
  const found: (readonly [string, T])[] = [];
  for (const form of forms) {
    for (const subject of draw.shuffled(subjects)) {
      if (found.length === size) return found;
      found.push([title(form, subject), subject]);
    }
  }
  // The rest are numbered, as long series are.
  while (found.length < size) {
    const subject = draw.one(subjects);
    found.push([`${series.title}第${found.length + 1}讲：${title(forms[1] ?? 'S', subject)}`, subject]);
  }
  return found;
}

function techniqueSubjects(
  series: SeriesPlan,
  size: number,
  families: readonly Family[],
  technique?: RegExp,
): readonly Subject[] {
  const lessons = lessonsOf(families, technique);
  // Two series may speak of the same technique; then they speak of it in other forms.
  const turn = drawFor(`forms/${series.title}`).below(PRODUCE_FORMS.length);
  const forms = [...PRODUCE_FORMS.slice(turn), ...PRODUCE_FORMS.slice(0, turn)];
  const titled = inForms(series, size, lessons, forms, titleOfLesson);
  return titled.map(([title, lesson], index) => {
    const draw = drawFor(`${series.title}/place/${index}`);
    return {
      ...BLANK,
      ...matterOf(lesson),
      title,
      ...(draw.onceIn(3) && { region: countyOf(draw.one(lesson.produce.places)) }),
    };
  });
}

function themeSubjects(series: SeriesPlan, size: number, themes: readonly Theme[]): readonly Subject[] {
  const turn = drawFor(`forms/${series.title}`).below(THEME_FORMS.length);
  const forms = [...THEME_FORMS.slice(turn), ...THEME_FORMS.slice(0, turn)];
  return inForms(series, size, themes, forms, (form, { subject }) => form.replace('S', subject)).map(
    ([title, theme]) => ({
      ...BLANK,
      title,
      matter: { theme },
      clip: CLIP_OF_KIND[series.kind] ?? 7,
      tags: title.includes('诈骗') || title.includes('陷阱') ? ['反诈'] : [],
    }),
  );
}

const CLIP_OF_KIND: Readonly<Record<string, number>> = {
  theory: 7,
  policy: 8,
  skill: 9,
  culture: 10,
  news: 11,
};
