import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';

import { launchChromium, newVisitor } from '../support/chromium.ts';
import type { Visitor } from '../support/chromium.ts';
import { segmentAt } from '../support/lecture-media.ts';
import { PageServer } from '../support/page-server.ts';
import { PlayerScreen } from '../support/player-screen.ts';

// A browser keeps a 410 for ever unless told otherwise.
const NOT_KEPT = { 'Cache-Control': 'no-store' };

describe('player after an outage', () => {
  let server: PageServer;
  let browser: Browser;
  let visitor: Visitor;
  let screen: PlayerScreen;

  before(async function () {
    this.timeout(180_000); // a lecture is encoded
    browser = await launchChromium(this, 'the healing of the player');
    server = await PageServer.start({ media: true });
  });

  after(async () => {
    await browser?.close();
    await server?.remove();
  });

  beforeEach(async () => {
    server.reset();
    visitor = await newVisitor(browser);
    screen = new PlayerScreen(visitor.page);
    await visitor.page.goto(`${server.url}/watch/${server.add({ title: '老支书的账本' }).id}`);
    await screen.reach(0.5);
  });

  afterEach(async () => {
    await visitor.context.close();
  });

  /** Waits until so many requests for the playlist have failed: the outage has lasted that many probes. */
  async function failedProbes(count: number): Promise<void> {
    let failed = 0;
    await visitor.page.waitForEvent('requestfailed', {
      predicate: (request) => {
        if (request.url().endsWith('/index.m3u8')) failed += 1;
        return failed >= count;
      },
      timeout: 30_000,
    });
  }

  it('goes on at the same second when the server was gone, with nobody touching it', async () => {
    await server.shut();
    await screen.seekBarTo(58);
    await screen.message('网络中断，正在重连…');
    await failedProbes(3);
    await server.open();
    await screen.reach(58.3);
    expect(await screen.begunAt()).to.be.below(59);
    await screen.phase('playing');
    await visitor.page.locator('.yj-message').waitFor({ state: 'hidden' });
  });

  it('keeps showing what is buffered while the server is gone', async () => {
    await visitor.page.waitForFunction(() => (document.querySelector('video')?.buffered.end(0) ?? 0) > 15);
    const { position } = await screen.read();
    await server.shut();
    await failedProbes(1);
    await screen.reach(position + 3);
    await server.open();
    await screen.phase('playing');
    await screen.seekBarTo(62);
    await screen.reach(62.5);
  });

  it('goes on when the line was pulled and put back', async () => {
    await visitor.context.setOffline(true);
    await screen.seekBarTo(58);
    await screen.message('网络中断，正在重连…', 30_000);
    await visitor.context.setOffline(false);
    await screen.reach(58.3);
  });

  it('goes on when the server answered every segment with 500 for a while', async () => {
    let refused = 0;
    server.fault = (request, response) => {
      if (request.url?.endsWith('all.mp4') !== true || refused >= 14) return false;
      refused += 1;
      response.writeHead(500).end();
      return true;
    };
    await screen.seekBarTo(58);
    await screen.reach(58.3, 40_000);
    expect(refused).to.equal(14);
    expect(await screen.begunAt()).to.be.below(59);
  });

  /** What a fault does to a range request: bytes to answer with, none to leave it alone. */
  type Spoiling = (from: number, to: number) => Buffer | undefined;

  /** Spoils so many answers. @returns how many so far */
  function spoil(most: number, bytesFor: Spoiling): () => number {
    let spoilt = 0;
    server.fault = (request, response) => {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const bytes = from === undefined || spoilt >= most ? undefined : bytesFor(Number(from), Number(to));
      if (bytes === undefined) return false;
      spoilt += 1;
      response.writeHead(206, { 'Content-Type': 'video/mp4' }).end(bytes);
      return true;
    };
    return () => spoilt;
  }

  it('gets over segments that arrive cut short, and shows all of them', async () => {
    const spoilt = spoil(4, (from) => (from > 0 ? Buffer.alloc(64) : undefined));
    await screen.seekBarTo(58);
    await screen.reach(58.3);
    expect(spoilt()).to.equal(4);
    expect(await screen.begunAt()).to.be.below(59);
    await screen.move();
  });

  it('fetches the head of a rendition again that arrives cut short', async () => {
    const spoilt = spoil(3, (from) => (from === 0 ? Buffer.alloc(64) : undefined));
    server.requests.length = 0;
    await visitor.page.goto(`${server.url}/watch/${server.add({ title: '另一课' }).id}`);
    await screen.reach(0.5);
    expect(spoilt()).to.equal(3);
    expect(await screen.begunAt()).to.be.below(0.5);
    expect(server.requests.filter((request) => request === 'GET /v/g1/index.m3u8')).to.have.length(1);
  });

  it('gets over heads and segments that arrive as rubbish', async () => {
    const spoilt = spoil(6, (from, to) => Buffer.alloc(to - from + 1));
    await visitor.page.goto(`${server.url}/watch/${server.add({ title: '另一课' }).id}`);
    await screen.reach(0.5);
    expect(spoilt()).to.equal(6);
    await screen.move();
  });

  it('skips a stretch whose segments are gone for good, and plays the rest', async () => {
    const gone = new Map<string, { readonly from: number; readonly to: number }>();
    for (const name of ['180p', '360p']) {
      gone.set(`/v/g1/${name}/all.mp4`, await segmentAt(join(server.directory, name, 'index.m3u8'), 53));
    }
    server.fault = (request, response) => {
      const segment = gone.get(request.url ?? '');
      if (segment === undefined || request.headers.range !== `bytes=${segment.from}-${segment.to}`)
        return false;
      response.writeHead(404).end();
      return true;
    };
    await screen.seekBarTo(52.5);
    await screen.reach(56, 45_000);
    await screen.move();
  });

  it('plays the new address when the lecture was encoded anew and the old one is gone', async () => {
    let isGone = false;
    server.fault = (request, response) => {
      if (request.url?.endsWith('/playback') === true) {
        isGone = false;
        response.setHeader('Content-Type', 'application/json');
        const facts = {
          coursewareId: 'a',
          title: '老支书的账本',
          extent: 'complete',
          duration: 72,
          captions: [],
        };
        response.end(JSON.stringify({ ...facts, playlistUrl: '/v/g2/index.m3u8' }));
        return true;
      }
      if (!isGone || request.url?.startsWith('/v/g1/') !== true) return false;
      response.writeHead(410, NOT_KEPT).end();
      return true;
    };
    isGone = true;
    await screen.seekBarTo(58);
    await screen.reach(58.3, 30_000);
    expect(server.requests).to.include('GET /v/g2/index.m3u8');
  });

  it('says what to do when the media is gone for good, and tries again on demand', async () => {
    server.fault = (request, response) => {
      if (request.url?.startsWith('/v/g1/') !== true) return false;
      response.writeHead(410, NOT_KEPT).end();
      return true;
    };
    await screen.seekBarTo(58);
    await screen.message('找不到这一课的视频', 30_000);
    server.fault = undefined;
    await screen.pressAction('重试');
    await screen.reach(58.3);
  });
});
