import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

import { errorCode } from './folder-error.ts';
import { compareKeys } from './object-key.ts';

/**
 * Names of one directory that are kept at a time. A larger directory is read again for each further window, so memory
 * is bounded by this and not by what people store.
 */
const WINDOW_NAMES = 50_000;

/**
 * The keys below `objects` that start with `prefix` and come after `after`, in the order of their bytes: one walk per
 * tree of equal depth, merged.
 */
export async function* walkFolder(
  objects: string,
  prefix: string,
  after: string | undefined,
): AsyncGenerator<string, undefined> {
  const heads: { key: string; readonly walk: AsyncGenerator<string> }[] = [];
  const depthOfPrefix = prefix.split('/').length;
  for (const name of await smallestNames(objects, () => true, undefined)) {
    const depth = /^[1-9]\d*$/.test(name) ? Number(name) : 0;
    if (depth < depthOfPrefix) continue;
    const walk = walkTree({ directory: join(objects, name), start: '', depth }, prefix, after);
    const first = await walk.next();
    if (first.done !== true) heads.push({ key: first.value, walk });
  }
  while (heads.length > 0) {
    const least = heads.reduce((a, b) => (compareKeys(a.key, b.key) <= 0 ? a : b));
    yield least.key;
    const next = await least.walk.next();
    if (next.done === true) heads.splice(heads.indexOf(least), 1);
    else least.key = next.value;
  }
  return undefined;
}

interface Branch {
  readonly directory: string;
  /** What the keys below this directory start with: empty or ending in `/`. */
  readonly start: string;
  /** Levels of names from here on; the last one is files. */
  readonly depth: number;
}

async function* walkTree(branch: Branch, prefix: string, after: string | undefined): AsyncGenerator<string> {
  const { directory, start, depth } = branch;
  const tail = depth === 1 ? '' : '/';
  const rest = prefix.startsWith(start) ? prefix.slice(start.length) : '';
  const slash = rest.indexOf('/');
  if (slash >= 0) {
    // The prefix names this level in full: no need to read a directory with thousands of neighbours.
    if (depth > 1) yield* walkTree(child(branch, rest.slice(0, slash)), prefix, after);
    return;
  }
  const isWanted = (name: string): boolean => {
    if (!name.startsWith(rest)) return false;
    const key = start + name + tail;
    return after === undefined || compareKeys(key, after) > 0 || (tail !== '' && after.startsWith(key));
  };
  let last: string | undefined;
  for (;;) {
    const names = await smallestNames(directory, isWanted, last, tail);
    for (const name of names) {
      if (depth === 1) yield start + name;
      else yield* walkTree(child(branch, name), prefix, after);
    }
    last = names.at(-1);
    if (names.length < WINDOW_NAMES) return;
  }
}

function child(branch: Branch, name: string): Branch {
  return {
    directory: join(branch.directory, name),
    start: `${branch.start}${name}/`,
    depth: branch.depth - 1,
  };
}

/**
 * The first {@link WINDOW_NAMES} names of a directory after `last`, sorted by the bytes of the name and `tail`: with a
 * `/` behind it, `a` comes after `a.b`, as the keys below it do.
 */
async function smallestNames(
  directory: string,
  isWanted: (name: string) => boolean,
  last: string | undefined,
  tail = '',
): Promise<string[]> {
  const compare = (a: string, b: string): number => compareKeys(a + tail, b + tail);
  let names: string[] = [];
  const cut = (): void => {
    names.sort(compare);
    if (names.length > WINDOW_NAMES) names = names.slice(0, WINDOW_NAMES);
  };
  try {
    for await (const entry of await opendir(directory, { bufferSize: 1024 })) {
      const { name } = entry;
      if (!isWanted(name) || (last !== undefined && compare(name, last) <= 0)) continue;
      names.push(name);
      if (names.length >= 2 * WINDOW_NAMES) cut();
    }
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error; // pruned meanwhile, or put there by hand
  }
  cut();
  return names;
}
