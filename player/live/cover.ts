import type { LiveStateDocument } from './state-document.ts';

/**
 * What lies over the picture.
 *
 * - `none`: the picture itself, moving, or standing because a person paused it.
 * - `loading`: the server has not answered yet.
 * - `missing`, `forbidden`: there is no such class, or not for this viewer.
 * - `lobby`, `rehearsal`, `interrupted`, `ended`, `cancelled`, `postponed`: the class's own slates.
 * - `starting`: on air, and the first picture is on its way.
 * - `stalled`: the picture waits for data that is on its way.
 * - `reconnecting`: the line or the server is gone; the player comes back by itself.
 * - `blocked`: the browser will not play without a click.
 * - `unsupported`: this browser cannot play.
 */
export type CoverKind =
  | 'none'
  | 'loading'
  | 'missing'
  | 'forbidden'
  | 'lobby'
  | 'rehearsal'
  | 'interrupted'
  | 'ended'
  | 'cancelled'
  | 'postponed'
  | 'starting'
  | 'stalled'
  | 'reconnecting'
  | 'blocked'
  | 'unsupported';

/** What the choice depends on. */
export interface CoverFacts {
  readonly document: LiveStateDocument | undefined;
  /** How the server answered the question for the document, where it was not with a document. */
  readonly refusal: 'missing' | 'forbidden' | undefined;
  readonly isReachable: boolean;
  /** Whether this class has shown a moving picture on this page. */
  readonly hasPicture: boolean;
  /** How long the picture has stood, in milliseconds; 0 while it moves. */
  readonly stillMs: number;
  /** False when a person paused it. */
  readonly wantsToPlay: boolean;
  readonly isBlocked: boolean;
  readonly isUnsupported: boolean;
  /** Played to the end of what there is. */
  readonly isOver: boolean;
}

/** A shorter stop than this is nobody's business. */
const STALL_AFTER_MS = 1_000;
/** A picture that stands no longer than this is not covered by a slate. */
export const SLATE_AFTER_MS = 3_000;
/** From here on a standing picture is no matter of a moment. */
export const RECONNECTING_AFTER_MS = 8_000;

/** Chooses what lies over the picture. Pictures that move are never covered; whatever stands is explained. Pure. */
export function chooseCover(facts: CoverFacts): CoverKind {
  const { document, stillMs } = facts;
  if (facts.isUnsupported) return 'unsupported';
  if (document === undefined) return facts.refusal ?? (facts.isReachable ? 'loading' : 'reconnecting');
  if (isShown(facts)) return stillMs > STALL_AFTER_MS && facts.wantsToPlay ? 'stalled' : 'none';
  const { kind } = document.slate;
  if (kind !== 'none') return kind;
  if (document.state === 'interrupted') return 'interrupted';
  if (facts.isBlocked) return 'blocked';
  return waitOf(facts);
}

function isShown({ hasPicture, isOver, isBlocked, wantsToPlay, stillMs }: CoverFacts): boolean {
  if (!hasPicture || isOver || isBlocked) return false;
  return stillMs < SLATE_AFTER_MS || !wantsToPlay;
}

function waitOf({ isReachable, hasPicture, stillMs }: CoverFacts): CoverKind {
  if (!isReachable) return 'reconnecting';
  if (hasPicture) return stillMs < RECONNECTING_AFTER_MS ? 'stalled' : 'reconnecting';
  return stillMs < 2 * RECONNECTING_AFTER_MS ? 'starting' : 'reconnecting';
}
