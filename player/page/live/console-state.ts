import { documentAt } from '../../live/state-feed.ts';
import type { FeedReport, StateSource } from '../../live/state-feed.ts';
import type { LiveStateDocument } from '../../live/state-document.ts';
import { ApiProblem, callApi } from '../api.ts';
import { classPath, stateAddress } from './live-records.ts';
import type { AirRecord, LiveClassRecord } from './live-records.ts';

/** What the console learns each time it asks. */
export interface ConsoleState {
  readonly record: LiveClassRecord;
  readonly air: AirRecord;
}

/**
 * How a class stands for its operator: what everybody is told of it, and, before it is on the air, the picture that comes in,
 * which nobody else sees.
 *
 * @param onState called with what came along
 */
export function consoleSource(classId: string, onState: (state: ConsoleState) => void): StateSource {
  const ask = documentAt(stateAddress(classId));
  return async () => {
    try {
      const [record, air, told] = await Promise.all([
        callApi<LiveClassRecord>(classPath(classId)),
        callApi<AirRecord>(classPath(classId, 'air')),
        ask(),
      ]);
      onState({ record, air });
      return withPreview(told, record, air);
    } catch (error) {
      const isGone = error instanceof ApiProblem && error.status === 404;
      return isGone ? { kind: 'refused', refusal: 'missing' } : { kind: 'unreachable' };
    }
  };
}

/** What an operator's player is given. Pure but for the clock, which counts only before a class is announced. */
export function withPreview(told: FeedReport, record: LiveClassRecord, air: AirRecord): FeedReport {
  const document = told.kind === 'document' ? told.document : ofRecord(record);
  const { rehearsalUrl } = air;
  if (rehearsalUrl === undefined || document.playlistUrl !== undefined) return { kind: 'document', document };
  return {
    kind: 'document',
    document: {
      ...document,
      state: 'rehearsing',
      slate: { kind: 'rehearsal', text: '' },
      playlistUrl: rehearsalUrl,
    },
  };
}

// Before it is announced a class has no document: nobody but its operators may know of it.
function ofRecord(record: LiveClassRecord): LiveStateDocument {
  const { id, title, lecturers, state, plannedStart, plannedEnd, latency, asksQuestions, wantsReceipt } =
    record;
  return {
    id,
    title,
    lecturers,
    state,
    plannedStart,
    plannedEnd,
    now: new Date().toISOString(),
    slate: { kind: 'lobby', text: '' },
    latency,
    notices: [],
    slides: [],
    asksQuestions,
    wantsReceipt,
  };
}
