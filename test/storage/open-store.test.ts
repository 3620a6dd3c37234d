import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openStore, StorageError } from 'yuanjiao/storage';

const keys = { accessKey: 'somebody', secretKey: 'something' };

async function refusal(address: string, options = {}): Promise<StorageError> {
  try {
    await openStore(address, options);
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error(`${address} was taken`);
}

/** Opens the store at an address in a process where `minio` cannot be loaded. */
function openWithoutMinio(address: string): string {
  const program = `
        import { register } from 'node:module';
        register('data:text/javascript,export const resolve = (name, context, next) => {' +
          'if (name === "minio") throw new Error("minio is asked for"); return next(name, context); }');
        const { openStore } = await import('yuanjiao/storage');
        const keys = { accessKey: 'somebody', secretKey: 'something' };
        const store = await openStore(process.argv[1], keys).catch((error) => error);
        console.log(store instanceof Error ? store.message : 'opened');
      `;
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const args = ['--input-type=module', '--eval', program, address];
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }).trim();
}

describe('openStore', () => {
  for (const address of [
    '',
    '/var/objects',
    'folder:',
    's3:',
    's3:host:9000/bucket',
    's3:ftp://host/bucket',
    's3:http://host:9000',
    's3:http://host:9000/',
    's3:http://host:9000/bucket/folder',
    's3:http://host:9000/No_Bucket',
    's3:http://host:9000/ab',
    's3:http://host:9000/bucket?x=1',
    's3:http://host:99999/bucket',
    'S3:http://host:9000/bucket',
  ]) {
    it(`refuses ${JSON.stringify(address)} and shows how an address is written`, async () => {
      const error = await refusal(address, keys);
      expect(error.code).to.equal('invalid-address');
      expect(error.message).to.contain('s3:http(s)://host:port/bucket');
    });
  }

  it('refuses keys inside an address and does not repeat them', async () => {
    const error = await refusal('s3:http://alice:opensesame@host:9000/bucket', keys);
    expect(error.code).to.equal('invalid-address');
    expect(error.message).to.not.contain('opensesame');
  });

  it('refuses an S3 server without keys', async () => {
    expect((await refusal('s3:http://host:9000/bucket')).code).to.equal('invalid-address');
  });

  it("refuses MinIO's factory keys on another machine, and takes them on this one", async () => {
    const factory = { accessKey: 'minioadmin', secretKey: 'minioadmin' };
    const error = await refusal('s3:http://10.0.0.7:9000/bucket', factory);
    expect(error.code).to.equal('store-denied');
    expect(error.message).to.contain('MINIO_ROOT_USER');
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      await (await openStore(`s3:http://${host}:9000/bucket`, factory)).close();
    }
  });

  it('loads the minio library for an S3 server alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-lazy-'));
    expect(openWithoutMinio(`folder:${folder}`)).to.equal('opened');
    rmSync(folder, { recursive: true });
    expect(openWithoutMinio('s3:http://127.0.0.1:9000/bucket')).to.equal('minio is asked for');
  });
});
