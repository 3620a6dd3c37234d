import { destination, pino, stdTimeFunctions, type Logger } from 'pino';

/** Writes one JSON line per event. */
export type Log = Logger;

/** Fields that carry secrets wherever they turn up; their values never reach a line. */
const SECRET_FIELDS = ['authorization', 'cookie', 'password', 'secret', 'token', 'secretKey', 'accessKey'];

/** Where and what to log. */
export interface LogOptions {
  readonly level: string;
  /** A file descriptor; default 1 (stdout). The command line logs to 2. */
  readonly fd?: number;
}

/** Opens the log: JSON lines with UTC times, levels as words, secrets struck out. */
export function openLog(options: LogOptions): Log {
  const stream = destination({ fd: options.fd ?? 1, sync: false, minLength: 0 });
  // A closed pipe or a full disk behind the log must not stop the lectures.
  stream.on('error', () => {});
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '(hidden)',
      },
      serializers: { error: describeError, err: describeError },
    },
    stream,
  );
}

/** An error as fields of a log line, with its causes. */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
