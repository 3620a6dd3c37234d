import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import { expect } from 'chai';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDERS = ['storage', 'transcoder', 'player', 'server', 'scripts', 'test'] as const;
type Folder = (typeof FOLDERS)[number];

/** Where each foreign package may be imported; a folder is named with a slash at its end. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  minio: ['storage/minio-connection.ts'],
  'fluent-ffmpeg': ['transcoder/ffmpeg.ts'],
  // The page's file joins the engine's two halves for a bundle of its own; only the engine speaks to them.
  'hls.js': ['player/hls-engine.ts', 'player/live/hls-live-engine.ts', 'player/page/hls.ts'],
  'tus-js-client': ['player/page/upload.ts'],
  'fast-xml-builder': ['server/harvest/xml.ts'],
  express: ['server/http/app.ts'],
  helmet: ['server/http/app.ts'],
  'lru-cache': ['server/http/shared-cache.ts'],
  zod: ['server/http/', 'server/config.ts', 'server/settings.ts'],
  // The benchmark measures what models would cost; nothing else knows of it.
  sequelize: ['server/database/sequelize-connection.ts', 'scripts/bench/rows.ts'],
  sqlite3: ['server/database/sqlite-database.ts'],
  pg: ['server/database/postgres-database.ts'],
  umzug: ['server/database/migrate.ts'],
  '@tus/server': ['server/upload/tus-door.ts'],
  '@tus/file-store': ['server/upload/tus-door.ts'],
  pino: ['server/log.ts'],
  'prom-client': ['server/metrics.ts'],
  'node-media-server': ['server/live/ingest/rtmp-door.ts'],
  commander: ['server/cli/'],
  'csv-parse': ['server/exchange/csv-reader.ts'],
  'read-excel-file': ['server/exchange/workbook-reader.ts'],
  'write-excel-file': ['server/exchange/workbook-thread.ts'],
  yauzl: ['server/exchange/workbook-archive.ts'],
  fflate: ['server/exchange/workbook-archive.ts'],
  'opencc-js': ['server/search/simplified.ts'],
  'pinyin-pro': ['server/search/pinyin.ts'],
  esbuild: ['scripts/build-pages.ts'],
  'playwright-core': ['scripts/bench/live/clock-viewer.ts'],
};

/** Which of our own folders each folder may import by a path; `type` means nothing that runs. */
const MATRIX: Readonly<Record<Folder, Readonly<Partial<Record<Folder, 'all' | 'type'>>>>> = {
  storage: {},
  transcoder: { storage: 'all' },
  player: {},
  server: { storage: 'all', transcoder: 'all', player: 'type' },
  scripts: {},
  test: { storage: 'all', transcoder: 'all', player: 'all', server: 'all', scripts: 'all' },
};

/** Parts with a face of their own, as the package exports them. */
const INNER_FACES: ReadonlySet<string> = new Set(['transcoder/live/index.ts', 'server/search/index.ts']);

const EMPTY_NAMES = /(^|[-.])(utils?|helpers?|common|managers?|services?|base|types|misc|lib)\.ts$/;

interface Import {
  readonly file: string;
  readonly target: string;
  readonly isTypeOnly: boolean;
}

