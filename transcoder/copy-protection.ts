import { open, type FileHandle } from 'node:fs/promises';

import { ASF_HEADER, asfObjects } from './asf-header.ts';
import { TranscodeError } from './errors.ts';
import { bytesAt } from './file-bytes.ts';
import { boxBudget, boxesIn, isMovie } from './movie-file.ts';

/**
 * Refuses a file that is locked to whoever bought or received it. No tool of ours unlocks one, and without this it fails late and for
 * what seems another reason, because headers mostly lie open: only picture and sound are encrypted.
 *
 * @throws {TranscodeError} `copy-protected`
 */
export async function refuseProtected(path: string): Promise<void> {
  const file = await open(path);
  try {
    const head = await bytesAt(file, 0, HEAD_BYTES);
    const isLocked = LOCKS.find(({ begins }) => begins(head))?.isLocked;
    if (isLocked !== undefined && (await isLocked(file))) throw copyProtected();
  } finally {
    await file.close();
  }
}

/** For a file that is found to be locked. */
export function copyProtected(): TranscodeError {
  return new TranscodeError(
    'copy-protected',
    'The file is copy-protected: its picture or sound is encrypted and plays only where it was bought or received. Ask whoever published it for a copy without protection, and upload that.',
  );
}

/** Three packets of a transport stream, of the longest kind. */
const HEAD_BYTES = 1024;

interface Lock {
  /** Whether a file that begins so is one of this kind. */
  readonly begins: (head: Buffer) => boolean;
  readonly isLocked: (file: FileHandle) => Promise<boolean>;
}

const LOCKS: readonly Lock[] = [
  { begins: isMovie, isLocked: hasEncryptedEntry },
  { begins: (head) => head.toString('hex', 0, 16) === ASF_HEADER, isLocked: hasEncryptionObject },
  { begins: (head) => head.subarray(0, 4).equals(PACK), isLocked: isScrambledDisc },
  { begins: (head) => packetForm(head) !== undefined, isLocked: isScrambledBroadcast },
];

/** Common Encryption (ISO/IEC 23001-7), FairPlay, Audible. */
const ENCRYPTED_ENTRIES = new Set(['encv', 'enca', 'drms', 'drmi', 'aavd']);
const SAMPLE_DESCRIPTION = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd'];
/** The version and the count before the entries of `stsd`. */
const DESCRIPTION_HEAD_BYTES = 8;

async function hasEncryptedEntry(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  const budget = boxBudget();
  const search = async (from: number, to: number, path: readonly string[]): Promise<boolean> => {
    for await (const { type, body, end } of boxesIn(file, { from, to }, budget)) {
      if (path.length === 0 && ENCRYPTED_ENTRIES.has(type)) return true;
      if (type !== path[0]) continue;
      const entries = path.length === 1 ? body + DESCRIPTION_HEAD_BYTES : body;
      if (await search(entries, end, path.slice(1))) return true;
    }
    return false;
  };
  return search(0, size, SAMPLE_DESCRIPTION);
}

/** The Content Encryption Object and the Extended one (ASF specification §3.14, §3.15). */
const ASF_ENCRYPTIONS = new Set(['fbb3112223bdd211b4b700a0c955fc6e', '14e68a292226174cb935dae07ee9289c']);

async function hasEncryptionObject(file: FileHandle): Promise<boolean> {
  for await (const { id } of asfObjects(file)) if (ASF_ENCRYPTIONS.has(id)) return true;
  return false;
}

/** The start of a pack (ISO/IEC 13818-1 §2.5.3.3). */
const PACK = Buffer.from('000001ba', 'hex');
const START_CODE = Buffer.from('000001', 'hex');
const SECTOR_BYTES = 2048;
/** CSS leaves the beginning of a sector open. */
const OPEN_BYTES = 128;
/** What is looked at in one place. */
const WINDOW_BYTES = 4 * 2 ** 20;
/** Fewer prove nothing. */
const LEAST_PROOF = 8;

/**
 * A film as it lies on a DVD that was sold. Its sectors say that they are scrambled; but so do those of copies whose maker forgot to take
 * the mark away. What is open has a start code in most sectors of picture: there are more slices in a picture than sectors.
 */
async function isScrambledDisc(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  const middle = Math.floor(size / 2 / SECTOR_BYTES) * SECTOR_BYTES;
  let marked = 0;
  let clear = 0;
  for (const from of size > 2 * WINDOW_BYTES ? [0, middle] : [0]) {
    const bytes = await bytesAt(file, from, WINDOW_BYTES);
    for (let at = 0; at + SECTOR_BYTES <= bytes.length; at += SECTOR_BYTES) {
      const sector = bytes.subarray(at, at + SECTOR_BYTES);
      if (!isMarkedPicture(sector)) continue;
      marked += 1;
      if (sector.includes(START_CODE, OPEN_BYTES)) clear += 1;
    }
  }
  return marked >= LEAST_PROOF && clear * 5 < marked;
}

/** Whether a sector holds picture of which is said that it is scrambled (§2.4.3.7). */
function isMarkedPicture(sector: Buffer): boolean {
  if (!sector.subarray(0, 4).equals(PACK)) return false;
  const packet = sector.subarray(14 + ((sector[13] ?? 0) & 7));
  const isPicture = packet.subarray(0, 3).equals(START_CODE) && ((packet[3] ?? 0) & 0xf0) === 0xe0;
  const flags = packet[6] ?? 0;
  return isPicture && (flags & 0xc0) === 0x80 && (flags & 0x30) !== 0;
}

const SYNC = 0x47;

/** How long the packets of a transport stream are, and what stands before each. */
interface PacketForm {
  readonly length: number;
  readonly offset: number;
}

/** Plain, with a camera's time stamps, with a receiver's error correction. */
const PACKET_FORMS: readonly PacketForm[] = [
  { length: 188, offset: 0 },
  { length: 192, offset: 4 },
  { length: 204, offset: 0 },
];

function packetForm(head: Buffer): PacketForm | undefined {
  return PACKET_FORMS.find(({ length, offset }) =>
    [0, 1, 2].every((place) => head[offset + place * length] === SYNC),
  );
}

/**
 * A programme as a receiver without its card records it: packets say that they are scrambled (§2.4.3.3), and where one should begin a
 * picture or a piece of sound, it does not. A recording with anything open in it is left to the decoder.
 */
async function isScrambledBroadcast(file: FileHandle): Promise<boolean> {
  const bytes = await bytesAt(file, 0, WINDOW_BYTES);
  const form = packetForm(bytes);
  if (form === undefined) return false;
  let locked = 0;
  for (let at = form.offset; at + 188 <= bytes.length; at += form.length) {
    const packet = bytes.subarray(at, at + 188);
    const control = packet[3] ?? 0;
    const isStart = packet[0] === SYNC && ((packet[1] ?? 0) & 0x40) !== 0 && (control & 0x10) !== 0;
    if (!isStart) continue;
    const payload = packet.subarray(4 + ((control & 0x20) === 0 ? 0 : 1 + (packet[4] ?? 0)));
    if (payload.subarray(0, 3).equals(START_CODE)) return false;
    if ((control & 0xc0) !== 0) locked += 1;
  }
  return locked >= LEAST_PROOF;
}
