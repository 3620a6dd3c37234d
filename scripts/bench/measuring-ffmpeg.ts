import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** The package that brings a static ffmpeg with libvmaf; Debian's has none. Used to measure and for nothing else. */
const PACKAGE = 'imageio-ffmpeg==0.6.0';
const PROGRAM = resolve('.cache/bin/ffmpeg-with-vmaf');

/**
 * The path of an ffmpeg that can measure VMAF; fetched once through pip and kept.
 *
 * @throws when it cannot be had, with what to do
 */
export function measuringFfmpeg(): string {
  if (!existsSync(PROGRAM)) fetchProgram();
  const filters = execFileSync(PROGRAM, ['-v', 'error', '-filters'], { encoding: 'utf8' });
  if (!filters.includes('libvmaf')) {
    throw new Error(`${PROGRAM} has no libvmaf. Remove it and run this again, or put one there that has.`);
  }
  return PROGRAM;
}

function fetchProgram(): void {
  const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-vmaf-'));
  try {
    const words = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, PACKAGE];
    execFileSync('python3', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl')) ?? '';
    execFileSync('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder]);
    const binaries = join(folder, 'imageio_ffmpeg/binaries');
    const program = readdirSync(binaries).find((name) => name.startsWith('ffmpeg')) ?? '';
    mkdirSync(dirname(PROGRAM), { recursive: true });
    chmodSync(join(binaries, program), 0o755);
    execFileSync('cp', [join(binaries, program), `${PROGRAM}.part`]);
    renameSync(`${PROGRAM}.part`, PROGRAM);
  } catch (error) {
    throw new Error(
      `Cannot measure VMAF: an ffmpeg with libvmaf could not be fetched (pip download ${PACKAGE}). Install python3-pip and allow it to reach its registry, or put a static ffmpeg with libvmaf at ${PROGRAM}.`,
      { cause: error },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
