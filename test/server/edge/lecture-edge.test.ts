import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:http2';
import { createServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'chai';
import { SignedPaths } from 'yuanjiao/server';

import { EdgeBox } from '../../../scripts/edge-box.ts';
import { AwayProxy } from '../../support/away-proxy.ts';
import { CommandLine } from '../../support/command-line.ts';
import {
  freshFolder,
  patternBytes,
  seedLecture,
  startSite,
  type CoursewareSite,
  type SeededLecture,
} from '../../support/courseware-site.ts';
import { markOfSecret } from '../../../server/edge/signed-paths.ts';
import { needEdgePrograms } from '../../support/edge-suite.ts';
import { until } from '../../support/until.ts';

const SECRET = 'a-secret-of-the-house-and-its-edges-1';
const RUN = patternBytes(3 * 2 ** 20 + 12_345);
const MEDIA_PLAYLIST = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MAP:URI="0000-1.mp4",BYTERANGE="800@0"
#EXTINF:6,
#EXT-X-BYTERANGE:1500000@800
0000-1.mp4
#EXT-X-ENDLIST
`;

describe('Lectures through an edge', () => {
  let site: CoursewareSite;
  let line: AwayProxy;
  let edge: EdgeBox;
  let lecture: SeededLecture;
  let base: string;

  before(async function () {
    needEdgePrograms(this);
    this.timeout(180_000);
    site = await startSite({ env: { YUANJIAO_EDGE_SECRET: SECRET, YUANJIAO_TRUSTED_PROXIES: '1' } });
    lecture = await seedLecture(
      site,
      {
        'index.m3u8': '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=500000\n480p/index.m3u8\n',
        '480p/index.m3u8': MEDIA_PLAYLIST,
        '480p/0000-1.mp4': RUN,
        'poster.jpg': patternBytes(5000),
      },
      { poster: 'poster.jpg' },
    );
    line = await AwayProxy.open(site.base);
    edge = await EdgeBox.open({ origin: line.base, secret: SECRET, withVarnish: false });
    base = edge.base;
  });

  after(async () => {
    await edge?.close();
    await line?.goAway();
    await site?.close();
  });

  async function playlistUrl(): Promise<string> {
    const reply = await fetch(`${base}/api/v1/courseware/${lecture.courseware.id}/playback`);
    expect(reply.status).to.equal(200);
    return ((await reply.json()) as { readonly playlistUrl: string }).playlistUrl;
  }

  async function mediaUrl(): Promise<string> {
    return new URL('480p/0000-1.mp4', base + (await playlistUrl())).href;
  }

  it('play from the address that the page is given, to the last byte', async () => {
    const master = new URL(await playlistUrl(), base);
    expect(master.pathname).to.match(/^\/e\/\d+-[\w-]{22}\/v\//);
    expect(await (await fetch(master)).text()).to.contain('480p/index.m3u8');
    const media = await fetch(new URL('480p/index.m3u8', master));
    expect(await media.text()).to.equal(MEDIA_PLAYLIST);
    const run = await fetch(await mediaUrl());
    expect(run.headers.get('x-edge')).to.equal('county');
    expect(sha256(new Uint8Array(await run.arrayBuffer()))).to.equal(sha256(RUN));
  });

  it('are given out by the byte, from slices that the centre sends once', async () => {
    const url = await mediaUrl();
    const ranges = [
      [0, 799],
      [800, 1_500_799],
      [1_048_575, 1_048_576],
      [2_000_000, RUN.length - 1],
      [RUN.length - 1, RUN.length - 1],
    ] as const;
    for (const [from, to] of ranges) {
      const reply = await fetch(url, { headers: { Range: `bytes=${from}-${to}` } });
      expect(reply.status).to.equal(206);
      expect(reply.headers.get('content-range')).to.equal(`bytes ${from}-${to}/${RUN.length}`);
      const bytes = Buffer.from(await reply.arrayBuffer());
      expect(sha256(bytes)).to.equal(sha256(RUN.subarray(from, to + 1)));
    }
    const last = await fetch(url, { headers: { Range: 'bytes=-100' } });
    expect(Buffer.from(await last.arrayBuffer()).equals(RUN.subarray(-100))).to.equal(true);
    expect((await fetch(url, { headers: { Range: `bytes=${RUN.length}-` } })).status).to.equal(416);
    const asked = line.countOf(`/v/${lecture.generation}/480p/0000-1.mp4`);
    expect(asked).to.equal(Math.ceil(RUN.length / 2 ** 20));
  });

  it('are one thing in the cache, whatever signature the address has', async () => {
    const path = `/v/${lecture.generation}/480p/0000-1.mp4`;
    const signedOn = (day: number): string =>
      new SignedPaths({ secret: SECRET, now: () => Date.now() + day * 86_400_000 }).sign(path);
    expect(signedOn(0)).to.not.equal(signedOn(3));
    await fetch(base + signedOn(0), { headers: { Range: 'bytes=0-9' } });
    const before = line.requests.length;
    const reply = await fetch(base + signedOn(3), { headers: { Range: 'bytes=0-9' } });
    expect(reply.headers.get('x-edge-cache')).to.equal('HIT');
    expect(line.requests.length).to.equal(before);
  });

  it('are refused without a signature, with a wrong one, and with one that has expired', async () => {
    const signed = await playlistUrl();
    const expired = new SignedPaths({ secret: SECRET, now: () => Date.now() - 3 * 86_400_000 });
    const before = line.requests.length;
    const cases = [
      [`/v/${lecture.generation}/index.m3u8`, 403],
      [`/v/${lecture.generation}/480p/0000-1.mp4`, 403],
      [signed.replace(/-[\w-]{22}\//, `-${'A'.repeat(22)}/`), 403],
      [signed.replace(/\/e\/(\d+)/, (_, until: string) => `/e/${Number(until) + 60}`), 403],
      [signed.replace(lecture.generation, 'another'), 403],
      [expired.sign(`/v/${lecture.generation}/index.m3u8`), 410],
      ['/e/x/v/y/z.mp4', 404],
    ] as const;
    for (const [path, status] of cases) {
      expect((await fetch(base + path)).status, path).to.equal(status);
    }
    expect(line.requests.length).to.equal(before);
  });

  it('play from old and new addresses while the secret is exchanged, and from no others', async () => {
    const fresh = 'the-next-secret-of-the-house-and-its-edges';
    const path = `/v/${lecture.generation}/index.m3u8`;
    const signedWith = (secret: string, days = 0): string =>
      new SignedPaths({ secret, now: () => Date.now() + days * 86_400_000 }).sign(path);
    const exchanging = await EdgeBox.open({
      origin: line.base,
      secret: fresh,
      formerSecret: SECRET,
      withVarnish: false,
    });
    try {
      const statusOf = async (address: string): Promise<number> =>
        (await fetch(exchanging.base + address)).status;
      expect(await statusOf(signedWith(SECRET))).to.equal(200);
      expect(await statusOf(signedWith(fresh))).to.equal(200);
      expect(await statusOf(signedWith(SECRET, -3))).to.equal(410);
      expect(await statusOf(signedWith(fresh, -3))).to.equal(410);
      expect(await statusOf(signedWith('a-secret-of-somebody-else-altogether-1'))).to.equal(403);
      const forged = signedWith(fresh).replace(/-[\w-]{22}\//, `-${'A'.repeat(22)}/`);
      expect(await statusOf(forged)).to.equal(403);
      expect(await statusOf(path)).to.equal(403);
    } finally {
      await exchanging.close();
    }
  });

  it('are refused by the centre itself for the same reasons, with words', async () => {
    const expired = new SignedPaths({ secret: SECRET, now: () => Date.now() - 3 * 86_400_000 });
    const path = `/v/${lecture.generation}/index.m3u8`;
    const old = await fetch(site.base + expired.sign(path));
    expect(old.status).to.equal(410);
    expect(await old.json()).to.have.property('code', 'link-expired');
    const forged = await fetch(
      site.base + (await playlistUrl()).replace(/-[\w-]{22}\//, `-${'A'.repeat(22)}/`),
    );
    expect(forged.status).to.equal(403);
    expect(await forged.json()).to.have.property('code', 'link-invalid');
    expect((await fetch(site.base + (await playlistUrl()))).status).to.equal(200);
  });

  it('have their pictures open to everybody, and kept', async () => {
    const path = `/v/${lecture.generation}/poster.jpg`;
    await (await fetch(base + path)).arrayBuffer();
    const again = await fetch(base + path);
    expect(again.headers.get('x-edge-cache')).to.equal('HIT');
  });

  it('go on, and can be begun, while the centre is away', async () => {
    const master = new URL(await playlistUrl(), base);
    await (await fetch(master)).text();
    const media = await mediaUrl();
    await (await fetch(media)).arrayBuffer();
    await line.goAway();
    try {
      await until('the playlist is older than a second', async () => {
        const reply = await fetch(master);
        expect(reply.status).to.equal(200);
        expect(await reply.text()).to.contain('480p');
        return reply.headers.get('x-edge-cache') === 'STALE';
      });
      const run = await fetch(media);
      expect(sha256(new Uint8Array(await run.arrayBuffer()))).to.equal(sha256(RUN));
    } finally {
      await line.comeBack();
    }
  });

  it('are not for others when only the librarian may see them', async () => {
    const draft = await seedLecture(
      site,
      { 'index.m3u8': '#EXTM3U\n', 'a.mp4': patternBytes(1000) },
      { isPublished: false },
    );
    const signed = new SignedPaths({ secret: SECRET }).sign(`/v/${draft.generation}/index.m3u8`);
    const asLibrarian = { headers: { Authorization: `Bearer ${site.token}` } };
    expect((await fetch(base + signed, asLibrarian)).status).to.equal(200);
    expect((await fetch(base + signed)).status).to.equal(401);
    const media = signed.replace('index.m3u8', 'a.mp4');
    expect((await fetch(base + media, asLibrarian)).status).to.equal(200);
    expect((await fetch(base + media)).status).to.equal(401);
  });

  it('are gone a moment after they were taken off the air', async () => {
    const url = base + new SignedPaths({ secret: SECRET }).sign(`/v/${lecture.generation}/index.m3u8`);
    expect((await fetch(url)).status).to.equal(200);
    const { id } = lecture.courseware;
    const suspended = await site.ask('POST', `/api/v1/courseware/${id}/publication`, { to: 'suspended' });
    expect(suspended.status).to.be.below(300);
    try {
      await until('the playlist is refused', async () => (await fetch(url)).status === 401);
    } finally {
      await site.ask('POST', `/api/v1/courseware/${id}/publication`, { to: 'published' });
    }
    await until('the playlist is back', async () => (await fetch(url)).status === 200);
  });

  it('have pages, sign-in and uploads beside them as at the centre', async () => {
    const page = await fetch(`${base}/`);
    expect(await page.text()).to.contain('课件目录');
    for (const expected of ['MISS', 'HIT']) {
      const asset = await fetch(`${base}/assets/catalogue.AB12CD34.js`);
      expect(asset.headers.get('x-edge-cache')).to.equal(expected);
      expect(await asset.text()).to.contain('课件');
    }
    const upload = await fetch(`${base}/api/v1/uploads`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${site.token}`,
        'Tus-Resumable': '1.0.0',
        'Upload-Length': '10',
        'Upload-Metadata': `courseware ${btoa(lecture.courseware.id)},filename ${btoa('a.mp4')}`,
      },
    });
    expect(upload.status).to.equal(201);
  });
});

