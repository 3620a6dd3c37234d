const segmenter = new Intl.Segmenter('zh-Hans', { granularity: 'word' });

/**
 * Where the words of a folded text begin, ascending, and its length at the end. Only a hint for ranking: a dictionary does not know
 * the new and local words, so nothing is ever left out because of it.
 */
export function wordBoundaries(folded: string): readonly number[] {
  const boundaries = Array.from(segmenter.segment(folded), ({ index }) => index);
  boundaries.push(folded.length);
  // A blank parts words on both its sides; the segmenter reports it as a word of its own.
  return boundaries;
}
