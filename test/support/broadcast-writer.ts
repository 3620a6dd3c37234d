import { Broadcast } from 'yuanjiao/live';

import { initCut, SteadyCuts } from './live-cuts.ts';

// Broadcasts a class as fast as it can, and says of each part that it is on the air, until it is killed:
// `node broadcast-writer.js <folder>`.

const [folder = ''] = process.argv.slice(2);
const broadcast = await Broadcast.open({ folder, token: 'abcdefgh' });
const source = broadcast.begin('source');
const lower = broadcast.begin('360p');
await source.write(initCut('source init'));
await lower.write(initCut('lower init'));
const startsAtMs = broadcast.position.endMs;
const sourceCuts = new SteadyCuts('source', { startsAtMs, paddingBytes: 20_000 });
const lowerCuts = new SteadyCuts('lower', { startsAtMs, paddingBytes: 3_000 });
for (;;) {
  const part = sourceCuts.part();
  await source.write(part);
  process.stdout.write(`source ${part.decodeTimeMs}\n`);
  const small = lowerCuts.part();
  await lower.write(small);
  process.stdout.write(`lower ${small.decodeTimeMs}\n`);
}
