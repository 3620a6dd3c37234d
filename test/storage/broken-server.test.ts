import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { expect } from 'chai';
import { objectKey, openStore, readObject, type ObjectStore } from 'yuanjiao/storage';

import { failureOf, keysIn, someBytes } from '../contract/object-store.ts';
import { startScripted, type ScriptedServer } from '../support/scripted-server.ts';

const keys = { accessKey: 'somebody', secretKey: 'something-secret' };
const DATE = 'Mon, 23 Nov 2026 10:00:00 GMT';
const key = objectKey('k');

type Answer = (request: IncomingMessage, reply: ServerResponse, body: string) => void;

function errorDocument(code: string): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>because &amp; so</Message><RequestId>42</RequestId></Error>`;
}

/** Serves `bytes` by ranges, each reply cut to what `lengthOf` says of it. */
function serving(bytes: Buffer, lengthOf: (request: number, length: number) => number): Answer {
  let replies = 0;
  return (request, reply) => {
    const [first = 0, last = 0] = (request.headers.range ?? '').replace('bytes=', '').split('-').map(Number);
    const part = bytes.subarray(first, last + 1);
    const range = `bytes ${first}-${first + part.length - 1}/${bytes.length}`;
    const headers = {
      'content-length': part.length,
      'content-range': range,
      etag: '"e"',
      'last-modified': DATE,
    };
    const length = lengthOf(replies++, part.length);
    reply.writeHead(206, headers);
    reply.write(part.subarray(0, length), () => {
      if (length === part.length) reply.end();
      else reply.destroy();
    });
  };
}

function listing(names: readonly string[], next?: string): string {
  const contents = names.map(
    (name) =>
      `<Contents><Key>${name}</Key><LastModified>2026-11-23T10:00:00.123Z</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>`,
  );
  const more =
    next === undefined
      ? '<IsTruncated>false</IsTruncated>'
      : `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`;
  return `<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${more}${contents.join('')}</ListBucketResult>`;
}

const noHead: Answer = (_, reply) => void reply.writeHead(404).end();

const upload = (name: string, hours: number): string =>
  `<Upload><Key>${name}</Key><UploadId>id-${name}</UploadId><Initiated>${new Date(Date.now() - hours * 3_600_000).toISOString()}</Initiated></Upload>`;
/** A server of multipart uploads whose last call is answered by `complete`. */
function uploading(complete: Answer, head: Answer): Answer {
  return (request, reply, body) => {
    const url = request.url ?? '';
    if (request.method === 'POST' && url.endsWith('?uploads=')) {
      reply.end('<InitiateMultipartUploadResult><UploadId>u/1+=</UploadId></InitiateMultipartUploadResult>');
    } else if (request.method === 'PUT') {
      reply.setHeader('etag', `"${'0'.repeat(31)}${/partNumber=(\d+)/.exec(url)?.[1]}"`).end();
    } else if (request.method === 'POST') complete(request, reply, body);
    else if (request.method === 'HEAD') head(request, reply, body);
    else reply.writeHead(204).end();
  };
}

describe('MinioStore with a server that misbehaves', () => {
  let server: ScriptedServer | undefined;
  let store: ObjectStore;

  /** A store whose bucket exists and whose server does `answer` for everything in it. */
  async function against(answer: Answer, timeoutMs = 3000): Promise<ScriptedServer> {
    const started = await startScripted((request, reply, body) => {
      if (request.method === 'HEAD' && request.url === '/bucket') reply.end();
      else answer(request, reply, body);
    });
    server = started;
    store = await openStore(`s3:${started.endpoint}/bucket`, { ...keys, timeoutMs });
    return started;
  }

  afterEach(async () => {
    await store.close();
    await server?.stop();
    server = undefined;
  });

  it('tries again after 503, 500, 429 and a reset, and succeeds', async () => {
    let tries = 0;
    const { requests } = await against((_, reply) => {
      tries++;
      if (tries === 4) reply.destroy();
      else if (tries < 5) {
        reply.statusCode = [503, 500, 429][tries - 1] ?? 0;
        reply.end(errorDocument('SlowDown'));
      } else reply.writeHead(200, { 'content-length': '3', 'last-modified': DATE, etag: '"e"' }).end();
    }, 20_000);
    expect(await store.head(key)).to.deep.equal({
      key,
      sizeBytes: 3,
      modifiedAt: Date.parse(DATE),
      etag: 'e',
    });
    expect(requests.slice(1)).to.deep.equal(Array.from({ length: 5 }, () => 'HEAD /bucket/k'));
  });

  it('gives up on a storm of 503 within its time-out and tells what the server said', async () => {
    const { requests } = await against(
      (_, reply) => void reply.writeHead(503).end(errorDocument('SlowDown')),
    );
    const error = await failureOf(store.get(key));
    expect(error.code).to.equal('store-unavailable');
    expect(error.message).to.contain('503 SlowDown because & so (request 42)');
    expect(requests.length).to.be.within(2, 12);
  });

  for (const [status, code, expected] of [
    [400, 'InvalidRequest', 'store-unavailable'],
    [403, 'AccessDenied', 'store-denied'],
    [403, 'RequestTimeTooSkewed', 'store-denied'],
    [400, 'AuthorizationHeaderMalformed', 'store-denied'],
    [400, 'KeyTooLongError', 'invalid-key'],
    [501, 'NotImplemented', 'store-unavailable'],
    [507, 'XMinioStorageFull', 'store-full'],
    [307, 'TemporaryRedirect', 'store-unavailable'],
  ] as const) {
    it(`takes ${status} ${code} for ${expected} and does not try again`, async () => {
      const { requests } = await against((_, reply) => void reply.writeHead(status).end(errorDocument(code)));
      expect((await failureOf(store.put(key, Buffer.from('x')))).code).to.equal(expected);
      expect(requests.slice(1)).to.deep.equal(['PUT /bucket/k']);
    });
  }

  it('says what to do when the bucket is missing and may not be made', async () => {
    server = await startScripted((request, reply) => {
      reply.statusCode = request.method === 'HEAD' ? 404 : 403;
      reply.end(request.method === 'HEAD' ? undefined : errorDocument('AccessDenied'));
    });
    store = await openStore(`s3:${server.endpoint}/bucket`, keys);
    const error = await failureOf(store.check());
    expect(error.code).to.equal('store-denied');
    expect(error.message).to.contain('"bucket" is missing').and.to.contain('s3:CreateBucket');
    expect(server.requests).to.deep.equal(['HEAD /bucket', 'PUT /bucket']);
  });

  it('notices an object that was confirmed and is not there', async () => {
    await against((request, reply) => {
      reply.statusCode = request.method === 'HEAD' ? 404 : 200;
      reply.setHeader('etag', '"e"').end();
    });
    expect((await failureOf(store.put(key, Buffer.from('x')))).message).to.contain('not there');
  });

  it('notices an object that was stored short', async () => {
    await against((request, reply) => {
      reply.setHeader('etag', '"e"');
      if (request.method === 'HEAD') reply.setHeader('content-length', '2');
      reply.end();
    });
    expect((await failureOf(store.put(key, Buffer.from('xyz')))).message).to.contain(
      'keeps 2 of the 3 bytes',
    );
  });

  it('takes up a body where its connection broke', async () => {
    const bytes = someBytes(10_000_000);
    const { requests } = await against(serving(bytes, (reply, length) => (reply < 3 ? length >> 1 : length)));
    expect((await readObject(store, key)).equals(bytes)).to.equal(true);
    expect(requests.length).to.be.greaterThan(4);
  });

  it('ends a body that breaks off again and again with an error', async () => {
    const bytes = someBytes(10_000_000);
    await against(serving(bytes, (reply, length) => (reply === 0 ? length >> 1 : 0)));
    const { body } = await store.get(key);
    expect((await failureOf(body.toArray())).code).to.equal('store-unavailable');
    expect(body.readableEnded).to.equal(false);
  });

  it('does not wait for ever for the rest of a body', async () => {
    await against((_, reply) => {
      const headers = { 'content-range': 'bytes 0-9/10', etag: '"e"', 'last-modified': DATE };
      reply.writeHead(206, { 'content-length': 10, ...headers });
      reply.flushHeaders();
    }, 300);
    const { body } = await store.get(key);
    const error = await failureOf(body.toArray());
    expect(error.code).to.equal('store-unavailable');
    expect(error.message).to.contain('silent for 300 ms');
  });

  it('does not take other bytes than the ones it asked for', async () => {
    await against((_, reply) => {
      const headers = {
        'content-length': 10,
        'content-range': 'bytes 5-14/20',
        etag: '"e"',
        'last-modified': DATE,
      };
      reply.writeHead(206, headers).end('0123456789');
    });
    expect((await failureOf(store.get(key))).message).to.contain('other bytes');
  });

  it('does not wait for ever for a server that takes connections and says nothing', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    store = await openStore(`s3:http://127.0.0.1:${port}/bucket`, { ...keys, timeoutMs: 300 });
    expect((await failureOf(store.get(key))).message).to.contain('silent for 300 ms');
    for (const socket of sockets) socket.destroy();
    silent.close();
    await once(silent, 'close');
  });

  for (const [what, document] of [
    ['out of order', listing(['b', 'a'])],
    ['twice the same', listing(['a', 'a'])],
    ['cut short', listing(['a']).slice(0, 60)],
    ['not a listing', '<html>Welcome</html>'],
  ] as const) {
    it(`refuses a listing that is ${what}`, async () => {
      await against((_, reply) => void reply.end(document));
      expect((await failureOf(keysIn(store))).code).to.equal('store-unavailable');
    });
  }

  it('goes on page by page, also where names are not escaped for addresses', async () => {
    const { requests } = await against((request, reply) => {
      const isSecond = request.url?.includes('continuation-token=t%2B1') ?? false;
      reply.end(isSecond ? listing(['c&amp;d', '&#x8BFE;']) : listing(['a', 'b'], 't+1'));
    });
    expect(await keysIn(store)).to.deep.equal(['a', 'b', 'c&d', '课']);
    expect(requests).to.have.lengthOf(3);
  });

  const large = someBytes(20_000_000);
  it('takes a failure that hides behind a status of 200 for one, and takes the parts away', async () => {
    const { requests } = await against(
      uploading((_, reply) => void reply.end(errorDocument('InternalError')), noHead),
    );
    const error = await failureOf(store.put(key, large));
    expect(error.code).to.equal('store-unavailable');
    expect(error.message).to.contain('InternalError');
    expect(requests.at(-1)).to.equal('DELETE /bucket/k?uploadId=u%2F1%2B%3D');
  });

  it('numbers its parts from one without gaps', async () => {
    let document = '';
    const { requests } = await against(
      uploading((_, reply, body) => {
        document = body;
        reply.writeHead(403).end(errorDocument('AccessDenied'));
      }, noHead),
    );
    await failureOf(store.put(key, large));
    expect(
      [...document.matchAll(/<PartNumber>(\d+)<.*?<ETag>"0+(\d+)"/g)].map((match) => [match[1], match[2]]),
    ).to.deep.equal([
      ['1', '1'],
      ['2', '2'],
      ['3', '3'],
    ]);
    expect(requests.filter((request) => request.startsWith('PUT'))).to.have.lengthOf(3);
  });

  for (const isThere of [true, false]) {
    it(`looks for itself when the confirmation of a large object is lost and it is ${isThere ? '' : 'not '}there`, async () => {
      let etag = '';
      let tries = 0;
      await against(
        uploading(
          (_, reply) => {
            if (++tries === 1) reply.destroy();
            else reply.writeHead(404).end(errorDocument('NoSuchUpload'));
          },
          (_, reply) => {
            if (!isThere) etag = 'another';
            reply
              .writeHead(200, { etag: `"${etag}"`, 'content-length': large.length, 'last-modified': DATE })
              .end();
          },
        ),
      );
      const digests = [1, 2, 3].map((part) => Buffer.from(`${'0'.repeat(31)}${part}`, 'hex'));
      etag = `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-3`;
      if (isThere) expect((await store.put(key, large)).etag).to.equal(etag);
      else expect((await failureOf(store.put(key, large))).code).to.equal('store-unavailable');
    });
  }

  it('gives up uploads without an end for a day, and no younger ones, when it is checked', async () => {
    const { requests } = await against((request, reply) => {
      if (request.method === 'POST') reply.end('<R><UploadId>check</UploadId></R>');
      else if (request.method === 'DELETE') reply.writeHead(204).end();
      else if (request.url?.includes('key-marker=young'))
        reply.end(`<R><IsTruncated>false</IsTruncated>${upload('older', 30)}</R>`);
      else {
        const marks = '<NextKeyMarker>young</NextKeyMarker><NextUploadIdMarker>m</NextUploadIdMarker>';
        reply.end(`<R><IsTruncated>true</IsTruncated>${marks}${upload('old', 25)}${upload('young', 23)}</R>`);
      }
    });
    await store.check();
    expect(requests.filter((request) => request.startsWith('DELETE')).toSorted()).to.deep.equal([
      'DELETE /bucket/.yuanjiao-check?uploadId=check',
      'DELETE /bucket/old?uploadId=id-old',
      'DELETE /bucket/older?uploadId=id-older',
    ]);
  });
});
