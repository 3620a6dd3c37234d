import { apiPath, callApi } from './api.ts';
import type { CoursewareRecord, Page } from './api.ts';

/** All items of a series or a topic, in its order. */
export async function collectionItems(
  kind: 'series' | 'topics',
  id: string,
): Promise<readonly CoursewareRecord[]> {
  const items: CoursewareRecord[] = [];
  let after: string | undefined;
  do {
    const mark = after === undefined ? '' : `&after=${encodeURIComponent(after)}`;
    const path: string = `${apiPath(kind, id, 'items')}?limit=100${mark}`;
    const page: Page<CoursewareRecord> = await callApi(path);
    items.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return items;
}
