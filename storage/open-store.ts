import { StorageError } from './errors.ts';
import type { S3Endpoint } from './minio-connection.ts';
import type { ObjectStore } from './object-store.ts';

/** What an address cannot say about a store. */
export interface StoreOptions {
  /** Who we are at an S3 server; needed there. */
  readonly accessKey?: string;
  readonly secretKey?: string;
  /** The region of the bucket, `us-east-1` when absent. */
  readonly region?: string;
  /**
   * Longest silence of an S3 server before a call fails, in milliseconds; three times that for calls that store.
   * Default 10,000. A call that is retried starts its last try within this time.
   */
  readonly timeoutMs?: number;
}

/** The keys that a MinIO server has when nobody set any. */
const FACTORY_KEY = 'minioadmin';

/**
 * Opens the store at an address:
 *
 * - `folder:/var/lib/yuanjiao/objects`: a folder, made when missing; a relative path is taken from the working directory;
 * - `s3:http://127.0.0.1:9000/bucket` or `s3:https://…`: a bucket of MinIO or any other S3 server. Nothing is asked of
 *   the server yet, so a process can start while its storage is down; the bucket is made on first use when missing.
 *
 * Only the driver that the address names is loaded.
 *
 * @throws {StorageError} `invalid-address` when the address or an option is wrong or missing; `store-denied` for MinIO's
 *   factory keys on a server that is not on this machine; for a folder also `store-full` and `store-unavailable`
 */
export async function openStore(address: string, options: StoreOptions = {}): Promise<ObjectStore> {
  if (address.startsWith('folder:')) {
    const folder = address.slice('folder:'.length);
    if (folder === '') throw invalid(address, 'it names no folder');
    const { FolderStore } = await import('./folder-store.ts');
    return await FolderStore.open(folder);
  }
  if (address.startsWith('s3:')) {
    const endpoint = s3Endpoint(address, options);
    const timeoutMs = options.timeoutMs ?? 10_000;
    if (!(timeoutMs > 0 && timeoutMs <= 600_000))
      throw invalid(address, 'timeoutMs must be between 1 and 600,000');
    const { MinioStore } = await import('./minio-store.ts');
    return await MinioStore.open(endpoint, timeoutMs);
  }
  throw invalid(address, 'it starts with neither "folder:" nor "s3:"');
}

function s3Endpoint(address: string, options: StoreOptions): S3Endpoint {
  const url = s3Url(address);
  const { accessKey = '', secretKey = '', region = 'us-east-1' } = options;
  if (accessKey === '' || secretKey === '')
    throw invalid(address, 'an S3 server needs an accessKey and a secretKey');
  if (!/^[\w-]+$/.test(region)) throw invalid(address, `${JSON.stringify(region)} is not a region`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (accessKey === FACTORY_KEY && secretKey === FACTORY_KEY && !isLoopback(host)) {
    throw new StorageError(
      'store-denied',
      `The S3 server ${url.host} is used with MinIO's factory keys (${FACTORY_KEY}), which everybody knows. ` +
        'Give the server keys of its own (MINIO_ROOT_USER, MINIO_ROOT_PASSWORD) and set them here.',
    );
  }
  const isSecure = url.protocol === 'https:';
  const port = Number(url.port) || (isSecure ? 443 : 80);
  const bucket = url.pathname.replaceAll('/', '');
  return { host, port, isSecure, bucket, accessKey, secretKey, region };
}

function s3Url(address: string): URL {
  const text = address.slice('s3:'.length);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw invalid(address, 'after "s3:" comes no http or https address');
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      `s3:${url.protocol}//…@${url.host}${url.pathname}`,
      'keys do not belong in an address, pass them as accessKey and secretKey',
    );
  }
  const bucket = /^\/([^/]+)\/?$/.exec(url.pathname)?.[1] ?? '';
  if (url.search !== '' || url.hash !== '' || !isBucketName(bucket)) {
    throw invalid(address, 'its path must be the name of one bucket: 3 to 63 of a-z, 0-9, "-" and "."');
  }
  return url;
}

function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/\d+\.\d+\.\d+\.\d+/.test(name)
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function invalid(address: string, why: string): StorageError {
  return new StorageError(
    'invalid-address',
    `Not the address of a store: ${JSON.stringify(address)}: ${why}. ` +
      'Write folder:/path or s3:http(s)://host:port/bucket.',
  );
}
