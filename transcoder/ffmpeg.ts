import { spawn } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

import createCommand from 'fluent-ffmpeg';

import { cpuSecondsOf, killRun, limitWords, openBox, type RunLimits } from './box.ts';
import { canceled, throwIfCanceled, TranscodeError, type FfmpegFacts } from './errors.ts';
import { TOO_MANY_DOTS, TOO_MANY_DOTS_MESSAGE } from './hostile-media.ts';
import type { Scratch } from './scratch.ts';

/** One file that a run writes, with the options that belong to it; named under the scratch's `out/`. */
export interface FfmpegOutput {
  readonly options: readonly string[];
  readonly name: string;
}

/** What to run: one input, the scratch's source, and one or more outputs. */
export interface FfmpegTask {
  readonly inputOptions: readonly string[];
  /** The options of each time the source is opened once more, as inputs 1, 2, …: to enter it at several places in one run. */
  readonly moreInputs?: readonly (readonly string[])[];
  readonly outputs: readonly FfmpegOutput[];
  /** What the run may use; by default six hours of computing time and four times the source's size, but at least 1 GiB. */
  readonly limits?: RunLimits;
  /** True when an encoder or filter runs on the graphics chip, which is then in the box. */
  readonly needsGraphicsChip?: boolean;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Called about twice a second with the seconds of media written so far. */
  readonly onProgress?: (seconds: number) => void;
  /** Called with every line of ffmpeg's log. */
  readonly onLog?: (line: string) => void;
  /** A run whose clock does not advance for so long is killed; 60,000 by default. */
  readonly stallMs?: number;
}

const STDERR_LINES = 40;
const MAX_STDERR = 64 * 1024;
const DEFAULT_STALL_MS = 60_000;
const DEFAULT_CPU_SECONDS = 6 * 3600;
const WATCH_EVERY_MS = 500;
/** ffprobe writes no file. Not 0, so that it can be run under a tracer that does. */
const PROBE_OUTPUT_BYTES = 2 ** 20;

/**
 * Runs ffmpeg, boxed, on the scratch's source. The door to fluent-ffmpeg, which starts the process and reads its
 * progress; the argument lists are ours.
 *
 * What the archived library lacks is made up for here: `kill()` before the process exists does nothing there and the run
 * then ends in success, so an abort is remembered and carried out at the start event; arguments are passed one by one
 * because it splits a lone text at its blank; its error is only the last stderr lines, so they are kept apart; what it would ask the
 * tools before each run is not asked. The first reason wins: a run killed because it stalled stays stalled, whatever ffmpeg says afterwards.
 *
 * Exit status 0 proves nothing about the output; the caller checks what was written.
 *
 * A scratch is for one run at a time: the limits lie in its folder.
 *
 * @throws {TranscodeError} `encoder-failed`, `encoder-killed`, `encoder-stalled`, `encoder-overrun`, `scratch-full`, `canceled`,
 *   `tool-missing`
 */
