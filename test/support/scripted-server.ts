import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server that does what a test says, for faults that no healthy server can be made to show. */
export interface ScriptedServer {
  readonly endpoint: string;
  /** `METHOD /path?query` of every request, in the order they came. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

/** `answer` gets each request when its body has been read. */
export async function startScripted(
  answer: (request: IncomingMessage, reply: ServerResponse, body: string) => void,
): Promise<ScriptedServer> {
  const requests: string[] = [];
  const server = createServer((request, reply) => {
    requests.push(`${request.method} ${request.url}`);
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('error', () => {});
    request.on('end', () => answer(request, reply, Buffer.concat(pieces).toString('latin1')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
