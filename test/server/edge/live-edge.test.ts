import type { IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:http';

import { expect } from 'chai';
import { liveResourceAt, type LiveResource } from 'yuanjiao/server';

import { EdgeBox } from '../../../scripts/edge-box.ts';
import { AwayProxy } from '../../support/away-proxy.ts';
import { needEdgePrograms } from '../../support/edge-suite.ts';
import { until } from '../../support/until.ts';

const CLASS = '/live/k3v9x2m4';
const PLAYERS = 80;

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

/** One request of a player, on a connection of its own. */
function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { headers, method, agent: false }, (reply) => {
      let body = '';
      reply.setEncoding('utf8').on('data', (piece: string) => (body += piece));
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body, headers: reply.headers }));
      reply.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

function askAll(url: string, count = PLAYERS): Promise<readonly Answer[]> {
  return Promise.all(Array.from({ length: count }, () => ask(url)));
}

/** What an origin says of how long an answer lives. */
function cacheControl({
  freshSeconds,
  staleWhileFetchingSeconds,
  staleWhileAwaySeconds,
}: LiveResource): string {
  const stale = `, stale-while-revalidate=${staleWhileFetchingSeconds}, stale-if-error=${staleWhileAwaySeconds}`;
  return `public, max-age=${freshSeconds}${staleWhileAwaySeconds > 0 ? stale : ''}`;
}

/** An origin of one class: each answer says how many it has given; what is held is answered when it is let go. */
class ScriptedClass {
  readonly origin: AwayProxy;
  isHolding = false;
  /** Answers these paths so instead. */
  readonly refusals = new Map<string, number>();
  /** Leaves out what says how long an answer lives. */
  isSilentAboutLife = false;
  isPrivate = false;
  /** Instead of the table's. */
  freshSeconds: number | undefined;
  readonly #held: (() => void)[] = [];
  #given = 0;

  private constructor(origin: AwayProxy) {
    this.origin = origin;
    origin.script = (asked, response) => this.#answer(asked, response);
  }

  static async open(): Promise<ScriptedClass> {
    return new ScriptedClass(await AwayProxy.open());
  }

  get held(): number {
    return this.#held.length;
  }

  letGo(): void {
    this.isHolding = false;
    for (const answer of this.#held.splice(0)) answer();
  }

  #answer(asked: IncomingMessage, response: ServerResponse): boolean {
    const url = asked.url ?? '';
    const resource = liveResourceAt(url);
    if (resource === undefined) return false;
    const answer = (): void => {
      const status = this.refusals.get(url.split('?')[0] ?? '') ?? 200;
      this.#given += 1;
      const fresh = { ...resource, freshSeconds: this.freshSeconds ?? resource.freshSeconds };
      const life = status === 200 ? cacheControl(fresh) : 'no-store';
      response
        .writeHead(status, {
          'Content-Type': 'application/octet-stream',
          ...(!this.isSilentAboutLife && {
            'Cache-Control': this.isPrivate ? 'private, no-cache' : life,
            Vary: 'Accept-Encoding',
          }),
        })
        .end(`${url} ${this.#given}`);
    };
    if (this.isHolding) this.#held.push(answer);
    else answer();
    return true;
  }
}

