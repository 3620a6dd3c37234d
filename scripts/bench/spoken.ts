import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { saveTranscript, Search, type Database } from 'yuanjiao/server';

import { Latency } from './latency.ts';
import { startPostgres } from './private-postgres.ts';
import { seeded } from './queue-simulation.ts';
import { fillShelf } from './trap-shelf.ts';
import { BUSINESS, CROPS, FILLERS, LIFE, PARTY, TECHNIQUES } from './trap-words.ts';

const MINUTES_PER_LECTURE = 40;
const CUES_PER_MINUTE = 20;
/** Words that are in many lectures, in some, and in none. */
const SAID = [
  '桃形李',
  '嫁接',
  '病虫害防治',
  '直播带货',
  '田间地头',
  '大学生村官',
  '反诈宣传',
  '无此一说',
  '杨梅 修剪',
];

/**
 * Indexes what is said in lectures of 40 minutes, 250 characters a minute, on both databases: lectures a second, bytes of index over
 * bytes of text, and the milliseconds until what is said is found, with the places in the twenty lectures shown. With a number, as
 * many hours instead of 700.
 */
export async function run(hours = '700'): Promise<object> {
  const lectures = Math.ceil((Number(hours) * 60) / MINUTES_PER_LECTURE);
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-bench-'));
  const postgres = await startPostgres();
  try {
    return {
      hours: Number(hours),
      ...(await measure(`sqlite:${join(folder, 'spoken.db')}`, lectures)),
      ...(postgres !== undefined && { postgres: await measure(postgres.address, lectures) }),
    };
  } finally {
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(address: string, lectures: number): Promise<object> {
  const { database, items } = await fillShelf(address, lectures);
  const before = await sizeOf(database);
  const draw = seeded(250);
  let characters = 0;
  const startedAt = performance.now();
  for (const id of items.keys()) {
    const cues = Array.from({ length: MINUTES_PER_LECTURE * CUES_PER_MINUTE }, (_, index) => ({
      startMs: (index * 60_000) / CUES_PER_MINUTE,
      text: sentence(draw),
    }));
    characters += cues.reduce((sum, { text }) => sum + text.length, 0);
    await database.write((transaction) =>
      saveTranscript(transaction, { coursewareId: id, language: 'zh-Hans' }, 'bench', cues),
    );
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const grown = (await sizeOf(database)) - before;
  const search = new Search(database);
  await search.warmUp();
  const times = new Latency();
  for (let round = 0; round < 12; round += 1) {
    for (const q of SAID) await times.take(() => search.find({ q }));
  }
  await database.close();
  const { p50_ms, p99_ms } = times.figures();
  console.log(`${lectures} lectures, ${characters} characters: ${seconds.toFixed(1)} s, p50 ${p50_ms} ms`);
  return {
    minutes: lectures * MINUTES_PER_LECTURE,
    p50_ms,
    p99_ms,
    lectures_per_s: Math.round(lectures / seconds),
    // Three bytes a character; the text itself is kept too, for showing it.
    size_over_text: Math.round((grown / (characters * 3)) * 100) / 100,
  };
}

function sentence(draw: () => number): string {
  const pick = (from: readonly string[]): string =>
    (from[Math.floor(draw() * from.length)] ?? '').replaceAll('|', '');
  const subject = draw() < 0.6 ? CROPS : [PARTY, BUSINESS, LIFE][Math.floor(draw() * 3)];
  return `${pick(subject ?? LIFE)}${pick(TECHNIQUES)}${pick(FILLERS)}`;
}

async function sizeOf(database: Database): Promise<number> {
  if (database.dialect === 'sqlite') await database.write((transaction) => transaction.rows('SELECT 1'));
  const sql =
    database.dialect === 'sqlite'
      ? 'SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()'
      : 'SELECT pg_database_size(current_database()) AS bytes';
  const [row] = await database.read((statements) => statements.rows<{ bytes: number }>(sql));
  return row?.bytes ?? 0;
}
