import { readdir, readFile, readlink, stat } from 'node:fs/promises';

/**
 * Whether a process of this machine has a file open for writing, as far as the system tells: Linux does, of processes that we may
 * look at. False where nobody can tell, as of a file that another machine writes over the network.
 */
export async function isOpenForWriting(path: string): Promise<boolean> {
  const target = await stat(path).catch(() => undefined);
  if (target === undefined) return false;
  const processes = await readdir('/proc').catch(() => []);
  for (const pid of processes) {
    if (!/^\d+$/.test(pid)) continue;
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const link = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      // The link names the file; asking each of them would wake whatever sleeps behind the others.
      if (link === '' || !link.startsWith('/') || !link.endsWith(path.slice(path.lastIndexOf('/')))) continue;
      const facts = await stat(`/proc/${pid}/fd/${descriptor}`).catch(() => undefined);
      if (facts?.ino !== target.ino || facts.dev !== target.dev) continue;
      const info = await readFile(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8').catch(() => '');
      const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '0', 8);
      // O_WRONLY is 1 and O_RDWR is 2, open(2).
      if ((flags & 3) !== 0) return true;
    }
  }
  return false;
}
