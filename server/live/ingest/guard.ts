import type { Socket } from 'node:net';

import type { FlvTag } from '../../../transcoder/live/index.ts';
import type { LiveClassId } from '../live-class.ts';
import type { AdmittedKey } from '../stream-key.ts';
import { addressGroup, plainAddress } from './address-group.ts';
import { Connection, type ConnectionHost, type PublisherFacts } from './connection.ts';
import type { GoneReason, RefusalReason } from './endings.ts';
import { isInForce, KeyRing } from './key-ring.ts';
import type { IngestLimits } from './limits.ts';

/** The app of every address: `rtmp://host/live/<key>`. */
const APP = 'live';

/** Who was refused, as far as is known. */
export interface RefusedFacts {
  readonly address: string;
  /** The first word of the address that was named. */
  readonly app?: string;
  /** Whose key it was. */
  readonly classId?: LiveClassId;
  /** For the log. */
  readonly detail?: string;
}

/** What a guard tells. Channels name publishers and are never used twice. */
export interface GuardListener {
  published(channel: number, key: AdmittedKey, facts: PublisherFacts): void;
  /** The next one overwrites its bytes. */
  tag(channel: number, tag: FlvTag): void;
  gone(channel: number, why: GoneReason, detail: string | undefined): void;
  refused(why: RefusalReason, from: RefusedFacts): void;
}

/**
 * Decides who may publish. A key is looked up before anything a connection sends counts; there is one publisher to a key;
 * what others send reaches nobody. Its own memory is bounded by its limits, whatever strangers do.
 */
