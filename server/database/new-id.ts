import { randomBytes } from 'node:crypto';

/** A random id of 60 bits: short enough to be read out, and nobody counts our lectures by it. */
export function newId(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
  return Array.from(randomBytes(12), (byte) => alphabet[byte % 32]).join('');
}
