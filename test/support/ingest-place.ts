import { randomBytes } from 'node:crypto';

import type { FlvTag } from 'yuanjiao/live';
import { openLog } from '../../server/log.ts';
import type { GoneReason } from '../../server/live/ingest/endings.ts';
import {
  Ingest,
  type IngestOptions,
  type PublishSession,
  type Refusal,
} from '../../server/live/ingest/ingest.ts';
import type { LiveClassId } from '../../server/live/live-class.ts';
import { hashOfKey, type AdmittedKey } from '../../server/live/stream-key.ts';
import { until } from './until.ts';

/** What an ingest told of one session. */
export interface HeardSession {
  readonly session: PublishSession;
  readonly tags: FlvTag[];
  gone?: GoneReason;
}

/** An ingest on a free port that writes down what it hears. */
export interface IngestPlace {
  readonly ingest: Ingest;
  readonly port: number;
  readonly sessions: HeardSession[];
  readonly refusals: Refusal[];
  /** Makes a key for an input of a class, valid for an hour, and returns it. */
  issue(classId: string, options?: Partial<AdmittedKey>): string;
  /** Changes what is known of a key that was issued. */
  change(key: string, given: Partial<AdmittedKey>): void;
  /** Takes a key back. */
  withdraw(key: string): void;
  /** The latest session of a class, once there is one. */
  sessionOf(classId: string): Promise<HeardSession>;
  stop(): Promise<void>;
}

export async function startIngest(
  options: Partial<Pick<IngestOptions, 'tls' | 'limits' | 'timing' | 'host' | 'onTag' | 'log'>> = {},
): Promise<IngestPlace> {
  const sessions: HeardSession[] = [];
  const refusals: Refusal[] = [];
  const keys = new Map<string, AdmittedKey>();
  const ofId = (id: string) => sessions.find(({ session }) => session.id === id);
  const ingest = new Ingest({
    host: '127.0.0.1',
    port: 0,
    log: openLog({ level: 'silent' }),
    ...options,
    // A process that a loaded machine keeps waiting does not hang.
    timing: { hungMs: 60_000, ...options.timing },
    onPublish: (session) => sessions.push({ session, tags: [] }),
    onTag(id, tag) {
      ofId(id)?.tags.push(tag);
      options.onTag?.(id, tag);
    },
    onGone(id, why) {
      const heard = ofId(id);
      if (heard !== undefined) heard.gone = why;
    },
    onRefused: (refusal) => refusals.push(refusal),
  });
  await ingest.start();
  if (ingest.address === undefined) {
    await ingest.stop();
    throw new Error(JSON.stringify(ingest.health));
  }
  return {
    ingest,
    port: ingest.address.port,
    sessions,
    refusals,
    issue(classId, given = {}) {
      const key = randomBytes(16).toString('hex');
      keys.set(key, {
        classId: classId as LiveClassId,
        role: 'main',
        keyHash: hashOfKey(key),
        from: Date.now() - 1_000,
        until: Date.now() + 3_600_000,
        ...given,
      });
      ingest.admit([...keys.values()]);
      return key;
    },
    change(key, given) {
      const known = keys.get(key);
      if (known === undefined) throw new Error('the key was never issued');
      keys.set(key, { ...known, ...given });
      ingest.admit([...keys.values()]);
    },
    withdraw(key) {
      keys.delete(key);
      ingest.admit([...keys.values()]);
    },
    sessionOf: (classId) =>
      until(`a session of ${classId}`, () => sessions.findLast(({ session }) => session.classId === classId)),
    stop: () => ingest.stop(),
  };
}
