import type { Courseware } from '../catalogue/courseware.ts';
import { KIND_NAMES } from '../catalogue/kind-words.ts';
import { playable } from './courseware-words.ts';
import type { PublicSite } from './public-site.ts';
import { xmlText } from './xml.ts';

/**
 * A list for players that are no browsers: extended M3U in UTF-8, one entry for each item that can be played, with its length
 * in seconds, its picture, and its series or kind as the group boxes sort it under; pure.
 *
 * The form has no escapes: a line ends its entry and a quote its attribute, so both are replaced by what looks alike.
 */
export function m3uOf(title: string, items: readonly Courseware[], site: PublicSite): string {
  const entries = items.flatMap((item) => {
    const media = playable(item);
    if (media === undefined) return [];
    const poster = site.poster(item);
    const group =
      item.series ?? (item.kind === undefined ? undefined : KIND_NAMES[item.kind]) ?? item.tags[0];
    const attributes = [
      ` tvg-id="${item.id}"`,
      ` tvg-name="${attribute(item.title)}"`,
      ...(poster === undefined ? [] : [` tvg-logo="${poster}"`]),
      ...(group === undefined ? [] : [` group-title="${attribute(group)}"`]),
    ];
    // -1 is a stream without an end or of unknown length.
    const duration = media.duration ?? item.duration;
    const seconds = duration === undefined ? -1 : Math.round(duration);
    return [`#EXTINF:${seconds}${attributes.join('')},${line(item.title)}`, site.playlist(media.generation)];
  });
  return ['#EXTM3U', `#PLAYLIST:${line(title)}`, ...entries, ''].join('\n');
}

function line(text: string): string {
  return xmlText(text)
    .replaceAll(/[\s\u0085\u2028\u2029]+/g, ' ')
    .trim();
}

/** A comma in an attribute ends it for some boxes, which then show the rest as the title. */
function attribute(text: string): string {
  return line(text).replaceAll('"', '”').replaceAll(',', '，');
}
