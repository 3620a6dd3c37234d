import type { Socket } from 'node:net';

import type { FlvTag } from '../../../transcoder/live/index.ts';
import type { AdmittedKey } from '../stream-key.ts';
import { GONE_STATUS, REFUSAL_STATUS, type GoneReason, type RefusalReason } from './endings.ts';
import type { IngestLimits } from './limits.ts';
import { encoderOf, RtmpConversation, RtmpFault } from './rtmp-door.ts';

/** What a publisher's connection tells once its key was accepted and something has come. */
export interface PublisherFacts {
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly encoder?: string;
}

/** Whom a connection asks, and tells. */
export interface ConnectionHost {
  /** Milliseconds in which this process could listen; its own pauses, in which peers seem silent, do not count. */
  now(): number;
  /** Gives the connection the right to publish, or says why not; the key is known where it is a key. */
  claim(
    connection: Connection,
    address: string,
  ): { readonly key?: AdmittedKey; readonly why?: RefusalReason };
  published(connection: Connection, facts: PublisherFacts): void;
  /** The next one overwrites its bytes. */
  tag(connection: Connection, tag: FlvTag): void;
  refused(connection: Connection, why: RefusalReason, detail?: string): void;
  /** A publisher is over, one of which {@link published} told or not. */
  gone(connection: Connection, why: GoneReason, detail?: string): void;
  received(bytes: number): void;
  closed(connection: Connection): void;
}

/** A peer that does not read what little it is told. */
const MAX_UNREAD_BYTES = 64 * 1024;
/** What a message costs beyond its bytes, so that a storm of empty ones counts too. */
const MESSAGE_COST_BYTES = 64;

/** What may be shown of an address: keys are longer, and some people put theirs in the wrong place. */
const APP_SHOWN = /^[\w-]{1,20}$/;

/** One socket, from the first byte to the last: `greeting`, then `publishing` or not, then `leaving`. */
export class Connection {
  readonly address: string;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #limits: IngestLimits;
  readonly #conversation: RtmpConversation;
  readonly #openedAt: number;
  #state: 'greeting' | 'publishing' | 'leaving' = 'greeting';
  #key: AdmittedKey | undefined;
  #app: string | undefined;
  #software: string | undefined;
  #startedAt = 0;
  #heardAt = 0;
  #wasPublished = false;
  #budget: number;
  #budgetAt = performance.now();
  #trouble: string | undefined;

