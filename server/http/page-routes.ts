import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { RequestError } from '../errors.ts';
import { acceptsGzip, isUnchanged } from './conditional.ts';
import { prepareText, type PreparedText } from './prepared-text.ts';
import { route, type Route } from './route.ts';
import { sendText } from './text-reply.ts';

const manifestShape = z.object({
  pages: z.record(z.string().startsWith('/'), z.string()),
  assets: z.record(z.string(), z.object({ type: z.string() })),
});

/**
 * What is to be added to the head of a page, as HTML; empty for nothing.
 *
 * @param path - the page's, with its parameter: `/watch/:id`
 * @param id - what stands for the parameter
 */
export type PageHead = (path: string, id: string | undefined, request: IncomingMessage) => Promise<string>;

interface PageFile {
  readonly type: string;
  readonly text: PreparedText;
}

const HTML = 'text/html; charset=utf-8';

/**
 * The pages and their assets, from the folder the page build made. All of it is read at start: it is small, and an address
 * is then looked up and never becomes a path.
 *
 * @throws {Error} when the folder has no usable `manifest.json`
 */
export async function pageRoutes(
  folder: string,
  headOf: PageHead = async () => '',
): Promise<readonly Route[]> {
  const manifest = await readManifest(folder);
  const assets = new Map<string, PageFile>();
  for (const [name, { type }] of Object.entries(manifest.assets)) {
    assets.set(name, { type, text: prepareText(await readFile(join(folder, 'assets', name))) });
  }
  const pages: Route[] = [];
  for (const [path, name] of Object.entries(manifest.pages)) {
    const page: PageFile = { type: HTML, text: prepareText(await readFile(join(folder, name))) };
    pages.push(
      route({
        method: 'GET',
        path: path.replace(/:(\w+)/g, '{$1}'),
        action: 'page.open',
        summary: 'A page',
        isHidden: true,
        replies: { 200: { description: 'The page.', contentType: 'text/html' } },
        async handle({ request, response }) {
          // A page without its head is still a page: it tells by itself what is wrong.
          const head = await headOf(path, idIn(request), request).catch(() => '');
          if (head === '') sendFile(request, response, page, 'no-cache');
          else {
            const text = String(page.text.plain).replace('</head>', () => `${head}\n</head>`);
            await sendText(request, response, { contentType: HTML, text });
          }
          return 'sent' as const;
        },
      }),
    );
  }
  return [
    ...pages,
    route({
      method: 'GET',
      path: '/assets/{name}',
      action: 'page.open',
      summary: 'A part of a page',
      isHidden: true,
      params: z.object({ name: z.string() }),
      replies: { 200: { description: 'The part.', contentType: '*/*' } },
      handle({ params, request, response }) {
        const asset = assets.get(params.name);
        if (asset === undefined) throw new RequestError('no-such-address', 'There is no such asset.');
        // The name carries a digest of the bytes, so it may be kept for ever.
        sendFile(request, response, asset, 'public, max-age=31536000, immutable');
        return 'sent' as const;
      },
    }),
  ];
}

/** The last part of a request's address. */
function idIn({ url = '' }: IncomingMessage): string | undefined {
  const [path = ''] = url.split(/[?#]/, 1);
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1)) || undefined;
  } catch {
    return undefined;
  }
}

async function readManifest(folder: string): Promise<z.infer<typeof manifestShape>> {
  try {
    return manifestShape.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
  } catch (error) {
    throw new Error(`${folder} has no usable manifest.json: the pages were not built. Run "npm run build".`, {
      cause: error,
    });
  }
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: PageFile,
  cacheControl: string,
): void {
  const { plain, gzip, plainEtag, gzipEtag } = file.text;
  const isGzip = acceptsGzip(request.headers) && gzip.length < plain.length;
  const etag = isGzip ? gzipEtag : plainEtag;
  const body = isGzip ? gzip : plain;
  response.setHeader('Cache-Control', cacheControl);
  response.setHeader('ETag', etag);
  response.setHeader('Vary', 'Accept-Encoding');
  if (isUnchanged(request.headers, etag)) {
    response.writeHead(304).end();
    return;
  }
  response.setHeader('Content-Type', file.type);
  if (isGzip) response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Content-Length', body.length);
  response.writeHead(200);
  if (request.method === 'HEAD') response.end();
  else response.end(body);
}

/** The page of a failure stands alone: it must be there when no other page is. */
const PROBLEM_STYLE =
  'body{margin:0;background:#f6f4ef;color:#20242a;font:1.125rem/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}' +
  'main{max-width:34rem;margin:14vh auto 0;padding:0 24px}h1{margin:0 0 12px;font-size:1.6em}@media(min-width:1600px){body{font-size:1.5rem}}' +
  'a{display:inline-block;padding:10px 20px;border-radius:7px;background:#9b2c22;color:#fff;text-decoration:none}' +
  'a:focus{outline:4px solid #1b5fc4;outline-offset:2px}';

/** What the page of a failure may load: its own style, and nothing else. */
export const PROBLEM_PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(PROBLEM_STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(';');

/** The page somebody sees who followed a wrong link or met a failure; the words are ours, nothing of the request is shown. */
export function problemPage(status: number, words: string): Buffer {
  const title = status === 404 ? '找不到页面' : '出错了';
  return Buffer.from(
    `<!doctype html>
<html lang="zh-Hans">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · 远教</title><style>${PROBLEM_STYLE}</style></head>
<body><main><h1>${title}</h1><p>${words}</p><p><a href="/">返回课件目录</a></p></main></body>
</html>
`,
  );
}
