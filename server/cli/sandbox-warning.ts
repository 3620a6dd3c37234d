import { openBox } from '../../transcoder/index.ts';

/**
 * Says on stderr, once a run, that media is decoded without a sandbox here, and the command that mends it.
 *
 * @throws {TranscodeError} `tool-missing`
 */
export async function warnOfWeakness(): Promise<void> {
  const { weakness } = await openBox();
  if (weakness !== undefined) console.error(`Warning: ${weakness}`);
}
