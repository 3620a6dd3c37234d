import type { PartReport } from '../../readiness.ts';
import type { ListeningPlace, Trouble } from './message.ts';

/** Where encoders may connect. */
export interface IngestAddress {
  readonly host: string;
  readonly port: number;
  readonly tlsPort?: number;
}

/**
 * What goes into an encoder's field “server”; pure.
 *
 * @param hostname - by which encoders reach this machine; an IPv6 address stands in brackets
 * @param address - undefined while nobody may connect
 */
export function encoderServers(hostname: string, address: IngestAddress | undefined): readonly string[] {
  if (address === undefined) return [];
  const { port, tlsPort } = address;
  return [
    `rtmp://${hostname}:${port}/live`,
    ...(tlsPort === undefined ? [] : [`rtmps://${hostname}:${tlsPort}/live`]),
  ];
}

/** A certificate that ends within a fortnight should have been renewed. */
const EXPIRY_WARNING_MS = 14 * 24 * 3_600_000;

const TROUBLE_ADVICE: Readonly<Record<Trouble, string>> = {
  port: 'Free the port, or set YUANJIAO_LIVE_PORT to another one (or to "off").',
  'tls-port': 'Free the port, or set YUANJIAO_LIVE_TLS_PORT to another one.',
  certificate:
    'Check the files that YUANJIAO_LIVE_CERT_FILE and YUANJIAO_LIVE_KEY_FILE name, and who may read them.',
};

/** The two doors that the ingest process opens, RTMP and RTMPS, as far as it has told of them. */
export class IngestDoors {
  readonly #wanted: ListeningPlace;
  readonly #troubles = new Map<Trouble, string>();
  #isListening = false;
  #port: number | undefined;
  #tlsPort: number | undefined;
  #certificateUntil: number | undefined;

  constructor(wanted: ListeningPlace) {
    this.#wanted = wanted;
  }

  /** Where the next process is to listen: a free port that was taken once is kept. */
  get place(): ListeningPlace {
    const { host, port, tls } = this.#wanted;
    return {
      host,
      port: this.#port ?? port,
      ...(tls !== undefined && { tls: { ...tls, port: this.#tlsPort ?? tls.port } }),
    };
  }

  /** Where encoders may connect; undefined while they may not. */
  get address(): IngestAddress | undefined {
    if (!this.#isListening || this.#port === undefined) return undefined;
    return {
      host: this.#wanted.host,
      port: this.#port,
      ...(this.#tlsPort !== undefined && { tlsPort: this.#tlsPort }),
    };
  }

  /** Whether either door has opened, or the process has said that it cannot. */
  get areKnown(): boolean {
    const isKnown = this.#isListening || this.#troubles.has('port');
    const isTlsKnown =
      this.#wanted.tls === undefined ||
      this.#tlsPort !== undefined ||
      this.#troubles.has('tls-port') ||
      this.#troubles.has('certificate');
    return isKnown && isTlsKnown;
  }

  /** A door has opened. */
  opened(isSecure: boolean, port: number): void {
    if (isSecure) this.#tlsPort = port;
    else {
      this.#port = port;
      this.#isListening = true;
    }
    this.#troubles.delete(isSecure ? 'tls-port' : 'port');
  }

  /**
   * Something keeps a door shut.
   *
   * @returns false when that was known already
   */
  troubled(what: Trouble, detail: string): boolean {
    const isNew = !this.#troubles.has(what);
    this.#troubles.set(what, detail);
    return isNew;
  }

  /** A certificate can be used until a moment, in epoch milliseconds. */
  certified(untilMs: number): void {
    this.#troubles.delete('certificate');
    this.#certificateUntil = untilMs;
  }

  /** The process is gone, and what it said of its troubles with it. */
  closed(): void {
    this.#isListening = false;
    this.#troubles.clear();
  }

  /** For `/ready`. Never `failed`: what is recorded can be watched without it. */
  health(publishers: number): PartReport {
    const name = 'live-ingest';
    const [trouble] = this.#troubles;
    if (trouble !== undefined) {
      const [what, detail] = trouble;
      return { name, status: 'degraded', detail: `${what}: ${detail}`, advice: TROUBLE_ADVICE[what] };
    }
    if (!this.#isListening) {
      const detail = 'the ingest process is being started';
      return { name, status: 'degraded', detail, advice: 'See the log.' };
    }
    const until = this.#certificateUntil;
    if (until !== undefined && until - Date.now() < EXPIRY_WARNING_MS) {
      return {
        name,
        status: 'degraded',
        detail: `the certificate of RTMPS ends on ${new Date(until).toISOString()}`,
        advice: 'Renew the certificate; the files are read again by themselves.',
      };
    }
    return { name, status: 'ok', detail: `${publishers} publishing` };
  }
}
