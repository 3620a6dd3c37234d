import type { LiveStateDocument } from 'yuanjiao/player';

import { startEncoder, type Encoder, type EncoderPictures } from './encoder.ts';
import { until } from './until.ts';

/** A live class as its routes tell of it. */
export interface LiveClassRecord {
  readonly id: string;
  readonly state: string;
  readonly recordingCoursewareId: string | null;
}

/** What comes in and what goes out, as an operator sees it. */
export interface LiveAirRecord {
  readonly inputs: readonly {
    readonly role: string;
    readonly isOnAir: boolean;
    readonly light: string;
    readonly silentMs: number;
  }[];
  readonly hasPicture: boolean;
  readonly rehearsalUrl?: string;
}

/** A server whose live classes are to be held; it may be another process. */
export interface LiveServer {
  readonly base: string;
  /** An API token. */
  readonly token: string;
}

/** Holds live classes on a real server, with real encoders. */
export class HeldClasses {
  readonly #servers: () => LiveServer;
  readonly #encoders: Encoder[] = [];

  /** @param server - asked anew each time: it may have been started again elsewhere */
  constructor(server: () => LiveServer) {
    this.#servers = server;
  }

  /** Asks as the administrator. */
  async ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const { base, token } = this.#servers();
    const response = await fetch(base + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }

  /** A class whose hour has come and that everybody knows of. */
  async announce(title: string, fields: object = {}): Promise<string> {
    const { id } = await this.ask<LiveClassRecord>('POST', '/api/v1/live-classes', {
      title,
      lecturers: [`讲师${title}`],
      plannedStart: new Date(Date.now() - 60_000).toISOString(),
      plannedEnd: new Date(Date.now() + 3_600_000).toISOString(),
      ladder: 'source',
      graceSeconds: 5,
      state: 'scheduled',
      ...fields,
    });
    await this.move(id, 'announce');
    return id;
  }

  move(id: string, to: string): Promise<LiveClassRecord> {
    return this.ask('POST', `/api/v1/live-classes/${id}/${to}`, {});
  }

  get(id: string): Promise<LiveClassRecord> {
    return this.ask('GET', `/api/v1/live-classes/${id}`);
  }

  air(id: string): Promise<LiveAirRecord> {
    return this.ask('GET', `/api/v1/live-classes/${id}/air`);
  }

  /** Where an encoder of a class sends to, with a fresh key. */
  async ingestUrl(id: string, role: 'main' | 'backup' = 'main'): Promise<string> {
    const { key, servers } = await this.ask<{ readonly key: string; readonly servers: readonly string[] }>(
      'POST',
      `/api/v1/live-classes/${id}/keys/${role}`,
    );
    return `${servers[0]}/${key}`;
  }

  /** An encoder, stopped by {@link stopEncoders} at the latest. */
  encoder(url: string, pictures?: EncoderPictures): Encoder {
    const encoder = startEncoder(url, pictures);
    this.#encoders.push(encoder);
    return encoder;
  }

  async stopEncoders(): Promise<void> {
    await Promise.all(this.#encoders.splice(0).map((encoder) => encoder.stop('SIGKILL')));
  }

  /** What a viewer's page is told. */
  async document(id: string): Promise<LiveStateDocument> {
    const response = await fetch(`${this.#servers().base}/live/class/${id}.json`);
    return (await response.json()) as LiveStateDocument;
  }

  /** Waits until a viewer's page is told something. */
  async untilDocument(
    id: string,
    what: string,
    holds: (document: LiveStateDocument) => boolean,
    deadlineMs?: number,
  ): Promise<LiveStateDocument> {
    return until(
      what,
      async () => {
        const document = await this.document(id).catch(() => undefined);
        return document !== undefined && holds(document) && document;
      },
      deadlineMs,
    );
  }

  /** The playlist of a class's source, as it stands or from the beginning. */
  async playlist(id: string, kind: 'index' | 'dvr' = 'index'): Promise<string> {
    const { playlistUrl = '' } = await this.document(id);
    const address = playlistUrl.replace('index.m3u8', `source/${kind}.m3u8`);
    const response = await fetch(this.#servers().base + address);
    return response.text();
  }

  /** Waits until so many segments have been made since the class began. */
  async untilSegments(id: string, count: number): Promise<string> {
    return until(
      `${count} segments`,
      async () => {
        const text = await this.playlist(id, 'dvr').catch(() => '');
        return (text.match(/^#EXTINF/gm)?.length ?? 0) >= count && text;
      },
      120_000,
    );
  }

  /** Ends a class and waits until its recording is stored and verified; gives the item's id. */
  async record(id: string, deadlineMs = 120_000): Promise<string> {
    await this.move(id, 'end');
    const { recordingCoursewareId } = await until(
      'the recording is stored',
      async () => {
        const found = await this.get(id);
        return found.state === 'recorded' && found;
      },
      deadlineMs,
    );
    return recordingCoursewareId ?? '';
  }
}

/** Seconds of all segments of a playlist that are no gap. */
export function playableSeconds(playlist: string): number {
  const lines = playlist.split('\n');
  return lines.reduce((sum, line, place) => {
    const seconds = /^#EXTINF:([\d.]+)/.exec(line)?.[1];
    return seconds === undefined || lines[place - 1] === '#EXT-X-GAP' ? sum : sum + Number(seconds);
  }, 0);
}
