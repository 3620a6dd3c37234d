import { createHash } from 'node:crypto';

/**
 * Who takes part in one class, and means nothing outside of it: whoever reads the database cannot follow a viewer from class to
 * class, and nobody who sees the id can pass for the viewer.
 */
export type ParticipantId = string & { readonly __brand: 'ParticipantId' };

/**
 * The participant of a class that a viewer is; pure.
 *
 * @param viewer - the opaque id of the viewer's cookie, the same for every tab of a browser
 */
export function participantOf(classId: string, viewer: string): ParticipantId {
  const digest = createHash('sha256').update(`${classId}\n${viewer}`).digest('base64url');
  return digest.slice(0, 22) as ParticipantId;
}

/** What the operator's console calls somebody who has given no name; pure. */
export function shownNameOf(participant: ParticipantId): string {
  return `观众 ${participant
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, 4)
    .toUpperCase()}`;
}
