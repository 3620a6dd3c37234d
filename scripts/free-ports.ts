import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

const LOWEST = 12_000;

/**
 * Ports of this machine on which nobody listens at this moment, for programs that have to be told theirs, and that may be started
 * again on it. They lie below those that the system gives away by itself: between two of those programs none of them is taken by
 * some connection that happens to be opened.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listenSomewhere()));
  const ports = servers.map(({ port }) => port);
  await Promise.all(servers.map(({ server }) => once(server.close(), 'close')));
  return ports;
}

async function listenSomewhere(): Promise<{ readonly server: Server; readonly port: number }> {
  const end = firstGivenAway();
  for (;;) {
    const port = randomInt(LOWEST, end);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]).catch(() => false);
    if (isFree) return { server, port };
  }
}

function firstGivenAway(): number {
  const usual = 32_768;
  try {
    const [first = ''] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t');
    return Math.max(LOWEST + 1_000, Number(first) || usual);
  } catch {
    return usual;
  }
}
