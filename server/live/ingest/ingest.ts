import { randomUUID } from 'node:crypto';

import type { FlvTag } from '../../../transcoder/live/index.ts';
import type { Log } from '../../log.ts';
import type { PartReport } from '../../readiness.ts';
import type { LiveClassId } from '../live-class.ts';
import type { AdmittedKey, KeyRole } from '../stream-key.ts';
import { REFUSAL_WORDS, type GoneReason, type RefusalReason } from './endings.ts';
import { IngestChild } from './ingest-child.ts';
import { IngestDoors, type IngestAddress } from './ingest-doors.ts';
import { DEFAULT_LIMITS, type IngestLimits } from './limits.ts';
import type { Beat, ListeningPlace, Message, Report } from './message.ts';

/** One connection of an encoder, from its first picture or sound to its end. */
export interface PublishSession {
  readonly id: string;
  readonly classId: LiveClassId;
  readonly role: KeyRole;
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** What the encoder calls itself. */
  readonly encoder?: string;
}

/** A connection that was turned away. */
export interface Refusal {
  readonly why: RefusalReason;
  readonly address: string;
  /** The first word of the address that was named. */
  readonly app?: string;
  /** Whose key it was; absent for a key of none. */
  readonly classId?: LiveClassId;
}

/** Totals since the server began. */
export interface IngestFigures {
  readonly connections: number;
  readonly publishers: number;
  readonly receivedBytes: number;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  /** How often the process was started again. */
  readonly restarts: number;
}

/** What an ingest needs, and whom it tells. All callbacks come in order and are not waited for. */
export interface IngestOptions extends ListeningPlace {
  readonly log: Log;
  /** An encoder whose key was accepted begins to send. */
  onPublish(session: PublishSession): void;
  /** Comes between {@link onPublish} and {@link onGone}, in the order in which it was sent. */
  onTag(sessionId: string, tag: FlvTag): void;
  onGone(sessionId: string, why: GoneReason): void;
  /** Not for every stranger of a flood; {@link Ingest.figures} counts them all. */
  onRefused?(refusal: Refusal): void;
  readonly limits?: Partial<IngestLimits>;
  readonly timing?: Partial<IngestTiming>;
}

/** How the process is looked after. */
export interface IngestTiming {
  /** How often it says that it lives. */
  readonly beatMs: number;
  /** After so long without a word it is killed. */
  readonly hungMs: number;
  /** How long the first restart waits; doubled for each process that did not live {@link stableMs}. */
  readonly restartMs: number;
  readonly maxRestartMs: number;
  readonly stableMs: number;
  /** How often renewed certificates are looked for. */
  readonly certificateCheckMs: number;
}

const DEFAULT_TIMING: IngestTiming = {
  beatMs: 1_000,
  hungMs: 5_000,
  restartMs: 100,
  maxRestartMs: 10_000,
  stableMs: 10_000,
  certificateCheckMs: 60_000,
};

const STOP_MS = 2_000;

