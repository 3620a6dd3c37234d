import { createHash, randomBytes } from 'node:crypto';

import { objectKey, openStore } from 'yuanjiao/storage';

/*
 * Puts objects into the folder store named on the command line until it is killed, and prints each key that is
 * acknowledged. An object is some random bytes behind their SHA-256.
 */
const store = await openStore(`folder:${process.argv[2]}`);
for (let round = 0; ; round++) {
  const bytes = randomBytes(300_000);
  const key = objectKey(`${process.pid}/${round % 4}/${round % 7}`);
  await store.put(key, Buffer.concat([createHash('sha256').update(bytes).digest(), bytes]));
  process.stdout.write(`${key}\n`);
}
