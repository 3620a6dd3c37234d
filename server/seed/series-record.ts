import type { CoursewareKind, CoursewareOrigin } from '../catalogue/courseware.ts';
import type { Family } from './produce.ts';
import type { THEMES } from './themes.ts';
import type { AUDIENCES } from './vocabulary.ts';

/** What the items of a series are about. */
export type Content =
  | { readonly of: 'produce'; readonly families: readonly Family[]; readonly technique?: RegExp }
  | { readonly of: 'themes'; readonly themes: keyof typeof THEMES }
  /** A weekly column: its titles carry year and issue. */
  | { readonly of: 'column' }
  | { readonly of: 'local' | 'pioneer' | 'story' | 'micro' | 'live' | 'trailer' };

/** A series and what its items have in common. */
export interface SeriesPlan {
  readonly title: string;
  readonly description: string;
  readonly kind: CoursewareKind;
  readonly category: string;
  /** Exactly so many, however large the library is. */
  readonly fixed?: number;
  /** So many of 10,500, and as large a share of a smaller library. */
  readonly weight?: number;
  /** The shortest and the longest, in minutes. */
  readonly minutes: readonly [number, number];
  readonly origins: readonly CoursewareOrigin[];
  readonly producers: readonly string[];
  readonly tags: readonly string[];
  readonly audience: keyof typeof AUDIENCES;
  readonly content: Content;
}

/** Where most courseware comes from. */
/** One of the units. */
export const CENTRAL = '中央远程教育资源库';
/** One of the units. */
export const PROVINCE = '浙江省远程教育资源库';
/** One of the units. */
export const FARMING = '农业科教音像资料库';
/** One of the units. */
export const CITY = '绍兴市远程教育办公室';
/** One of the units. */
export const TELEVISION = '绍兴广播电视台';

/** A series of lessons about produce, from the big libraries. */
export function farming(
  title: string,
  category: string,
  weight: number,
  description: string,
  families: readonly Family[],
): SeriesPlan {
  return {
    title,
    description,
    kind: 'skill',
    category,
    weight,
    minutes: [20, 60],
    origins: ['central', 'central', 'province', 'city', 'county'],
    producers: [FARMING, CENTRAL, PROVINCE],
    tags: ['农业技术'],
    audience: 'growers',
    content: { of: 'produce', families },
  };
}

/** A series about themes. */
export function themed(
  title: string,
  kind: CoursewareKind,
  category: string,
  weight: number,
  list: keyof typeof THEMES,
  description: string,
  producers: readonly string[],
  tags: readonly string[],
  audience: keyof typeof AUDIENCES,
  minutes: readonly [number, number] = [20, 60],
): SeriesPlan {
  return {
    title,
    description,
    kind,
    category,
    weight,
    minutes,
    origins: ['central', 'central', 'province', 'city'],
    producers,
    tags,
    audience,
    content: { of: 'themes', themes: list },
  };
}
