import { rm } from 'node:fs/promises';

import {
  createMetrics,
  openDesk,
  openFoundation,
  openLog,
  type Config,
  type Courseware,
  type Foundation,
} from 'yuanjiao/server';
import { objectKey } from 'yuanjiao/storage';

import { CaptionDesk } from '../../server/captions/caption-desk.ts';
import { selectItems } from '../../server/catalogue/courseware-rows.ts';
import { FileIntake } from '../../server/intake/file-intake.ts';
import { freshFolder, siteConfig } from './courseware-site.ts';

/** A catalogue and a store of our own, and what takes files into them. */
export interface IntakePlace {
  readonly config: Config;
  readonly foundation: Foundation;
  readonly intake: FileIntake;
  /** All items, the oldest first. */
  items(): Promise<readonly Courseware[]>;
  /** The keys of the sources in the store. */
  sources(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openIntakePlace(
  env: Readonly<Record<string, string>> = {},
  dataDir?: string,
): Promise<IntakePlace> {
  const folder = dataDir ?? (await freshFolder());
  const config = siteConfig(folder, env);
  const foundation = await openFoundation(config);
  const log = openLog({ level: 'silent' });
  const { desk } = await openDesk(config, foundation, { log, metrics: createMetrics() });
  const captions = new CaptionDesk(foundation);
  return {
    config,
    foundation,
    intake: new FileIntake({ ...foundation, desk, captions, sandbox: config.sandbox, actor: 'test' }),
    items: () => foundation.database.read((statements) => selectItems(statements, 'ORDER BY c.number')),
    async sources() {
      const keys: string[] = [];
      for await (const { key } of foundation.store.list('sources/')) keys.push(key);
      return keys.map((key) => String(objectKey(key))).toSorted();
    },
    async close() {
      await foundation.close();
      if (dataDir === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The bytes of a lecture and a number: another file for every number, at the cost of a few bytes. */
export function numbered(lecture: Uint8Array, number: number): Buffer {
  // A box of the container that everybody passes over: ISO 14496-12, 8.1.2.
  const box = Buffer.from(`\0\0\0\x10free${String(number).padStart(8, '0')}`, 'latin1');
  return Buffer.concat([lecture, box]);
}
