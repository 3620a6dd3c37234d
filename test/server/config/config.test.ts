import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigError, describeConfig, loadConfig, SETTINGS, settingRows } from 'yuanjiao/server';

describe('the configuration', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'yuanjiao-config-'));
  });
  afterEach(() => rm(cwd, { recursive: true }));

  const refused = (env: Record<string, string>): ConfigError => {
    try {
      loadConfig({ env, cwd });
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError);
      return error as ConfigError;
    }
    throw new Error('the configuration was accepted');
  };

  it('needs nothing to be set', () => {
    const config = loadConfig({ env: {}, cwd });
    expect(config).to.include({
      dataDir: join(cwd, 'data'),
      host: '0.0.0.0',
      port: 8180,
      database: `sqlite:${join(cwd, 'data/yuanjiao.db')}`,
      store: `folder:${join(cwd, 'data/objects')}`,
      logLevel: 'info',
    });
    expect(config.workers).to.be.above(0);
  });

  it('takes the environment before the file, and both before the default', async () => {
    await writeFile(
      join(cwd, 'yuanjiao.config.json'),
      JSON.stringify({ port: 9000, workers: 3, dataDir: 'lectures' }),
    );
    const config = loadConfig({ env: { YUANJIAO_PORT: '9001' }, cwd });
    expect(config).to.include({ port: 9001, workers: 3, dataDir: join(cwd, 'lectures') });
  });

  it('reads sizes as people write them', () => {
    for (const [text, bytes] of [
      ['500', 500],
      ['500MB', 5e8],
      ['20GiB', 20 * 2 ** 30],
      ['1.5 KiB', 1536],
    ] as const) {
      expect(loadConfig({ env: { YUANJIAO_MAX_UPLOAD_BYTES: text }, cwd }).maxUploadBytes).to.equal(bytes);
    }
  });

  it('reports ten mistakes at once, each with its name, place, wish and finding', async () => {
    const file = join(cwd, 'yuanjiao.config.json');
    await writeFile(file, JSON.stringify({ host: 7, logLevel: 'loud', prot: 80, cacheBytes: 'much' }));
    const { problems, message } = refused({
      YUANJIAO_PORT: '99999',
      YUANJIAO_WORKERS: 'many',
      YUANJIAO_STORE: 's3:http://localhost:9000',
      YUANJIAO_DATABASE: 'mysql://root:canary@localhost/x',
      YUANJIAO_MAX_UPLOAD_BYTES: '-1',
      YUANJIAO_DATADIR: '/srv',
    });
    const byKey = new Map(problems.map((problem) => [problem.key, problem]));
    expect([...byKey.keys()]).to.have.members([
      'host',
      'logLevel',
      'prot',
      'cacheBytes',
      'YUANJIAO_PORT',
      'YUANJIAO_WORKERS',
      'YUANJIAO_STORE',
      'YUANJIAO_DATABASE',
      'YUANJIAO_MAX_UPLOAD_BYTES',
      'YUANJIAO_DATADIR',
    ]);
    expect(byKey.get('YUANJIAO_PORT')).to.deep.include({ origin: 'environment', received: '"99999"' });
    expect(byKey.get('logLevel')?.origin).to.equal(file);
    expect(byKey.get('prot')?.expected).to.contain('port');
    expect(byKey.get('YUANJIAO_DATADIR')?.expected).to.contain('YUANJIAO_DATA_DIR');
    for (const key of byKey.keys()) expect(message).to.contain(key);
    expect(message).to.not.contain('canary');
  });

  it('refuses a file that is missing though it was named, no JSON, or no object', async () => {
    expect(refused({ YUANJIAO_CONFIG: 'nowhere.json' }).problems[0]?.received).to.equal('ENOENT');
    for (const content of ['{"port": ', '[]', '"port"', 'null']) {
      await writeFile(join(cwd, 'yuanjiao.config.json'), content);
      expect(refused({}).problems).to.have.length(1);
    }
  });

  it('wants keys for an S3 store, from the environment or from files', async () => {
    const store = { YUANJIAO_STORE: 's3:https://minio.example:9000/lectures' };
    expect(refused(store).problems.map(({ key }) => key)).to.deep.equal([
      'YUANJIAO_STORE_ACCESS_KEY',
      'YUANJIAO_STORE_SECRET_KEY',
    ]);
    await writeFile(join(cwd, 'secret'), 'canary\n');
    const config = loadConfig({
      env: { ...store, YUANJIAO_STORE_ACCESS_KEY: 'office', YUANJIAO_STORE_SECRET_KEY_FILE: 'secret' },
      cwd,
    });
    expect(config.storeSecretKey).to.equal('canary');
    expect(refused({ ...store, YUANJIAO_STORE_SECRET_KEY_FILE: 'nowhere' }).message).to.contain('ENOENT');
  });

  it('prints no secret', () => {
    const config = loadConfig({
      env: {
        YUANJIAO_DATABASE: 'postgres://office:canary@db.example/yuanjiao',
        YUANJIAO_STORE: 's3:http://localhost:9000/lectures',
        YUANJIAO_STORE_ACCESS_KEY: 'canary-access',
        YUANJIAO_STORE_SECRET_KEY: 'canary-secret',
      },
      cwd,
    });
    const shown = JSON.stringify(describeConfig(config));
    expect(shown).to.contain('db.example').and.not.contain('canary');
  });

  it('has a sentence, a wish and a place for every setting', () => {
    expect(settingRows().map(({ file }) => file)).to.deep.equal(Object.keys(SETTINGS));
    for (const { env, expected, purpose } of settingRows()) {
      expect(env).to.match(/^YUANJIAO_[A-Z_]+$/);
      expect(purpose).to.match(/^[A-Z].*\.$/);
      expect(expected.length).to.be.above(5);
    }
  });
});