export class Guard {
  readonly #limits: IngestLimits;
  readonly #listener: GuardListener;
  readonly #keys = new KeyRing();
  readonly #connections = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  /** By the hash of the key. */
  readonly #publishers = new Map<string, Connection>();
  readonly #channels = new Map<Connection, number>();
  readonly #sweep: NodeJS.Timeout;
  #lastChannel = 0;
  #isPaused = false;
  #isClosed = false;
  #receivedBytes = 0;
  readonly #refused: Partial<Record<RefusalReason, number>> = {};
  #sweptAt = performance.now();
  /** Time in which nothing could be heard. */
  #deafMs = 0;
  readonly #host: ConnectionHost = {
    now: () => performance.now() - this.#deafMs,
    claim: (connection, address) => this.#claim(connection, address),
    published: (connection, facts) => this.#published(connection, facts),
    tag: (connection, tag) => this.#tag(connection, tag),
    refused: (connection, why, detail) => {
      const { address, app, key } = connection;
      this.#refuse(why, {
        address,
        ...(app !== undefined && { app }),
        ...(key !== undefined && { classId: key.classId }),
        ...(detail !== undefined && { detail }),
      });
    },
    gone: (connection, why, detail) => this.#gone(connection, why, detail),
    received: (bytes) => {
      this.#receivedBytes += bytes;
    },
    closed: (connection) => this.#closed(connection),
  };

  constructor(limits: IngestLimits, listener: GuardListener) {
    this.#limits = limits;
    this.#listener = listener;
    this.#sweep = setInterval(() => this.#checkClocks(), limits.sweepMs);
  }

  /** Totals for a beat. */
  get figures() {
    return {
      connections: this.#connections.size,
      publishers: this.#publishers.size,
      receivedBytes: this.#receivedBytes,
      refused: this.#refused,
    };
  }

  /** Takes a fresh connection over; `secure` puts TLS on it, and is called only where it may stay. */
  accept(raw: Socket, secure: (raw: Socket) => Socket = (same) => same): void {
    const address = plainAddress(raw.remoteAddress);
    const group = addressGroup(address);
    const count = this.#perAddress.get(group) ?? 0;
    raw.on('error', () => {});
    const why = this.#isCrowded(count)
      ? 'crowded-address'
      : this.#isClosed || !this.#hasRoom()
        ? 'busy'
        : undefined;
    if (why !== undefined) {
      raw.destroy();
      this.#refuse(why, { address });
      return;
    }
    this.#perAddress.set(group, count + 1);
    const connection = new Connection(secure(raw), address, this.#host, this.#limits);
    this.#connections.add(connection);
    if (this.#isPaused) connection.pause();
  }

  /** Replaces the keys in force; publishers whose key is not among them are cut off. */
  replaceKeys(keys: readonly AdmittedKey[]): void {
    this.#keys.replace(keys);
    this.#checkKeys();
  }

  /** Cuts one publisher off; nothing happens where it is gone already. */
  cut(channel: number, why: GoneReason): void {
    for (const [connection, its] of this.#channels) {
      if (its === channel) connection.leave(why);
    }
  }

  /** Stops reading from everybody. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    for (const connection of this.#connections) connection.pause();
  }

  /** Reads on. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const connection of this.#connections) connection.resume();
  }

  /** Cuts everybody off. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    for (const connection of this.#connections) connection.destroy();
  }

  #isCrowded(count: number): boolean {
    return count >= this.#limits.maxConnectionsPerAddress;
  }

  /** Whoever has not published yet makes room for whoever comes, the earliest first: a flood must not keep an encoder out. */
  #hasRoom(): boolean {
    if (this.#connections.size < this.#limits.maxConnections) return true;
    for (const connection of this.#connections) {
      if (connection.isPublishing) continue;
      connection.refuse('busy');
      connection.destroy();
      this.#connections.delete(connection);
      return true;
    }
    return false;
  }

  #claim(connection: Connection, address: string): ReturnType<ConnectionHost['claim']> {
    const [app, sent, ...rest] = address.split('/');
    if (app !== APP || sent === undefined || rest.length > 0) return { why: 'wrong-address' };
    const key = this.#keys.find(sent);
    if (key === undefined) return { why: 'unknown-key' };
    if (!isInForce(key, Date.now())) return { key, why: 'key-not-in-force' };
    const holder = this.#publishers.get(key.keyHash);
    if (holder !== undefined) {
      const isSilent = !this.#isPaused && holder.silentForMs > this.#limits.takeoverAfterMs;
      if (!isSilent) return { key, why: 'already-publishing' };
      holder.leave('taken-over');
    }
    this.#publishers.set(key.keyHash, connection);
    return { key };
  }

  #published(connection: Connection, facts: PublisherFacts): void {
    const { key } = connection;
    if (key === undefined) return;
    this.#lastChannel += 1;
    this.#channels.set(connection, this.#lastChannel);
    this.#listener.published(this.#lastChannel, key, facts);
  }

  #tag(connection: Connection, tag: FlvTag): void {
    const channel = this.#channels.get(connection);
    if (channel === undefined || this.#publishers.get(connection.key?.keyHash ?? '') !== connection) return;
    this.#listener.tag(channel, tag);
  }

  #refuse(why: RefusalReason, from: RefusedFacts): void {
    this.#refused[why] = (this.#refused[why] ?? 0) + 1;
    this.#listener.refused(why, from);
  }

  #gone(connection: Connection, why: GoneReason, detail?: string): void {
    const hash = connection.key?.keyHash ?? '';
    if (this.#publishers.get(hash) === connection) this.#publishers.delete(hash);
    const channel = this.#channels.get(connection);
    this.#channels.delete(connection);
    if (channel !== undefined) this.#listener.gone(channel, why, detail);
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection);
    const group = addressGroup(connection.address);
    const left = (this.#perAddress.get(group) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(group, left);
    else this.#perAddress.delete(group);
  }

  #checkClocks(): void {
    // A sweep that comes late was kept waiting by the machine, and so was all that peers have sent.
    const now = performance.now();
    this.#deafMs += Math.max(0, now - this.#sweptAt - 2 * this.#limits.sweepMs);
    this.#sweptAt = now;
    if (this.#isPaused) return;
    for (const connection of this.#connections) connection.checkClock();
    this.#checkKeys();
  }

  #checkKeys(): void {
    const now = Date.now();
    for (const connection of this.#publishers.values()) {
      if (connection.key !== undefined && !this.#keys.holds(connection.key, now))
        connection.leave('key-withdrawn');
    }
  }
}
