import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { Command } from 'commander';

import { checkPackage, PACKAGE_NAME, type PackageFault } from '../../transcoder/index.ts';
import { CommandError } from './exit-code.ts';
import { ProgressBar } from './progress-bar.ts';

interface VerifyFlags {
  readonly sha256?: string;
}

/** `yuanjiao verify` */
export function verifyCommand(signal: AbortSignal): Command {
  return new Command('verify')
    .description('Check a mirrored lecture: every object of its list must be there, whole and unchanged.')
    .argument('<folder>', `the folder with ${PACKAGE_NAME}`)
    .option('--sha256 <hex>', 'what the list itself must have, as the server tells it')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao verify ./lecture
  yuanjiao verify ./lecture --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

Names every object that is missing or damaged, one a line, and exits with 1 when there is one.`,
    )
    .action(async (folder: string, flags: VerifyFlags) => {
      await demandList(folder);
      const bar = new ProgressBar(folder);
      let verdict;
      try {
        verdict = await checkPackage(folder, { signal, onProgress: (share) => bar.update(share, 'reading') });
        bar.finish();
      } catch (error) {
        bar.clear();
        throw error;
      }
      for (const fault of verdict.faults) console.log(lineOf(fault));
      if (flags.sha256 !== undefined && flags.sha256.toLowerCase() !== verdict.listSha256) {
        throw new CommandError(
          'failed',
          `${PACKAGE_NAME} is not the expected list: its SHA-256 is ${verdict.listSha256}. Mirror the lecture anew.`,
        );
      }
      if (verdict.faults.length > 0) {
        throw new CommandError(
          'failed',
          `${verdict.faults.length} of ${verdict.objectCount} objects are not as they should be. Fetch them again.`,
        );
      }
      console.log(`${verdict.objectCount} objects, ${verdict.sizeBytes} bytes: all whole.`);
    });
}

async function demandList(folder: string): Promise<void> {
  const facts = await stat(join(folder, PACKAGE_NAME)).catch(() => undefined);
  if (facts?.isFile() !== true) {
    throw new CommandError(
      'usage',
      `There is no ${PACKAGE_NAME} in ${folder}: it holds no mirrored lecture. Name the folder that has the list in it.`,
    );
  }
}

function lineOf({ name, fault, expectedBytes, foundBytes }: PackageFault): string {
  if (fault === 'wrong-size') return `wrong size  ${name} (${foundBytes} of ${expectedBytes} bytes)`;
  return fault === 'missing' ? `missing     ${name}` : `damaged     ${name}`;
}
