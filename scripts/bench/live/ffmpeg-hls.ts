import { mkdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';

/** ffmpeg's own HLS in a folder, handed out by a plain file server: what a house without a live server would have. */
export class FfmpegHls {
  readonly #folder: string;
  readonly #server: Server;

  private constructor(folder: string, server: Server) {
    this.#folder = folder;
    this.#server = server;
  }

  /** Begins to serve a folder that {@link output} fills. */
  static async open(folder: string): Promise<FfmpegHls> {
    await mkdir(folder, { recursive: true });
    const server = createServer((request, response) => {
      const name = basename(request.url?.split('?')[0] ?? '');
      readFile(join(folder, name)).then(
        (bytes) => {
          const type = name.endsWith('.m3u8') ? 'application/vnd.apple.mpegurl' : 'video/mp2t';
          response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-cache' }).end(bytes);
        },
        () => response.writeHead(404).end(),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FfmpegHls(folder, server);
  }

  /** For the `tee` muxer: segments of two seconds, as the live server cuts them. */
  get output(): string {
    const playlist = join(this.#folder, 'index.m3u8');
    return `[f=hls:hls_time=2:hls_list_size=8:hls_flags=delete_segments]${playlist}`;
  }

  get playlistUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/index.m3u8`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
