import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { MessageReader, noteBytes, type Message, type Order, type Report } from './message.ts';

const PROGRAM = fileURLToPath(new URL('./ingest-process.js', import.meta.url));
const PIPE = 3;
/** The process holds a few megabytes of objects; media lies outside this heap. */
const HEAP_MB = 128;
const LAST_WORDS_BYTES = 4_096;
/** Looks without a word after which a process is hung, … */
const CHECKS = 5;
/** … and while it is being started, which takes long on a busy machine. */
const START_CHECKS = 40;

/** What a child's owner hears. */
export interface IngestChildOptions {
  /** A child that says nothing for so long is hung, and killed. */
  readonly hungMs: number;
  onMessage(message: Message<Report>): void;
  /** It is gone, for whatever reason; called once. */
  onExit(how: {
    readonly code: number | null;
    readonly signal: string | null;
    readonly lastWords: string;
  }): void;
}

/** The ingest process, as the server sees it. */
export class IngestChild {
  readonly startedAt = performance.now();
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  /** Absent where the system could not begin a process. */
  readonly #pipe: Duplex | undefined;
  #silentChecks = 0;
  #hasSpoken = false;

  constructor(options: IngestChildOptions) {
    // No variable of the server's, so none of its secrets, is in a process that strangers talk to.
    this.#child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, PROGRAM], {
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#pipe = (this.#child.stdio[PIPE] ?? undefined) as Duplex | undefined;
    let lastWords = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-LAST_WORDS_BYTES);
    });

    const reader = new MessageReader<Report>();
    this.#pipe?.on('data', (bytes: Buffer) => {
      this.#silentChecks = 0;
      this.#hasSpoken = true;
      let messages: readonly Message<Report>[] = [];
      try {
        messages = reader.push(bytes);
      } catch (error) {
        lastWords = String(error);
        this.kill();
      }
      for (const message of messages) options.onMessage(message);
    });
    this.#pipe?.on('error', () => {});

    // Counted in looks, not by the clock: a server that was itself busy has not listened.
    const looking = setInterval(() => {
      this.#silentChecks += 1;
      if (this.#silentChecks > (this.#hasSpoken ? CHECKS : START_CHECKS)) this.kill();
    }, options.hungMs / CHECKS);
    looking.unref();

    let isOver = false;
    this.exited = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null): void => {
        if (isOver) return;
        isOver = true;
        clearInterval(looking);
        options.onExit({ code, signal, lastWords: lastWords.trim() });
        resolve();
      };
      this.#child.once('close', end);
      this.#child.once('error', (error) => {
        lastWords = error.message;
        // A process that never began does not close.
        if (this.#child.pid === undefined) end(null, null);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Gives an order; one to a child that is gone is lost. */
  send(order: Order): void {
    if (this.#pipe?.writable === true) this.#pipe.write(noteBytes(order));
  }

  /** Ends it: without the pipe it has nothing to live for. */
  async stop(withinMs: number): Promise<void> {
    this.#pipe?.end();
    const timer = setTimeout(() => this.kill(), withinMs);
    await this.exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
