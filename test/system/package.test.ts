import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'chai';
import { build } from 'esbuild';
import HLS from 'hls-parser';

import { launchChromium, newVisitor } from '../support/chromium.ts';
import { DOCUMENTS, documentPrograms } from '../support/documents.ts';
import { runProgram, startProgram, type RunningProgram } from '../support/example-program.ts';
import { record, x264 } from '../support/live-input.ts';
import { ffmpeg, ffprobe, picture, QUICK_H264, testFolder, tone, type TestFolder } from '../support/media.ts';
import { startMinio } from '../support/minio-server.ts';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../../..');
const INSTALL_MS = 180_000;

/** Tells every module that is loaded, ours and others'. */
const HOOK = `
let port;
export function initialize(given) { port = given; }
export async function load(url, context, next) {
  port.postMessage(url);
  return next(url, context);
}
`;

/** Imports what it is told to, and prints the packages that were loaded for it. */
const LISTENER = `
import { createRequire, register } from 'node:module';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
const { port1, port2 } = new MessageChannel();
register('./hook.mjs', import.meta.url, { data: port2, transferList: [port2] });
await import(process.argv[2]);
const loaded = Object.keys(createRequire(import.meta.url).cache);
for (let told = receiveMessageOnPort(port1); told !== undefined; told = receiveMessageOnPort(port1)) loaded.push(told.message);
const names = loaded.map((place) => /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(place)?.[1]).filter((name) => name !== undefined);
process.stdout.write(JSON.stringify([...new Set(names)].sort()));
process.exit();
`;

/** Every entry, as somebody imports it who wants to see all of it. */
const ENTRIES = ['', '/server', '/transcoder', '/live', '/search', '/storage', '/player'].map(
  (entry) => `yuanjiao${entry}`,
);

/** As strict as a project can be, the checks of its packages' own types included. */
const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noUncheckedIndexedAccess: true,
  noUncheckedSideEffectImports: true,
  noUnusedLocals: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: false,
  target: 'es2023',
  types: ['node'],
};
const WAYS = {
  nodenext: { ...STRICT, module: 'nodenext', lib: ['es2023', 'DOM', 'DOM.Iterable'] },
  bundler: {
    ...STRICT,
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2023', 'DOM', 'DOM.Iterable'],
    noEmit: true,
  },
} as const;

