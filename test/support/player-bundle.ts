import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { PageServer } from './page-server.ts';

/** The player library as one script of somebody else's page, under the name `yuanjiao`. */
export async function playerBundle(): Promise<string> {
  const bundle = await build({
    stdin: {
      contents: "export * from 'yuanjiao/player';",
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    format: 'iife',
    globalName: 'yuanjiao',
    write: false,
  });
  return bundle.outputFiles[0]?.text ?? '';
}

/** Lets a server show that page, empty, at `/mine`. */
export function servePlayerPage(server: PageServer, script: string): void {
  server.fault = (request, response) => {
    if (request.url === '/mine') {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><div id="screen"></div><script src="/mine.js"></script>');
    } else if (request.url === '/mine.js') response.end(script);
    else return false;
    return true;
  };
}
