import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ONCE = fileURLToPath(new URL('light-players-once.js', import.meta.url));

/** What many players saw, all together. */
export interface CrowdFigures {
  readonly playlists: number;
  readonly parts: number;
  readonly bytes: number;
  readonly failures: number;
  /** How long after the first of them the others had a part. */
  readonly behindMs: { readonly p50: number; readonly p95: number; readonly p999: number };
}

/** Many light players in a process of their own. */
export class Crowd {
  readonly #child: ChildProcess;
  readonly #told: Promise<CrowdFigures>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#told = new Promise((resolve, reject) => {
      let text = '';
      child.stdout?.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      child.once('error', reject);
      child.once('close', (code) => {
        if (code === 0) resolve(JSON.parse(text) as CrowdFigures);
        else reject(new Error(`The players ended with ${code}.`));
      });
    });
    this.#told.catch(() => {});
  }

  /** Lets so many players play a class from a multivariant playlist. */
  static gather(playlistUrl: string, count: number): Crowd {
    return new Crowd(
      spawn(process.execPath, [ONCE, playlistUrl, String(count)], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
  }

  /** Ends them, and tells what they saw; twice does no harm. */
  async leave(): Promise<CrowdFigures> {
    this.#child.stdin?.end();
    return this.#told;
  }
}
