import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program of the documents that is running. */
export interface RunningProgram {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly lines: readonly string[];
  /** Waits for a line that is JSON, of which `look` makes something. */
  told<T>(look: (value: unknown) => T | undefined): Promise<T>;
  /** Waits until it ends by itself; fails when it does not end with 0. */
  readonly ended: Promise<void>;
}

/** Starts a compiled program of the documents as its reader would, in the folder he has installed the package in. */
export function startProgram(
  folder: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningProgram {
  const child = spawn(process.execPath, words, {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TZ: 'Asia/Shanghai', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const complaints: string[] = [];
  const listeners = new Set<() => void>();
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const listener of listeners) listener();
  });
  const ended = new Promise<void>((resolve, reject) => {
    // Not `exit`: what it printed last may still be on its way.
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(`${words[0]} ended with ${signal ?? code}:\n${[...lines, ...complaints].join('\n')}`),
        );
    });
  });
  // Whoever waits is told; nobody has to.
  ended.catch(() => undefined);
  const told = <T>(look: (value: unknown) => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const listener = (): void => {
        for (const line of lines) {
          const found = look(valueOf(line));
          if (found === undefined) continue;
          listeners.delete(listener);
          resolve(found);
          return;
        }
      };
      listeners.add(listener);
      listener();
      ended.then(() => reject(new Error(`${words[0]} did not say it:\n${lines.join('\n')}`)), reject);
    });
  return { child, lines, told, ended };
}

/** Runs a program to its end, and returns what it printed. */
export async function runProgram(
  folder: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const program = startProgram(folder, words, env);
  await program.ended;
  return program.lines;
}

/** What a line holds when it is JSON. */
function valueOf(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
