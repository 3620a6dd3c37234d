import { apiPath, callApi } from './api.ts';
import type { Page } from './api.ts';
import type { RegionRecord } from './library-records.ts';

const asked = new Map<string, Promise<readonly RegionRecord[]>>();

/**
 * The districts right under one, as they are today; each is asked for once.
 *
 * @param parent its id; undefined for the top of the tree
 */
export function regionsUnder(parent: string | undefined): Promise<readonly RegionRecord[]> {
  const key = parent ?? '';
  const known = asked.get(key);
  if (known !== undefined) return known;
  const query = parent === undefined ? '' : `?parent=${encodeURIComponent(parent)}`;
  const asking = callApi<Page<RegionRecord>>(`${apiPath('regions')}${query}`).then(({ items }) => items);
  asked.set(key, asking);
  // What failed is asked for again.
  asking.catch(() => asked.delete(key));
  return asking;
}

/** City and counties with their towns; villages are left out. */
export async function townTree(): Promise<
  readonly { readonly region: RegionRecord; readonly within: readonly RegionRecord[] }[]
> {
  const roots = await regionsUnder(undefined);
  const cities = roots.filter(({ level }) => level === 'city');
  const under = await Promise.all(cities.map(({ id }) => regionsUnder(id)));
  const counties = roots.filter(({ level }) => level !== 'city').concat(...under);
  const towns = await Promise.all(
    counties.map(({ id, children }) => (children === 0 ? Promise.resolve([]) : regionsUnder(id))),
  );
  return [
    ...cities.map((region) => ({ region, within: [] })),
    ...counties.map((region, place) => ({ region, within: towns[place] ?? [] })),
  ];
}