export async function runFfmpeg(task: FfmpegTask, scratch: Scratch, options: RunOptions = {}): Promise<void> {
  const box = await openBox();
  const limits = task.limits ?? (await usualLimits(scratch));
  await writeFile(join(scratch.folder, 'limits'), limitWords(limits));
  throwIfCanceled(options.signal);
  const command = createCommand({ cwd: scratch.folder });
  askNothing(command);
  command.setFfmpegPath(task.needsGraphicsChip === true ? box.ffmpegWithChip : box.ffmpeg);
  for (const inputOptions of [task.inputOptions, ...(task.moreInputs ?? [])]) {
    command.input('file:source');
    each(inputOptions, (...values) => command.inputOptions(...values));
  }
  for (const output of task.outputs) {
    command.output(`out/${output.name}`);
    each(output.options, (...values) => command.outputOptions(...values));
  }

  const stderrTail: string[] = [];
  let commandLine = '';
  let reason: TranscodeError | undefined;
  let hasStarted = false;
  const startedAt = performance.now();
  const end = (error: TranscodeError): void => {
    reason ??= error;
    if (hasStarted) killRun(processOf(command));
  };
  const facts = (exitCode?: number, signal?: string): FfmpegFacts => ({
    command: commandLine,
    exitCode,
    signal,
    stderrTail: stderrTail.join('\n'),
  });

  const stallMs = options.stallMs ?? DEFAULT_STALL_MS;
  const watchdog = setTimeout(() => {
    end(
      new TranscodeError(
        'encoder-stalled',
        `ffmpeg wrote nothing new for ${Math.round(stallMs / 1000)} s and was stopped. The work is tried again; if it stalls each time, the source is damaged: upload it again.`,
        { ffmpeg: facts() },
      ),
    );
  }, stallMs);
  const onAbort = (): void => end(canceled(options.signal));
  options.signal?.addEventListener('abort', onAbort, { once: true });

  try {
    await new Promise<void>((resolve, reject) => {
      let lastSeconds = -1;
      command.on('start', (line: string) => {
        hasStarted = true;
        commandLine = line;
        // The process is there only after this event's turn.
        if (reason !== undefined) setImmediate(() => killRun(processOf(command)));
      });
      command.on('stderr', (line: string) => {
        if (line.startsWith('frame=') || line.startsWith('size=')) return;
        options.onLog?.(line);
        stderrTail.push(line);
        if (stderrTail.length > STDERR_LINES) stderrTail.shift();
      });
      command.on('progress', (progress: { timemark?: string }) => {
        const seconds = timemarkSeconds(progress.timemark);
        if (seconds === undefined || seconds <= lastSeconds) return;
        lastSeconds = seconds;
        watchdog.refresh();
        options.onProgress?.(seconds);
      });
      command.on('end', () => resolve());
      command.on('error', (error: Error) => reject(error));
      command.run();
    });
  } catch (error) {
    throw reason ?? explain(error as Error, stderrTail, facts, mayHaveComputed(limits, startedAt));
  } finally {
    clearTimeout(watchdog);
    options.signal?.removeEventListener('abort', onAbort);
  }
  if (reason !== undefined) throw reason;
}

async function usualLimits(scratch: Scratch): Promise<RunLimits> {
  const { size } = await stat(join(scratch.folder, 'source'));
  return { cpuSeconds: DEFAULT_CPU_SECONDS, outputBytes: Math.max(2 ** 30, 4 * size) };
}

/** How ffprobe is run. */
export interface ProbeOptions {
  readonly signal?: AbortSignal;
  /** Processor time it may take. What takes more is the file's doing, however busy the machine is. */
  readonly cpuSeconds: number;
  /** How long it may take altogether. Far above `cpuSeconds`: a busy machine or a slow disk lets it wait. */
  readonly timeoutMs: number;
  /** What it may compute, and how long it may take, without printing anything; by default as much as altogether. */
  readonly silence?: { readonly cpuSeconds: number; readonly timeoutMs: number };
  /** What it may print. */
  readonly maxBytes: number;
  /** Called with every line of its output; nothing is kept. */
  readonly onLine: (line: string) => void;
}

/**
 * Runs ffprobe, boxed, on the scratch's source. Not through fluent-ffmpeg: its own probe has no time limit and no limit on
 * the output, and takes file names for options.
 *
 * @returns what it wrote to stderr; many a damage is told there with exit status 0
 * @throws {TranscodeError} `probe-failed` with ffprobe's words, `probe-overrun` when it computed too long or printed too much,
 *   `probe-stalled` when it hardly got to compute in all the time there was, `canceled`, `tool-missing`
 */
