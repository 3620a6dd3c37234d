/** What sets are drawn from; each is a set itself, of all items that are in one of its own. */
export const SET_FAMILIES = ['kind', 'series', 'tag'] as const;
/** One of {@link SET_FAMILIES}. */
export type SetFamily = (typeof SET_FAMILIES)[number];

/** A set of OAI-PMH: a whole family, or one of it. */
export interface OaiSet {
  readonly family: SetFamily;
  /** A kind's word, the id of a series, the name of a tag; undefined for the family. */
  readonly key: string | undefined;
}

/** What a `setSpec` may look like (the protocol's schema, `setSpecType`). */
const SPEC = /^[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*$/;

/**
 * The name of a set as the protocol writes it; pure. It allows the unreserved characters of addresses alone, so all others are
 * escaped as there, with `~` in place of `%`: 乡土 is `tag:~E4~B9~A1~E5~9C~9F`.
 */
export function setSpecOf({ family, key }: OaiSet): string {
  if (key === undefined) return family;
  return `${family}:${encodeURIComponent(key).replaceAll('~', '%7E').replaceAll('%', '~')}`;
}

/** Reads the name of a set; pure. `malformed` breaks the protocol's grammar, `unknown` cannot be one of ours. */
export function parseSetSpec(spec: string): OaiSet | 'malformed' | 'unknown' {
  if (!SPEC.test(spec)) return 'malformed';
  const [word = '', ...rest] = spec.split(':');
  const family = SET_FAMILIES.find((known) => known === word);
  if (family === undefined || rest.length > 1) return 'unknown';
  const [encoded] = rest;
  if (encoded === undefined) return { family, key: undefined };
  try {
    return { family, key: decodeURIComponent(encoded.replaceAll('~', '%')) };
  } catch {
    return 'unknown';
  }
}

/** The sets of an item with this kind, series and tags; pure. Their families are understood. */
export function setsOf({
  kind,
  seriesId,
  tags,
}: {
  readonly kind: string | undefined;
  readonly seriesId: string | undefined;
  readonly tags: readonly string[];
}): readonly OaiSet[] {
  return [
    ...(kind === undefined ? [] : [{ family: 'kind', key: kind } as const]),
    ...(seriesId === undefined ? [] : [{ family: 'series', key: seriesId } as const]),
    ...tags.map((key) => ({ family: 'tag', key }) as const),
  ];
}
