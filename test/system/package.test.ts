import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'chai';

import { ffmpeg, ffprobe, picture, QUICK_H264, testFolder, tone, type TestFolder } from '../support/media.ts';

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

const TRANSCODE = `
import { transcodeToFolder } from 'yuanjiao/transcoder';
import { openStore, objectKey, readObject } from 'yuanjiao/storage';
const { renditions } = await transcodeToFolder('clip.mp4', 'lecture', { concurrency: 2 });
const store = await openStore('folder:objects');
await store.put(objectKey('note.txt'), Buffer.from('杨梅'));
const note = await readObject(store, objectKey('note.txt'));
await store.close();
process.stdout.write(JSON.stringify({ renditions, note: Buffer.from(note).toString() }));
`;

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
    ]);
    expect(
      paths.filter((path) => /^build\/(test|scripts)\/|tsbuildinfo$|^(test|data|\.cache)\//.test(path)),
    ).to.deep.equal([]);
  });

  it('makes a lecture that plays, without server or database', async function transcode() {
    const clip = folder.join('clip.mp4');
    await ffmpeg(
      ...picture('320x180', '25', 8),
      ...tone(8),
      ...QUICK_H264,
      ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest', clip],
    );
    await writeFile(folder.join('transcode.mjs'), TRANSCODE);
    const { stdout } = await run(process.execPath, ['transcode.mjs'], { cwd: folder.path });
    const { renditions, note } = JSON.parse(stdout) as { renditions: readonly string[]; note: string };
    expect(note).to.equal('杨梅');
    expect(renditions).to.include('audio').and.to.have.length.greaterThan(1);

    const { format, streams } = await ffprobe<{
      readonly format: { readonly duration: string };
      readonly streams: readonly { readonly codec_name: string }[];
    }>('-show_format', '-show_streams', folder.join('lecture', 'index.m3u8'));
    expect(Number(format.duration)).to.be.closeTo(8, 0.2);
    expect(streams.map(({ codec_name }) => codec_name)).to.include.members(['h264', 'aac']);
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
});