export async function runFfprobe(
  words: readonly string[],
  scratch: Scratch,
  options: ProbeOptions,
): Promise<string> {
  const box = await openBox();
  const { cpuSeconds, timeoutMs, silence } = options;
  const limits = { cpuSeconds, outputBytes: PROBE_OUTPUT_BYTES };
  await writeFile(join(scratch.folder, 'limits'), limitWords(limits));
  throwIfCanceled(options.signal);
  // Told where to write, it writes by the block; else every packet of a lecture is a system call of its own, on both sides.
  const child = spawn(box.ffprobe, [...words, '-o', 'pipe:1', 'file:source'], {
    cwd: scratch.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let overrun: string | undefined;
  let stall: string | undefined;
  const end = (why: { readonly overrun: string } | { readonly stall: string }): void => {
    if (overrun !== undefined || stall !== undefined) return;
    if ('overrun' in why) ({ overrun } = why);
    else ({ stall } = why);
    killRun(child.pid);
  };
  const timer = setTimeout(() => {
    end({ stall: `in ${timeoutMs / 1000} s it got ${inSeconds(cpuSecondsOf(child.pid))} of computing time` });
  }, timeoutMs);
  let hasPrinted = false;
  let quiet = { sinceMs: performance.now(), cpuSeconds: 0 };
  const watchdog = setInterval(() => {
    const now = { sinceMs: performance.now(), cpuSeconds: cpuSecondsOf(child.pid) };
    if (hasPrinted) quiet = now;
    hasPrinted = false;
    if (silence === undefined) return;
    // A file that leads round in circles keeps the processor at work; a busy machine or a slow disk does not.
    if (now.cpuSeconds - quiet.cpuSeconds >= silence.cpuSeconds) {
      end({ overrun: `reading got nowhere in ${silence.cpuSeconds} s of computing time` });
    } else if (now.sinceMs - quiet.sinceMs >= silence.timeoutMs) {
      end({ stall: `nothing was read for ${silence.timeoutMs / 1000} s` });
    }
  }, WATCH_EVERY_MS);
  const onAbort = (): void => killRun(child.pid);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < MAX_STDERR) stderr += text;
  });
  // Not by `readline`, which takes as long over the packets of a lecture as ffprobe does.
  const decoder = new StringDecoder('utf8');
  let printed = 0;
  let line = '';
  child.stdout.on('data', (bytes: Buffer) => {
    hasPrinted = true;
    printed += bytes.length;
    if (printed > options.maxBytes) {
      end({ overrun: `it lists more than ${options.maxBytes} bytes of contents` });
    }
    const lines = (line + decoder.write(bytes)).split('\n');
    line = lines.pop() ?? '';
    if (overrun === undefined) for (const whole of lines) options.onLine(whole);
  });
  const [exitCode, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, name) => {
      if (line !== '' && overrun === undefined) options.onLine(line);
      resolve([code, name]);
    });
  }).finally(() => {
    clearTimeout(timer);
    clearInterval(watchdog);
    options.signal?.removeEventListener('abort', onAbort);
  });
  throwIfCanceled(options.signal);
  if (exitCode === 0 && overrun === undefined && stall === undefined) return stderr;
  const ffmpeg: FfmpegFacts = {
    command: ['ffprobe', ...words, 'file:source'].join(' '),
    exitCode: exitCode ?? undefined,
    signal: signal ?? undefined,
    stderrTail: stderr.trim().split('\n').slice(-STDERR_LINES).join('\n'),
  };
  if (stall !== undefined) {
    throw new TranscodeError(
      'probe-stalled',
      `The file could not be looked into, because the machine is busy or its disk is slow: ${stall}. Nothing is wrong with the file as far as is known. It is tried again; if it stalls each time, give the machine less to do.`,
      { ffmpeg },
    );
  }
  if (overrun === undefined && endedBy(SIGXCPU, exitCode, signal)) {
    overrun = `reading took more than ${cpuSeconds} s of computing time`;
  }
  if (overrun !== undefined) {
    throw new TranscodeError(
      'probe-overrun',
      `The file cannot be looked into within the limits: ${overrun}. It is damaged or made to be costly. Export the lecture as MP4 (H.264 and AAC) and upload that.`,
      { ffmpeg },
    );
  }
  throw new TranscodeError('probe-failed', `Cannot look into the file: ${lastWords(stderr)}.`, { ffmpeg });
}

const inSeconds = (seconds: number): string => `${seconds.toFixed(1)} s`;

/** Signal numbers of Linux. */
const SIGXCPU = { name: 'SIGXCPU', number: 24 };
const SIGXFSZ = { name: 'SIGXFSZ', number: 25 };
/** ffmpeg's exit status when a signal has asked it to end. */
const EXIT_ON_SIGNAL = 255;

/** Whether a signal ended a run; under the box the shell's convention tells it as 128 and its number. */
function endedBy(
  { name, number }: typeof SIGXCPU,
  exitCode: number | null | undefined,
  signal: string | null | undefined,
): boolean {
  return signal === name || exitCode === 128 + number;
}

