import type { LadderOptions } from '../../transcoder/index.ts';
import { CaptionDesk } from '../captions/caption-desk.ts';
import type { Config } from '../config.ts';
import type { Foundation } from '../foundation.ts';
import type { FileIntake } from '../intake/file-intake.ts';
import { ACTOR, withFoundation } from './opened-foundation.ts';

/** What the commands that take files from folders stand on. */
export interface IntakeTools {
  readonly config: Config;
  readonly foundation: Foundation;
  readonly intake: FileIntake;
}

/**
 * Opens what a folder's files are taken in with, and closes it afterwards.
 *
 * @param onBytes - told how many more bytes of files were read
 */
export async function withIntake<T>(
  config: Config,
  options: { readonly ladder?: LadderOptions; readonly onBytes?: (count: number) => void },
  work: (tools: IntakeTools) => Promise<T>,
): Promise<T> {
  const [{ openDesk }, { FileIntake }, { openLog }, { createMetrics }] = await Promise.all([
    import('../foundation.ts'),
    import('../intake/file-intake.ts'),
    import('../log.ts'),
    import('../metrics.ts'),
  ]);
  return withFoundation(config, async (foundation) => {
    const log = openLog({ level: 'silent', fd: 2 });
    const { desk } = await openDesk(config, foundation, { log, metrics: createMetrics() });
    const intake = new FileIntake({
      ...foundation,
      ...options,
      desk,
      captions: new CaptionDesk(foundation),
      sandbox: config.sandbox,
      actor: ACTOR,
    });
    return work({ config, foundation, intake });
  });
}
