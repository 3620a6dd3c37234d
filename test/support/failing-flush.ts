import { existsSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

// Loaded into a server's process before anything else: while the file named in FAILING_FLUSH exists, the disk refuses to
// flush, as a dying one does.
const marker = process.env['FAILING_FLUSH'] ?? '';
const handle = await open(process.execPath);
const prototype = Object.getPrototypeOf(handle) as FileHandle;
await handle.close();
const flush: (this: FileHandle) => Promise<void> = Reflect.get(prototype, 'sync');

prototype.sync = async function sync(this: FileHandle): Promise<void> {
  if (marker !== '' && existsSync(marker)) {
    throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO', errno: -5, syscall: 'fsync' });
  }
  await flush.call(this);
};
