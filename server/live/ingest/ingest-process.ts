// The process that faces encoders. It knows no database, no store and no secret but its TLS key; all it can do is send tags to the
// server on descriptor 3, and it ends with it.
import { Socket } from 'node:net';

import type { RefusalReason } from './endings.ts';
import { Certificate, Doorway } from './doorway.ts';
import { Guard } from './guard.ts';
import { MessageReader, noteBytes, tagBytes, type Order, type Report, type Trouble } from './message.ts';

const PIPE = 3;
/** Of each kind in a second; the rest is only counted. */
const REFUSALS_TOLD = 5;

const pipe = new Socket({ fd: PIPE, readable: true, writable: true });
const reader = new MessageReader<Order>();
let guard: Guard | undefined;

// Ctrl-C and a stopping service reach all processes of a group; the server decides when this one ends.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

pipe.on('error', () => process.exit(0));
pipe.on('close', () => process.exit(0));
pipe.on('end', () => process.exit(0));
pipe.on('data', (bytes: Buffer) => {
  for (const message of reader.push(bytes)) if (message.kind === 'note') obey(message.note);
});

function tell(report: Report): void {
  pipe.write(noteBytes(report));
}

function tellTrouble(what: Trouble, error: NodeJS.ErrnoException): void {
  tell({ kind: 'trouble', what, detail: error.code ?? error.message });
}

function obey(order: Order): void {
  if (order.kind === 'begin') guard = begin(order);
  else if (order.kind === 'admit') guard?.replaceKeys(order.keys);
  else guard?.cut(order.channel, order.why);
}

function begin({ place, limits, beatMs, certificateCheckMs }: Order & { readonly kind: 'begin' }): Guard {
  const told = new Map<RefusalReason, number>();
  const isFull = (): boolean => pipe.writableLength > limits.maxWaitingBytes;

  const fresh = new Guard(limits, {
    published(channel, { classId, role }, facts) {
      tell({ kind: 'published', channel, classId, role, ...facts });
    },
    tag(channel, tag) {
      pipe.write(tagBytes(channel, tag));
      if (isFull()) fresh.pause();
    },
    gone(channel, why, detail) {
      tell({ kind: 'gone', channel, why, ...(detail !== undefined && { detail }) });
    },
    refused(why, from) {
      const count = (told.get(why) ?? 0) + 1;
      told.set(why, count);
      if (count <= REFUSALS_TOLD && !isFull()) tell({ kind: 'refused', why, ...from });
    },
  });
  pipe.on('drain', () => fresh.resume());
  setInterval(() => told.clear(), 1_000);
  setInterval(() => {
    if (!isFull()) tell({ kind: 'beat', ...fresh.figures });
  }, beatMs);

  new Doorway({
    host: place.host,
    port: place.port,
    onConnection: (socket) => fresh.accept(socket),
    onListening: (port) => tell({ kind: 'listening', isSecure: false, port }),
    onTrouble: (error) => tellTrouble('port', error),
  }).open();

  if (place.tls !== undefined) {
    const secure = new Doorway({
      host: place.host,
      port: place.tls.port,
      onConnection: (socket) => fresh.accept(socket, (raw) => certificate.wrap(raw)),
      onListening: (port) => tell({ kind: 'listening', isSecure: true, port }),
      onTrouble: (error) => tellTrouble('tls-port', error),
    });
    let isOpen = false;
    const certificate = new Certificate({
      ...place.tls,
      checkMs: certificateCheckMs,
      onLoaded(until) {
        tell({ kind: 'certificate', until });
        if (!isOpen) secure.open();
        isOpen = true;
      },
      onTrouble: (error) => tellTrouble('certificate', error),
    });
    void certificate.load();
  }
  return fresh;
}
