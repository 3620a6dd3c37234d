import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { Command } from 'commander';

import { captionProblemText, probe, readSidecar, type CaptionsOption } from '../../transcoder/index.ts';
import { CaptionDesk } from '../captions/caption-desk.ts';
import type { Courseware, PublicationState, Version } from '../catalogue/courseware.ts';
import { findBySource, type KnownSource } from '../catalogue/known-source.ts';
import type { Config } from '../config.ts';
import type { Foundation } from '../foundation.ts';
import { digestOf, type UploadDesk } from '../upload/upload-desk.ts';
import type { Landing } from '../upload/landing.ts';
import { captionsOf, withCaptionsOption, type CaptionsFlags } from './captions-option.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { CommandError } from './exit-code.ts';
import { ladderOptionsOf, withLadderOptions, type LadderFlags } from './ladder-option.ts';
import { waitUntilReady } from './production-wait.ts';
import { ACTOR, withFoundation } from './opened-foundation.ts';
import { ProgressBar } from './progress-bar.ts';
import { printable } from './terminal-text.ts';
import { sourceFile } from './source-file.ts';
import { warnOfWeakness } from './sandbox-warning.ts';

interface IngestFlags extends ConfigFlags, LadderFlags, CaptionsFlags {
  readonly title: string;
  readonly description?: string;
  readonly series?: string;
  readonly tag?: readonly string[];
  readonly publish?: boolean;
  readonly urgent?: boolean;
  readonly wait?: boolean;
  readonly ifMissing?: boolean;
  readonly quiet?: boolean;
}

