/** How much strangers and publishers may take. */
export interface IngestLimits {
  /** From the connection to an accepted `publish`, TLS included. */
  readonly publishWithinMs: number;
  /** A publisher that sends neither picture nor sound for so long is dropped. */
  readonly idleMs: number;
  /** A publisher that was silent for so long yields to a second one with the same key. */
  readonly takeoverAfterMs: number;
  /** How often the clocks are looked at. */
  readonly sweepMs: number;
  /** Whoever was refused has so long to read why. */
  readonly lingerMs: number;
  /** When all are taken, whoever has not published yet makes room. */
  readonly maxConnections: number;
  /** IPv6 addresses count by their /64. */
  readonly maxConnectionsPerAddress: number;
  /** Handshake and commands before `publish`. */
  readonly maxGreetingBytes: number;
  readonly maxMessageBytes: number;
  /** On the long run; 2,500,000 are 20 Mbit/s. */
  readonly maxBytesPerSecond: number;
  /** What an encoder may send at once after an outage, in seconds of {@link maxBytesPerSecond}. */
  readonly burstSeconds: number;
  /** Bytes that wait for the server before publishers are made to wait. */
  readonly maxWaitingBytes: number;
}

/** What holds when nothing is said. */
export const DEFAULT_LIMITS: IngestLimits = {
  publishWithinMs: 5_000,
  idleMs: 10_000,
  takeoverAfterMs: 3_000,
  sweepMs: 200,
  lingerMs: 1_000,
  maxConnections: 512,
  maxConnectionsPerAddress: 24,
  maxGreetingBytes: 64 * 1024,
  maxMessageBytes: 4 * 1024 * 1024,
  maxBytesPerSecond: 2_500_000,
  burstSeconds: 10,
  maxWaitingBytes: 16 * 1024 * 1024,
};
