import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ENCODERS = {
  png: ['-c:v', 'png'],
  jpg: ['-c:v', 'mjpeg', '-q:v', '5'],
  webp: ['-c:v', 'libwebp'],
} as const;

/** A picture as other programs make it. */
export async function fixedPicture(
  format: keyof typeof ENCODERS,
  width: number,
  height: number,
): Promise<Buffer> {
  const { stdout } = await run(
    'ffmpeg',
    [
      ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc=size=${width}x${height}:rate=1`, '-frames:v', '1'],
      ...ENCODERS[format],
      ...['-f', format === 'webp' ? 'webp' : 'image2pipe', 'pipe:1'],
    ],
    { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout;
}
