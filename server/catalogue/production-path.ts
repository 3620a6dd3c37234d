import { PRODUCTION_MOVES, type ProductionState } from './courseware.ts';

/** The states between `from` and `to`, both ends included; the way with the fewest moves that the table allows. */
export function productionPath(
  from: ProductionState,
  to: ProductionState,
): readonly ProductionState[] | undefined {
  const paths: ProductionState[][] = [[from]];
  const seen = new Set<ProductionState>([from]);
  for (const path of paths) {
    const end = path.at(-1) ?? from;
    if (end === to) {
      return path;
    }
    for (const next of PRODUCTION_MOVES[end]) {
      if (!seen.has(next)) {
        seen.add(next);
        paths.push([...path, next]);
      }
    }
  }
  return undefined;
}
