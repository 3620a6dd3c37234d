import { setTimeout as delay } from 'node:timers/promises';

import { PACKAGE_NAME } from 'yuanjiao/transcoder';

import type { Browser } from './clock-viewer.ts';
import { FreezeViewer, type Experience } from './freeze-viewer.ts';
import { LiveSite } from './live-site.ts';
import { MinioBox } from './minio-box.ts';
import { OwnDisk } from './own-disk.ts';
import { ReturningEncoder } from './returning-encoder.ts';
import { gapSeconds, segmentSeconds, ToldParts } from './told-parts.ts';

/** What a class has besides its server. */
export interface Surroundings {
  readonly hasMinio?: boolean;
  /** Everything the server writes goes to a disk of this size, in megabytes. */
  readonly diskMegabytes?: number;
}

/** What is left of a class that has ended; seconds. */
export interface Remains {
  readonly recordings: number;
  readonly recordedSeconds: number;
  /** In the playlist of the whole class, without its gaps. */
  readonly playableSeconds: number;
  readonly gapSeconds: number;
  /** Of the parts that players were told of. */
  readonly partsLost: number;
  readonly lostSeconds: number;
  /** The end of the class after its beginning. */
  readonly onAirSeconds: number;
}

const SETTLING_MS = 8_000;
const DEADLINE_MS = 150_000;

/** A class on the air, its encoder, and a viewer in Chromium who looks at it. */
export class AttendedClass {
  readonly site: LiveSite;
  readonly minio: MinioBox | undefined;
  readonly disk: OwnDisk | undefined;
  readonly encoder: ReturningEncoder;
  readonly viewer: FreezeViewer;
  readonly id: string;
  readonly publishUrl: string;
  readonly #source: string;
  readonly #told: ToldParts;
  readonly #beganMs: number;
  readonly #input: string;
  #endedMs = 0;

  private constructor(
    parts: Pick<AttendedClass, 'site' | 'minio' | 'disk' | 'encoder' | 'viewer' | 'id' | 'publishUrl'>,
    source: string,
    told: ToldParts,
    { beganMs, input }: { readonly beganMs: number; readonly input: string },
  ) {
    this.site = parts.site;
    this.minio = parts.minio;
    this.disk = parts.disk;
    this.encoder = parts.encoder;
    this.viewer = parts.viewer;
    this.id = parts.id;
    this.publishUrl = parts.publishUrl;
    this.#source = source;
    this.#told = told;
    this.#beganMs = beganMs;
    this.#input = input;
  }

  /** Holds a class while `happen` runs: it begins with a viewer who has seen some seconds of it, and nothing of it stays. */
  static async hold<T>(
    browser: Browser,
    title: string,
    { hasMinio = false, diskMegabytes }: Surroundings,
    happen: (held: AttendedClass) => Promise<T>,
  ): Promise<T> {
    const undo: (() => Promise<unknown>)[] = [];
    const opened = <P extends { close(): Promise<unknown> }>(part: P): P => {
      undo.push(() => part.close());
      return part;
    };
    try {
      const minio = hasMinio ? opened(await MinioBox.open()) : undefined;
      const disk = diskMegabytes === undefined ? undefined : opened(await OwnDisk.open(diskMegabytes));
      const site = opened(
        await LiveSite.open({ ...minio?.settings, ...(disk && { YUANJIAO_DATA_DIR: disk.path }) }),
      );
      const { id, publishUrl } = await site.startClass({ title });
      const encoder = opened(new ReturningEncoder(publishUrl));
      let input = '';
      await until('a picture at the ingest', async () => (input = await onAirId(site, id)) !== '');
      const beganMs = Date.now();
      const path = await site.playlistPath(id);
      const source = site.base + path.replace('index.m3u8', 'source/');
      const viewer = opened(await FreezeViewer.open(browser, `${site.base}/live/${id}`));
      const told = opened(new ToldParts(`${source}index.m3u8`));
      await until('a picture', async () => (await viewer.latest()) !== undefined);
      await delay(SETTLING_MS);
      const parts = { site, minio, disk, encoder, viewer, id, publishUrl };
      return await happen(new AttendedClass(parts, source, told, { beganMs, input }));
    } finally {
      for (const step of undo.toReversed())
        await step().catch((error: unknown) => console.error('Something stays:', error));
    }
  }

  /** Until the viewer has seen some seconds of what was taken after a moment; milliseconds since 1970. */
  async goesOn(afterMs: number): Promise<void> {
    await until('pictures from after the outage', async () => ((await this.viewer.latest()) ?? 0) > afterMs);
    await delay(SETTLING_MS);
  }

  /** Waits until the first picture of another session than the first is accepted; milliseconds since 1970. */
  async nextPicture(): Promise<number> {
    await until('the encoder is back', async () => {
      const input = await onAirId(this.site, this.id).catch(() => '');
      return input !== '' && input !== this.#input;
    });
    return Date.now();
  }

  /**
   * Ends the class, as its operator does.
   *
   * @returns what its viewer has lived through since a moment
   */
  async end(sinceMs: number): Promise<Experience> {
    const seen = await this.viewer.since(sinceMs);
    this.#endedMs = Date.now();
    await this.site.endClass(this.id);
    return seen;
  }

  /** Once the class says that it is stored. */
  async remains(): Promise<Remains> {
    await until('the recording', async () => {
      const reply = await this.site.ask('GET', `/api/v1/live-classes/${this.id}`);
      return ((await reply.json()) as { readonly state: string }).state === 'recorded';
    });
    const { items } = (await (await this.site.ask('GET', '/api/v1/courseware')).json()) as {
      readonly items: readonly { readonly duration?: number | null }[];
    };
    const whole = await (await fetch(`${this.#source}dvr.m3u8`)).text();
    const lost = this.#told.lostFrom(whole);
    return {
      recordings: items.length,
      recordedSeconds: items[0]?.duration ?? 0,
      playableSeconds: [...segmentSeconds(whole).values()].reduce((sum, length) => sum + length, 0),
      gapSeconds: gapSeconds(whole),
      partsLost: lost.length,
      lostSeconds: lost.reduce((sum, length) => sum + length, 0),
      onAirSeconds: (this.#endedMs - this.#beganMs) / 1000,
    };
  }

  /** How many whole copies of lectures the store has. */
  async copies(): Promise<number> {
    return (await this.minio?.count(PACKAGE_NAME)) ?? 0;
  }
}

/** The session whose pictures go out; '' while none does. */
async function onAirId(site: LiveSite, id: string): Promise<string> {
  return (await site.inputs(id)).find(({ isOnAir }) => isOnAir)?.sessionId ?? '';
}

/** Waits until something holds; @throws when it does not for too long */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Waited ${DEADLINE_MS / 1000} s in vain for: ${what}.`);
    await delay(20);
  }
}
