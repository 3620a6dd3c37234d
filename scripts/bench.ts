// npm run -s bench NAME: runs one benchmark; its last line is one JSON object.
const BENCHMARKS: Readonly<Record<string, () => Promise<{ run(...words: string[]): Promise<object> }>>> = {
  transcode: () => import('./bench/transcode.ts'),
  'first-playable': () => import('./bench/first-playable.ts'),
  'two-workers': () => import('./bench/two-workers.ts'),
  progress: () => import('./bench/progress.ts'),
  faults: () => import('./bench/faults.ts'),
  pictures: () => import('./bench/pictures.ts'),
  order: () => import('./bench/order.ts'),
  import: () => import('./bench/import.ts'),
  rows: () => import('./bench/rows.ts'),
  facets: () => import('./bench/facets.ts'),
  presence: () => import('./bench/presence.ts'),
  'write-storm': () => import('./bench/write-storm.ts'),
  spoken: () => import('./bench/spoken.ts'),
  search: () => import('./bench/search.ts'),
  'live-latency': () => import('./bench/live-latency.ts'),
  'live-faults': () => import('./bench/live-faults.ts'),
  'live-load': () => import('./bench/live-load.ts'),
  'live-packager': () => import('./bench/live-packager.ts'),
  quality: () => import('./bench/quality.ts'),
};

const name = process.argv[2] ?? '';
const load = BENCHMARKS[name];
if (load === undefined) {
  console.error(`usage: npm run -s bench NAME, where NAME is one of: ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exit(2);
}
const benchmark = await load();
const figures = await benchmark.run(...process.argv.slice(3));
console.log(JSON.stringify({ bench: name, ...figures }));
