import { createHash, randomBytes } from 'node:crypto';

import { RUNNING_STATES, type LiveClass, type LiveClassId } from './live-class.ts';

/** Which of a class's two encoders a key is for. */
export type KeyRole = (typeof KEY_ROLES)[number];

/** Every {@link KeyRole}. */
export const KEY_ROLES = ['main', 'backup'] as const;

/** A key an encoder may publish with, as the ingest knows it. */
export interface AdmittedKey {
  readonly classId: LiveClassId;
  readonly role: KeyRole;
  /** SHA-256 of the key, hexadecimal. */
  readonly keyHash: string;
  /** Epoch milliseconds between which it is good. */
  readonly from: number;
  readonly until: number;
}

/** How long before the planned start and after the planned end a key is good. */
export const KEY_MARGIN_MS = 60 * 60_000;

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** A fresh key: 32 characters of base32 (RFC 4648), 160 random bits. */
export function newStreamKey(): string {
  return Array.from(randomBytes(32), (byte) => ALPHABET[byte % 32]).join('');
}

/** What is kept of a key. Keys are random, so one round is enough. */
export function hashOfKey(key: string): string {
  return createHash('sha256').update(key.trim().toLowerCase()).digest('hex');
}

/**
 * When the keys of a class are good: from an hour before its planned start to an hour after its planned end, while it
 * is rehearsed, and for as long as it is on the air; undefined for a class that takes no encoder. Pure.
 */
export function keyWindow(
  given: Pick<LiveClass, 'state' | 'source' | 'plannedStart' | 'plannedEnd'>,
): { readonly from: number; readonly until: number } | undefined {
  const { state, source } = given;
  if (source !== 'rtmp') return undefined;
  const from = Date.parse(given.plannedStart) - KEY_MARGIN_MS;
  const until = Date.parse(given.plannedEnd) + KEY_MARGIN_MS;
  if (RUNNING_STATES.includes(state)) return { from: 0, until: Number.MAX_SAFE_INTEGER };
  // Somebody asked for a rehearsal, perhaps on the day before.
  if (state === 'rehearsing') return { from: 0, until };
  return state === 'announced' || state === 'scheduled' ? { from, until } : undefined;
}
