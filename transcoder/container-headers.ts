import type { ContainerChapter } from './chapters.ts';
import { TranscodeError } from './errors.ts';
import { runFfprobe } from './ffmpeg.ts';
import {
  HOSTILE_INPUT_OPTIONS,
  MAX_HEADER_BYTES,
  MAX_STREAMS,
  TOO_MANY_DOTS,
  TOO_MANY_DOTS_MESSAGE,
} from './hostile-media.ts';
import type { Scratch } from './scratch.ts';
import { hasPicture, isCover, isUnknown, type Stream } from './stream-header.ts';

/** Reading the headers takes milliseconds of computing; a file that needs longer is made to. */
const HEADER_CPU_SECONDS = 20;
/** A twentieth of a processor gets through that. */
const HEADER_TIMEOUT_MS = 400_000;

/** What a container says of itself, in ffprobe's words. */
export interface Headers {
  streams?: Stream[];
  chapters?: ContainerChapter[];
  format?: { format_name?: string; duration?: string; start_time?: string };
}

/**
 * Reads the headers of a scratch's source.
 *
 * @returns them, and what ffprobe complained of
 * @throws {TranscodeError} `not-media`, `refused-format`, `truncated-media`, `too-large`, `too-many-tracks`, `probe-failed`,
 *   `probe-overrun`, `probe-stalled`, `canceled`, `tool-missing`
 */
export async function readHeaders(
  scratch: Scratch,
  sizeBytes: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly headers: Headers; readonly complaints: string }> {
  const lines: string[] = [];
  let complaints: string;
  try {
    complaints = await runFfprobe(
      [
        '-v',
        'error',
        ...HOSTILE_INPUT_OPTIONS,
        '-show_format',
        '-show_streams',
        '-show_chapters',
        '-of',
        'json',
      ],
      scratch,
      {
        cpuSeconds: HEADER_CPU_SECONDS,
        timeoutMs: HEADER_TIMEOUT_MS,
        maxBytes: MAX_HEADER_BYTES,
        onLine: (line) => lines.push(line),
        ...(signal === undefined ? {} : { signal }),
      },
    );
  } catch (error) {
    throw error instanceof TranscodeError && error.code === 'probe-failed'
      ? refusal(error, sizeBytes)
      : error;
  }
  return { headers: JSON.parse(lines.join('\n')) as Headers, complaints };
}

/**
 * The first picture that moves; a cover is none.
 *
 * @throws {TranscodeError} `too-large`, `refused-format` when its coding is not known, `truncated-media` when it cannot be decoded
 */
export function pictureStream(pictures: readonly Stream[], complaints: string): Stream | undefined {
  const stream = pictures.find((picture) => !isCover(picture));
  if (stream !== undefined) refuseUndecodable(stream, complaints);
  return stream;
}

/** ffprobe decodes the first pictures; where it learns no pixel format from them, none could be decoded. */
function refuseUndecodable(stream: Stream, complaints: string): void {
  if (hasPicture(stream)) return;
  if (TOO_MANY_DOTS.test(complaints)) throw new TranscodeError('too-large', TOO_MANY_DOTS_MESSAGE);
  if (isUnknown(stream)) throw unknownCoding('picture');
  throw new TranscodeError(
    'truncated-media',
    'The picture cannot be decoded: the file is damaged. Export the lecture anew as MP4 (H.264 and AAC) and upload that.',
  );
}

/** For a lecture of which this much is coded in a way that nobody here knows. */
export function unknownCoding(what: 'picture' | 'sound'): TranscodeError {
  return new TranscodeError(
    'refused-format',
    `The ${what} is coded in a way that is not known here. Export the lecture as MP4 (H.264 and AAC) and upload that.`,
  );
}

/** Less is no recording that was cut off: a letter G alone makes ffprobe take a short text for the start of an MPEG-TS. */
const SMALLEST_MEDIA_BYTES = 1024;

/** Puts ffprobe's words into the producer's. */
function refusal(error: TranscodeError, sizeBytes: number): TranscodeError {
  const words = error.ffmpeg?.stderrTail ?? '';
  const facts = { cause: error, ...(error.ffmpeg === undefined ? {} : { ffmpeg: error.ffmpeg }) };
  const codec = /Codec \(([\w-]+)\) not on whitelist/.exec(words)?.[1];
  if (codec !== undefined) {
    return new TranscodeError(
      'refused-format',
      `A track of the file is coded as ${codec}, which is too rare to be taken. Export the lecture as MP4 (H.264 and AAC) and upload that.`,
      facts,
    );
  }
  if (/not on whitelist/i.test(words)) {
    return new TranscodeError(
      'refused-format',
      'The file is not of a kind that is taken: it is a picture, a text, a playlist or a rare format, whatever its name ends in. Export the lecture as MP4 (H.264 and AAC) and upload that.',
      facts,
    );
  }
  const endsEarly = sizeBytes >= SMALLEST_MEDIA_BYTES && /End of file/i.test(words);
  if (endsEarly || /moov atom not found|partial file/i.test(words)) {
    return new TranscodeError(
      'truncated-media',
      'The end of the file is missing, and with it the index that is needed to play it. Upload it again; if that does not help, export it anew.',
      facts,
    );
  }
  if (TOO_MANY_DOTS.test(words)) return new TranscodeError('too-large', TOO_MANY_DOTS_MESSAGE, facts);
  if (/exceeds max_streams/.test(words)) {
    return new TranscodeError(
      'too-many-tracks',
      `The file has more than ${MAX_STREAMS} tracks of picture, sound and captions. Export the lecture with those that belong to it and upload that.`,
      facts,
    );
  }
  if (/Cannot allocate memory/.test(words)) {
    return new TranscodeError(
      'probe-overrun',
      'The index of the file asks for more memory than any lecture needs: it is damaged or made to be costly. Export the lecture as MP4 (H.264 and AAC) and upload that.',
      facts,
    );
  }
  if (/Invalid data found|could not find codec|Invalid argument|End of file/i.test(words)) {
    return new TranscodeError(
      'not-media',
      'The file is not a video or a sound recording. Choose the lecture itself and upload that.',
      facts,
    );
  }
  return error;
}
