// node transcode-once.js SOURCE FOLDER: the library's own pipeline, for the benchmarks to measure from outside.
import { openStore } from 'yuanjiao/storage';
import { transcode } from 'yuanjiao/transcoder';

const [source = '', folder = ''] = process.argv.slice(2);
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
console.log(
  JSON.stringify({
    ...result,
    playableSeconds: ((playableAt ?? end) - begin) / 1000,
    seconds: (end - begin) / 1000,
  }),
);