/**
 * Takes encoders' streams in, over RTMP and RTMPS, in a process of its own: whatever strangers send, the server lives. A process
 * that dies is back within a second, or later and later when it keeps dying; its sessions are reported gone.
 *
 * When the server does not come to take tags, encoders are made to wait; nothing is thrown away and little is kept.
 */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #limits: IngestLimits;
  readonly #timing: IngestTiming;
  readonly #doors: IngestDoors;
  readonly #sessions = new Map<number, PublishSession>();
  #child: IngestChild | undefined;
  #keys: readonly AdmittedKey[] = [];
  #isStopped = false;
  #restartTimer: NodeJS.Timeout | undefined;
  #shortLives = 0;
  #restarts = 0;
  #beat: Omit<Beat, 'kind'> = { connections: 0, publishers: 0, receivedBytes: 0, refused: {} };
  #earlier = { receivedBytes: 0, refused: {} as Partial<Record<RefusalReason, number>> };
  #onSettled: (() => void) | undefined;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#doors = new IngestDoors(options);
  }

  /**
   * Starts to listen. Settles once it does, or once the first attempt has failed: {@link health} tells, and it is tried again
   * until {@link stop}.
   */
  async start(): Promise<void> {
    const settled = new Promise<void>((resolve) => {
      this.#onSettled = resolve;
    });
    this.#spawn();
    await settled;
  }

  /** Cuts all encoders off and ends the process. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#restartTimer);
    this.#loseSessions('stopping');
    await this.#child?.stop(STOP_MS);
    this.#settle();
  }

  /** Replaces the table of keys; it holds at once, also for encoders that are publishing. */
  admit(keys: readonly AdmittedKey[]): void {
    this.#keys = keys;
    this.#child?.send({ kind: 'admit', keys });
  }

  /** Cuts an encoder off. Nothing it sent is told from now on; {@link IngestOptions.onGone} is called before this returns. */
  kick(sessionId: string, why: GoneReason = 'kicked'): void {
    for (const [channel, session] of this.#sessions) {
      if (session.id !== sessionId) continue;
      this.#child?.send({ kind: 'cut', channel, why });
      this.#lose(channel, why);
    }
  }

  /** Where encoders may connect; undefined while they may not. */
  get address(): IngestAddress | undefined {
    return this.#doors.address;
  }

  /** Who is publishing. */
  get sessions(): readonly PublishSession[] {
    return [...this.#sessions.values()];
  }

  /** For `/ready`. Never `failed`: what is recorded can be watched without it. */
  get health(): PartReport {
    return this.#doors.health(this.#sessions.size);
  }

  get figures(): IngestFigures {
    const { connections, receivedBytes, refused } = this.#beat;
    return {
      connections,
      publishers: this.#sessions.size,
      receivedBytes: this.#earlier.receivedBytes + receivedBytes,
      refused: added(this.#earlier.refused, refused),
      restarts: this.#restarts,
    };
  }

  /** Of the process; undefined while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  #spawn(): void {
    const { beatMs, hungMs, certificateCheckMs } = this.#timing;
    const child = new IngestChild({
      hungMs,
      onMessage: (message) => {
        if (child === this.#child) this.#hear(message);
      },
      onExit: (how) => {
        if (child === this.#child) this.#mourn(child, how);
      },
    });
    this.#child = child;
    child.send({
      kind: 'begin',
      place: this.#doors.place,
      limits: this.#limits,
      beatMs,
      certificateCheckMs,
    });
    child.send({ kind: 'admit', keys: this.#keys });
  }

  #mourn(child: IngestChild, how: object): void {
    this.#child = undefined;
    this.#doors.closed();
    this.#earlier = {
      receivedBytes: this.#earlier.receivedBytes + this.#beat.receivedBytes,
      refused: added(this.#earlier.refused, this.#beat.refused),
    };
    this.#beat = { connections: 0, publishers: 0, receivedBytes: 0, refused: {} };
    this.#loseSessions('ingest-lost');
    this.#settle();
    if (this.#isStopped) return;
    const { restartMs, maxRestartMs, stableMs } = this.#timing;
    this.#shortLives = performance.now() - child.startedAt < stableMs ? this.#shortLives + 1 : 0;
    const delayMs = Math.min(maxRestartMs, restartMs * 2 ** Math.max(0, this.#shortLives - 1));
    this.#options.log.error({ ...how, delayMs }, 'the ingest process died and is started again');
    this.#restarts += 1;
    this.#restartTimer = setTimeout(() => this.#spawn(), delayMs);
  }

  #hear(message: Message<Report>): void {
    if (message.kind === 'note') {
      this.#note(message.note);
      return;
    }
    const session = this.#sessions.get(message.channel);
    if (session === undefined) return;
    try {
      this.#options.onTag(session.id, message.tag);
    } catch (error) {
      // What one encoder sends must not end the other classes; it comes back with a fresh start.
      this.#options.log.error(
        { error, id: session.id, classId: session.classId },
        'a live stream cannot be used',
      );
      this.kick(session.id, 'malformed');
    }
  }

  #note(report: Report): void {
    const { log } = this.#options;
    switch (report.kind) {
      case 'listening':
        this.#doors.opened(report.isSecure, report.port);
        log.info(
          { host: this.#options.host, port: report.port, isSecure: report.isSecure },
          'taking live streams',
        );
        return this.#settleWhenKnown();
      case 'trouble':
        if (this.#doors.troubled(report.what, report.detail))
          log.error(report, 'the live ingest is not what it should be');
        return this.#settleWhenKnown();
      case 'certificate':
        this.#doors.certified(report.until);
        log.info({ until: new Date(report.until).toISOString() }, 'using this certificate for RTMPS');
        return;
      case 'published':
        return this.#published(report);
      case 'gone':
        if (report.detail !== undefined) log.info(report, 'why an encoder was lost');
        return this.#lose(report.channel, report.why);
      case 'refused': {
        const { kind: _kind, detail, ...refusal } = report;
        log.warn({ ...refusal, detail, words: REFUSAL_WORDS[refusal.why] }, 'refused an encoder');
        return this.#options.onRefused?.(refusal);
      }
      case 'beat':
        this.#beat = report;
    }
  }

  #settleWhenKnown(): void {
    if (this.#doors.areKnown) this.#settle();
  }

  #settle(): void {
    this.#onSettled?.();
    this.#onSettled = undefined;
  }

  #published({ channel, classId, role, address, startedAt, encoder }: Report & { kind: 'published' }): void {
    const session: PublishSession = {
      id: randomUUID(),
      classId,
      role,
      address,
      startedAt,
      ...(encoder !== undefined && { encoder }),
    };
    this.#sessions.set(channel, session);
    this.#options.log.info(session, 'an encoder publishes');
    this.#options.onPublish(session);
  }

  #lose(channel: number, why: GoneReason): void {
    const session = this.#sessions.get(channel);
    if (session === undefined) return;
    this.#sessions.delete(channel);
    this.#options.log.info({ id: session.id, classId: session.classId, why }, 'an encoder is gone');
    this.#options.onGone(session.id, why);
  }

  #loseSessions(why: GoneReason): void {
    for (const channel of this.#sessions.keys()) this.#lose(channel, why);
  }
}

function added(
  one: Readonly<Partial<Record<RefusalReason, number>>>,
  two: Readonly<Partial<Record<RefusalReason, number>>>,
): Partial<Record<RefusalReason, number>> {
  const sum = { ...one };
  for (const [why, count] of Object.entries(two) as [RefusalReason, number][])
    sum[why] = (sum[why] ?? 0) + count;
  return sum;
}
