/** A run of bytes of an object: `length` bytes from `offset`. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * What an HTTP `Range` header asks of a representation of `sizeBytes` (RFC 9110, 14.1.2): one range, clamped to the end
 * and never empty; `whole` when there is no header, its unit is not `bytes` or it names several ranges (a server may
 * answer those with everything); `unsatisfiable` when the range lies behind the end or is not well formed.
 *
 * `bytes=500-` is everything from byte 500, `bytes=-500` the last 500 bytes.
 */
export function parseByteRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | 'whole' | 'unsatisfiable' {
  if (header === undefined) return 'whole';
  const equals = header.indexOf('=');
  if (equals < 0 || header.slice(0, equals).trim().toLowerCase() !== 'bytes') return 'whole';
  const set = header.slice(equals + 1);
  if (set.includes(',')) return 'whole';
  const match = /^(\d*)-(\d*)$/.exec(set.trim());
  const [first = '', last = ''] = match?.slice(1) ?? [];
  if (first === '' && last === '') return 'unsatisfiable';
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? 'unsatisfiable' : { offset: sizeBytes - length, length };
  }
  const offset = Number(first);
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (offset >= sizeBytes || end <= offset) return 'unsatisfiable';
  return { offset, length: end - offset };
}

/**
 * The bytes that `range` yields of an object of `sizeBytes`: clamped to the end, everything when `range` is absent,
 * `undefined` when it starts at or after the end or is not made of whole numbers.
 *
 * @internal
 */
export function clampRange(range: ByteRange | undefined, sizeBytes: number): ByteRange | undefined {
  if (range === undefined) return { offset: 0, length: sizeBytes };
  const { offset, length } = range;
  if (!Number.isSafeInteger(offset) || offset < 0 || offset >= sizeBytes) return undefined;
  if (Number.isNaN(length) || length < 0) return undefined;
  return { offset, length: Math.min(Math.floor(length), sizeBytes - offset) };
}
