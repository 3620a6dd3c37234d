import type { ServerResponse } from 'node:http';

/** How often a stream looks for news: changes within this time are told together. */
const LOOK_EVERY_MS = 1_000;

/**
 * Streams server-sent events (HTML Living Standard §9.2) until the reader leaves, the service stops or there is nothing to tell any
 * more: then the browser comes back and hears what is the matter.
 *
 * @param look - asked at once and then every second; gives what is to be written, as {@link eventText} puts it
 */
export async function streamEvents(
  response: ServerResponse,
  stopping: AbortSignal,
  look: () => Promise<readonly string[]>,
): Promise<void> {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  response.write('retry: 3000\n\n');
  try {
    do {
      for (const text of await look()) {
        if (!response.destroyed) response.write(text);
      }
    } while (await waitedWhileOpen(response, stopping));
  } catch {
    // What is told about is gone, or the database is away.
  } finally {
    response.end();
  }
}

/** One event; `json` has no line feed. */
export function eventText(event: string, json: string): string {
  return `event: ${event}\ndata: ${json}\n\n`;
}

/** Shows proxies that somebody is still there, and tells nobody anything. */
export const STILL_HERE = ': still here\n\n';

/** Waits for the next look; false when there is nobody to tell any more. */
async function waitedWhileOpen(response: ServerResponse, stopping: AbortSignal): Promise<boolean> {
  if (stopping.aborted || response.destroyed) return false;
  return new Promise((resolve) => {
    const end = (isOpen: boolean): void => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', onStop);
      response.off('close', onStop);
      resolve(isOpen);
    };
    const onStop = (): void => end(false);
    const timer = setTimeout(() => end(true), LOOK_EVERY_MS);
    stopping.addEventListener('abort', onStop);
    response.once('close', onStop);
  });
}
