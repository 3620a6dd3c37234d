/** A run of whole segments that one ffmpeg encodes in every rendition: the unit of work, of retry and of storage. */
export interface Span {
  readonly index: number;
  readonly firstSegment: number;
  readonly segmentCount: number;
}

/** Segments in a full span: 20 × 6 s. A crash costs at most one span, and an object stays under about 40 MB. */
const FULL_SPAN_SEGMENTS = 20;
/**
 * Towards the end a span is no more than this share of what is left, down to a minute: workers then end together, and none waits for two
 * minutes of lecture that another has begun. By two workers ten minutes are made in nine tenths of the time.
 */
const SHARE_OF_REST = 1 / 3;
const LEAST_LATE_SEGMENTS = 10;
/** A span may be so much shorter or longer than its turn, if that lets the next one begin where nothing is decoded twice. */
const LEEWAY = 0.25;

/**
 * Cuts a lecture into spans; pure. The first span is a single segment, so that the lecture can be watched within seconds; each
 * next one is about twice as long until about two minutes are reached; the last ones are shorter again. A rest shorter than half a span joins the one before: it
 * is not worth a process, and a last span of three pictures may hold none that can be decoded.
 *
 * @param segments - the lecture's length in segments, with the fraction of the last one
 * @param entryCost - what it costs to begin at this segment, such as the seconds from the key picture before: all that is decoded
 *   for nothing. Among the lengths near a span's turn the one is taken after which the next span begins cheapest
 */
export function planSpans(
  segments: number,
  entryCost: (segment: number) => number = () => 0,
): readonly Span[] {
  const segmentCount = Math.ceil(segments);
  const spans: Span[] = [];
  let firstSegment = 0;
  let turn = 1;
  while (firstSegment < segmentCount) {
    const late = Math.max(LEAST_LATE_SEGMENTS, Math.ceil((segments - firstSegment) * SHARE_OF_REST));
    const wished = Math.min(turn, late);
    const length = spans.length === 0 ? wished : cheapestLength(firstSegment, wished, entryCost);
    const isLast = segments - firstSegment - length < wished / 2;
    const taken = isLast ? segmentCount - firstSegment : length;
    spans.push({ index: spans.length, firstSegment, segmentCount: taken });
    firstSegment += taken;
    turn = Math.min(turn * 2, FULL_SPAN_SEGMENTS);
  }
  return spans;
}

/** The length near `turn` after which the next span begins cheapest; among equals the nearest to it. */
function cheapestLength(firstSegment: number, turn: number, entryCost: (segment: number) => number): number {
  const shortest = Math.ceil(turn * (1 - LEEWAY));
  const longest = Math.ceil(turn * (1 + LEEWAY));
  const lengths = Array.from({ length: longest - shortest + 1 }, (_, place) => shortest + place);
  const cost = (length: number): number => entryCost(firstSegment + length);
  const [best = turn] = lengths.toSorted(
    (a, b) => cost(a) - cost(b) || Math.abs(a - turn) - Math.abs(b - turn) || b - a,
  );
  return best;
}

/**
 * Seconds, to the millisecond that containers round to, from the last of some ascending times to `time`: what a decoder that can
 * only begin at one of them does in vain.
 */
export function secondsSinceKey(keyTimes: readonly number[], time: number): number {
  const key = keyTimes.findLast((candidate) => candidate <= time + 0.001) ?? 0;
  return Math.max(0, Math.round((time - key) * 1000) / 1000);
}
