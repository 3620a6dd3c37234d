/** Facts joined by ` · `, so that a line breaks between them and never within one: `3 件` stays whole. Pure. */
export function wholeFacts(facts: string): string {
  return facts
    .split(' · ')
    .map((fact) => fact.replace(/ /g, '\u00a0'))
    .join(' · ');
}