  constructor(socket: Socket, address: string, host: ConnectionHost, limits: IngestLimits) {
    this.address = address;
    this.#socket = socket;
    this.#host = host;
    this.#limits = limits;
    this.#openedAt = host.now();
    this.#budget = limits.maxBytesPerSecond * limits.burstSeconds;
    this.#conversation = new RtmpConversation(
      {
        write: (bytes) => this.#write(bytes),
        publish: (name, software) => this.#claim(name, software),
        play: () => {
          this.#leaveUnpublished('player');
          return REFUSAL_STATUS.player ?? { code: 'NetStream.Play.Failed', description: '' };
        },
        tag: (tag) => this.#tag(tag),
        turnedAway: () => this.#hangUp(),
        unpublish: () => this.leave('ended'),
      },
      limits,
    );
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', (error) => {
      this.#trouble = (error as NodeJS.ErrnoException).code ?? error.message;
    });
    socket.on('close', () => this.#closed());
  }

  /** The one it named, whether it may publish with it or not. */
  get key(): AdmittedKey | undefined {
    return this.#key;
  }

  /** The first word of the address it named, unless that may be a key. */
  get app(): string | undefined {
    return this.#app;
  }

  get isPublishing(): boolean {
    return this.#state === 'publishing';
  }

  /** How long a publisher has sent neither picture nor sound. */
  get silentForMs(): number {
    return this.#host.now() - this.#heardAt;
  }

  /** Lets go of what has taken too long. */
  checkClock(): void {
    if (this.#state === 'greeting' && this.#host.now() - this.#openedAt > this.#limits.publishWithinMs)
      this.refuse('too-slow');
    if (this.#state === 'publishing' && this.silentForMs > this.#limits.idleMs) this.leave('idle');
  }

  /** Makes the peer wait. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads on; the time it was made to wait does not count as silence. */
  resume(): void {
    this.#heardAt = this.#host.now();
    this.#socket.resume();
  }

  /** Ends what never became a publisher. */
  refuse(why: RefusalReason, detail?: string): void {
    if (this.#state === 'leaving') return;
    this.#leaveUnpublished(why, detail);
    this.#hangUp();
  }

  /** Ends a publisher; nothing it sends counts from now on. */
  leave(why: GoneReason, detail?: string): void {
    if (this.#state !== 'publishing') return;
    this.#state = 'leaving';
    this.#conversation.close(GONE_STATUS[why]);
    this.#host.gone(this, why, detail);
    // Whoever says goodbye hangs up first; some take it for a fault otherwise.
    if (why === 'ended') this.#takeAway();
    else this.#hangUp();
  }

  /** At once, without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    if (this.#state === 'leaving') return;
    this.#host.received(bytes.length);
    try {
      this.#spend(bytes.length);
      this.#conversation.push(bytes);
    } catch (error) {
      const fault =
        error instanceof RtmpFault ? error : new RtmpFault('malformed', 'It cannot be read', error);
      const detail =
        fault.cause instanceof Error ? `${fault.message}: ${fault.cause.message}` : fault.message;
      if (this.#state === 'publishing')
        this.leave(fault.code === 'too-much' ? 'too-much' : 'malformed', detail);
      else this.refuse(fault.code, detail);
    }
  }

  #spend(bytes: number): void {
    const { maxBytesPerSecond, burstSeconds } = this.#limits;
    const now = performance.now();
    const earned = ((now - this.#budgetAt) / 1000) * maxBytesPerSecond;
    this.#budgetAt = now;
    this.#budget = Math.min(maxBytesPerSecond * burstSeconds, this.#budget + earned) - bytes;
    if (this.#budget < 0) throw new RtmpFault('too-much', `More than ${maxBytesPerSecond} bytes a second`);
  }

  #claim(name: string, software: string | undefined) {
    const [app = ''] = name.split('/', 1);
    if (APP_SHOWN.test(app)) this.#app = app;
    this.#software = software;
    const { key, why } = this.#host.claim(this, name);
    this.#key = key;
    if (why !== undefined) {
      this.#leaveUnpublished(why);
      return REFUSAL_STATUS[why];
    }
    this.#state = 'publishing';
    this.#startedAt = Date.now();
    this.#heardAt = this.#host.now();
    return undefined;
  }

  #tag(tag: FlvTag): void {
    if (this.#state !== 'publishing') return;
    this.#spend(MESSAGE_COST_BYTES);
    if (tag.kind !== 'data') this.#heardAt = this.#host.now();
    if (!this.#wasPublished) {
      this.#wasPublished = true;
      const encoder = (tag.kind === 'data' ? encoderOf(tag) : undefined) ?? this.#software;
      this.#host.published(this, {
        address: this.address,
        startedAt: this.#startedAt,
        ...(encoder !== undefined && { encoder }),
      });
    }
    this.#host.tag(this, tag);
  }

  #write(bytes: Buffer): void {
    if (!this.#socket.writable) return;
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) this.#socket.destroy();
    else this.#socket.write(bytes);
  }

  #leaveUnpublished(why: RefusalReason, detail?: string): void {
    this.#state = 'leaving';
    this.#host.refused(this, why, detail);
  }

  #hangUp(): void {
    this.#socket.end();
    this.#takeAway();
  }

  /** Gives the peer some time to read and to hang up. What still arrives is thrown away, so that the words get through. */
  #takeAway(): void {
    this.#socket.resume();
    const timer = setTimeout(() => this.#socket.destroy(), this.#limits.lingerMs);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #closed(): void {
    const state = this.#state;
    this.#state = 'leaving';
    if (state === 'publishing') this.#host.gone(this, 'disconnected', this.#trouble);
    this.#host.closed(this);
  }
}
