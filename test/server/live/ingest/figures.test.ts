import { expect } from 'chai';

import { createMetrics } from '../../../../server/metrics.ts';
import { ingestPlace } from '../../../../server/live/ingest/ingest-place.ts';
import { loadConfig } from 'yuanjiao/server';

describe('the figures of a live ingest', () => {
  it('are totals at /metrics, however often they are asked for', async () => {
    const figures = {
      connections: 3,
      publishers: 2,
      receivedBytes: 1_000,
      refused: { 'unknown-key': 4, busy: 1 },
      restarts: 1,
    };
    const metrics = createMetrics({ ingest: () => figures });
    await metrics.render();
    const { text } = await metrics.render();
    expect(text.split('\n')).to.include.members([
      'yuanjiao_live_publishers 2',
      'yuanjiao_live_connections 3',
      'yuanjiao_live_received_bytes_total 1000',
      'yuanjiao_live_ingest_restarts_total 1',
      'yuanjiao_live_refused_total{why="unknown-key"} 4',
      'yuanjiao_live_refused_total{why="busy"} 1',
    ]);
    expect((await createMetrics().render()).text).to.not.contain('yuanjiao_live_publishers');
  });
});

describe('the place of a live ingest', () => {
  const placeFor = (env: Readonly<Record<string, string>>) => ingestPlace(loadConfig({ env, cwd: '/srv' }));

  it('is port 1935 of the server’s own address, without TLS, where nothing is said', () => {
    const place = placeFor({ YUANJIAO_HOST: '10.0.0.5' });
    expect(place).to.deep.equal({ host: '10.0.0.5', port: 1935, limits: { maxBytesPerSecond: 2_500_000 } });
  });

  it('is what the settings say, with files found from where the server was started', () => {
    const place = placeFor({
      YUANJIAO_LIVE_HOST: '::',
      YUANJIAO_LIVE_PORT: '19350',
      YUANJIAO_LIVE_TLS_PORT: '443',
      YUANJIAO_LIVE_CERT_FILE: 'tls/chain.pem',
      YUANJIAO_LIVE_KEY_FILE: 'tls/key.pem',
      YUANJIAO_LIVE_MAX_KBPS: '8000',
    });
    expect(place).to.deep.equal({
      host: '::',
      port: 19350,
      tls: { port: 443, certFile: '/srv/tls/chain.pem', keyFile: '/srv/tls/key.pem' },
      limits: { maxBytesPerSecond: 1_000_000 },
    });
  });

  it('is nowhere when it is switched off, and nothing half said is taken', () => {
    expect(placeFor({ YUANJIAO_LIVE_PORT: 'off' })).to.equal(undefined);
    expect(() => placeFor({ YUANJIAO_LIVE_CERT_FILE: 'chain.pem' })).to.throw('YUANJIAO_LIVE_KEY_FILE');
    expect(() => placeFor({ YUANJIAO_LIVE_KEY_FILE: 'key.pem' })).to.throw('YUANJIAO_LIVE_CERT_FILE');
    expect(() => placeFor({ YUANJIAO_LIVE_PORT: 'on' })).to.throw('YUANJIAO_LIVE_PORT');
  });
});
