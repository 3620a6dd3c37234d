import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { killRun, limitWords, openBox } from '../box.ts';
import { MAX_PIXELS } from '../hostile-media.ts';
import { openEmptyScratch, type Scratch } from '../scratch.ts';
import { FlvReader } from './flv-reader.ts';
import type { FlvTag } from './flv-tag.ts';
import type { PictureFormat } from './picture-size.ts';

/** One size of the live ladder. */
export interface LiveRung {
  /** Of the rendition, such as `480p`. */
  readonly name: string;
  /** Lines of the picture's short side. */
  readonly lines: number;
  /** x264's constant rate factor. */
  readonly rateFactor: number;
  /** Bit/s that are not exceeded over a second. */
  readonly maxBitrate: number;
}

/** What a ladder has to know of its source before it begins. */
export type LadderSource = Pick<PictureFormat, 'width' | 'height' | 'mayBeInterlaced'>;

/** What a {@link LadderProcess} tells. */
export interface LadderProcessEvents {
  /** A tag of a rung came out, its stamp as it went in. */
  readonly onTag: (place: number, tag: FlvTag) => void;
  /** The process is gone, whatever the reason, or never came; not told after a stop. */
  readonly onGone: (why: string) => void;
}

/** Computing time of one process: two processors for a day. A class ends before; what does not was forgotten. */
const CPU_SECONDS = 2 * 24 * 3600;
/** It writes to pipes alone. */
const FILE_BYTES = 2 ** 20;
const STDERR_LINES = 12;

/**
 * One ffmpeg that makes every rung from one decode: FLV in on its standard input, FLV out on a pipe for each rung, in the same box as all
 * decoding.
 */
export class LadderProcess {
  readonly #events: LadderProcessEvents;
  #child: ChildProcess | undefined;
  #scratch: Scratch | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isStopped = false;
  #isFinishing = false;
  readonly #stderr: string[] = [];
  readonly #started: Promise<void>;

  constructor(
    rungs: readonly LiveRung[],
    source: LadderSource,
    scratchFolder: string,
    events: LadderProcessEvents,
  ) {
    this.#events = events;
    this.#started = this.#start(rungs, source, scratchFolder).catch((error: unknown) =>
      this.#gone(String(error)),
    );
  }

  /** Bytes that it has not taken yet. */
  get backlogBytes(): number {
    return this.#waitingBytes + (this.#child?.stdin?.writableLength ?? 0);
  }

  write(bytes: Buffer): void {
    if (this.#isStopped || this.#isFinishing) return;
    const stdin = this.#child?.stdin;
    if (stdin) stdin.write(bytes);
    else {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
    }
  }

  /** Gives it no more, and waits until it has written what it has, or until the time is up. */
  async finish(patienceMs: number): Promise<void> {
    await this.#started;
    const child = this.#child;
    if (this.#isStopped || child === undefined) return;
    this.#isFinishing = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      child.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      child.stdin?.end();
    });
  }

  /** Kills it and forgets what it has not written. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    killRun(this.#child?.pid);
    await this.#started;
    // One that was started meanwhile.
    killRun(this.#child?.pid);
    await this.#scratch?.remove();
  }

  async #start(rungs: readonly LiveRung[], source: LadderSource, scratchFolder: string): Promise<void> {
    const box = await openBox();
    const scratch = await openEmptyScratch(scratchFolder);
    this.#scratch = scratch;
    // The launcher boxes a run whose folder has a source and limits; what is read comes through the pipe.
    await writeFile(scratch.sourcePath, '');
    await writeFile(
      join(scratch.folder, 'limits'),
      limitWords({ cpuSeconds: CPU_SECONDS, outputBytes: FILE_BYTES }),
    );
    if (this.#isStopped) return;
    const child = spawn(box.ffmpeg, ladderWords(rungs, source), {
      cwd: scratch.folder,
      stdio: ['pipe', 'pipe', 'pipe', ...rungs.slice(1).map(() => 'pipe' as const)],
    });
    this.#child = child;
    child.once('error', (error) => this.#gone(error.message));
    child.once('close', (code, signal) => this.#gone(this.#lastWords(code, signal)));
    const { stdin, stderr } = child;
    // It tells of its end by closing; that its pipe breaks then is no news.
    stdin.on('error', () => undefined);
    for (const bytes of this.#waiting) stdin.write(bytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    stderr.setEncoding('utf8').on('data', (text: string) => this.#keepWords(text));
    rungs.forEach((_rung, place) => this.#read(child.stdio[pipeNumber(place)] as Readable, place));
  }

  #read(pipe: Readable, place: number): void {
    const reader = new FlvReader();
    pipe.on('error', () => undefined);
    pipe.on('data', (bytes: Buffer) => {
      if (this.#isStopped) return;
      try {
        for (const tag of reader.push(bytes)) this.#events.onTag(place, tag);
      } catch (error) {
        this.#gone(String(error));
      }
    });
  }

  #gone(why: string): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    killRun(this.#child?.pid);
    void this.#scratch?.remove();
    if (!this.#isFinishing) this.#events.onGone(why);
  }

  #keepWords(text: string): void {
    this.#stderr.push(...text.split('\n').filter((line) => line.trim() !== ''));
    this.#stderr.splice(0, this.#stderr.length - STDERR_LINES);
  }

  #lastWords(code: number | null, signal: string | null): string {
    return [`ffmpeg ended with ${signal ?? `status ${code}`}`, ...this.#stderr.slice(-3)].join('; ');
  }
}

/** The first rung comes out of the standard output, the others out of pipes of their own behind the standard error. */
function pipeNumber(place: number): number {
  return place === 0 ? 1 : place + 2;
}