/** `yuanjiao ingest` */
export function ingestCommand(signal: AbortSignal): Command {
  return withCaptionsOption(withLadderOptions(withConfigOption(new Command('ingest'))))
    .description('Take a lecture into the catalogue of this machine: store its file and have it encoded.')
    .argument('<file>', 'the media file')
    .requiredOption('--title <text>', 'its title')
    .option('--description <text>', 'what it is about')
    .option('--series <text>', 'the series it belongs to')
    .option('--tag <name>', 'one of the catalogue’s tags; repeat it for more', collect)
    .option('--wait', 'stay until it is ready, and encode it here while no server or worker does')
    .option('--publish', 'publish it when it is ready; implies --wait')
    .option('--urgent', 'let it go before all lectures that are not urgent')
    .option('--if-missing', 'when this very file was taken in before, finish that instead')
    .option('--quiet', 'say nothing but the progress, what is odd about the file, and the address')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao ingest lecture.mp4 --title '杨梅嫁接四步' --tag 乡土 --tag 创业先锋
  yuanjiao ingest lecture.mp4 --title '杨梅嫁接四步' --if-missing --publish
  yuanjiao ingest lecture.mp4 --title '杨梅嫁接四步' --captions 字幕.srt,zh-Hans --captions english.srt,en

Prints the address of its watch page. Works on the configured database and store themselves, whether or not a server runs.
Caption files beside the lecture under its name (lecture.srt, lecture.en.srt) are taken along without being named.
Ctrl-C stops cleanly: what is made so far stays, and --if-missing goes on with it.`,
    )
    .action((file: string, flags: IngestFlags) => ingest(file, flags, signal));
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** What the steps of an ingest share. */
interface Counter {
  readonly config: Config;
  readonly foundation: Foundation;
  readonly desk: UploadDesk;
  readonly landing: Landing;
  readonly flags: IngestFlags;
  readonly path: string;
  readonly signal: AbortSignal;
}

async function ingest(file: string, flags: IngestFlags, signal: AbortSignal): Promise<void> {
  const config = configOf(flags);
  const path = await sourceFile(file);
  await warnOfWeakness();
  const [{ openDesk }, { openLog }, { createMetrics }] = await Promise.all([
    import('../foundation.ts'),
    import('../log.ts'),
    import('../metrics.ts'),
  ]);
  await withFoundation(config, async (opened) => {
    const foundation = { ...opened, catalogue: opened.catalogue.as(ACTOR) };
    const log = openLog({ level: 'silent', fd: 2 });
    const { desk, landing } = await openDesk(config, foundation, { log, metrics: createMetrics() });
    await carryOut({ config, foundation, desk, landing, flags, path, signal });
  });
}

async function carryOut(counter: Counter): Promise<void> {
  const { config, foundation, flags, path, signal } = counter;
  const captions = await captionsOf(path, flags);
  // Asked before the lecture is taken in: captions that nobody could read should not come to light afterwards.
  for (const option of captions) await readSidecar(option);
  const { item, version } = await takenIn(counter);
  await handInCaptions(counter, item, captions);
  const address = addressOf(config, item);
  if (flags.urgent === true && version.generation !== undefined) {
    await foundation.jobs.hasten(version.generation, true);
  }
  if (version.production !== 'ready' && (flags.wait === true || flags.publish === true)) {
    if (version.generation === undefined) {
      throw new CommandError(
        'failed',
        `${item.id} is being uploaded by somebody else at this moment. Run this again when the upload has ended.`,
      );
    }
    if (version.production === 'failed') await foundation.jobs.retry(version.generation);
    const bar = new ProgressBar(item.title);
    const { warnings } = await waitUntilReady(version.generation, { config, foundation, bar, signal });
    for (const warning of warnings) console.error(`Note: ${warning}`);
  } else if (version.production !== 'ready') {
    tell(flags, `A server or worker encodes ${basename(path)}; add --wait to see it through.`);
  }
  if (flags.publish === true) await publish(foundation, item.id, flags);
  console.log(address);
}

/** Hands in the caption files that the item does not have yet. */
async function handInCaptions(
  { foundation, flags }: Counter,
  { id }: Courseware,
  options: readonly CaptionsOption[],
): Promise<void> {
  const desk = new CaptionDesk(foundation);
  const known = await desk.list(id);
  for (const option of options) {
    const { fileName, file, language, label } = await readSidecar(option);
    const bytes = await readFile(option.path);
    const before = known.find((one) => one.language === language);
    if (before?.fileName === fileName && before.fileBytes === bytes.length) continue;
    await desk.put(ACTOR, id, language, { bytes, fileName });
    tell(flags, `Took in ${fileName} as captions in ${printable(label)}: ${file.cues.length} cues.`);
    for (const problem of file.problems) console.error(`Note: ${fileName} ${captionProblemText(problem)}`);
  }
}

/** The item that has this file, and its version that was made of it. */
async function takenIn(counter: Counter): Promise<{ readonly item: Courseware; readonly version: Version }> {
  const { config, foundation, flags, path, signal } = counter;
  if (flags.ifMissing !== true) return takeIn(counter, undefined);
  const known = await findBySource(foundation.database, await digestOf(path, signal));
  if (known !== undefined) {
    if (!(await isBrokenOff(counter, known))) {
      const { courseware: item, version } = known;
      tell(
        flags,
        `${basename(path)} was taken in before, as "${printable(item.title)}" (${version.production}): ` +
          addressOf(config, item),
      );
      return { item, version };
    }
    return takeIn(counter, known.courseware);
  }
  return takeIn(counter, await emptyDraft(foundation, flags.title));
}

/** Whether its bytes never came to the store and nobody is sending them: an ingest that was killed. */
async function isBrokenOff({ landing }: Counter, { version, uploadId }: KnownSource): Promise<boolean> {
  if (version.generation !== undefined || uploadId === undefined) return false;
  return (await landing.readRecord(uploadId)) === undefined;
}

/** A draft that an ingest made and was killed before it came to the file. */
async function emptyDraft({ catalogue }: Foundation, title: string): Promise<Courseware | undefined> {
  const { items } = await catalogue.list({ publication: 'draft', text: title.slice(0, 100), limit: 100 });
  for (const item of items) {
    if (item.title !== title.normalize('NFC').trim() || item.current !== undefined) continue;
    const [first] = await catalogue.history(item.id);
    if (first?.actor === ACTOR) return item;
  }
  return undefined;
}

async function takeIn(
  { config, foundation, desk, flags, path, signal }: Counter,
  into: Courseware | undefined,
): Promise<{ readonly item: Courseware; readonly version: Version }> {
  const { catalogue } = foundation;
  const item =
    into ??
    (await catalogue.create({
      title: flags.title,
      tags: flags.tag ?? [],
      ...(flags.description !== undefined && { description: flags.description }),
      ...(flags.series !== undefined && { series: flags.series }),
    }));
  try {
    // Asked before it is stored: a file that is no lecture should not go into the catalogue and fail there.
    await probe(path, { signal, sandbox: config.sandbox });
    const intent = { coursewareId: item.id, fileName: basename(path), ladder: ladderOptionsOf(flags) };
    const version = await desk.take(path, intent, signal);
    tell(flags, `Took in ${basename(path)} as "${printable(item.title)}": ${addressOf(config, item)}`);
    return { item, version };
  } catch (error) {
    if (into === undefined) await catalogue.remove(item.id).catch(() => undefined);
    throw error;
  }
}

/** States in which the office has decided something else than to publish it for the first time. */
const DECIDED: ReadonlySet<PublicationState> = new Set(['returned', 'suspended', 'withdrawn']);

async function publish({ catalogue }: Foundation, id: string, flags: IngestFlags): Promise<void> {
  const { publication } = await catalogue.get(id);
  if (publication === 'published') return;
  if (DECIDED.has(publication)) {
    tell(
      flags,
      `It is ${publication}; that was left as it is. Publish it in the studio if it is wanted again.`,
    );
    return;
  }
  await catalogue.move(id, 'published');
  tell(flags, 'Published.');
}

function tell(flags: IngestFlags, message: string): void {
  if (flags.quiet !== true) console.error(message);
}

function addressOf(config: Config, { id }: Courseware): string {
  return `${config.publicUrl ?? `http://127.0.0.1:${config.port}`}/watch/${id}`;
}
