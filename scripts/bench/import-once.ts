// node build/scripts/bench/import-once.js TABLE DATA_FOLDER: one import in a process of its own, so that its memory is its own. Prints JSON.
import { readFile } from 'node:fs/promises';

import { loadConfig, openFoundation } from 'yuanjiao/server';

const [table = '', dataDir = ''] = process.argv.slice(2);
const config = loadConfig({
  env: { YUANJIAO_DATA_DIR: dataDir, YUANJIAO_LOG_LEVEL: 'silent' },
  cwd: dataDir,
});
const foundation = await openFoundation(config);
try {
  const bytes = await readFile(table);
  globalThis.gc?.();
  // Kilobytes; the most there ever was, so what opening took is in it before and after.
  const before = process.resourceUsage().maxRSS;
  const beganAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const report = await foundation.imports.take('bench', bytes);
  const seconds = (performance.now() - beganAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSeconds = (user + system) / 1e6;
  const growthMb = ((process.resourceUsage().maxRSS - before) * 1024) / 1e6;
  const { added, changed, same, problemCount } = report;
  console.log(JSON.stringify({ seconds, cpuSeconds, growthMb, added, changed, same, problemCount }));
} finally {
  await foundation.close();
}
