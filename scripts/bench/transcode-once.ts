// node transcode-once.js SOURCE FOLDER [RENDITIONS]: the library's own pipeline, for the benchmarks to measure from outside. Fails when
// it makes other renditions than those expected, so that a benchmark cannot compare unlike work.
import { openStore } from 'yuanjiao/storage';
import { transcode } from 'yuanjiao/transcoder';

const [source = '', folder = '', expected] = process.argv.slice(2);
const store = await openStore(`folder:${folder}`);
const begin = performance.now();
let playableAt: number | undefined;
const result = await transcode(source, store, {
  onProgress: (status) => {
    if (status.isPlayable) playableAt ??= performance.now();
  },
});
await store.close();
const end = performance.now();
if (expected !== undefined && result.renditions.join() !== expected) {
  throw new Error(`the pipeline made ${result.renditions.join()} and not ${expected}`);
}
console.log(
  JSON.stringify({
    ...result,
    playableSeconds: ((playableAt ?? end) - begin) / 1000,
    seconds: (end - begin) / 1000,
  }),
);
