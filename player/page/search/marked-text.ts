import { element } from '../../controls/element.ts';
import type { Mark } from '../library-records.ts';

/** The text with its marked places as `mark` elements. Marks that overlap or lie outside are taken as far as they go. */
export function markedText(text: string, marks: readonly Mark[] = []): readonly (Node | string)[] {
  const parts: (Node | string)[] = [];
  let done = 0;
  for (const [from, to] of marks.slice().sort((one, other) => one[0] - other[0])) {
    const start = Math.max(done, from);
    const end = Math.min(text.length, to);
    if (end <= start) continue;
    if (start > done) parts.push(text.slice(done, start));
    parts.push(element('mark', {}, text.slice(start, end)));
    done = end;
  }
  if (done < text.length) parts.push(text.slice(done));
  return parts;
}
