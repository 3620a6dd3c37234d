import { once } from 'node:events';
import {
  createServer,
  request as send,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands in front of an origin in tests: it counts what reaches the origin, holds answers back, and can go away. */
export class AwayProxy {
  /** Every request, as `GET /path`, in the order they came. */
  readonly requests: string[] = [];
  /** Looks at each request first; true means that it answered or will. */
  script: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  readonly #target: string | undefined;
  #server: Server | undefined;
  #port = 0;

  private constructor(target: string | undefined) {
    this.#target = target;
  }

  /** Without a target, the script answers everything. */
  static async open(target?: string): Promise<AwayProxy> {
    const proxy = new AwayProxy(target);
    await proxy.comeBack();
    return proxy;
  }

  get base(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How many requests for an address came, whatever its arguments. */
  countOf(path: string): number {
    return this.requests.filter((line) => line.split(/[ ?]/)[1] === path).length;
  }

  /** Like a machine whose service is down: connections are refused, and those that are open break. */
  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async comeBack(): Promise<void> {
    const server = createServer((request, response) => {
      // The edge asks every half second whether somebody is there.
      const isProbe = request.url === '/alive';
      if (!isProbe) this.requests.push(`${request.method} ${request.url}`);
      if (this.script?.(request, response) === true) return;
      if (this.#target === undefined) response.writeHead(isProbe ? 200 : 404).end();
      else forward(this.#target, request, response);
    });
    server.keepAliveTimeout = 75_000;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }
}

function forward(target: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url } = request;
  const onward = send(target + url, { ...(method !== undefined && { method }), headers }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(response);
    reply.on('error', () => response.destroy());
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