describe('An edge with a certificate', () => {
  let folder: string;
  let site: CoursewareSite;
  let edge: EdgeBox;
  let centre: ReturnType<typeof createServer>;
  let certificate: string;

  before(async function () {
    needEdgePrograms(this);
    this.timeout(180_000);
    folder = await freshFolder();
    certificate = join(folder, 'certificate.pem');
    const key = join(folder, 'key.pem');
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate],
    ]);
    site = await startSite();
    // The centre behind HTTPS, as from outside its house.
    const pages = site.base;
    centre = createServer(
      { key: await readFile(key), cert: await readFile(certificate) },
      (asked, response) => {
        void fetch(pages + (asked.url ?? '')).then(async (reply) => {
          response.writeHead(reply.status, { 'Content-Type': reply.headers.get('content-type') ?? '' });
          response.end(Buffer.from(await reply.arrayBuffer()));
        });
      },
    ).listen(0, '127.0.0.1');
    await once(centre, 'listening');
    const { port } = centre.address() as AddressInfo;
    edge = await EdgeBox.open({
      origin: `https://localhost:${port}`,
      originAuthorities: certificate,
      tls: { certificate, key },
    });
  });

  after(async () => {
    await edge?.close();
    centre?.closeAllConnections();
    centre?.close();
    await site?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('speaks HTTP/2, and knows the centre by its certificate, for pages and for Varnish', async () => {
    const session = connect(edge.base, { ca: readFileSync(certificate) });
    try {
      await once(session, 'connect');
      expect(session.alpnProtocol).to.equal('h2');
      for (const [path, words] of [
        ['/', '课件目录'],
        ['/edge/health', '"origin":"alive"'],
      ] as const) {
        const stream = session.request({ ':path': path });
        let text = '';
        for await (const piece of stream) text += String(piece);
        expect(text).to.contain(words);
      }
      const missing = session.request({ ':path': '/live/k3v9x2m4/source/index.m3u8' });
      const [headers] = (await once(missing, 'response')) as [Record<string, unknown>];
      missing.resume();
      expect(headers[':status']).to.equal(404);
      expect(headers['x-edge-cache']).to.equal('MISS');
    } finally {
      session.destroy();
    }
  });

  it('leads from the plain address to the safe one', async () => {
    const reply = await fetch(`${edge.plainBase}/watch/7?t=5`, { redirect: 'manual' });
    expect(reply.status).to.equal(308);
    expect(new URL(reply.headers.get('location') ?? '').pathname).to.equal('/watch/7');
    expect(new URL(reply.headers.get('location') ?? '').port).to.equal(new URL(edge.base).port);
  });
});