describe('The package, installed from its tarball', () => {
  let folder: TestFolder;
  let packed: readonly { readonly path: string }[] = [];

  before(async function install() {
    this.timeout(INSTALL_MS);
    folder = await testFolder();
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path],
      {
        cwd: ROOT,
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    const [{ filename, files }] = JSON.parse(stdout) as [
      { readonly filename: string; readonly files: typeof packed },
    ];
    packed = files;
    await writeFile(folder.join('package.json'), '{ "name": "hall", "private": true, "type": "module" }\n');
    // Without the scripts of its packages: what needs no database must not need a compiler either.
    const words = [
      'install',
      '--prefer-offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--omit=dev',
    ];
    await run('npm', [...words, folder.join(filename)], { cwd: folder.path });
    await writeFile(folder.join('hook.mjs'), HOOK);
    await writeFile(folder.join('listener.mjs'), LISTENER);
  });

  after(() => folder.remove());

  async function packagesOf(module: string): Promise<readonly string[]> {
    const { stdout } = await run(process.execPath, ['listener.mjs', module], { cwd: folder.path });
    return JSON.parse(stdout) as readonly string[];
  }

  it('holds the product, its types and its README, and no tests', () => {
    const paths = packed.map(({ path }) => path);
    expect(paths).to.include.members([
      'README.md',
      'package.json',
      'build/server/cli/main.js',
      'build/server/library.d.ts',
      'build/storage/index.js',
      'build/transcoder/index.d.ts',
      'build/player/index.js',
      'build/player/page/manifest.json',
      'docs/library.md',
    ]);
    // Nor what only leads back to sources, which are not there, and the pages as they were before they were bundled.
    const needless =
      /^build\/(test|scripts)\/|tsbuildinfo$|\.map$|^(test|data|\.cache)\/|^build\/player\/page\/(?!assets\/).*\.[jt]s$/;
    expect(paths.filter((path) => needless.test(path))).to.deep.equal([]);
    expect(paths.filter((path) => path.startsWith('build/player/page/assets/')).length).to.be.greaterThan(10);
  });

  it('loads no driver for the store before an address names it', async () => {
    expect(await packagesOf('yuanjiao/storage')).to.deep.equal(['yuanjiao']);
  });

  it('loads neither the web server nor a database for the transcoder', async () => {
    const packages = await packagesOf('yuanjiao/transcoder');
    expect(packages).to.include('yuanjiao');
    for (const foreign of [
      'minio',
      'express',
      'sequelize',
      'sqlite3',
      'pg',
      'pino',
      '@tus/server',
      'hls.js',
    ]) {
      expect(packages).to.not.include(foreign);
    }
  });

  it('notices a package that is loaded', async () => {
    expect(await packagesOf('express')).to.include.members(['express', 'body-parser']);
  });

  it('has the command line, which says its version', async () => {
    const { version } = JSON.parse(await readFile(resolve(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    const { stdout } = await run(folder.join('node_modules/.bin/yuanjiao'), ['--version'], {
      cwd: folder.path,
    });
    expect(stdout.trim()).to.equal(version);
  });

  it('loads nothing but two dictionaries for the search', async () => {
    expect(await packagesOf('yuanjiao/search')).to.have.members(['yuanjiao', 'opencc-js', 'pinyin-pro']);
  });

  async function compile(way: keyof typeof WAYS, files: readonly string[]): Promise<void> {
    const config = `tsconfig.${way}.json`;
    await writeFile(folder.join(config), JSON.stringify({ compilerOptions: WAYS[way], files }));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    // What the compiler says stands on its standard output.
    await run(process.execPath, [tsc, '-p', config], { cwd: folder.path }).catch(
      (error: { stdout: string }) => {
        throw new Error(`${way}:\n${error.stdout}`);
      },
    );
  }

  /** Lends the project a package of ours. */
  async function lend(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const path = folder.join('node_modules', name);
      await rm(path, { recursive: true, force: true });
      await mkdir(dirname(path), { recursive: true });
      await symlink(join(ROOT, 'node_modules', name), path);
    }
  }

  /** Starts one of the documents' programs that serve, on a port of its own. */
  async function serving(
    words: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly base: string; readonly program: RunningProgram }> {
    const program = startProgram(folder.path, words, { PORT: '0', ...env });
    const port = await program.told((told) => (told as { readonly port?: number } | undefined)?.port);
    return { base: `http://127.0.0.1:${port}`, program };
  }

  /** It has to end when it is asked to, with nothing left that keeps the process. */
  async function end({ child, ended }: RunningProgram): Promise<void> {
    child.kill('SIGTERM');
    await ended;
  }

  describe('in a strict project', function project() {
    this.timeout(INSTALL_MS);

    before(() => lend('@types/node'));

    for (const way of ['nodenext', 'bundler'] as const) {
      it(`needs no types but Node's, resolved as ${way}`, async () => {
        const lines = ENTRIES.map((entry, place) => `export * as entry${place} from '${entry}';`);
        const styles = ["import 'yuanjiao/player/player.css';", "import 'yuanjiao/player/live.css';"];
        await writeFile(folder.join('entries.ts'), `${[...lines, ...styles].join('\n')}\n`);
        await compile(way, ['entries.ts']);
      });
    }
  });

  describe('does what the documents say:', function documents() {
    this.timeout(INSTALL_MS);
    const names: string[] = [];

    before(async () => {
      // The install has made no driver for the database: that takes a compiler, or somebody else's server.
      await lend('@types/node', '@types/express', 'sqlite3');
      for (const document of DOCUMENTS) {
        for (const [name, text] of documentPrograms(document)) {
          expect(names, 'names of programs').to.not.include(name);
          names.push(name);
          await writeFile(folder.join(name), text);
        }
      }
      await ffmpeg(
        ...picture('320x180', '25', 5),
        ...tone(5),
        ...QUICK_H264,
        ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest', folder.join('lecture.mp4')],
      );
      await compile('nodenext', names);
    });

    it('importing everything changes nothing in the process, which then ends by itself', async () => {
      await writeFile(
        folder.join('quiet.mjs'),
        `const state = () => JSON.stringify([process.eventNames(), process.env]);
        const before = state();
        for (const entry of ${JSON.stringify(ENTRIES)}) await import(entry);
        console.log(state() === before ? 'the same' : state());`,
      );
      expect(await runProgram(folder.path, ['quiet.mjs'])).to.deep.equal(['the same']);
    });

    it('every program compiles for a bundler, too', async () => {
      expect(names.length).to.be.greaterThan(9);
      await compile('bundler', names);
    });

    it('a file becomes a folder that plays, and that folder an MP4', async () => {
      const said = await runProgram(folder.path, ['folder.js', 'lecture.mp4', 'lecture']);
      expect(said.at(0)).to.equal('5.0 秒，180 行');
      const { renditions, duration } = JSON.parse(said.at(-1) ?? '') as {
        readonly renditions: readonly string[];
        readonly duration: number;
      };
      expect(renditions).to.deep.equal(['180p', 'audio']);
      expect(duration).to.be.closeTo(5, 0.2);
      const { format, streams } = await ffprobe<{
        readonly format: { readonly duration: string };
        readonly streams: readonly { readonly codec_name: string }[];
      }>('-show_format', '-show_streams', folder.join('lecture', 'index.m3u8'));
      expect(Number(format.duration)).to.be.closeTo(5, 0.2);
      expect(streams.map(({ codec_name }) => codec_name)).to.include.members(['h264', 'aac']);

      const saved = JSON.parse((await runProgram(folder.path, ['download.js'])).at(-1) ?? '') as {
        readonly saved: string;
        readonly faults: readonly unknown[];
      };
      expect(saved.faults).to.deep.equal([]);
      const file = await ffprobe<{ readonly format: { readonly duration: string } }>(
        '-show_format',
        folder.join(saved.saved),
      );
      expect(Number(file.format.duration)).to.be.closeTo(5, 0.2);
    });

    it('the README’s program does the same in fewer lines', async () => {
      const said = await runProgram(folder.path, ['readme.js']);
      expect(said.at(0)).to.equal('5 180');
      expect(await ffprobe('-show_format', folder.join('grafting.mp4'))).to.have.nested.property(
        'format.format_name',
      );
    });

    it('a file that is none ends with a code and advice', async () => {
      await writeFile(folder.join('notes.mp4'), '1. 选砧木\n2. 切接穗\n'.repeat(40));
      const program = startProgram(folder.path, ['folder.js', 'notes.mp4', 'notes']);
      const error = await program.ended.catch((thrown: Error) => thrown.message);
      expect(error).to.match(/^folder.js ended with 1:\nnot-media /);
    });

    it('a folder and a MinIO keep the same promises', async () => {
      const minio = await startMinio();
      try {
        const places = [
          {},
          {
            STORE: `s3:${minio.endpoint}/lectures`,
            ACCESS_KEY: minio.accessKey,
            SECRET_KEY: minio.secretKey,
          },
        ];
        const kept: (readonly string[])[] = [];
        for (const env of places) {
          const said = await runProgram(folder.path, ['store.js'], env);
          expect(HLS.parse(said.slice(0, -1).join('\n'))).to.have.property('isMasterPlaylist', true);
          kept.push(Object.keys(JSON.parse(said.at(-1) ?? '') as object));
        }
        expect(kept[0]).to.include.members(['lectures/grafting/index.m3u8', 'lectures/说明.txt']);
        expect(kept[1]).to.deep.equal(kept[0]);
      } finally {
        await minio.stop();
      }
    });

    it('what is stored plays on a page of one’s own, with hls.js and in the player’s element', async function play() {
      const browser = await launchChromium(this, 'the player on a page of one’s own');
      const { base, program } = await serving(['serve.js']);
      try {
        for (const [name, hasStyles, playing] of [
          ['plain-page', false, "document.querySelector('video')?.currentTime > 1"],
          ['player-page', true, '/^playing [1-9]/.test(document.title)'],
        ] as const) {
          const { outputFiles } = await build({
            entryPoints: [folder.join(`${name}.ts`)],
            outdir: folder.join('pages'),
            bundle: true,
            format: 'esm',
            write: false,
            logLevel: 'silent',
          });
          const made = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
          expect([...made.keys()]).to.have.members(
            hasStyles ? [`${name}.js`, `${name}.css`] : [`${name}.js`],
          );
          const visitor = await newVisitor(browser);
          await visitor.page.route('**/page/*', async (route) => {
            const file = basename(new URL(route.request().url()).pathname);
            const text = made.get(file);
            if (text !== undefined) {
              await route.fulfill({
                contentType: file.endsWith('.css') ? 'text/css' : 'text/javascript',
                body: text,
              });
              return;
            }
            const styles = hasStyles ? `<link rel="stylesheet" href="${name}.css" />` : '';
            const body = `<!doctype html>${styles}<body><script type="module" src="${name}.js"></script></body>`;
            await route.fulfill({ contentType: 'text/html; charset=utf-8', body });
          });
          await visitor.page.goto(`${base}/page/${name}.html`);
          await visitor.page.waitForFunction(playing);
          await visitor.context.close();
          expect(visitor.complaints).to.deep.equal([]);
        }
        expect((await fetch(`${base}/lectures/grafting/none.mp4`)).status).to.equal(404);
        expect((await fetch(`${base}/lectures//x`)).status).to.equal(400);
      } finally {
        await browser.close();
        await end(program);
      }
    });

    it('playlists are reckoned without a file', async () => {
      const said = await runProgram(folder.path, ['playlists.js']);
      expect(said.at(0)).to.match(/^\[360,480,720\] \d+ 段$/);
      const playlist = HLS.parse(said.slice(1, -1).join('\n')) as HLS.types.MediaPlaylist;
      expect(playlist.segments.map(({ duration }) => duration)).to.deep.equal([6, 6, 2.4]);
      expect(playlist.segments.map(({ byterange }) => byterange)).to.deep.equal([
        { offset: 800, length: 300_000 },
        { offset: 300_800, length: 420_000 },
        { offset: 720_800, length: 150_000 },
      ]);
      expect(JSON.parse(said.at(-1) ?? '')).to.deep.equal({ peak: 560_000, average: 483_334 });
    });

    it('a search needs nothing but texts', async () => {
      expect(await runProgram(folder.path, ['search.js'])).to.deep.equal([
        '嫁接 1 [["杨梅嫁接四步",[[2,4]]]]',
        '楊梅 1 [["杨梅嫁接四步",[[0,2]]]]',
        'txl 1 [["桃形李栽培技术",[]]]',
        'taoxing 1 [["桃形李栽培技术",[]]]',
        '防骗 1 [["警惕电信诈骗",[]]]',
        '水果 接穗 1 [["杨梅嫁接四步",[]]]',
        '["水果","杨梅嫁接四步","桃形李栽培技术"]',
        '3 0',
        '茶叶、枇杷、杨梅',
      ]);
    });

    it('a stream becomes a live class that any player can open', async () => {
      const words = [...picture('320x180', '25', 5), ...tone(5), ...x264(50, 0), '-c:a', 'aac'];
      await record(folder.join('lecture.flv'), ...words);
      const { base, program } = await serving(['live.js']);
      try {
        program.child.stdin?.end(await readFile(folder.join('lecture.flv')));
        const { durationMs } = await program.told((told) => {
          const ended = told as { readonly durationMs?: number } | undefined;
          return ended?.durationMs === undefined ? undefined : { durationMs: ended.durationMs };
        });
        expect(durationMs).to.be.closeTo(5000, 100);
        const { format } = await ffprobe<{ readonly format: { readonly duration: string } }>(
          '-show_format',
          `${base}/index.m3u8`,
        );
        expect(Number(format.duration)).to.be.closeTo(5, 0.1);
        expect((await fetch(`${base}/elsewhere/index.m3u8`)).status).to.equal(404);
      } finally {
        await end(program);
      }
    });

    it('the whole server works inside an express application', async () => {
      const { base, program } = await serving(['server.js']);
      try {
        expect(await (await fetch(`${base}/hello`)).text()).to.equal('县里自己的页面');
        const page = await fetch(`${base}/`, { headers: { accept: 'text/html' } });
        expect(page.status).to.equal(200);
        expect(await page.text()).to.include('远教');
        const { openapi } = (await (await fetch(`${base}/api/v1/openapi.json`)).json()) as {
          openapi: string;
        };
        expect(openapi).to.match(/^3\.1/);
        expect((await fetch(`${base}/nowhere`)).status).to.equal(404);
      } finally {
        await end(program);
      }
    });
  });
});
