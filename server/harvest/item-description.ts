import type { Chapter } from '../../transcoder/index.ts';
import type { Courseware } from '../catalogue/courseware.ts';
import { dublinCoreOf } from './dublin-core.ts';
import { jsonLdOf } from './json-ld.ts';
import { learningObjectOf } from './learning-object.ts';
import type { MetadataFormat, PublicSite } from './public-site.ts';
import { xmlDocument } from './xml.ts';

/** An item as a document of one of the forms; pure. @param chapters - only JSON-LD has a place for them */
export function describeItem(
  format: MetadataFormat,
  item: Courseware,
  site: PublicSite,
  chapters: readonly Chapter[],
): string {
  switch (format) {
    case 'dc':
      return xmlDocument(dublinCoreOf(item, site));
    case 'lom':
      return xmlDocument(learningObjectOf(item, site));
    case 'json-ld':
      return `${JSON.stringify(jsonLdOf(item, site, chapters), undefined, 2)}\n`;
  }
}
