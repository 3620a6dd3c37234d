/** A stretch of wall-clock time in epoch milliseconds: from its first to before its last. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Spans in their order, none empty and none touching another. Only {@link united} and what builds on it make one. */
export type SpanUnion = readonly TimeSpan[];

/**
 * The union of spans, however they overlap; empty ones and those that end before they begin are left out. Pure.
 *
 * @param gapMs - gaps of at most so long are closed; by default only spans that touch become one
 */
export function united(spans: readonly TimeSpan[], gapMs = 0): SpanUnion {
  const union: TimeSpan[] = [];
  const ordered = spans
    .filter(({ fromMs, toMs }) => toMs > fromMs)
    .toSorted((left, right) => left.fromMs - right.fromMs);
  for (const span of ordered) {
    const last = union.at(-1);
    if (last === undefined || span.fromMs > last.toMs + gapMs) union.push(span);
    else if (span.toMs > last.toMs) union[union.length - 1] = { fromMs: last.fromMs, toMs: span.toMs };
  }
  return union;
}

/** How long a union lasts altogether, in milliseconds; pure. */
export function measureOf(union: SpanUnion): number {
  return union.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}

/** What lies in both unions; pure. */
export function common(left: SpanUnion, right: SpanUnion): SpanUnion {
  const shared: TimeSpan[] = [];
  let place = 0;
  for (const span of left) {
    while (place < right.length && (right[place]?.toMs ?? 0) <= span.fromMs) place += 1;
    for (let index = place; index < right.length; index += 1) {
      const other = right[index];
      if (other === undefined || other.fromMs >= span.toMs) break;
      shared.push({
        fromMs: Math.max(span.fromMs, other.fromMs),
        toMs: Math.min(span.toMs, other.toMs),
      });
    }
  }
  return shared;
}

/** What of `union` is not in `taken`; pure. */
export function without(union: SpanUnion, taken: SpanUnion): SpanUnion {
  return union.flatMap((span) => {
    const left: TimeSpan[] = [];
    let fromMs = span.fromMs;
    for (const hole of taken) {
      if (hole.toMs <= fromMs) continue;
      if (hole.fromMs >= span.toMs) break;
      if (hole.fromMs > fromMs) left.push({ fromMs, toMs: hole.fromMs });
      fromMs = hole.toMs;
    }
    if (fromMs < span.toMs) left.push({ fromMs, toMs: span.toMs });
    return left;
  });
}

/** The end of a union: its latest `lengthMs`, or all of it where it is shorter; pure. */
export function latestOf(union: SpanUnion, lengthMs: number): SpanUnion {
  const kept: TimeSpan[] = [];
  let leftMs = lengthMs;
  for (const { fromMs, toMs } of union.toReversed()) {
    if (leftMs <= 0) break;
    const cut = Math.max(fromMs, toMs - leftMs);
    kept.unshift({ fromMs: cut, toMs });
    leftMs -= toMs - cut;
  }
  return kept;
}

/** A union as it lies in the database: numbers in turn, each the milliseconds since the one before; pure. */
export function writeSpans(union: SpanUnion): string {
  let before = 0;
  const steps = union
    .flatMap(({ fromMs, toMs }) => [fromMs, toMs])
    .map((edge) => {
      const step = edge - before;
      before = edge;
      return step;
    });
  return steps.join(' ');
}

/** The union that {@link writeSpans} has written; pure. */
export function readSpans(text: string): SpanUnion {
  if (text === '') return [];
  let edge = 0;
  const edges = text.split(' ').map((step) => (edge += Number(step)));
  return Array.from({ length: Math.floor(edges.length / 2) }, (_, index) => ({
    fromMs: edges[index * 2] ?? 0,
    toMs: edges[index * 2 + 1] ?? 0,
  }));
}
