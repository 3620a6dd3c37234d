// A process that owns an ingest, to be stopped and killed by a test. It prints a line of JSON for everything it hears.
import { openLog } from '../../server/log.ts';
import { Ingest } from '../../server/live/ingest/ingest.ts';
import type { LiveClassId } from '../../server/live/live-class.ts';
import { hashOfKey } from '../../server/live/stream-key.ts';

const [key = ''] = process.argv.slice(2);

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

let tags = 0;
let last = '';
const ingest = new Ingest({
  host: '127.0.0.1',
  port: 0,
  log: openLog({ level: 'silent' }),
  onPublish: ({ id }) => print({ published: id }),
  onTag(_, { body }) {
    tags += 1;
    last = body.toString('latin1', 5, 15);
  },
  onGone: (id, why) => print({ gone: id, why }),
  limits: { maxWaitingBytes: 2_000_000, maxBytesPerSecond: 1_000_000_000 },
});
await ingest.start();
ingest.admit([
  {
    classId: 'class' as LiveClassId,
    role: 'main',
    keyHash: hashOfKey(key),
    from: 0,
    until: Date.now() + 3_600_000,
  },
]);
print({ port: ingest.address?.port, pid: ingest.pid });
setInterval(() => print({ tags, last }), 50);
