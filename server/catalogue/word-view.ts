/** Whose words: everybody sees those of published items, editors see all. */
export interface WordView {
  readonly onlyPublic?: boolean;
}

/** Joins the items named by `column` where only published ones count. */
export function publishedJoin({ onlyPublic = false }: WordView, column: string): string {
  return onlyPublic ? `JOIN courseware p ON p.id = ${column} AND p.publication = 'published'` : '';
}

/** The same for a condition on the items of a table `c`. */
export function publishedOnly({ onlyPublic = false }: WordView): string {
  return onlyPublic ? "AND c.publication = 'published'" : '';
}
