import type { JobKind } from './job.ts';

/** What a job's place in the queue depends on. */
export interface OrderedWork {
  readonly kind: JobKind;
  /** Seconds of the whole lecture; 0 while it is unknown. */
  readonly lectureSeconds: number;
  /** The span's number, for a `span` job. */
  readonly span?: number | undefined;
  /** True of a sound track that watching does not wait for. */
  readonly isAlternative?: boolean | undefined;
}

const PLACE = { finish: 3e9, opening: 2e9, prepare: 1e9 };

/**
 * The priority of a job; pure. A lecture that only has to be finished is finished first; then what makes one playable (sound
 * and first span, while the source is at hand); then new sources are looked into; all other spans go by the length of
 * their lecture, the shortest first.
 *
 * So a five-minute clip passes a two-hour conference at the next span, and of many long lectures one after the other becomes
 * ready. Taking the spans of all in turn, as schedulers of processes do, would end them all at the very last moment and would
 * fetch each source again for each span: `npm run -s bench order` shows it. That the long ones go on too is the job store's
 * promise: see `OLDEST_SHARE`.
 */
export function jobPriority({ kind, lectureSeconds, span, isAlternative }: OrderedWork): number {
  switch (kind) {
    case 'prepare':
      return PLACE.prepare;
    case 'track':
      return isAlternative === true ? -lectureSeconds : PLACE.opening;
    case 'span':
      return span === 0 ? PLACE.opening : -lectureSeconds;
    case 'pictures':
    case 'captions':
    case 'publish':
      return PLACE.finish;
  }
}
