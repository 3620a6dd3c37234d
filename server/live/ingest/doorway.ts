import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';

const RETRY_MS = 1_000;

/** Where to listen, and whom to tell. */
export interface DoorwayOptions {
  readonly host: string;
  readonly port: number;
  onConnection(socket: Socket): void;
  onListening(port: number): void;
  /** It is tried again every second. */
  onTrouble(error: NodeJS.ErrnoException): void;
}

/** A listening socket that comes up as soon as its address is free. */
export class Doorway {
  readonly #options: DoorwayOptions;
  #server: Server | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: DoorwayOptions) {
    this.#options = options;
  }

  /** Listens, now or later. */
  open(): void {
    const options = this.#options;
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 5_000 });
    server.on('connection', (socket) => options.onConnection(socket));
    server.once('error', (error) => {
      options.onTrouble(error);
      this.#retry = setTimeout(() => this.open(), RETRY_MS);
    });
    server.listen(options.port, options.host, () =>
      options.onListening((server.address() as AddressInfo).port),
    );
    this.#server = server;
  }

  /** Listens no longer. */
  close(): void {
    clearTimeout(this.#retry);
    this.#server?.close();
  }
}

/** Where a certificate lies, and whom to tell. */
export interface CertificateOptions {
  readonly keyFile: string;
  readonly certFile: string;
  readonly checkMs: number;
  /** A certificate is in use; `until` in milliseconds since 1970. */
  onLoaded(until: number): void;
  /** The files cannot be used; the certificate in use stays. */
  onTrouble(error: Error): void;
}

/** A certificate and its key, read again when the files change. */
export class Certificate {
  readonly #options: CertificateOptions;
  readonly #timer: NodeJS.Timeout;
  #context: SecureContext | undefined;
  #seen = '';

  constructor(options: CertificateOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.load(), options.checkMs);
  }

  /** Reads the files unless they are the ones in use, or were found useless before. */
  async load(): Promise<void> {
    const options = this.#options;
    const { keyFile, certFile } = options;
    try {
      const states = await Promise.all([keyFile, certFile].map((file) => stat(file)));
      const seen = states.map(({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`).join();
      if (seen === this.#seen) return;
      this.#seen = seen;
      const [key, cert] = await Promise.all([readFile(keyFile), readFile(certFile)]);
      this.#context = createSecureContext({ key, cert, minVersion: 'TLSv1.2' });
      options.onLoaded(Date.parse(new X509Certificate(cert).validTo));
    } catch (error) {
      options.onTrouble(error as Error);
    }
  }

  /** Puts TLS on a socket. */
  wrap(raw: Socket): Socket {
    const secureContext = this.#context;
    return new TLSSocket(raw, { isServer: true, ...(secureContext !== undefined && { secureContext }) });
  }

  /** Looks no longer. */
  close(): void {
    clearInterval(this.#timer);
  }
}
