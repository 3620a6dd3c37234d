import type { LiveStart } from './live-engine.ts';
import type { LiveState } from './live-state.ts';
import type { LiveStateDocument } from './state-document.ts';

/** Whether pictures come in: an engine that shows none is then at fault. */
export function mayMove({ state, slate }: LiveStateDocument): boolean {
  return (state === 'on_air' && slate.kind === 'none') || state === 'rehearsing';
}

/**
 * The playlist for a place in a class; undefined while there is nothing to be seen.
 *
 * @param showsRehearsal an operator's preview also shows what only operators may see
 */
export function playlistFor(
  document: LiveStateDocument,
  place: LiveState['place'],
  showsRehearsal: boolean,
): string | undefined {
  const { state, slate, dvrUrl, playlistUrl } = document;
  if ((slate.kind === 'rehearsal' || state === 'rehearsing') && !showsRehearsal) return undefined;
  if (place === 'rewound') return dvrUrl;
  return state === 'ended' || state === 'recorded' ? undefined : playlistUrl;
}

/** Where an engine begins: at a moment, or with nothing given at the live edge. */
export function startAt(
  dateMs: number | undefined,
  latency: LiveState['latency'],
  document: LiveStateDocument | undefined,
): LiveStart {
  if (dateMs === undefined) return { kind: 'edge', latency };
  const sinceMs = Date.parse(document?.onAirSince ?? '');
  return { kind: 'date', dateMs, sinceMs: Number.isNaN(sinceMs) ? dateMs : sinceMs };
}
