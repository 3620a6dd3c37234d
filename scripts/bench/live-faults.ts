import { setTimeout as delay } from 'node:timers/promises';

import { machine } from './cpu-meter.ts';
import { openBrowser, type Browser } from './live/clock-viewer.ts';
import { FreezeViewer } from './live/freeze-viewer.ts';
import { LiveSite } from './live/live-site.ts';
import { MinioBox } from './live/minio-box.ts';
import { ReturningEncoder } from './live/returning-encoder.ts';
import { segmentSeconds, ToldParts } from './live/told-parts.ts';

/** A class that is on the air and watched. */
interface Stage {
  readonly site: LiveSite;
  readonly minio: MinioBox | undefined;
  readonly encoder: ReturningEncoder;
  readonly id: string;
  readonly publishUrl: string;
}

/** What happened, and for how long the lecturer's pictures could not come in; milliseconds since 1970. */
interface Fault {
  readonly atMs: number;
  /** When the encoder's next connection was accepted; `atMs` where it was never cut off. */
  readonly overMs: number;
  /** More to tell of it, in seconds. */
  readonly more?: Readonly<Record<string, number>>;
  /** True where the class was ended meanwhile. */
  readonly isEnded?: boolean;
}

type Figures = Readonly<Record<string, number>>;

const SETTLING_MS = 8_000;
const DEADLINE_MS = 60_000;
const ORIGIN_AWAY_MS = 5_000;
const MINIO_AWAY_MS = 60_000;
const RIVAL_MS = 6_000;

/** What goes wrong, by the name under which it is asked for. */
const CASES: Readonly<Record<string, (stage: Stage) => Promise<Fault>>> = {
  gone_4: (stage) => gone(stage, 4_000),
  gone_15: (stage) => gone(stage, 15_000),
  gone_60: (stage) => gone(stage, 60_000),
  origin_killed: (stage) =>
    cutOff(stage, async ({ site }) => {
      await site.kill();
      await delay(ORIGIN_AWAY_MS);
      await site.restart();
    }),
  ingest_killed: (stage) => cutOff(stage, ({ site }) => site.killIngest()),
  frozen: frozen,
  rivals: rivals,
  minio_away: minioAway,
};

/**
 * What the viewers of a class live through when something breaks: an encoder whose pictures show the time and that comes back a
 * second after it was cut off, the whole server, and the page of the class in Chromium. An outage lasts from the fault until the
 * encoder's next connection is accepted; the freeze is the longest time without a new picture on the screen. At the end there must
 * be one recording as long as the class was on the air without its outages.
 *
 * @param names - of {@link CASES}; all by default
 */
export async function run(...names: string[]): Promise<object> {
  const unknown = names.filter((name) => CASES[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`No such case: ${unknown.join(', ')}. There are ${Object.keys(CASES).join(', ')}.`);
  const browser = await openBrowser();
  const figures: Record<string, number> = {};
  try {
    for (const name of names.length > 0 ? names : Object.keys(CASES)) {
      const seen = await attend(browser, name);
      console.log(`${name}: ${JSON.stringify(seen)}`);
      for (const [key, value] of Object.entries(seen)) figures[`${name}_${key}`] = value;
    }
  } finally {
    await browser.close();
  }
  return { ...figures, machine: machine() };
}

/** Holds a class from its first picture to its recording, with one fault in the middle. */
async function attend(browser: Browser, name: string): Promise<Figures> {
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const minio = name === 'minio_away' ? await MinioBox.open() : undefined;
    undo.push(async () => minio?.close());
    const site = await LiveSite.open(minio?.settings);
    undo.push(() => site.close());
    const { id, publishUrl } = await site.startClass({ title: name });
    const encoder = new ReturningEncoder(publishUrl);
    undo.push(() => encoder.goAway());
    const path = await site.playlistPath(id);
    const source = site.base + path.replace('index.m3u8', 'source/');
    const viewer = await FreezeViewer.open(browser, `${site.base}/live/${id}`);
    undo.push(() => viewer.close());
    const told = new ToldParts(`${source}index.m3u8`);
    undo.push(async () => told.stop());
    await until('a picture', async () => (await viewer.latest()) !== undefined);
    await delay(SETTLING_MS);
    const beganMs = await site.publishedAt(id);

    const { atMs, overMs, more, isEnded } = await (CASES[name] as (stage: Stage) => Promise<Fault>)({
      site,
      minio,
      encoder,
      id,
      publishUrl,
    });
    let endedMs = atMs;
    if (isEnded !== true) {
      await until('pictures from after the outage', async () => ((await viewer.latest()) ?? 0) > overMs);
      await delay(SETTLING_MS);
    }
    const seen = await viewer.since(atMs - 1_000);
    if (isEnded !== true) {
      endedMs = Date.now();
      await site.endClass(id);
    }
    const whole = await (await fetch(`${source}dvr.m3u8`)).text();
    const { count, seconds } = await recordingOf(site, id);
    const playable = [...segmentSeconds(whole).values()].reduce((sum, length) => sum + length, 0);
    const onAir = (endedMs - beganMs - (overMs - atMs)) / 1000;
    return {
      ...(isEnded !== true && {
        outage_s: hundredths((overMs - atMs) / 1000),
        freeze_s: hundredths(seen.freezeMs / 1000),
        excess_s: hundredths((seen.freezeMs - (overMs - atMs)) / 1000),
        behind_s: hundredths(seen.behindMs / 1000),
        on_air_error_s: hundredths(seconds - onAir),
      }),
      fatal: seen.fatal.length,
      rebuilds: seen.rebuilds,
      backwards: seen.backwards,
      parts_lost: told.lostFrom(whole),
      recordings: count,
      recorded_s: hundredths(seconds),
      duration_error_s: hundredths(seconds - playable),
      ...more,
    };
  } finally {
    for (const step of undo.toReversed()) await step().catch(() => {});
  }
}

