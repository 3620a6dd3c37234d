import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { WATCHDOG_TIMES, Watchdog, probePause } from '../../player/watchdog.ts';
import type { PlaybackSample } from '../../player/watchdog.ts';

const FAST = { tickMs: 5, patienceMs: 40, probeTimeoutMs: 500, firstPauseMs: 5, longestPauseMs: 20 };

describe('Watchdog', () => {
  let server: Server;
  let url: string;
  let status: number;
  let probes: number;
  let watchdog: Watchdog;
  let sample: PlaybackSample;
  let done: string[];
  let wake: () => void;

  beforeEach(async () => {
    status = 200;
    probes = 0;
    done = [];
    wake = () => undefined;
    sample = { position: 10, bytesReceived: 0, shouldMove: true, ahead: 0 };
    server = createServer((_request, response) => {
      probes += 1;
      response.writeHead(status).end('#EXTM3U');
      wake();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.m3u8`;
    const tell = (words: string): void => {
      done.push(words);
      wake();
    };
    watchdog = new Watchdog(
      {
        sample: () => sample,
        onOutage: (isOut) => tell(isOut ? 'out' : 'back'),
        resumeFetching: () => tell('resume'),
        rebuild: (skip) => tell(`rebuild ${skip}`),
        onRefusal: (code, answered) => tell(`refused ${code} ${answered}`),
        onUnplayable: () => tell('unplayable'),
      },
      FAST,
    );
  });

  afterEach(() => {
    watchdog.stop();
    server.close();
    server.closeAllConnections();
  });

  /** Looks after each action and each probe whether the wished has come true. */
  async function until(condition: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      wake = () => {
        if (condition()) resolve();
      };
      wake();
    });
  }

  it('makes the engine anew when neither the picture moves nor bytes arrive, and the server answers', async () => {
    watchdog.start(url);
    await until(() => done.length > 0);
    expect(done).to.deep.equal(['rebuild 0']);
    expect(probes).to.equal(1);
  });

  it('leaves a slow line alone while bytes arrive', async () => {
    let samples = 0;
    watchdog = new Watchdog(
      {
        sample: () => {
          samples += 1;
          wake();
          return { ...sample, bytesReceived: samples };
        },
        onOutage: () => done.push('out'),
        resumeFetching: () => done.push('resume'),
        rebuild: () => done.push('rebuild'),
        onRefusal: () => done.push('refused'),
        onUnplayable: () => done.push('unplayable'),
      },
      FAST,
    );
    watchdog.start(url);
    await until(() => samples > 30);
    expect(done).to.deep.equal([]);
    expect(probes).to.equal(0);
  });

  it('keeps asking while the server fails, and makes the engine anew when it answers', async () => {
    status = 503;
    watchdog.start(url);
    watchdog.report('line');
    await until(() => probes > 4);
    expect(new Set(done)).to.deep.equal(new Set(['out']));
    status = 200;
    await until(() => done.includes('rebuild 0'));
    sample = { ...sample, position: 10.5, bytesReceived: 5 };
    await until(() => done.includes('back'));
  });

  it('keeps the picture when enough is buffered: it only fetches on', async () => {
    sample = { ...sample, ahead: 12 };
    watchdog.start(url);
    watchdog.report('line');
    await until(() => done.length > 0);
    expect(done).to.deep.equal(['resume']);
  });

  for (const [answered, code] of [
    [401, 'not-allowed'],
    [403, 'not-allowed'],
    [404, 'not-found'],
    [410, 'not-found'],
  ] as const) {
    it(`takes ${answered} for an answer and asks no more`, async () => {
      status = answered;
      watchdog.start(url);
      watchdog.report('line');
      await until(() => done.length > 0);
      expect(done).to.deep.equal([`refused ${code} ${answered}`]);
      expect(probes).to.equal(1);
    });
  }

  it('skips ahead where the media cannot be played after two rebuilds, and gives up in the end', async () => {
    watchdog.start(url);
    wake = () => undefined;
    const skips: string[] = [];
    for (let fault = 0; !done.includes('unplayable'); fault += 1) {
      const before = done.filter((words) => words !== 'out').length;
      watchdog.report('media');
      await until(() => done.filter((words) => words !== 'out').length > before);
      skips.push(done.filter((words) => words !== 'out')[before] ?? '');
      if (fault > 20) throw new Error('it never gives up');
    }
    expect(skips.slice(0, 3)).to.deep.equal(['rebuild 0', 'rebuild 0', 'rebuild 6']);
    expect(skips).to.have.length(9);
  });

  it('pauses longer with each try, up to ten seconds, and never in step with its neighbours', () => {
    expect(probePause(0, WATCHDOG_TIMES, 0)).to.equal(500);
    expect(probePause(0, WATCHDOG_TIMES, 1)).to.equal(1_000);
    expect(probePause(3, WATCHDOG_TIMES, 1)).to.equal(8_000);
    expect(probePause(4, WATCHDOG_TIMES, 0)).to.equal(5_000);
    expect(probePause(900, WATCHDOG_TIMES, 1)).to.equal(10_000);
  });
});
