import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { EdgeBox } from '../edge-box.ts';
import { machine } from './cpu-meter.ts';
import { Crowd } from './live/crowd.ts';
import { LiveSite } from './live/live-site.ts';
import { readPlaylist } from './live/light-player.ts';

const SECRET = 'a-secret-of-the-benchmark-and-its-edge';
const PLAYERS = 80;
const CLASSES = 4;

/**
 * What live classes cost. `core_share_per_class`: of one core, for a class that is only what its encoder sends (2 Mb/s), taken from
 * four classes beside none. `origin_requests_per_s`: what eighty players behind one edge let through. `first_playable_s`: from
 * the encoder's first message to the first part that a player could fetch; `first_playable_from_start_s`: from the start of its
 * program. `vod_playable_s`: from the operator's end to the
 * first segment of the recording.
 *
 * @param given - seconds to watch the load; default 30
 */
export async function run(given = '30'): Promise<object> {
  const watchMs = Number(given) * 1000;
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-load-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const film = await makeFilm(join(folder, 'film.flv'));
    const site = await LiveSite.open({ YUANJIAO_EDGE_SECRET: SECRET, YUANJIAO_TRUSTED_PROXIES: '1' });
    undo.push(() => site.close());
    const edge = await EdgeBox.open({ origin: site.base, secret: SECRET });
    undo.push(() => edge.close());
    await delay(5000);
    const idle = await coreShare(site, watchMs / 2);

    const first = await site.startClass({ title: '第1讲' });
    const startedAt = performance.now();
    const publishers = [publish(film, first.publishUrl)];
    undo.push(async () => Promise.all(publishers.map((publisher) => stop(publisher))));
    const path = await site.playlistPath(first.id);
    await fetchFirstPart(edge.base + path);
    const fromStart = (performance.now() - startedAt) / 1000;
    const firstPlayable = (Date.now() - (await site.publishedAt(first.id))) / 1000;

    for (let number = 2; number <= CLASSES; number++) {
      const { publishUrl } = await site.startClass({ title: `第${number}讲` });
      publishers.push(publish(film, publishUrl));
    }
    await delay(5000);
    const busy = await coreShare(site, watchMs);

    const crowd = Crowd.gather(edge.base + path, PLAYERS);
    undo.push(() => crowd.leave());
    await delay(8000);
    const before = await edge.originRequests();
    const crowdShare = await coreShare(site, watchMs);
    const through = ((await edge.originRequests()) - before) / (watchMs / 1000);
    const figures = await crowd.leave();

    const endedAt = performance.now();
    await site.endClass(first.id);
    await fetchRecording(site, first.id);
    const vodPlayable = (performance.now() - endedAt) / 1000;
    console.log(
      `players: ${JSON.stringify(figures)}; idle ${idle.toFixed(4)} of a core, ${CLASSES} classes ${busy.toFixed(4)}`,
    );
    return {
      core_share_per_class: round((busy - idle) / CLASSES, 4),
      origin_requests_per_s: round(through, 2),
      first_playable_s: round(firstPlayable, 2),
      first_playable_from_start_s: round(fromStart, 2),
      vod_playable_s: round(vodPlayable, 2),
      core_share_with_players: round(crowdShare, 4),
      players: PLAYERS,
      player_requests_per_s: round((figures.playlists + figures.parts) / (8 + watchMs / 1000), 1),
      player_failures: figures.failures,
      part_behind_p50_s: Math.round(figures.behindMs.p50) / 1000,
      part_behind_p95_s: Math.round(figures.behindMs.p95) / 1000,
      machine: machine(),
    };
  } finally {
    for (const step of undo.toReversed()) await step().catch(() => {});
  }
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Two minutes of a lecture as an encoder sends it: 720p, 2 Mb/s, key pictures every two seconds, no B-frames. */
async function makeFilm(path: string): Promise<string> {
  await promisify(execFile)('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=60'],
    ...['-f', 'lavfi', '-i', 'sine=frequency=330:sample_rate=48000:duration=60'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '50', '-keyint_min', '50'],
    ...['-b:v', '2M', '-minrate', '2M', '-maxrate', '2M', '-bufsize', '2M', '-nal-hrd', 'cbr'],
    ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '64k', '-f', 'flv', path],
  ]);
  return path;
}

/** An encoder that has encoded already, so that the server alone is measured. */
function publish(film: string, url: string): ChildProcess {
  return spawn(
    'ffmpeg',
    ['-nostdin', '-v', 'error', '-re', '-stream_loop', '-1', '-i', film, '-c', 'copy', '-f', 'flv', url],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
}

async function stop(publisher: ChildProcess): Promise<void> {
  if (publisher.exitCode !== null) return;
  const ended = once(publisher, 'exit');
  publisher.kill('SIGTERM');
  await ended;
}

/** Of one core, over so long. */
async function coreShare(site: LiveSite, ms: number): Promise<number> {
  const from = await site.cpuSeconds();
  const at = performance.now();
  await delay(ms);
  return ((await site.cpuSeconds()) - from) / ((performance.now() - at) / 1000);
}

async function fetchFirstPart(masterUrl: string): Promise<void> {
  const mediaUrl = await firstUri(masterUrl);
  for (;;) {
    const text = await textOf(mediaUrl);
    const [part] = text === undefined ? [] : readPlaylist(text).parts;
    if (part !== undefined && (await fetch(new URL(part, mediaUrl))).ok) return;
    await delay(25);
  }
}

/** Until the recording is a courseware whose playlist has its end and whose first segment is there. */
async function fetchRecording(site: LiveSite, id: string): Promise<void> {
  for (;;) {
    const reply = await site.ask('GET', `/api/v1/live-classes/${id}`);
    const { recordingCoursewareId } = (await reply.json()) as {
      readonly recordingCoursewareId?: string | null;
    };
    if (typeof recordingCoursewareId === 'string') {
      const playback = await site
        .ask('GET', `/api/v1/courseware/${recordingCoursewareId}/playback`)
        .then(async (found) => (await found.json()) as { readonly playlistUrl: string })
        .catch(() => undefined);
      if (playback !== undefined && (await isWhole(site, playback.playlistUrl))) return;
    }
    await delay(50);
  }
}

async function isWhole(site: LiveSite, playlistPath: string): Promise<boolean> {
  const master = await site.ask('GET', playlistPath).then((reply) => reply.text());
  const media = new URL(uriIn(master) ?? '', site.base + playlistPath);
  const text = await site.ask('GET', media.pathname).then((reply) => reply.text());
  const segment = uriIn(text);
  if (!text.includes('#EXT-X-ENDLIST') || segment === undefined) return false;
  const bytes = await site.ask('GET', new URL(segment, media).pathname).then((reply) => reply.arrayBuffer());
  return bytes.byteLength > 0;
}

async function firstUri(masterUrl: string): Promise<string> {
  for (;;) {
    const uri = uriIn((await textOf(masterUrl)) ?? '');
    if (uri !== undefined) return new URL(uri, masterUrl).href;
    await delay(25);
  }
}

async function textOf(url: string): Promise<string | undefined> {
  const reply = await fetch(url);
  const text = await reply.text();
  return reply.ok ? text : undefined;
}

function uriIn(playlist: string): string | undefined {
  return playlist.split('\n').find((line) => line !== '' && !line.startsWith('#'));
}
