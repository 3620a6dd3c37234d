import { StorageError } from './errors.ts';

declare const keyBrand: unique symbol;

/** A checked object key; made by {@link objectKey} alone. */
export type ObjectKey = string & { readonly [keyBrand]: true };

/** S3's limit on a key, in UTF-8 bytes. */
const MAX_KEY_BYTES = 1024;
/** One part of a key is one file name on disk; 255 bytes is the limit of every common file system. */
const MAX_PART_BYTES = 255;

/**
 * Checks `text` and brands it as a key. Keys are parts joined by `/`, such as `lectures/7/source.mp4`; any Unicode is
 * allowed in a part (NFC), so Chinese names need no escaping.
 *
 * Refused: an empty key or part, `.` and `..`, a backslash, control characters, a leading or trailing `/`, text that is
 * not well-formed Unicode, more than 1,024 bytes in all or 255 in one part. This is the only place a key is checked:
 * drivers may join it to a folder without further care.
 *
 * @throws {StorageError} `invalid-key`, naming the rule that was broken
 */
export function objectKey(text: string): ObjectKey {
  const normal = text.normalize('NFC');
  const broken = brokenRule(normal);
  if (broken !== undefined) {
    throw new StorageError('invalid-key', `Not a valid object key: ${JSON.stringify(text)} ${broken}.`, {
      key: text,
    });
  }
  return normal as ObjectKey;
}

function brokenRule(key: string): string | undefined {
  if (key === '') return 'is empty';
  if (!key.isWellFormed()) return 'is not well-formed Unicode';
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `is longer than ${MAX_KEY_BYTES} bytes`;
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f\\]/.test(key)) return 'has a control character or a backslash';
  for (const part of key.split('/')) {
    if (part === '') return 'has an empty part';
    if (part === '.' || part === '..') return `has the part "${part}"`;
    if (Buffer.byteLength(part) > MAX_PART_BYTES) return `has a part longer than ${MAX_PART_BYTES} bytes`;
  }
  return undefined;
}

/**
 * Whether any key can start with `prefix`. Drivers ask before they list, so that no prefix reaches a file system or a
 * server that reads `..` or a backslash in its own way.
 *
 * @internal
 */
export function canStartKey(prefix: string): boolean {
  if (prefix === '') return true;
  const cut = prefix.lastIndexOf('/');
  const last = prefix.slice(cut + 1);
  // the last part may still grow: `a/.` starts `a/.b`, and `a/` starts `a/b`
  const whole = `${prefix.slice(0, cut + 1)}${last === '' || last === '.' || last === '..' ? `${last}x` : last}`;
  return brokenRule(whole) === undefined;
}

/** Compares two keys by their UTF-8 bytes, the order in which every store lists. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

/** UTF-16 puts surrogates below U+E000, UTF-8 above U+FFFF. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
