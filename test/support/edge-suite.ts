import { edgePrograms } from '../../scripts/edge-box.ts';

/** Says by name what is not run without nginx and Varnish. Under `CI=true` their absence is a failure. */
export function needEdgePrograms(suite: Mocha.Context): void {
  if (edgePrograms() !== undefined) return;
  const words = 'not run: edges (install the packages nginx and varnish)';
  if (process.env['CI'] === 'true') throw new Error(words);
  process.stderr.write(`${words}\n`);
  suite.skip();
}
