import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own, which may be killed. */
export interface ServerProcess {
  readonly base: string;
  readonly process: ChildProcess;
  /** Every line it has logged so far. */
  readonly lines: readonly string[];
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Settles with the exit code when it ends by itself. */
  readonly ended: Promise<number | null>;
}

const MAIN = fileURLToPath(new URL('../../server/cli/main.js', import.meta.url));

/** Runs `yuanjiao serve` and waits until it listens. `prefix` is a program that runs the rest, such as `unshare`. */
export async function startServerProcess(
  env: Readonly<Record<string, string>>,
  prefix: readonly string[] = [],
): Promise<ServerProcess> {
  const { line, ...rest } = await start([...prefix, process.execPath, MAIN, 'serve'], 'listening', {
    YUANJIAO_HOST: '127.0.0.1',
    YUANJIAO_PORT: '0',
    YUANJIAO_WORKERS: '0',
    YUANJIAO_LIVE_PORT: 'off',
    YUANJIAO_MIN_FREE_BYTES: '0',
    ...env,
  });
  return { base: `http://127.0.0.1:${(line as { readonly port: number }).port}`, ...rest };
}

/** Runs `yuanjiao worker` and waits until it works. */
export async function startWorkerProcess(
  env: Readonly<Record<string, string>>,
  ...flags: readonly string[]
): Promise<Omit<ServerProcess, 'base'>> {
  return await start([process.execPath, MAIN, 'worker', '--jobs', '1', ...flags], 'working', env);
}

/** Runs a program until it logs the message that it is up, and gives that line too. */
async function start(
  [program = '', ...args]: readonly string[],
  message: string,
  env: Readonly<Record<string, string>>,
): Promise<Omit<ServerProcess, 'base'> & { readonly line: unknown }> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('YUANJIAO_'));
  const child = spawn(program, args, {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  const reader = createInterface({ input: child.stdout });
  const line = await new Promise<unknown>((resolve, reject) => {
    reader.on('line', (text) => {
      lines.push(text);
      const told = JSON.parse(text) as { readonly msg?: string };
      if (told.msg === message) resolve(told);
    });
    void ended.then((code) => reject(new Error(`the process ended with ${code}:\n${lines.join('\n')}`)));
  });
  return {
    line,
    process: child,
    lines,
    ended,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