for (const withVarnish of [true, false]) {
  describe(`Live classes through ${withVarnish ? 'nginx and Varnish' : 'nginx alone'}`, () => {
    let live: ScriptedClass;
    let edge: EdgeBox;

    before(async function () {
      needEdgePrograms(this);
      this.timeout(180_000);
      live = await ScriptedClass.open();
      edge = await EdgeBox.open({ origin: live.origin.base, withVarnish });
    });

    after(async () => {
      await edge?.close();
      await live?.origin.goAway();
    });

    afterEach(() => {
      live.letGo();
      live.refusals.clear();
      live.isSilentAboutLife = false;
      live.isPrivate = false;
      live.freshSeconds = undefined;
    });

    it('asks the origin once for what eighty players wait for together', async () => {
      const path = `${CLASS}/source/index.m3u8?_HLS_msn=10&_HLS_part=1`;
      live.isHolding = true;
      const asking = askAll(edge.base + path);
      await until('the origin is asked', () => live.held > 0);
      // A player that comes while the others wait is one of them.
      const late = askAll(edge.base + path, 5);
      live.letGo();
      const answers = [...(await asking), ...(await late)];
      expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]));
      expect(new Set(answers.map(({ body }) => body)).size).to.equal(1);
      expect(live.origin.countOf(`${CLASS}/source/index.m3u8`)).to.equal(1);
    });

    it('lets one request in eighty through to the origin, lesson long', async () => {
      const before = live.origin.requests.length;
      const rounds = withVarnish ? 12 : 4;
      for (let round = 0; round < rounds; round++) {
        const part = round % 4;
        const msn = 100 + Math.floor(round / 4);
        await askAll(`${edge.base}${CLASS}/source/index.m3u8?_HLS_msn=${msn}&_HLS_part=${part}`);
        await askAll(`${edge.base}${CLASS}/source/p${msn}.${part}.m4s`);
      }
      const through = live.origin.requests.length - before;
      expect(through / (2 * rounds * PLAYERS)).to.be.at.most(0.013);
    });

    it('knows a playlist by its low-latency arguments alone, in whatever order', async () => {
      const path = `${CLASS}/480p/index.m3u8`;
      const first = await ask(`${edge.base}${path}?_HLS_msn=20&_HLS_part=3&viewer=7`);
      const second = await ask(`${edge.base}${path}?session=x&_HLS_part=3&_HLS_msn=20`);
      expect(first.body).to.contain(`${path}?_HLS_msn=20&_HLS_part=3`);
      expect(second.body).to.equal(first.body);
      const third = await ask(`${edge.base}${path}?_HLS_msn=20&_HLS_part=4`);
      expect(third.body).to.not.equal(first.body);
      const plain = await ask(`${edge.base}${path}?viewer=7`);
      expect(plain.body).to.match(new RegExp(`^${path} \\d+$`));
      const delta = await ask(`${edge.base}${path}?_HLS_skip=YES`);
      expect(delta.body).to.contain(`${path}?_HLS_skip=YES`);
    });

    it('keeps no answer for one viewer, whoever asked first', async () => {
      live.isPrivate = true;
      const path = `${CLASS}/source/s900.m4s`;
      const first = await ask(edge.base + path, { Cookie: 'yuanjiao=somebody' });
      const second = await ask(edge.base + path);
      expect(second.body).to.not.equal(first.body);
      expect(live.origin.countOf(path)).to.equal(2);
    });

    it('answers what is asked with cookies from what it has', async () => {
      const path = `${CLASS}/source/s901.m4s`;
      const first = await ask(edge.base + path);
      const second = await ask(edge.base + path, { Cookie: 'yj-viewer=somebody', 'Accept-Encoding': 'gzip' });
      expect(second.body).to.equal(first.body);
      expect(live.origin.countOf(path)).to.equal(1);
    });

    it('asks again for a part that was not there yet', async () => {
      const path = `${CLASS}/source/p901.5.m4s`;
      live.refusals.set(path, 404);
      expect((await ask(edge.base + path)).status).to.equal(404);
      live.refusals.delete(path);
      await until('the part is found', async () => (await ask(edge.base + path)).status === 200);
    });

    it('goes on with the old playlist while the origin is away, and with the new one when it is back', async function () {
      this.timeout(180_000);
      const paths = [
        `${CLASS}/source/index.m3u8`,
        `${CLASS}/index.m3u8`,
        '/live/class/0c1d2e3f.json',
        '/live/class/0c1d2e3f/room.json',
      ] as const;
      live.freshSeconds = 1;
      const before = new Map<string, Answer>();
      for (const path of paths) before.set(path, await ask(edge.base + path));
      await live.origin.goAway();
      try {
        // Longer than the playlist is fresh or may be shown while a new one is fetched.
        const deadline = performance.now() + 3500;
        while (performance.now() < deadline) {
          for (const path of paths) {
            const answer = await ask(edge.base + path);
            expect(answer.status, path).to.equal(200);
            expect(answer.body).to.equal(before.get(path)?.body);
          }
        }
        // What has no older form is refused, so that the player asks again by itself.
        const refused = await ask(`${edge.base}${CLASS}/source/index.m3u8?_HLS_msn=950&_HLS_part=0`);
        expect(refused.status).to.be.oneOf([502, 503]);
      } finally {
        await live.origin.comeBack();
      }
      for (const path of paths) {
        await until(`${path} is new`, async () => {
          const { status, body } = await ask(edge.base + path);
          expect(status).to.equal(200);
          return body !== before.get(path)?.body;
        });
      }
      await until('playlists that wait are answered', async () => {
        const { status } = await ask(`${edge.base}${CLASS}/source/index.m3u8?_HLS_msn=950&_HLS_part=1`);
        return status === 200;
      });
    });

    it('has nothing to do with pages and other addresses under the same path', async () => {
      const before = live.origin.requests.length;
      for (const path of ['/live/new', '/live/0c1d2e3f/console', `${CLASS}/source/../../../v/x.json`]) {
        await ask(edge.base + path);
      }
      // The edge may still renew what it gave out before.
      const asked = live.origin.requests
        .slice(before)
        .filter((line) => liveResourceAt(line.split(' ')[1] ?? '') === undefined);
      expect(asked).to.deep.equal(['GET /live/new', 'GET /live/0c1d2e3f/console', 'GET /v/x.json']);
    });

    it('says how it is and whether the origin answers', async () => {
      const said = async (): Promise<Record<string, string>> =>
        JSON.parse((await ask(`${edge.base}/edge/health`)).body) as Record<string, string>;
      const isThere = async (): Promise<boolean> => (await said())['origin'] === 'alive';
      await until('the origin is known to be there', isThere);
      expect(await said()).to.include({ edge: 'county', cache: withVarnish ? 'varnish' : 'nginx' });
      await live.origin.goAway();
      try {
        await until('the origin is missed', async () => (await said())['origin'] === 'away');
      } finally {
        await live.origin.comeBack();
      }
      await until('the origin is back', isThere);
    });

    if (withVarnish) {
      it('takes the lifetimes of the table where the origin names none', async () => {
        live.isSilentAboutLife = true;
        for (const path of ['/source/p905.1.m4s', '/source/s905.m4s', '/source/i2.mp4'] as const) {
          const first = await ask(edge.base + CLASS + path);
          const second = await ask(edge.base + CLASS + path);
          expect(second.body, path).to.equal(first.body);
          expect(second.headers['x-edge-cache']).to.equal('HIT');
        }
      });

      it('tells all who wait of a refusal at once, and asks again a moment later', async () => {
        const path = `${CLASS}/source/index.m3u8`;
        live.refusals.set(path, 503);
        live.isHolding = true;
        const before = live.origin.countOf(path);
        const asking = askAll(`${edge.base}${path}?_HLS_msn=960&_HLS_part=0`);
        await until('the origin is asked', () => live.held > 0);
        // A refusal is remembered for half a second, in which not all of them need to have come.
        await until('all of them wait', async () => (await edge.requestsUnderWay()) >= PLAYERS);
        live.letGo();
        const answers = await asking;
        expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([503]));
        expect(live.origin.countOf(path) - before).to.equal(1);
        live.refusals.clear();
        await until(
          'the playlist is there',
          async () => (await ask(`${edge.base}${path}?_HLS_msn=960&_HLS_part=0`)).status === 200,
        );
      });

      it('shows the old playlist when the origin answers with an error', async () => {
        const path = `${CLASS}/360p/index.m3u8`;
        const first = await ask(edge.base + path);
        live.refusals.set(path, 500);
        const before = live.origin.countOf(path);
        await until('the origin is asked again', async () => {
          expect((await ask(edge.base + path)).body).to.equal(first.body);
          return live.origin.countOf(path) > before + 1;
        });
      });

      it('is nginx alone while Varnish is down', async function () {
        this.timeout(180_000);
        await edge.stopVarnish();
        try {
          await edge.untilServing('varnish-is-down');
          const path = `${CLASS}/source/index.m3u8?_HLS_msn=970&_HLS_part=0`;
          live.isHolding = true;
          const before = live.origin.countOf(`${CLASS}/source/index.m3u8`);
          const asking = askAll(edge.base + path, 20);
          await until('the origin is asked', () => live.held > 0);
          live.letGo();
          expect(new Set((await asking).map(({ status }) => status))).to.deep.equal(new Set([200]));
          expect(live.origin.countOf(`${CLASS}/source/index.m3u8`) - before).to.equal(1);
        } finally {
          edge.startVarnish();
        }
        await edge.untilServing('varnish');
        expect((await ask(`${edge.base}${CLASS}/source/s975.m4s`)).status).to.equal(200);
      });
    }
  });
}
