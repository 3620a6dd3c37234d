import { Agent, request } from 'node:http';

/** What one player saw. */
export interface LightPlayerFigures {
  readonly playlists: number;
  readonly parts: number;
  readonly bytes: number;
  /** Answers that were no use: refusals, and connections that broke. */
  readonly failures: number;
  /** When each part was here, by name; milliseconds since 1970. */
  readonly arrivals: ReadonlyMap<string, number>;
}

interface Reply {
  readonly status: number;
  readonly body: Buffer;
}

/** What hls.js gives a waiting playlist (1.6 s for parts of half a second and segments of two) before it asks again. */
const PATIENCE_MS = 1600;
const RETRY_MS = 500;

/**
 * Fetches what hls.js in low-latency mode would, and throws it away: the waiting playlist of the next part, then the part. Its
 * connections are its own, as a browser's are.
 */
export class LightPlayer {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 6 });
  readonly #masterUrl: string;
  readonly #arrivals = new Map<string, number>();
  #playlists = 0;
  #bytes = 0;
  #failures = 0;
  #isOver = false;

  constructor(masterUrl: string) {
    this.#masterUrl = masterUrl;
  }

  get figures(): LightPlayerFigures {
    return {
      playlists: this.#playlists,
      parts: this.#arrivals.size,
      bytes: this.#bytes,
      failures: this.#failures,
      arrivals: this.#arrivals,
    };
  }

  stop(): void {
    this.#isOver = true;
    this.#agent.destroy();
  }

  /** Plays until {@link stop}, or until the class ends. */
  async play(): Promise<void> {
    const mediaUrl = await this.#findMedia();
    if (mediaUrl === undefined) return;
    let query = '';
    while (!this.#isOver) {
      const reply = await this.#get(mediaUrl + query);
      if (reply?.status !== 200) {
        // hls.js asks the same again, and from the edge of the window after a refusal.
        if (reply !== undefined) query = '';
        await pause(RETRY_MS);
        continue;
      }
      this.#playlists += 1;
      const { parts, next, hasEnded } = readPlaylist(String(reply.body));
      if (hasEnded) return;
      for (const part of parts.slice(-4)) await this.#take(new URL(part, mediaUrl).href, part);
      const hasNews = next !== query;
      query = next;
      if (!hasNews) await pause(RETRY_MS);
    }
  }

  async #findMedia(): Promise<string | undefined> {
    while (!this.#isOver) {
      const reply = await this.#get(this.#masterUrl);
      const uri =
        reply?.status === 200
          ? String(reply.body)
              .split('\n')
              .find((line) => line !== '' && !line.startsWith('#'))
          : undefined;
      if (uri !== undefined) return new URL(uri, this.#masterUrl).href;
      await pause(RETRY_MS);
    }
    return undefined;
  }

  async #take(url: string, name: string): Promise<void> {
    if (this.#arrivals.has(name)) return;
    const reply = await this.#get(url);
    if (reply?.status === 200) this.#arrivals.set(name, Date.now());
  }

  #get(url: string): Promise<Reply | undefined> {
    return new Promise((resolve) => {
      const pieces: Buffer[] = [];
      const asking = request(url, { agent: this.#agent, timeout: PATIENCE_MS }, (reply) => {
        reply.on('data', (piece: Buffer) => pieces.push(piece));
        reply.on('end', () => {
          const body = Buffer.concat(pieces);
          this.#bytes += body.length;
          const status = reply.statusCode ?? 0;
          if (status >= 400) this.#failures += 1;
          resolve({ status, body });
        });
        reply.on('error', () => resolve(undefined));
      });
      asking.on('timeout', () => asking.destroy());
      asking.on('error', () => {
        if (!this.#isOver) this.#failures += 1;
        resolve(undefined);
      });
      asking.end();
    });
  }
}

/** The parts a playlist names, and the arguments of the one that comes next (RFC 8216bis, 6.2.5.2). */
export function readPlaylist(text: string): {
  readonly parts: readonly string[];
  readonly next: string;
  readonly hasEnded: boolean;
} {
  let msn = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)/m.exec(text)?.[1] ?? 0);
  let part = 0;
  const parts: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#EXT-X-PART:')) {
      part += 1;
      const uri = /URI="([^"]+)"/.exec(line)?.[1];
      if (uri !== undefined) parts.push(uri);
    } else if (line !== '' && !line.startsWith('#')) {
      msn += 1;
      part = 0;
    }
  }
  return {
    parts,
    next: `?_HLS_msn=${msn}&_HLS_part=${part}`,
    hasEnded: /^#EXT-X-ENDLIST/m.test(text),
  };
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
