/** A run of whole segments that one ffmpeg encodes in every rendition: the unit of work, of retry and of storage. */
export interface Span {
  readonly index: number;
  readonly firstSegment: number;
  readonly segmentCount: number;
}

/** Segments in a full span: 20 × 6 s. A crash costs at most one span, and an object stays under about 30 MB. */
const FULL_SPAN_SEGMENTS = 20;

/**
 * Cuts a lecture into spans; pure. The first span is a single segment, so that the lecture can be watched within seconds; each
 * next one is twice as long until about two minutes are reached. A rest shorter than half a span joins the one before: it
 * is not worth a process, and a last span of three pictures may hold none that can be decoded.
 *
 * @param segments - the lecture's length in segments, with the fraction of the last one
 */
export function planSpans(segments: number): readonly Span[] {
  const segmentCount = Math.ceil(segments);
  const spans: Span[] = [];
  let firstSegment = 0;
  let length = 1;
  while (firstSegment < segmentCount) {
    const isLast = segments - firstSegment - length < length / 2;
    const taken = isLast ? segmentCount - firstSegment : length;
    spans.push({ index: spans.length, firstSegment, segmentCount: taken });
    firstSegment += taken;
    length = Math.min(length * 2, FULL_SPAN_SEGMENTS);
  }
  return spans;
}