function explain(
  error: Error,
  stderrTail: readonly string[],
  facts: (exitCode?: number, signal?: string) => FfmpegFacts,
  mayHaveComputed: boolean,
): TranscodeError {
  const killedBy = /killed with signal (\w+)/.exec(error.message)?.[1];
  const exitCode = Number(/exited with code (\d+)/.exec(error.message)?.[1] ?? Number.NaN);
  const ffmpeg = facts(Number.isNaN(exitCode) ? undefined : exitCode, killedBy);
  if (stderrTail.some((line) => line.includes('No space left on device'))) {
    return new TranscodeError(
      'scratch-full',
      'Cannot encode: the disk with the scratch folder is full. Free some space; the work is then tried again by itself.',
      { ffmpeg, cause: error },
    );
  }
  const filter = /No such filter: '(\w+)'/.exec(stderrTail.join('\n'))?.[1];
  if (filter !== undefined) {
    return new TranscodeError(
      'tool-missing',
      `Cannot encode: this ffmpeg was built without the filter ${filter}. Install one that has it, such as the distribution's: apt-get install ffmpeg`,
      { ffmpeg, cause: error },
    );
  }
  if (stderrTail.some((line) => TOO_MANY_DOTS.test(line))) {
    return new TranscodeError('too-large', TOO_MANY_DOTS_MESSAGE, { ffmpeg, cause: error });
  }
  const overrun = overrunOf(exitCode, killedBy, mayHaveComputed);
  if (overrun !== undefined) {
    return new TranscodeError(
      'encoder-overrun',
      `ffmpeg was stopped because it ${overrun} than such a file can need. It is damaged or made to be costly. Export the lecture as MP4 (H.264 and AAC) and upload that.`,
      { ffmpeg, cause: error },
    );
  }
  // Under the box the shell convention tells of a signal: 128 + its number.
  if (killedBy !== undefined || [137, 143, EXIT_ON_SIGNAL].includes(exitCode)) {
    return new TranscodeError(
      'encoder-killed',
      `ffmpeg was killed (${killedBy ?? `status ${exitCode}`}) before it had finished; this machine may be short of memory. The work is tried again.`,
      { ffmpeg, cause: error },
    );
  }
  return new TranscodeError(
    'encoder-failed',
    `ffmpeg could not encode: ${lastWords(stderrTail.join('\n')) || error.message}.`,
    {
      ffmpeg,
      cause: error,
    },
  );
}

/** Whether a run that began then can have used up its computing time, on all processors together. */
function mayHaveComputed({ cpuSeconds }: RunLimits, startedAt: number): boolean {
  return ((performance.now() - startedAt) / 1000) * availableParallelism() >= cpuSeconds;
}

function overrunOf(
  exitCode: number,
  signal: string | undefined,
  mayHaveComputed: boolean,
): string | undefined {
  if (endedBy(SIGXFSZ, exitCode, signal)) return 'wrote more';
  // ffmpeg ends in an orderly way at the signal for too much computing time as at others, and does not say which it was.
  const isOrderlyEnd = exitCode === EXIT_ON_SIGNAL && mayHaveComputed;
  return isOrderlyEnd || endedBy(SIGXCPU, exitCode, signal) ? 'computed longer' : undefined;
}

/**
 * The library would start ffmpeg for its formats and its encoders, and at every run ffprobe, outside the box, for a length to reckon
 * percentages by. Each costs a tenth of a processor second and tells us nothing.
 */
function askNothing(command: object): void {
  Object.assign(command, {
    _checkCapabilities: (done: () => void) => done(),
    availableEncoders: (done: (error: null, encoders: object) => void) => done(null, {}),
    ffprobe: () => undefined,
  });
}

/** The process of a command; the library's typings keep it to themselves. */
function processOf(command: object): number | undefined {
  return (command as { readonly ffmpegProc?: { readonly pid?: number } }).ffmpegProc?.pid;
}

function lastWords(stderr: string): string {
  const lines = stderr
    .trim()
    .split('\n')
    // That it failed is known.
    .filter((line) => line.trim() !== '' && line !== 'Conversion failed!');
  return (lines.at(-1) ?? '').replace(/^\[[^\]]*\]\s*/, '').replace(/\.$/, '') || 'it said nothing';
}

function timemarkSeconds(timemark: string | undefined): number | undefined {
  const match = /^(-?)(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(timemark ?? '');
  if (match === null || match[1] === '-') return undefined;
  return Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4]);
}

/** With more than one argument the library takes them as they are; a single one it would split at its blank. */
function each(values: readonly string[], add: (...values: string[]) => unknown): void {
  if (values.length === 1)
    throw new TypeError(`a list of ffmpeg options has two parts or more; got ${JSON.stringify(values)}`);
  if (values.length > 1) add(...values);
}
