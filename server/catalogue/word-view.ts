/** Whose words: everybody sees those of published items, editors see all. */
export interface WordView {
  readonly onlyPublic?: boolean;
}

/** Joins the items where only published ones count; CROSS keeps SQLite from beginning with all that are. */
export function publishedJoin({ onlyPublic = false }: WordView): string {
  return onlyPublic ? 'CROSS JOIN courseware p' : '';
}

/** The condition that goes with {@link publishedJoin}. */
export function publishedAt({ onlyPublic = false }: WordView, column: string): string {
  return onlyPublic ? `AND p.id = ${column} AND p.publication = 'published'` : '';
}

/** The same for the items of a table `c`. */
export function publishedOnly({ onlyPublic = false }: WordView): string {
  return onlyPublic ? "AND c.publication = 'published'" : '';
}
