import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';

import { areCaptionsOf, isCaptionFile } from '../captions/caption-files.ts';
import { nearTags } from '../catalogue/tags.ts';
import type { Grid } from '../exchange/grid.ts';
import { shown } from '../exchange/reading.ts';
import type { TableReferences } from '../exchange/table-references.ts';
import { tableContent, type CellProblem, type OtherColumn, type TableRow } from '../exchange/table-rows.ts';
import { readName } from './file-names.ts';

/** The columns that a shelf's table has besides those of courseware. */
export const SHELF_COLUMNS: readonly OtherColumn[] = [
  { key: 'file', heading: '文件', aliases: ['文件名', '视频文件', '视频', '片源'] },
  { key: 'captions', heading: '字幕', aliases: ['字幕文件'] },
];

/** One file of a shelf and the item that is to play it. */
export interface ShelfEntry {
  /** From 0, in the table. */
  readonly row: number;
  readonly code: string;
  /** Its path from the folder. */
  readonly file: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly captions: readonly string[];
  /** What it takes turns with others by. */
  readonly series: string;
}

/** What a table says of a folder. */
export interface ShelfPlan {
  /** In the order they are to be taken in. */
  readonly entries: readonly ShelfEntry[];
  /** What is wrong with the files that are named. */
  readonly problems: readonly CellProblem[];
  /** Files of the folder that no row names; captions that go with a file are not among them. */
  readonly unnamed: readonly string[];
  /** Files and folders whose names are not UTF-8, as text; nothing can open them by these. */
  readonly foreign: readonly string[];
  readonly totalBytes: number;
}

/** The file a shelf's folder is looked over for, by the name in the table's words. */
interface FolderFile {
  readonly file: string;
  readonly sizeBytes: number;
}

/**
 * Finds the files that a table names in a folder and below it, and what is wrong with them: all of it, and nothing is taken in.
 *
 * @param folder - its real path
 */
export async function planShelf(folder: string, grid: Grid, references: TableReferences): Promise<ShelfPlan> {
  const content = tableContent(grid, references, SHELF_COLUMNS);
  const { files, foreign } = await filesBelow(folder);
  const search = new FileSearch(files, foreign);
  const problems: CellProblem[] = [];
  const entries: ShelfEntry[] = [];
  const taken = new Map<string, number>();
  for (const row of content.rows) {
    const complain = (key: string, heading: string, message: string): void => {
      problems.push({ cell: content.address(row.row, key), row: row.row + 1, column: heading, message });
    };
    const named = row.others['file'];
    if (named === undefined) continue;
    const found = search.find(named);
    if (typeof found === 'string') {
      complain('file', '文件', found);
      continue;
    }
    const before = taken.get(found.file);
    if (before !== undefined) {
      complain('file', '文件', `“${shown(named)}”在第 ${before + 1} 行已经写过；一个文件只能给一条课件`);
      continue;
    }
    taken.set(found.file, row.row);
    const captions = captionsOf(row, found, files, search, (message) =>
      complain('captions', '字幕', message),
    );
    if (row.code === undefined) continue;
    entries.push({
      row: row.row,
      code: row.code,
      file: found.file,
      path: join(folder, found.file),
      sizeBytes: found.sizeBytes,
      captions: captions.map((file) => join(folder, file)),
      series: seriesOf(row, found),
    });
  }
  const used = new Set([
    ...taken.keys(),
    ...entries.flatMap(({ captions }) => captions.map((path) => relative(folder, path))),
  ]);
  return {
    entries: inTurns(entries),
    problems,
    unnamed: files.map(({ file }) => file).filter((file) => !used.has(file) && !isCompanion(file)),
    foreign,
    totalBytes: entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

/** Tables and texts beside the lectures are no lectures that were forgotten. */
function isCompanion(file: string): boolean {
  return /\.(xlsx?|csv|txt|json|docx?|pdf|jpe?g|png|nfo|md)$/i.test(file) || basename(file).startsWith('.');
}

function seriesOf({ values }: TableRow, { file }: FolderFile): string {
  const series = values.get('series');
  return typeof series === 'string' ? series : file.slice(0, file.lastIndexOf(sep) + 1);
}

/**
 * Entries in the order they are taken in; pure. The series take turns, each in its own order, so that after an hour something of
 * every series can be watched, and not all of the first one alone.
 */
export function inTurns<Entry extends { readonly series: string }>(
  entries: readonly Entry[],
): readonly Entry[] {
  const turns = new Map<string, number>();
  return entries
    .map((entry) => {
      const turn = turns.get(entry.series) ?? 0;
      turns.set(entry.series, turn + 1);
      return { entry, turn };
    })
    .toSorted((a, b) => a.turn - b.turn)
    .map(({ entry }) => entry);
}

function captionsOf(
  row: TableRow,
  found: FolderFile,
  files: readonly FolderFile[],
  search: FileSearch,
  complain: (message: string) => void,
): readonly string[] {
  const named = row.others['captions'];
  if (named === undefined) {
    const stem = basename(found.file, extname(found.file));
    const folder = found.file.slice(0, found.file.lastIndexOf(sep) + 1);
    return files
      .map(({ file }) => file)
      .filter((file) => file.startsWith(folder) && areCaptionsOf(file.slice(folder.length), stem));
  }
  return named
    .split(/[、，,;；\n]+/)
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .flatMap((name) => {
      const captions = search.find(name);
      if (typeof captions === 'string') complain(captions);
      else if (isCaptionFile(captions.file)) return [captions.file];
      else complain(`“${shown(name)}”不是字幕文件；可以是 .srt、.ass 或 .vtt`);
      return [];
    });
}

interface FilesBelow {
  readonly files: readonly FolderFile[];
  readonly foreign: readonly string[];
}

async function filesBelow(folder: string): Promise<FilesBelow> {
  const files: FolderFile[] = [];
  const foreign: string[] = [];
  const look = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(folder, below), { encoding: 'buffer', withFileTypes: true })) {
      const { name, isUtf8 } = readName(entry.name);
      const file = join(below, name);
      // Links may lead out of the folder, or to what is there under another name.
      const isWanted = entry.isFile() || entry.isDirectory();
      if (isWanted && !isUtf8) foreign.push(file);
      else if (entry.isDirectory()) await look(file);
      else if (entry.isFile()) files.push({ file, sizeBytes: (await stat(join(folder, file))).size });
    }
  };
  await look('');
  return { files: files.toSorted((a, b) => (a.file < b.file ? -1 : 1)), foreign };
}

