import { timingSafeEqual } from 'node:crypto';

import { hashOfKey, type AdmittedKey } from '../stream-key.ts';

/** The keys in force. Looking one up takes as long for a wrong key as for a right one. */
export class KeyRing {
  #keys: readonly { readonly hash: Buffer; readonly key: AdmittedKey }[] = [];

  /** Replaces all keys. */
  replace(keys: readonly AdmittedKey[]): void {
    this.#keys = keys
      .map((key) => ({ hash: Buffer.from(key.keyHash, 'hex'), key }))
      .filter(({ hash }) => hash.length === 32);
  }

  /** What a key that somebody sent is for; undefined for an unknown one. Whether it is in force is not asked. */
  find(sent: string): AdmittedKey | undefined {
    const hash = Buffer.from(hashOfKey(sent), 'hex');
    let found: AdmittedKey | undefined;
    for (const entry of this.#keys) {
      if (timingSafeEqual(entry.hash, hash)) found = entry.key;
    }
    return found;
  }

  /** Whether the key with this hash is still valid at a time, and still for the same input. */
  holds({ keyHash, classId, role }: AdmittedKey, now: number): boolean {
    return this.#keys.some(
      ({ key }) =>
        key.keyHash === keyHash && key.classId === classId && key.role === role && isInForce(key, now),
    );
  }
}

/** Whether a key is valid at a time, in milliseconds since 1970. */
export function isInForce({ from, until }: AdmittedKey, now: number): boolean {
  return from <= now && now < until;
}
