import { Command } from 'commander';

import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { withLadderOptions, type LadderFlags } from './ladder-option.ts';
import { waitUntilReady } from './production-wait.ts';
import { ACTOR, withFoundation } from './opened-foundation.ts';
import { ProgressBar } from './progress-bar.ts';
import { printable } from './terminal-text.ts';

interface ReprocessFlags extends ConfigFlags, LadderFlags {
  readonly urgent?: boolean;
  readonly wait?: boolean;
}

/** `yuanjiao reprocess` */
export function reprocessCommand(signal: AbortSignal): Command {
  return withLadderOptions(withConfigOption(new Command('reprocess')))
    .description('Make the renditions of a lecture again from its source, without taking it off the air.')
    .argument('<courseware>', 'its id, as in the address of its watch page')
    .option('--urgent', 'let it go before all lectures that are not urgent')
    .option('--wait', 'stay until it is ready, and encode it here while no server or worker does')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao reprocess q7m2x9k4h3ab --1080p
  yuanjiao reprocess q7m2x9k4h3ab --floor --wait

Renditions asked for before are made again. What is on the air stays there until the new making is ready, whatever becomes of
it; who is watching then keeps the old one to its end.`,
    )
    .action((id: string, flags: ReprocessFlags) => reprocess(id, flags, signal));
}

async function reprocess(id: string, flags: ReprocessFlags, signal: AbortSignal): Promise<void> {
  const config = configOf(flags);
  const { reprocessCourseware } = await import('../reprocessing.ts');
  await withFoundation(config, async (foundation) => {
    const catalogue = foundation.catalogue.as(ACTOR);
    const { title } = await catalogue.get(id);
    const { generation } = await reprocessCourseware({ catalogue, jobs: foundation.jobs }, id, {
      includes1080p: flags['1080p'],
      includesFloor: flags.floor,
      keepsFullRate: flags.fullRate,
    });
    if (generation === undefined) return;
    if (flags.urgent === true) await foundation.jobs.hasten(generation, true);
    if (flags.wait !== true) {
      console.error(
        `"${printable(title)}" is made again by a server or worker; add --wait to see it through.`,
      );
      return;
    }
    const bar = new ProgressBar(title);
    const { warnings } = await waitUntilReady(generation, { config, foundation, bar, signal });
    for (const warning of warnings) console.error(`Note: ${warning}`);
  });
}