describe('yuanjiao edge-config', () => {
  let yuanjiao: CommandLine;

  before(async () => {
    yuanjiao = await CommandLine.open();
  });

  after(() => yuanjiao.close());

  const NEEDED = [
    'edge-config',
    '--origin',
    'https://centre.example.cn',
    '--name',
    'shengzhou',
    '--out',
    'edge',
  ];

  it('writes what an edge needs, the secret for its owner alone', async () => {
    const { exitCode, stdout, stderr } = await yuanjiao.run(
      [...NEEDED, '--classes', '40', '--renditions', '3'],
      {
        env: { YUANJIAO_EDGE_SECRET: SECRET },
      },
    );
    expect(exitCode, stderr).to.equal(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((path) => path.split('/').at(-1)),
    ).to.deep.equal(['nginx.conf', 'varnish.vcl', 'varnish-override.conf', 'README.md']);
    expect(((await stat(yuanjiao.path('edge', 'nginx.conf'))).mode & 0o777).toString(8)).to.equal('600');
    expect(await readFile(yuanjiao.path('edge', 'nginx.conf'), 'utf8')).to.contain(SECRET);
    for (const name of ['varnish.vcl', 'varnish-override.conf', 'README.md']) {
      expect(await readFile(yuanjiao.path('edge', name), 'utf8')).to.not.contain(SECRET);
    }
    // 40 classes in 3 renditions of 8 MiB each.
    expect(await readFile(yuanjiao.path('edge', 'varnish-override.conf'), 'utf8')).to.contain('malloc,960m');
  });

  it('refuses two secrets that an edge could not tell apart, and says what to do', async () => {
    const alike = Array.from({ length: 10_000 }, (_, n) => `${SECRET}-${n}`).find(
      (other) => markOfSecret(other) === markOfSecret(SECRET),
    );
    const { exitCode, stderr } = await yuanjiao.run(NEEDED, {
      env: { YUANJIAO_EDGE_SECRET: SECRET, YUANJIAO_EDGE_FORMER_SECRET: alike ?? '' },
    });
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain('draw another new one').and.not.contain(SECRET);
  });

  it('wants a secret, or to hear that none is wanted', async () => {
    const without = await yuanjiao.run(NEEDED);
    expect(without.exitCode).to.equal(2);
    expect(without.stderr).to.contain('--open');
    const open = await yuanjiao.run([...NEEDED, '--open', '--no-varnish']);
    expect(open.exitCode, open.stderr).to.equal(0);
    expect(open.stdout).to.not.contain('varnish');
  });

  it('says everything that is wrong at once, and writes nothing that could mean something to nginx', async () => {
    const { exitCode, stderr } = await yuanjiao.run([
      ...['edge-config', '--open', '--out', 'bad', '--origin', 'http://centre/;', '--name', 'a b'],
      ...['--server-name', 'x; root /', '--listen', '80; root /', '--classes', '0'],
    ]);
    expect(exitCode).to.equal(2);
    for (const option of ['--origin', '--name', '--server-name', '--listen', '--classes']) {
      expect(stderr).to.contain(option);
    }
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
