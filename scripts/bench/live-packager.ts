import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { FlvReader, LiveLadder, LivePackager, type FlvTag } from 'yuanjiao/live';

const SECONDS = 20;
const ROUNDS = 30;
/** A lecturer's usual stream: 720p, 25 pictures a second, 2.5 Mbit/s, a key picture in two seconds. */
const ENCODER = [
  ...['-f', 'lavfi', '-i', `testsrc2=s=1280x720:r=25:d=${SECONDS}`],
  ...['-f', 'lavfi', '-i', `sine=r=48000:d=${SECONDS}`],
  ...['-vf', 'noise=alls=8:allf=t'],
  ...['-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-g', '50', '-sc_threshold', '0'],
  ...['-b:v', '2500k', '-maxrate', '2500k', '-bufsize', '2500k', '-c:a', 'aac', '-b:a', '128k'],
];

/**
 * What packaging a class costs, as a share of a core. Then the same stream at its own pace through the ladder: how much later than the source's its pictures are there, and whether key pictures have the
 * source's stamps.
 */
export async function run(): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-live-packager-'));
  try {
    const path = join(folder, 'class.flv');
    await promisify(execFile)('ffmpeg', ['-v', 'error', '-nostdin', ...ENCODER, '-f', 'flv', path]);
    const bytes = await readFile(path);
    const tags = new FlvReader().push(bytes);
    const figures = {
      bitrate: Math.round((bytes.length * 8) / SECONDS),
      packager_core_percent: packagerShare(tags),
      ...(await ladderFigures(tags, join(folder, 'scratch'))),
    };
    console.table(figures);
    return figures;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Per cent of a core that one class takes; the stream is sent again and again, as fast as it is taken. */
function packagerShare(tags: readonly FlvTag[]): number {
  const packager = new LivePackager({ startsAtMs: 0, startsAtWallMs: 0 });
  const play = (round: number): void => {
    for (const tag of tags)
      packager.push({ ...tag, timestampMs: tag.timestampMs + round * (SECONDS * 1000 + 40) });
  };
  // Once before it counts: by then it is compiled.
  play(0);
  const before = process.cpuUsage();
  for (let round = 1; round <= ROUNDS; round += 1) play(round);
  const { user, system } = process.cpuUsage(before);
  return Math.round(((user + system) / 1e6 / (SECONDS * ROUNDS)) * 100_000) / 1000;
}

async function ladderFigures(tags: readonly FlvTag[], scratchFolder: string): Promise<object> {
  const sentAt = new Map<number, number>();
  const sourceKeys = new Set<number>();
  const late: number[] = [];
  const dropped: string[] = [];
  let keys = 0;
  let strayKeys = 0;
  const ladder = new LiveLadder({
    scratchFolder,
    onTag: (_rendition, tag) => {
      if (!isPicture(tag)) return;
      const shownMs = tag.timestampMs + tag.body.readIntBE(2, 3);
      const sent = sentAt.get(shownMs);
      if (sent !== undefined) late.push(performance.now() - sent);
      if (!isKey(tag)) return;
      keys += 1;
      if (!sourceKeys.has(shownMs)) strayKeys += 1;
    },
    onInterrupted: () => undefined,
    onDropped: (rendition, why) => dropped.push(`${rendition} ${why}`),
  });
  const startedAt = performance.now();
  for (const tag of tags) {
    await delay(Math.max(0, tag.timestampMs - (performance.now() - startedAt)));
    if (isPicture(tag)) {
      const shownMs = tag.timestampMs + tag.body.readIntBE(2, 3);
      sentAt.set(shownMs, performance.now());
      if (isKey(tag)) sourceKeys.add(shownMs);
    }
    ladder.push(tag);
  }
  await ladder.end();
  // What piles up while ffmpeg starts is no delay of its own.
  const settled = late.slice(Math.floor(late.length / 4)).toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(settled[Math.floor((settled.length - 1) * share)] ?? 0);
  return {
    ladder_p50_ms: at(0.5),
    ladder_p95_ms: at(0.95),
    ladder_keys: keys,
    ladder_keys_elsewhere: strayKeys,
    ladder_dropped: dropped.join(', '),
  };
}

function isPicture({ kind, body }: FlvTag): boolean {
  return kind === 'video' && body[1] === 1;
}

function isKey({ body }: FlvTag): boolean {
  return (body[0] ?? 0) >> 4 === 1;
}
