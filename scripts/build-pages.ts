// Bundles the browser pages into build/player/page: hashed assets, finished HTML, manifest.json; fails when over budget.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Metafile, OutputFile } from 'esbuild';

interface PageSource {
  readonly name: string;
  readonly paths: readonly string[];
  readonly title: string;
  /** Whether the header holds the search field. */
  readonly searches: boolean;
}

interface Budget {
  readonly pages: Readonly<Record<string, number>>;
  readonly assets: Readonly<Record<string, number>>;
}

const PAGES: readonly PageSource[] = [
  { name: 'portal', paths: ['/'], title: '远教 · 远程教育课件', searches: false },
  { name: 'browse', paths: ['/browse'], title: '全部课件 · 远教', searches: true },
  {
    name: 'collection',
    paths: ['/series', '/series/:id', '/topics', '/topics/:id'],
    title: '系列与专题 · 远教',
    searches: true,
  },
  { name: 'lists', paths: ['/lists', '/lists/:id'], title: '我的收藏 · 远教', searches: true },
  { name: 'watch', paths: ['/watch/:id'], title: '观看课件 · 远教', searches: true },
  { name: 'studio', paths: ['/studio'], title: '课件制作 · 远教', searches: false },
  { name: 'library', paths: ['/library'], title: '资料管理 · 远教', searches: false },
  { name: 'live', paths: ['/live-classes'], title: '直播课堂 · 远教', searches: true },
  // Before the class's own page: `new` names no class.
  {
    name: 'live-form',
    paths: ['/live/new', '/live/:id/edit'],
    title: '新建直播课 · 远教',
    searches: false,
  },
  {
    name: 'live-class',
    paths: ['/live/:id'],
    title: '直播课堂 · 远教',
    searches: false,
  },
  {
    name: 'live-console',
    paths: ['/live/:id/console'],
    title: '导播台 · 远教',
    searches: false,
  },
  { name: 'sign-in', paths: ['/sign-in'], title: '登录 · 远教', searches: false },
];

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const root = fileURLToPath(new URL('../../', import.meta.url));
const source = `${root}player/page/`;
const target = `${root}build/player/page/`;

/** Bytes by the name the browser asks for, such as `watch.AB12CD34.js`; and that name by the plain one. */
const assets = new Map<string, Uint8Array>();
const names = new Map<string, string>();

function addAsset(plain: string, bytes: Uint8Array): void {
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const extension = extname(plain);
  const name = `${basename(plain, extension)}.${digest}${extension}`;
  assets.set(name, bytes);
  names.set(plain, name);
}

function addressOf(plain: string): string {
  const name = names.get(plain);
  if (name === undefined) throw new Error(`no asset is named ${plain}`);
  return `/assets/${name}`;
}

async function bundleModules(): Promise<ReadonlyMap<string, readonly string[]>> {
  const result = await build({
    entryPoints: {
      hls: `${source}hls.ts`,
      ...Object.fromEntries(PAGES.map(({ name }) => [name, `${source}${name}-page.ts`])),
    },
    outdir: `${target}assets`,
    entryNames: '[name].[hash]',
    chunkNames: '[name].[hash]',
    alias: { 'url-parse': `${source}upload-address.ts` },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'chrome67',
    minify: true,
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  for (const file of result.outputFiles) assets.set(basename(file.path), file.contents);
  return scriptsOfPages(result.metafile, result.outputFiles);
}

/** Each entry's own file first, then everything it pulls in. */
function scriptsOfPages(
  metafile: Metafile,
  files: readonly OutputFile[],
): ReadonlyMap<string, readonly string[]> {
  const scripts = new Map<string, readonly string[]>();
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (output.entryPoint === undefined) continue;
    const entry = basename(output.entryPoint, '.ts').replace(/-page$/, '');
    const found = [path];
    for (const place of found) {
      for (const { path: imported } of metafile.outputs[place]?.imports ?? []) {
        if (!found.includes(imported)) found.push(imported);
      }
    }
    scripts.set(
      entry,
      found.map((place) => basename(place)),
    );
  }
  if (files.length === 0 || scripts.size !== PAGES.length + 1) throw new Error('esbuild made too few files');
  return scripts;
}

async function bundleOne(entry: string, plain: string, options: { readonly target: string }): Promise<void> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    legalComments: 'none',
    write: false,
    outfile: plain,
    logLevel: 'warning',
    ...options,
  });
  addAsset(plain, result.outputFiles[0]?.contents ?? new Uint8Array());
}