/** Finds files by the names that people write: with or without their ending, in any case, `/` or `\\` between folders. */
class FileSearch {
  readonly #byName = new Map<string, FolderFile[]>();
  readonly #names: readonly string[];
  readonly #foreign: readonly string[];

  constructor(files: readonly FolderFile[], foreign: readonly string[]) {
    this.#names = files.map(({ file }) => file);
    this.#foreign = foreign.map(folded);
    for (const one of files) {
      const plain = folded(one.file);
      const bare = plain.slice(0, plain.length - extname(plain).length);
      const names = [plain, bare, basename(plain), basename(bare)];
      for (const name of new Set(names)) {
        const known = this.#byName.get(name);
        if (known === undefined) this.#byName.set(name, [one]);
        else known.push(one);
      }
    }
  }

  /** The file, or in words why there is none. */
  find(name: string): FolderFile | string {
    const wanted = folded(name.trim().replace(/^\.[/\\]/, ''));
    // Without an ending a lecture is meant, and not what lies beside it.
    const found = (this.#byName.get(wanted) ?? []).filter(
      ({ file }) => folded(file).endsWith(wanted) || !(isCaptionFile(file) || isCompanion(file)),
    );
    const exact = found.filter(({ file }) => folded(file) === wanted);
    const [only, ...others] = exact.length > 0 ? exact : found;
    if (only === undefined) {
      if (this.#foreign.some((one) => basename(one) === basename(wanted)))
        return `“${shown(name)}”的文件名不是 UTF-8 编码（多半是 GBK），打不开；请先给它改名`;
      const [near] = nearTags(name, this.#names);
      return `文件夹里没有“${shown(name)}”${near === undefined ? '；' : `，是不是“${near}”？`}请改正文件名，或把文件放进去`;
    }
    if (others.length > 0) {
      return `“${shown(name)}”有 ${others.length + 1} 个：${[only, ...others].map(({ file }) => file).join('、')}；请写明是哪一个`;
    }
    return only.sizeBytes === 0 ? `“${only.file}”是空的（0 字节）；请重新复制` : only;
  }
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase().replaceAll('\\', '/').replaceAll(sep, '/');
}

/** The real path of a folder, so that it is the same by whatever way it is named. */
export async function realFolder(folder: string): Promise<string> {
  const real = await realpath(folder);
  if (!(await stat(real)).isDirectory()) {
    throw Object.assign(new Error(`${folder} is no folder`), {
      code: 'ENOTDIR',
      path: folder,
      syscall: 'scandir',
    });
  }
  return real;
}