/** The recordings in the library, once there is one and the class says that it is stored. */
async function recordingOf(
  site: LiveSite,
  id: string,
): Promise<{ readonly count: number; readonly seconds: number }> {
  await until('the recording', async () => {
    const reply = await site.ask('GET', `/api/v1/live-classes/${id}`);
    return ((await reply.json()) as { readonly state: string }).state === 'recorded';
  });
  const { items } = (await (await site.ask('GET', '/api/v1/courseware')).json()) as {
    readonly items: readonly { readonly duration?: number | null }[];
  };
  return { count: items.length, seconds: items[0]?.duration ?? 0 };
}

/** The encoder's line is down for so long. */
function gone(stage: Stage, awayMs: number): Promise<Fault> {
  return cutOff(stage, async ({ encoder }) => {
    await encoder.goAway();
    await delay(awayMs);
    encoder.comeBack();
  });
}

/** Something cuts the encoder off; over when its next connection is accepted. */
async function cutOff(stage: Stage, happen: (stage: Stage) => Promise<void>): Promise<Fault> {
  const atMs = Date.now();
  await happen(stage);
  return { atMs, overMs: await nextSession(stage, atMs) };
}

async function nextSession({ site, id }: Stage, afterMs: number): Promise<number> {
  let latest = 0;
  await until('the encoder is back', async () => {
    latest = await site.publishedAt(id).catch(() => 0);
    return latest > afterMs;
  });
  return latest;
}

/** The encoder's program hangs, and its connection stays; it goes on once it was dropped. */
async function frozen(stage: Stage): Promise<Fault> {
  const { site, encoder, id } = stage;
  const atMs = Date.now();
  encoder.hold();
  let droppedMs = 0;
  await until('the frozen encoder is dropped', async () => {
    droppedMs = (await site.sessions(id)).at(-1)?.endedAtMs ?? 0;
    return droppedMs > 0;
  });
  encoder.release();
  return {
    atMs,
    overMs: await nextSession(stage, atMs),
    more: { dropped_s: hundredths((droppedMs - atMs) / 1000) },
  };
}

/** A second encoder with the same key, and one with a key that was never given. */
async function rivals({ site, id, publishUrl }: Stage): Promise<Fault> {
  const atMs = Date.now();
  for (const address of [publishUrl, publishUrl.replace(/[^/]+$/, 'a-key-of-nobody')]) {
    const rival = new ReturningEncoder(address);
    await delay(RIVAL_MS);
    await rival.goAway();
  }
  const later = (await site.sessions(id)).filter(({ startedAtMs }) => startedAtMs > atMs);
  return { atMs, overMs: atMs, more: { rivals_let_in: later.length } };
}

/** The store of lectures is away while the class ends, and comes back later. */
async function minioAway({ site, minio, id }: Stage): Promise<Fault> {
  const atMs = Date.now();
  await minio?.goAway();
  await delay(MINIO_AWAY_MS / 2);
  await site.endClass(id);
  await delay(MINIO_AWAY_MS / 2);
  await minio?.comeBack();
  const backMs = Date.now();
  const { seconds } = await recordingOf(site, id);
  return {
    atMs,
    overMs: atMs,
    isEnded: true,
    more: { stored_after_s: hundredths((Date.now() - backMs) / 1000), recorded_s: hundredths(seconds) },
  };
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Waited ${DEADLINE_MS / 1000} s in vain for: ${what}.`);
    await delay(50);
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