async function writePage(page: PageSource, scripts: readonly string[]): Promise<number> {
  const frame = await readFile(`${source}frame.html`, 'utf8');
  const main = await readFile(`${source}${page.name}.html`, 'utf8');
  const search = await readFile(`${source}search-form.html`, 'utf8');
  const [script, ...others] = scripts;
  const links = others.map((name) => `<link rel="modulepreload" href="/assets/${name}" />`);
  links.unshift(`<link rel="stylesheet" href="${addressOf(`${page.name}.css`)}" />`);
  const words = new Map([
    ['title', page.title],
    ['name', page.name],
    ['search', page.searches ? search.trim() : ''],
    ['main', main.replace('<!-- search -->', search).trim().replaceAll('\n', '\n      ')],
    ['links', links.join('\n    ')],
    ['script', `/assets/${script ?? ''}`],
  ]);
  const html = frame.replaceAll(
    /\{\{([\w.-]+)\}\}/g,
    (_all, word: string) => words.get(word) ?? addressOf(word),
  );
  await writeFile(`${target}${page.name}.html`, html);
  const plain = ['boot.js', 'page.css', `${page.name}.css`];
  const loaded = [...scripts, ...plain.map((one) => names.get(one) ?? '')];
  return gzipSync(html).length + loaded.reduce((sum, name) => sum + sizeOf(name), 0);
}

function sizeOf(name: string): number {
  const bytes = assets.get(name);
  if (bytes === undefined) throw new Error(`no asset is named ${name}`);
  return gzipSync(bytes).length;
}

function check(what: string, bytes: number, budget: number | undefined): string | undefined {
  const words = `${what.padEnd(24)} ${String(bytes).padStart(7)} of ${budget ?? '?'} bytes gzipped`;
  process.stdout.write(`${words}\n`);
  if (budget === undefined) return `${what} has no budget in player/budget.json`;
  return bytes > budget
    ? `${what} costs ${bytes} bytes gzipped, ${bytes - budget} over its budget`
    : undefined;
}

const budget = JSON.parse(await readFile(`${root}player/budget.json`, 'utf8')) as Budget;
await rm(`${target}assets`, { recursive: true, force: true });
await mkdir(`${target}assets`, { recursive: true });

const scripts = await bundleModules();
// What every page shows, and what each page adds to it.
for (const styles of ['page', ...PAGES.map(({ name }) => name)]) {
  await bundleOne(`${source}${styles}.css`, `${styles}.css`, { target: 'chrome67' });
}
// es5 makes esbuild refuse what an ancient browser could not even read.
await bundleOne(`${source}boot.ts`, 'boot.js', { target: 'es5' });
addAsset('icon.svg', await readFile(`${source}icon.svg`));
const worker = createRequire(import.meta.url).resolve('hls.js/dist/hls.worker.js');
const workerText = await readFile(worker, 'utf8');
addAsset('hls-worker.js', Buffer.from(workerText.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n')));
names.set('hls.js', basename(scripts.get('hls')?.find((name) => name.startsWith('chunk.')) ?? ''));

const complaints: (string | undefined)[] = [];
const pages: Record<string, string> = {};
for (const page of PAGES) {
  const bytes = await writePage(page, scripts.get(page.name) ?? []);
  complaints.push(check(`page ${page.name}`, bytes, budget.pages[page.name]));
  for (const path of page.paths) pages[path] = `${page.name}.html`;
}
for (const plain of Object.keys(budget.assets)) {
  complaints.push(check(plain, sizeOf(names.get(plain) ?? ''), budget.assets[plain]));
}
const described: Record<string, { readonly type: string; readonly sizeBytes: number }> = {};
for (const [name, bytes] of assets) {
  await writeFile(`${target}assets/${name}`, bytes);
  described[name] = { type: TYPES[extname(name)] ?? 'application/octet-stream', sizeBytes: bytes.length };
}
await writeFile(`${target}manifest.json`, `${JSON.stringify({ pages, assets: described }, undefined, 2)}\n`);

// For those who build their own page around the player.
for (const styles of ['player.css', 'live.css']) {
  await build({
    entryPoints: [`${root}player/${styles}`],
    outfile: `${root}build/player/${styles}`,
    bundle: true,
    target: 'chrome67',
    logLevel: 'warning',
  });
  // TypeScript refuses an import that it finds no types for, also of styles.
  await writeFile(`${root}build/player/${styles}.d.ts`, 'export {};\n');
}

const failures = complaints.filter((complaint) => complaint !== undefined);
for (const failure of failures) process.stderr.write(`${failure}\n`);
if (failures.length > 0) process.exitCode = 1;
