import { isIPv6 } from 'node:net';

/** An address as people write it: IPv4 without the IPv6 clothes that a dual socket gives it. */
export function plainAddress(address: string | undefined): string {
  return (address ?? 'unknown').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '');
}

/** Whom a limit per address is for: an IPv4 address, or the /64 that one IPv6 subscriber has whole. */
export function addressGroup(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const words = [...before, ...Array<string>(missing).fill('0'), ...after];
  return words
    .slice(0, 4)
    .map((word) => word.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}
