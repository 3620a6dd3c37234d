import { setTimeout as delay } from 'node:timers/promises';

import { machine } from './cpu-meter.ts';
import { AttendedClass, until, type Remains, type Surroundings } from './live/attended-class.ts';
import { openBrowser, type Browser } from './live/clock-viewer.ts';
import type { Experience } from './live/freeze-viewer.ts';
import { ReturningEncoder } from './live/returning-encoder.ts';

/** What happened, and for how long the lecturer's pictures could not come in; milliseconds since 1970. */
interface Fault {
  readonly atMs: number;
  /** When pictures were accepted again; `atMs` where they always were. */
  readonly overMs: number;
  /** What the case is about besides, and whether that went well. */
  readonly more?: Figures;
  readonly isMoreOk?: boolean;
  /** Where the class was ended meanwhile: what was seen until then. */
  readonly seen?: Experience;
}

type Figures = Readonly<Record<string, number | boolean>>;

interface Case {
  readonly needs?: Surroundings;
  readonly happen: (held: AttendedClass) => Promise<Fault>;
}

const MINIO_AWAY_MS = 60_000;
const FULL_DISK_MS = 15_000;
const RIVAL_MS = 6_000;

/** What must hold; seconds. */
const MOST_EXCESS = 1;
const MOST_PARTS_LOST = 1;
const SEGMENT_SECONDS = 2.2;
const MOST_DURATION_ERROR = 0.5;
const MOST_FROZEN = 12;
/** Without a picture for longer than this, something must lie over the last one. */
const SLATE_AFTER = 3;
/** Two seconds of silence, and the two to the other encoder's next key picture. */
const MOST_TAKEOVER = 4.5;

/** What goes wrong, by the name under which it is asked for. */
const CASES: Readonly<Record<string, Case>> = {
  gone_4: { happen: (held) => gone(held, 4_000) },
  gone_15: { happen: (held) => gone(held, 15_000) },
  gone_60: { happen: (held) => gone(held, 60_000) },
  origin_killed: { happen: (held) => originKilled(held, 5_000) },
  origin_killed_20: { happen: (held) => originKilled(held, 20_000) },
  ingest_killed: { happen: (held) => cutOff(held, ({ site }) => site.killIngest()) },
  frozen: { happen: frozen },
  backup: { happen: backup },
  rivals: { happen: rivals },
  disk_full: { needs: { diskMegabytes: 96 }, happen: diskFull },
  minio_away: { needs: { hasMinio: true }, happen: minioAway },
};

/**
 * What the viewers of a class live through when something breaks: an encoder whose pictures show the time and that comes back a
 * second after it was cut off, the whole server as a process of its own, and the page of the class in Chromium.
 *
 * An outage lasts from the fault until the ingest accepts the first picture of the encoder's next connection, or of the backup; so it
 * has in it how long the server and the encoder take to start. The freeze is the longest time without a new picture on the screen, the
 * excess the freeze without the outage. At the end there must be one recording as long as the class was on the air without its
 * outages, and in it every part that players were told of, but one.
 *
 * @param names - of {@link CASES}; all by default
 */
