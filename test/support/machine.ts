import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a program is; fails with its name when it is nowhere. */
export function programOnPath(name: string, path = process.env['PATH'] ?? ''): string {
  const found = path
    .split(':')
    .map((folder) => join(folder, name))
    .find((candidate) => existsSync(candidate));
  if (found === undefined)
    throw new Error(`${name} is not on the PATH; scripts/test.sh installs what the tests need`);
  return found;
}

/** What the server and its media tools call besides bubblewrap. */
const TOOLS = ['ffmpeg', 'ffprobe', 'sh', 'cat', 'nice', 'ionice', 'prlimit', 'readlink'];

/** Makes a folder that is a PATH of a machine without bubblewrap. */
export async function pathWithoutSandbox(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const name of TOOLS) await symlink(programOnPath(name), join(folder, name));
  return folder;
}