/** ffmpeg's arguments; pure. @internal */
export function ladderWords(rungs: readonly LiveRung[], source: LadderSource): readonly string[] {
  return [
    ...['-hide_banner', '-v', 'error', '-nostdin'],
    // What a stranger's encoder sends: FLV with H.264 through this pipe and nothing else.
    ...['-protocol_whitelist', 'pipe', '-format_whitelist', 'flv', '-codec_whitelist', 'h264'],
    ...['-max_pixels', String(MAX_PIXELS), '-max_streams', '1'],
    // Begin at once: the sequence header says all that probing could find. Not `nobuffer`, which throws away what was probed.
    ...['-probesize', '32', '-analyzeduration', '0', '-fpsprobesize', '0'],
    // Frames decoded side by side would each add one to the delay.
    ...['-threads', '1', '-flags', 'low_delay'],
    // Stamps stay as they are. Every output but FLV would begin anew at 0, for each track by itself.
    '-copyts',
    ...['-f', 'flv', '-i', 'pipe:0'],
    ...['-filter_complex', scaleGraph(rungs, source)],
    ...rungs.flatMap((rung, place) => rungWords(rung, place)),
  ];
}

function rungWords({ rateFactor, maxBitrate }: LiveRung, place: number): readonly string[] {
  return [
    ...['-map', `[out${place}]`],
    // The time base of a constant rate would round stamps to its grid.
    ...['-fps_mode', 'passthrough', '-enc_time_base', '1:1000'],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'superfast',
      '-tune',
      'zerolatency',
      '-profile:v',
      'main',
      '-threads',
      '1',
    ],
    // Key pictures where the source has them and nowhere else: segments of all renditions begin with the same picture.
    ...['-force_key_frames', 'source', '-forced-idr', '1', '-g', '100000', '-sc_threshold', '0'],
    ...['-crf', String(rateFactor), '-maxrate', String(maxBitrate), '-bufsize', String(maxBitrate)],
    ...['-map_metadata', '-1', '-flvflags', 'no_duration_filesize+no_metadata', '-flush_packets', '1'],
    ...['-f', 'flv', `pipe:${pipeNumber(place)}`],
  ];
}

/** Of pictures that follow each other faster every second is left out: what 50 and 60 a second cost is better spent on 25 and 30. */
const LEAST_SECONDS = 0.024;

/**
 * Which pictures are made smaller. They are thinned where they have come too fast for a while, and not where a single stamp is odd;
 * key pictures are never left out, and no stamp is changed, so that segments begin with the same picture everywhere.
 */
const CHOICE = [
  // The distance of pictures on the average; a pause counts for no more than a slow picture.
  'st(0,if(isnan(prev_t),1,if(gt(ld(0),0.5),t-prev_t,0.9*ld(0)+0.1*min(t-prev_t,0.05))))',
  `key+isnan(prev_selected_t)+gte(ld(0),${LEAST_SECONDS})+gte(t-prev_selected_t,${LEAST_SECONDS})`,
].join(';');

/** What is done to the source once for all rungs. Interlaced pictures, as the stream marks them, become one picture each. */
function commonGraph({ mayBeInterlaced }: LadderSource): string {
  // It holds a picture back, so it is spared those who can have no fields.
  const fields = mayBeInterlaced ? 'bwdif=mode=send_frame:parity=auto:deint=interlaced,' : '';
  return `[0:v]${fields}select='${CHOICE}',`;
}

/** The largest is scaled from the source, each of the others from the one before it: a third of the work less. */
function scaleGraph(rungs: readonly LiveRung[], source: LadderSource): string {
  const isPortrait = source.width < source.height;
  return rungs
    .map(({ lines }, place) => {
      const input = place === 0 ? commonGraph(source) : `[next${place - 1}]`;
      const size = isPortrait ? `${lines}:-2` : `-2:${lines}`;
      const scaled = `${input}scale=${size}:flags=bicubic,format=yuv420p`;
      return place === rungs.length - 1
        ? `${scaled}[out${place}]`
        : `${scaled},split[out${place}][next${place}]`;
    })
    .join(';');
}