function filesBelow(folder: string): readonly string[] {
  const skipped = new Set(['node_modules', 'build', 'data', '.cache', '.git']);
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

const sources = FOLDERS.flatMap((folder) => filesBelow(folder)).filter((file) => file.endsWith('.ts'));

function folderOf(path: string): Folder | undefined {
  return FOLDERS.find((folder) => path.startsWith(`${folder}/`));
}

function importsOf(file: string): readonly Import[] {
  const text = textOf(file);
  const statements = text.matchAll(
    /^(?:import|export)\s(?<words>[^;']*?\sfrom\s*)?'(?<target>[^']+)'|\bimport\('(?<called>[^']+)'\)/gms,
  );
  return [...statements].map(({ groups, index }) => {
    // `Parameters<typeof import('…')>` and `let x: import('…').X` leave nothing behind either
    const isQuery = groups?.['called'] !== undefined && !/await\s*$/.test(text.slice(0, index));
    return {
      file,
      target: groups?.['target'] ?? groups?.['called'] ?? '',
      isTypeOnly:
        /^type\s/.test(groups?.['words'] ?? '') || (isQuery && /typeof\s*$/.test(text.slice(0, index))),
    };
  });
}

const imports = sources.flatMap((file) => importsOf(file));

function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

function isInside(file: string, door: string): boolean {
  return door.endsWith('/') ? file.startsWith(door) : file === door;
}

describe('The architecture', () => {
  it('lets every foreign package in through its one door', () => {
    const strays = imports
      .filter(({ file, target }) => !/^(\.|node:|yuanjiao(\/|$))/.test(target) && folderOf(file) !== 'test')
      .filter(({ file, target }) => !(DOORS[packageOf(target)] ?? []).some((door) => isInside(file, door)));
    expect(strays).to.deep.equal([]);
  });

  it('has nothing behind a door that is not there', () => {
    const unused = Object.entries(DOORS).flatMap(([name, doors]) =>
      doors.filter(
        (door) => !imports.some(({ file, target }) => packageOf(target) === name && isInside(file, door)),
      ),
    );
    expect(unused).to.deep.equal([]);
  });

  it('keeps to who may import whom', () => {
    const wrong = imports.filter(({ file, target, isTypeOnly }) => {
      const from = folderOf(file);
      if (from === undefined || !target.startsWith('.')) return false;
      const to = folderOf(relative(ROOT, resolve(ROOT, dirname(file), target)));
      if (from === to) return false;
      const right = to === undefined ? undefined : MATRIX[from][to];
      return right === undefined || (right === 'type' && !isTypeOnly);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('keeps the player free of Node', () => {
    const wrong = imports.filter(
      ({ file, target }) => file.startsWith('player/') && target.startsWith('node:'),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('imports the package by its name in scripts and tests, and nowhere else', () => {
    const wrong = imports.filter(({ file, target }) => {
      const isOutside = file.startsWith('scripts/') || file.startsWith('test/');
      if (/^yuanjiao(\/|$)/.test(target)) return !isOutside;
      return (
        isOutside &&
        /^(\.\.\/)+(storage|transcoder(\/live)?|player|server(\/search)?)\/index\.ts$/.test(target)
      );
    });
    expect(wrong).to.deep.equal([]);
  });

  it('enters another folder by its face', () => {
    const wrong = imports.filter(({ file, target }) => {
      const from = folderOf(file);
      if (!target.startsWith('.') || from === 'test') return false;
      const to = relative(ROOT, resolve(ROOT, dirname(file), target));
      return folderOf(to) !== from && to !== `${folderOf(to)}/index.ts` && !INNER_FACES.has(to);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('names no file after nothing', () => {
    expect(sources.filter((file) => EMPTY_NAMES.test(file))).to.deep.equal([]);
  });

  it('says of every public symbol what it is', () => {
    const silent = ['storage', 'transcoder', 'transcoder/live', 'player', 'server', 'server/search'].flatMap(
      (folder) => exportsOf(`${folder}/index.ts`).filter(({ file, name }) => !isDocumented(file, name)),
    );
    expect(silent).to.deep.equal([]);
  });

  it('names no registry and no place of one machine', () => {
    const forbidden = [
      /\b(registry\.npm|npm(js|mirror)\.(org|com)|proxy\.golang\.org|goproxy\.(cn|io)|deb\.debian\.org)/,
      /(^|[\s'"`(=:])\/(work|root|home|Users)\//m,
      /\/tmp\/[a-z]{1,3}\//,
    ];
    // Generated by npm, which writes down where each package came from.
    const named = filesBelow('.')
      .filter((file) => !/^package-lock\.json$|\.tgz$|^test\/architecture\.test\.ts$/.test(file))
      .filter((file) => forbidden.some((words) => words.test(textOf(file))));
    expect(named).to.deep.equal([]);
  });

  it('explains every error code in the README', () => {
    const readme = filesBelow('.').includes('README.md') ? textOf('README.md') : '';
    const table = /^## (?:错误代码|Errors)\s*$(?<table>.*?)(?=^## |(?![\s\S]))/ms.exec(readme)?.groups?.[
      'table'
    ];
    if (table === undefined) {
      expect(readme).to.not.match(/^## .*(错误|Error)/m, 'the table has another heading');
      return;
    }
    const missing = sources
      // The player's errors are for who builds a page, and never come from the API.
      .filter((file) => !['test', 'player'].includes(folderOf(file) ?? ''))
      .flatMap((file) => errorCodesOf(file))
      .filter((code) => !table.includes(`\`${code}\``));
    expect([...new Set(missing)]).to.deep.equal([]);
  });
});

function exportsOf(index: string): readonly { readonly file: string; readonly name: string }[] {
  const lines = textOf(index).matchAll(
    /export\s+(?:type\s+)?\{(?<names>[^}]*)\}\s+from\s+'(?<target>[^']+)'/g,
  );
  return [...lines].flatMap(({ groups }) => {
    const file = join(dirname(index), groups?.['target'] ?? '');
    const names = (groups?.['names'] ?? '').split(',').map((name) => name.trim().replace(/^type /, ''));
    return names.filter((name) => name !== '').map((name) => ({ file, name }));
  });
}

function isDocumented(file: string, name: string): boolean {
  const declaration = new RegExp(
    `\\*/\\s*export (?:declare |abstract |async )*(?:class|function\\*?|const|interface|type) ${name}\\b`,
  );
  return declaration.test(textOf(file));
}

function errorCodesOf(file: string): readonly string[] {
  const unions = textOf(file).matchAll(/export type \w+ErrorCode =(?<codes>[^;]*);/g);
  return [...unions].flatMap(({ groups }) =>
    [...(groups?.['codes'] ?? '').matchAll(/'([a-z0-9-]+)'/g)].map(([, code]) => code ?? ''),
  );
}