export async function run(...names: string[]): Promise<object> {
  const unknown = names.filter((name) => CASES[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`No such case: ${unknown.join(', ')}. There are ${Object.keys(CASES).join(', ')}.`);
  const browser = await openBrowser();
  const figures: Record<string, number | boolean> = {};
  try {
    for (const [name, one] of Object.entries(CASES)) {
      if (names.length > 0 && !names.includes(name)) continue;
      const seen = await attend(browser, name, one);
      console.log(`${name}: ${JSON.stringify(seen)}`);
      for (const [key, value] of Object.entries(seen)) figures[`${name}_${key}`] = value;
    }
  } finally {
    await browser.close();
  }
  const ok = Object.entries(figures).every(([key, value]) => !key.endsWith('_ok') || value === true);
  return { ...figures, ok, machine: machine() };
}

/** Holds a class from its first picture to its recording, with one fault in the middle. */
async function attend(browser: Browser, name: string, { needs = {}, happen }: Case): Promise<Figures> {
  return AttendedClass.hold(browser, name, needs, async (held) => {
    const fault = await happen(held);
    if (fault.seen === undefined) await held.goesOn(fault.overMs);
    const seen = fault.seen ?? (await held.end(fault.atMs - 1_000));
    const remains = await held.remains();
    const copies = held.minio === undefined ? {} : { copies: await held.copies() };
    return figuresOf(fault, seen, remains, copies);
  });
}

function figuresOf(fault: Fault, seen: Experience, remains: Remains, copies: { copies?: number }): Figures {
  const outage = (fault.overMs - fault.atMs) / 1000;
  const freeze = seen.freezeMs / 1000;
  const excess = freeze - outage;
  const isTold = seen.covers.some((cover) => cover !== 'none');
  // What the disk did not take is told of as gaps, and the segment in which they begin is shorter by what it lost.
  const hasGap = remains.gapSeconds > 0;
  const isWhole = hasGap
    ? remains.lostSeconds <= remains.gapSeconds + SEGMENT_SECONDS
    : remains.partsLost <= MOST_PARTS_LOST;
  const expected = remains.onAirSeconds - outage - (hasGap ? remains.lostSeconds : 0);
  const durationError = remains.recordedSeconds - expected;
  const playableError = remains.recordedSeconds - remains.playableSeconds;
  const isOk =
    excess <= MOST_EXCESS &&
    (freeze <= SLATE_AFTER + MOST_EXCESS || isTold) &&
    seen.fatal.length === 0 &&
    isWhole &&
    remains.recordings === 1 &&
    (copies.copies ?? 1) === 1 &&
    Math.abs(durationError) <= MOST_DURATION_ERROR &&
    Math.abs(playableError) <= MOST_DURATION_ERROR &&
    fault.isMoreOk !== false;
  return {
    outage_s: hundredths(outage),
    freeze_s: hundredths(freeze),
    excess_s: hundredths(excess),
    cover_shown: isTold,
    behind_s: hundredths(seen.behindMs / 1000),
    fatal_errors: seen.fatal.length,
    rebuilds: seen.rebuilds,
    backwards: seen.backwards,
    parts_lost: remains.partsLost,
    recordings: remains.recordings,
    ...copies,
    recorded_s: hundredths(remains.recordedSeconds),
    duration_error_s: hundredths(durationError),
    playable_error_s: hundredths(playableError),
    ...fault.more,
    ...(hasGap && { gap_s: hundredths(remains.gapSeconds) }),
    ok: isOk,
  };
}

/** The encoder's line is down for so long. */
function gone(held: AttendedClass, awayMs: number): Promise<Fault> {
  return cutOff(held, async ({ encoder }) => {
    await encoder.goAway();
    await delay(awayMs);
    encoder.comeBack();
  });
}

/** The whole server ends as in a power cut, and is started again so long after. */
function originKilled(held: AttendedClass, awayMs: number): Promise<Fault> {
  return cutOff(held, async ({ site }) => {
    await site.kill();
    await delay(awayMs);
    await site.restart();
  });
}

/** Something cuts the encoder off; over when the first picture of its next connection is accepted. */
async function cutOff(held: AttendedClass, happen: (held: AttendedClass) => Promise<void>): Promise<Fault> {
  const atMs = Date.now();
  await happen(held);
  return { atMs, overMs: await held.nextPicture() };
}

/** The encoder's program hangs, and its connection stays; it goes on once it was dropped. */
async function frozen(held: AttendedClass): Promise<Fault> {
  const { site, encoder, id } = held;
  const atMs = Date.now();
  encoder.hold();
  let droppedMs = 0;
  await until('the frozen encoder is dropped', async () => {
    droppedMs = (await site.sessions(id)).at(-1)?.endedAtMs ?? 0;
    return droppedMs > 0;
  });
  encoder.release();
  const dropped = (droppedMs - atMs) / 1000;
  return {
    atMs,
    overMs: await held.nextPicture(),
    more: { dropped_s: hundredths(dropped) },
    isMoreOk: dropped <= MOST_FROZEN,
  };
}

/** The encoder hangs while another one stands by with the class's other key; it comes back, and stands by then. */
async function backup(held: AttendedClass): Promise<Fault> {
  const { site, encoder, id } = held;
  const other = new ReturningEncoder(await site.publishUrl(id, 'backup'));
  try {
    await until('the other encoder stands by', async () => (await site.inputs(id)).length === 2);
    await delay(RIVAL_MS);
    const atMs = Date.now();
    encoder.hold();
    await until('the other one is on the air', async () => (await onAir(held)) === 'backup');
    const overMs = Date.now();
    await until('the hung encoder is dropped', async () => (await site.inputs(id)).length === 1);
    encoder.release();
    await until('it stands by', async () => (await site.inputs(id)).length === 2);
    await held.goesOn(Date.now());
    const staysOn = (await onAir(held)) === 'backup';
    const seen = await held.end(atMs - 1_000);
    const takeover = (overMs - atMs) / 1000;
    return {
      atMs,
      overMs,
      seen,
      more: { takeover_s: hundredths(takeover), backup_stays_on: staysOn },
      isMoreOk: staysOn && takeover <= MOST_TAKEOVER,
    };
  } finally {
    await other.close();
  }
}

async function onAir({ site, id }: AttendedClass): Promise<string | undefined> {
  return (await site.inputs(id)).find(({ isOnAir }) => isOnAir)?.role;
}

/** A second encoder with the same key, and one with a key that was never given. */
async function rivals({ site, id, publishUrl }: AttendedClass): Promise<Fault> {
  const atMs = Date.now();
  for (const address of [publishUrl, publishUrl.replace(/[^/]+$/, 'a-key-of-nobody')]) {
    const rival = new ReturningEncoder(address);
    await delay(RIVAL_MS);
    await rival.close();
  }
  const later = (await site.sessions(id)).filter(({ startedAtMs }) => startedAtMs > atMs).length;
  return { atMs, overMs: atMs, more: { rivals_let_in: later }, isMoreOk: later === 0 };
}

/** Nothing more fits on the server's disk, neither of the class nor of the database; then there is room again. */
async function diskFull({ site, disk }: AttendedClass): Promise<Fault> {
  const atMs = Date.now();
  await disk?.fill();
  await delay(FULL_DISK_MS);
  const isTold = site.hasSaid('the disk does not take a live class; it goes on from memory');
  await disk?.free();
  await until('the disk takes the class again', async () =>
    site.hasSaid('the disk takes the live class again; the recording has a hole'),
  );
  return { atMs, overMs: atMs, more: { trouble_told: isTold }, isMoreOk: isTold };
}

/** The store of lectures is away while the class ends, and comes back later. */
async function minioAway(held: AttendedClass): Promise<Fault> {
  const { site, minio } = held;
  const atMs = Date.now();
  await minio?.goAway();
  await delay(MINIO_AWAY_MS / 2);
  const seen = await held.end(atMs - 1_000);
  await delay(MINIO_AWAY_MS / 2);
  await minio?.comeBack();
  const backMs = Date.now();
  await held.remains();
  const isVerified = site.hasSaid('a recording is stored and verified');
  return {
    atMs,
    overMs: atMs,
    seen,
    more: { stored_after_s: hundredths((Date.now() - backMs) / 1000), verified: isVerified },
    isMoreOk: isVerified,
  };
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
