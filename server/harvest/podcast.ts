import type { Courseware, CoursewareId } from '../catalogue/courseware.ts';
import { rssDocument, rssItem, type OfferedList } from './feed.ts';
import { SITE_NAME, type PublicSite } from './public-site.ts';
import type { XmlElement } from './xml.ts';

/** The sound of one lecture as a file. */
export interface AudioFile {
  /** Such as `audio.m4a`. */
  readonly name: string;
  /** Exact. */
  readonly sizeBytes: number;
  readonly contentType: string;
}

/**
 * A list as a podcast: RSS 2.0 with the tags podcast programs read (the `itunes` namespace), each episode the sound of one
 * lecture; pure. Items without a file are no episodes.
 */
export function podcastFeed(
  list: OfferedList,
  files: ReadonlyMap<CoursewareId, AudioFile>,
  site: PublicSite,
): string {
  const items = list.items.filter(({ id }) => files.has(id));
  const cover = items.map((item) => site.poster(item)).find((poster) => poster !== undefined);
  return rssDocument(
    { ...list, items },
    'podcast',
    site,
    {
      namespaces: { '@_xmlns:itunes': 'http://www.itunes.com/dtds/podcast-1.0.dtd' },
      channel: {
        'itunes:author': SITE_NAME,
        'itunes:type': list.ref.kind === 'series' ? 'serial' : 'episodic',
        'itunes:explicit': 'false',
        'itunes:owner': { 'itunes:name': SITE_NAME, 'itunes:email': site.contact },
        'itunes:category': { '@_text': 'Education' },
        'itunes:image': cover === undefined ? undefined : { '@_href': cover },
      },
    },
    (item) => episode(item, files.get(item.id), site),
  );
}

function episode(item: Courseware, file: AudioFile | undefined, site: PublicSite): XmlElement {
  const poster = site.poster(item);
  const seconds = item.current?.duration ?? item.duration;
  return {
    ...rssItem(item, site),
    enclosure:
      file === undefined
        ? undefined
        : {
            '@_url': site.download(item.id, file.name),
            '@_length': file.sizeBytes,
            '@_type': file.contentType,
          },
    'itunes:title': item.title,
    'itunes:author': item.presenters.map(({ name }) => name).join('、') || undefined,
    'itunes:duration': seconds === undefined ? undefined : Math.round(seconds),
    'itunes:explicit': 'false',
    'itunes:episode':
      item.seriesPosition !== undefined && item.seriesPosition > 0 ? item.seriesPosition : undefined,
    'itunes:image': poster === undefined ? undefined : { '@_href': poster },
  };
}
