import { availableParallelism } from 'node:os';

import { z } from 'zod';

import { SECRET_SHAPE } from './edge/signed-paths.ts';

/** One setting of the server: how it is named, what it must be, and what it is for. */
export interface Setting<T> {
  /** The environment variable; it beats the file. */
  readonly env: string;
  /** What the value must be, in words that finish the sentence "must be …". */
  readonly expected: string;
  /** One sentence for the operator. */
  readonly purpose: string;
  /** Checks and converts what was given; texts come from the environment, other JSON from the file. */
  readonly schema: z.ZodType<T>;
  /** What holds when nothing is given, as it would be written. Undefined when the setting may be absent. */
  readonly fallback: string | undefined;
  /** Never printed; may also be given as `<env>_FILE`, the path of a file that holds it. */
  readonly isSecret?: true;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

function toBytes(given: unknown): number | undefined {
  if (typeof given === 'number') return given;
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?i?B?)$/i.exec(String(given).trim());
  const unit = UNITS[match?.[2]?.toUpperCase() ?? ''];
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

const text = z.string().min(1);
const whole = (min: number, max: number) =>
  z.preprocess(
    (given) => (typeof given === 'string' && /^-?\d+$/.test(given) ? Number(given) : given),
    z.number().int().min(min).max(max),
  );
const bytes = (min: number) => z.preprocess(toBytes, z.number().int().min(min));
const origin = z
  .string()
  .regex(/^https?:\/\/[^/?#@\s]+\/?$/)
  .refine((given) => URL.canParse(given))
  .transform((given) => new URL(given).origin);

const EXPECTED_BYTES = 'a number of bytes such as 5368709120, 500MB or 20GiB';

/** Every setting there is, by its name in the file and in {@link Config}. */
export const SETTINGS = {
  dataDir: {
    env: 'YUANJIAO_DATA_DIR',
    expected: 'a folder',
    purpose: 'Where the embedded database, objects, unfinished uploads and scratch files live.',
    schema: text,
    fallback: './data',
  },
  host: {
    env: 'YUANJIAO_HOST',
    expected: 'an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::',
    purpose: 'The address to listen on.',
    schema: z.string().regex(/^[0-9A-Za-z.:-]+$/),
    fallback: '0.0.0.0',
  },
  port: {
    env: 'YUANJIAO_PORT',
    expected: 'a whole number from 0 to 65535 (0 takes a free one)',
    purpose: 'The port to listen on.',
    schema: whole(0, 65_535),
    fallback: '8180',
  },
  publicUrl: {
    env: 'YUANJIAO_PUBLIC_URL',
    expected: 'the address people type, such as https://yuanjiao.example.cn, without a path',
    purpose: 'The address people type, where a proxy stands in front. With https, cookies are marked secure.',
    schema: origin,
    fallback: undefined,
  },
  contactEmail: {
    env: 'YUANJIAO_CONTACT_EMAIL',
    expected: 'an address of mail such as office@example.cn',
    purpose: 'Whom libraries that harvest ours, and podcast directories, may write to.',
    schema: z.string().regex(/^[^\s@]+@([^\s@.]+\.)+[^\s@.]+$/),
    fallback: undefined,
  },
  trustedProxies: {
    env: 'YUANJIAO_TRUSTED_PROXIES',
    expected: 'a whole number from 0 to 10',
    purpose: 'How many proxies in front of the server may name the client’s address.',
    schema: whole(0, 10),
    fallback: '0',
  },
  database: {
    env: 'YUANJIAO_DATABASE',
    expected: 'sqlite:/path/to/file.db or postgres://user:password@host:port/name',
    purpose: 'The database.',
    schema: z.string().regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/),
    fallback: 'sqlite:<dataDir>/yuanjiao.db',
    isSecret: true,
  },
  store: {
    env: 'YUANJIAO_STORE',
    expected: 'folder:/path or s3:http://host:port/bucket (or s3:https://…)',
    purpose:
      'Where lectures and their sources are kept: a folder, or a bucket of MinIO or any other S3 server.',
    schema: z.string().regex(/^(folder:.+|s3:https?:\/\/[^/@\s]+\/[^/\s]+\/?)$/),
    fallback: 'folder:<dataDir>/objects',
  },
  storeAccessKey: {
    env: 'YUANJIAO_STORE_ACCESS_KEY',
    expected: 'the access key of the S3 server',
    purpose: 'The access key, for an s3: store.',
    schema: text,
    fallback: undefined,
    isSecret: true,
  },
  storeSecretKey: {
    env: 'YUANJIAO_STORE_SECRET_KEY',
    expected: 'the secret key of the S3 server',
    purpose: 'The secret key, for an s3: store.',
    schema: text,
    fallback: undefined,
    isSecret: true,
  },
  storeRegion: {
    env: 'YUANJIAO_STORE_REGION',
    expected: 'a region’s name, such as us-east-1',
    purpose: 'The region, for an s3: store.',
    schema: text,
    fallback: 'us-east-1',
  },
  workers: {
    env: 'YUANJIAO_WORKERS',
    expected: 'a whole number from 0 to 256',
    purpose:
      'Spans encoded at once inside `yuanjiao serve`; 0 when separate `yuanjiao worker` processes do it.',
    schema: whole(0, 256),
    fallback: String(availableParallelism()),
  },
  sandbox: {
    env: 'YUANJIAO_SANDBOX',
    expected: 'preferred or required',
    purpose:
      'Whether media may be decoded where bubblewrap does not work: `preferred` does, with a warning; `required` does not, and lectures wait.',
    schema: z.enum(['preferred', 'required']),
    fallback: 'preferred',
  },
  encoder: {
    env: 'YUANJIAO_ENCODER',
    expected: 'one of x264, auto, nvenc, qsv, vaapi',
    purpose:
      'What encodes the picture: x264 has the best picture for the bits; the others run on a graphics chip, if a trial at start-up proves it. The same on all workers.',
    schema: z.enum(['x264', 'auto', 'nvenc', 'qsv', 'vaapi']),
    fallback: 'x264',
  },
  maxUploadBytes: {
    env: 'YUANJIAO_MAX_UPLOAD_BYTES',
    expected: `${EXPECTED_BYTES}, at least 1`,
    purpose: 'The largest file a producer may upload.',
    schema: bytes(1),
    fallback: '50GiB',
  },
  uploadExpiryHours: {
    env: 'YUANJIAO_UPLOAD_EXPIRY_HOURS',
    expected: 'a whole number of hours from 1 to 8760',
    purpose: 'How long an unfinished upload may rest before its bytes are thrown away.',
    schema: whole(1, 8760),
    fallback: '168',
  },
  supersededHours: {
    env: 'YUANJIAO_SUPERSEDED_HOURS',
    expected: 'a whole number of hours from 0 to 8760',
    purpose:
      'How long the media of a replaced version stays for players that opened it before; then it is deleted.',
    schema: whole(0, 8760),
    fallback: '24',
  },
  liveRoomDays: {
    env: 'YUANJIAO_LIVE_ROOM_DAYS',
    expected: 'a whole number of days from 1 to 3650',
    purpose:
      'How long it is known of single viewers of a live class that they were there and what they asked; then halls and totals are kept.',
    schema: whole(1, 3650),
    fallback: '180',
  },
  minFreeBytes: {
    env: 'YUANJIAO_MIN_FREE_BYTES',
    expected: EXPECTED_BYTES,
    purpose: 'Disk space that must stay free: uploads that would take it are refused, and /ready says so.',
    schema: bytes(0),
    fallback: '1GiB',
  },
  watchFolder: {
    env: 'YUANJIAO_WATCH_FOLDER',
    expected: 'a folder',
    purpose:
      'A folder whose files are taken into the catalogue when they are complete, with the descriptions and captions beside them; made when missing. Absent: none is watched.',
    schema: text,
    fallback: undefined,
  },
  liveHost: {
    env: 'YUANJIAO_LIVE_HOST',
    expected: 'an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::',
    purpose: 'The address that live encoders connect to. Absent: the same as YUANJIAO_HOST.',
    schema: z.string().regex(/^[0-9A-Za-z.:-]+$/),
    fallback: undefined,
  },
  livePort: {
    env: 'YUANJIAO_LIVE_PORT',
    expected: 'a whole number from 0 to 65535 (0 takes a free one), or off',
    purpose: 'The port that live encoders connect to with RTMP; `off` takes no live streams.',
    schema: z.union([z.literal('off'), whole(0, 65_535)]),
    fallback: '1935',
  },
  liveTlsPort: {
    env: 'YUANJIAO_LIVE_TLS_PORT',
    expected: 'a whole number from 0 to 65535 (0 takes a free one)',
    purpose: 'The port of RTMPS, where a certificate is given.',
    schema: whole(0, 65_535),
    fallback: '1936',
  },
  liveCertFile: {
    env: 'YUANJIAO_LIVE_CERT_FILE',
    expected: 'a file with a certificate and its chain, in PEM',
    purpose: 'The certificate of RTMPS; read again when it is renewed. Absent: RTMP only.',
    schema: text,
    fallback: undefined,
  },
  liveKeyFile: {
    env: 'YUANJIAO_LIVE_KEY_FILE',
    expected: 'a file with the private key of the certificate, in PEM',
    purpose: 'The private key of the certificate of RTMPS.',
    schema: text,
    fallback: undefined,
  },
  liveMaxKbps: {
    env: 'YUANJIAO_LIVE_MAX_KBPS',
    expected: 'a whole number of kbit/s from 500 to 1000000',
    purpose: 'The bit rate above which an encoder is cut off, on an average of ten seconds.',
    schema: whole(500, 1_000_000),
    fallback: '20000',
  },
  liveMaxOverrunMinutes: {
    env: 'YUANJIAO_LIVE_MAX_OVERRUN_MINUTES',
    expected: 'a whole number of minutes from 10 to 1440, or off',
    purpose:
      'How long after its planned end a class whose encoder still sends is ended and recorded, earlier when the next class needs its channel; the operator is told from the planned end on. `off` never ends it.',
    schema: z.union([z.literal('off'), whole(10, 1440)]),
    fallback: '60',
  },
  cacheBytes: {
    env: 'YUANJIAO_CACHE_BYTES',
    expected: `${EXPECTED_BYTES}, at least 1MiB`,
    purpose: 'Memory for segments and playlists that many players fetch.',
    schema: bytes(2 ** 20),
    fallback: '256MiB',
  },
  edgeSecret: {
    env: 'YUANJIAO_EDGE_SECRET',
    expected: '32 to 128 letters, digits, - or _, such as `openssl rand -hex 24` prints',
    purpose:
      'Signs the addresses of media, for edges to check. The same on all servers and edges; without it nothing is signed.',
    schema: z.string().regex(SECRET_SHAPE),
    fallback: undefined,
    isSecret: true,
  },
  edgeFormerSecret: {
    env: 'YUANJIAO_EDGE_FORMER_SECRET',
    expected: '32 to 128 letters, digits, - or _',
    purpose:
      'The secret before YUANJIAO_EDGE_SECRET, while it is exchanged: addresses that it has signed still hold, on servers and edges.',
    schema: z.string().regex(SECRET_SHAPE),
    fallback: undefined,
    isSecret: true,
  },
  edgeLinkHours: {
    env: 'YUANJIAO_EDGE_LINK_HOURS',
    expected: 'a whole number of hours from 1 to 720',
    purpose:
      'How long a signed address holds at least. Addresses change at four in the morning and are the same for everybody until then.',
    schema: whole(1, 720),
    fallback: '24',
  },
  logLevel: {
    env: 'YUANJIAO_LOG_LEVEL',
    expected: 'one of trace, debug, info, warn, error, fatal, silent',
    purpose: 'The least important lines that are still logged.',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    fallback: 'info',
  },
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

/** A setting's name in the file. */
export type SettingName = keyof typeof SETTINGS;

/** Every setting as rows of text, for `--help` and the README. */
export function settingRows(): readonly {
  readonly env: string;
  readonly file: string;
  readonly fallback: string;
  readonly expected: string;
  readonly purpose: string;
}[] {
  return Object.entries(SETTINGS).map(([file, setting]) => ({
    env: setting.env,
    file,
    fallback: file === 'workers' ? 'number of cores' : (setting.fallback ?? ''),
    expected: setting.expected,
    purpose: setting.purpose,
  }));
}
