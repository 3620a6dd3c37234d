import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import {
  BookedClasses,
  ClassBook,
  createServer,
  loadConfig,
  openDatabase,
  openFoundation,
  openLog,
  Room,
  type Database,
} from 'yuanjiao/server';

import { Latency } from './latency.ts';

const HALLS = 3020;
const BEAT_MS = 30_000;
const PACED_MS = 6000;
const MINUTE_MS = 60_000;

/** One way of writing beats, with its own file. */
interface Side {
  readonly database: Database;
  readonly room: Room;
  readonly classId: string;
  readonly rates: number[];
  readonly beats: Latency;
  /** Of somebody else who wants to write meanwhile. */
  readonly others: Latency;
}

/**
 * Beats of 3,020 halls on SQLite: how many a second are on disk when all come at once, how long one takes when each hall tells of itself
 * every 30 s, and how long somebody else's small write takes meanwhile. Beside it the same with a transaction for each beat; the sides
 * take turns, so that whatever else the machine does hits both. Then the same pace through a whole server over HTTP, asked by this very
 * process. With a number: rounds.
 */
export async function run(rounds = '5'): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-presence-'));
  try {
    const together = await openSide(join(folder, 'together.db'), {});
    const alone = await openSide(join(folder, 'alone.db'), { gatherMs: 0, atOnce: 1 });
    const sides = [together, alone];
    for (let round = 0; round <= Number(rounds); round += 1) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        await burst(side, round);
        if (round > 0) await pace(side, round);
      }
    }
    await Promise.all(sides.map(({ database }) => database.close()));
    const http = await overHttp(join(folder, 'server'), Number(rounds));
    const figures = {
      halls: HALLS,
      rounds: Number(rounds),
      beats_per_s: rateOf(together),
      p50_ms: together.beats.figures().p50_ms,
      p99_ms: together.beats.figures().p99_ms,
      other_write_p99_ms: together.others.figures().p99_ms,
      one_each_beats_per_s: rateOf(alone),
      one_each_p50_ms: alone.beats.figures().p50_ms,
      one_each_p99_ms: alone.beats.figures().p99_ms,
      one_each_other_write_p99_ms: alone.others.figures().p99_ms,
      http_p50_ms: http.p50_ms,
      http_p99_ms: http.p99_ms,
      times_as_many: Math.round((rateOf(together) / rateOf(alone)) * 10) / 10,
    };
    for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(30)} ${value}`);
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A class that has been on the air for a minute. */
async function classOnAir(book: ClassBook): Promise<string> {
  const startMs = Date.now() - MINUTE_MS;
  const { id } = await book.create({
    title: '全市直播课堂',
    plannedStart: new Date(startMs).toISOString(),
    plannedEnd: new Date(startMs + 45 * MINUTE_MS).toISOString(),
    state: 'scheduled',
  });
  await book.move(id, 'on_air');
  await book.noteOnAir(id, { fromMs: startMs });
  return id;
}

async function openSide(
  file: string,
  writing: { readonly gatherMs?: number; readonly atOnce?: number },
): Promise<Side> {
  const database = await openDatabase(`sqlite:${file}`);
  await database.migrate();
  const book = new ClassBook(database);
  const id = await classOnAir(book);
  await database.write((transaction) =>
    transaction.rows("INSERT INTO running_number (subject, last) VALUES ('other', 0)"),
  );
  const room = new Room({ database, classes: new BookedClasses(book), writing });
  return { database, room, classId: id, rates: [], beats: new Latency(), others: new Latency() };
}

/** All halls at once, as when the origin was away. */
async function burst(side: Side, round: number): Promise<void> {
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: HALLS }, (_, hall) => beat(side, hall)));
  const seconds = (performance.now() - startedAt) / 1000;
  // The first makes the rows.
  if (round > 0) side.rates.push(HALLS / seconds);
}

/** Beats of all halls at their pace to a server that does nothing else. */
async function overHttp(dataDir: string, rounds: number): Promise<ReturnType<Latency['figures']>> {
  const env = {
    YUANJIAO_DATA_DIR: dataDir,
    YUANJIAO_HOST: '127.0.0.1',
    YUANJIAO_PORT: '0',
    YUANJIAO_WORKERS: '0',
    YUANJIAO_LIVE_PORT: 'off',
  };
  const config = loadConfig({ env, cwd: dataDir });
  const server = createServer(config, { log: openLog({ level: 'silent' }) });
  await server.start();
  const foundation = await openFoundation(config);
  const beats = new Latency();
  try {
    const id = await classOnAir(foundation.classes);
    const url = `http://127.0.0.1:${server.address?.port}/api/v1/live-classes/${id}/presence`;
    await paced(rounds * Math.round((HALLS * PACED_MS) / BEAT_MS), rounds * PACED_MS, (index) => {
      const now = Date.now();
      const hall = String(index % HALLS).padStart(22, 'h');
      return beats.take(async () => {
        const reply = await fetch(url, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Cookie: `yj-viewer=${hall}` },
          body: JSON.stringify({ played: [{ from: now - BEAT_MS, to: now }] }),
        });
        if (reply.status !== 200) throw new Error(`a beat was answered with ${reply.status}`);
        await reply.arrayBuffer();
      });
    });
  } finally {
    await server.stop();
    await foundation.close();
  }
  return beats.figures();
}

/** Does `work` so many times at even distances, without waiting for the one before. */
async function paced(
  count: number,
  lengthMs: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  const startedAt = performance.now();
  const begun: Promise<unknown>[] = [];
  for (let index = 0; index < count; index += 1) {
    const waitMs = startedAt + (index * lengthMs) / count - performance.now();
    if (waitMs > 1) await delay(waitMs);
    begun.push(work(index));
  }
  await Promise.all(begun);
}

/** Each hall at its own moment, while somebody else writes now and then. */
async function pace(side: Side, round: number): Promise<void> {
  const count = Math.round((HALLS * PACED_MS) / BEAT_MS);
  await paced(count, PACED_MS, async (index) => {
    const beating = side.beats.take(() => beat(side, (round * count + index) % HALLS));
    if (index % 10 === 0) {
      await side.others.take(() =>
        side.database.write((transaction) =>
          transaction.rows("UPDATE running_number SET last = last + 1 WHERE subject = 'other'"),
        ),
      );
    }
    await beating;
  });
}

function beat({ room, classId }: Side, hall: number): Promise<unknown> {
  const now = Date.now();
  return room.beat(classId, `hall-${hall}`, [{ fromMs: now - BEAT_MS, toMs: now }]);
}

function rateOf({ rates }: Side): number {
  const sorted = rates.toSorted((left, right) => left - right);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}
