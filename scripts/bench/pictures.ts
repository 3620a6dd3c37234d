import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { machine, measure, median } from './cpu-meter.ts';
import { slideLecture } from './lecture.ts';

const ROUNDS = 2;
const LECTURE_SECONDS = 120;
const BY_KIND = fileURLToPath(new URL('cpu-by-kind.js', import.meta.url));

/**
 * What poster and storyboard take of the processor time of a whole making, and what a second decode of the source with the same
 * small pictures would take instead.
 */
export async function run(): Promise<object> {
  const source = await slideLecture(LECTURE_SECONDS);
  const ours: number[] = [];
  const shares: number[] = [];
  const decodes: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'yuanjiao-bench-'));
    try {
      const report = join(folder, 'report.json');
      await measure([process.execPath, BY_KIND, source, folder, report]);
      const seconds = JSON.parse(readFileSync(report, 'utf8')) as Readonly<Record<string, number>>;
      const all = Object.values(seconds).reduce((sum, part) => sum + part, 0);
      const pictures = seconds['pictures'] ?? Number.NaN;
      const decode = (await measure(secondDecode(source, folder))).cpuSeconds;
      ours.push(pictures);
      shares.push(pictures / all);
      decodes.push(decode);
      console.log(
        `round ${round}: pictures ${pictures.toFixed(2)} of ${all.toFixed(1)} CPU-s, a second decode ${decode.toFixed(1)}`,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return {
    pictures_share: Math.round(median(shares) * 1e4) / 1e4,
    pictures_cpu_seconds: Math.round(median(ours) * 100) / 100,
    second_decode_cpu_seconds: Math.round(median(decodes) * 100) / 100,
    lecture_seconds: LECTURE_SECONDS,
    rounds: ROUNDS,
    machine: machine(),
  };
}

/** The plain way: decode everything once more and keep a picture every six seconds. */
function secondDecode(source: string, folder: string): string[] {
  const graph = 'fps=1/6,scale=160:90:flags=area,tile=5x5';
  return [
    ...['ffmpeg', '-v', 'error', '-nostdin', '-y', '-i', source, '-vf', graph, '-q:v', '5'],
    join(folder, 'plain-%03d.jpg'),
  ];
}
