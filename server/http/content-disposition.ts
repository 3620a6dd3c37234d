import type { PackageDownload } from '../../transcoder/index.ts';

/** Bytes of UTF-8; together with an ending they fit into the 255 that a file name may have. */
const MOST_OF_TITLE = 165;
const MOST_OF_SOUND = 45;

/** What Windows, FAT and other file systems take in no name. */
// eslint-disable-next-line no-control-regex
const UNFIT = /[\\/:*?"<>|\u0000-\u001f\u007f]+/g;

/** The name under which a download is saved, fit for every file system: `杨梅嫁接-480p.mp4`; pure. */
export function downloadFileName(
  title: string,
  { name, sound }: Pick<PackageDownload, 'name' | 'sound'>,
): string {
  const dot = name.lastIndexOf('.');
  const stem = name.slice(0, dot);
  const parts = [
    fitting(title, MOST_OF_TITLE) || '课件',
    fitting(sound ?? '', MOST_OF_SOUND),
    // A sound with a name of its own needs no number.
    sound === undefined ? stem : stem.replace(/-?audio(?:-\d+)?$/, ''),
  ];
  return parts.filter((part) => part !== '').join('-') + name.slice(dot);
}

function fitting(text: string, mostBytes: number): string {
  const clean = text.normalize('NFC').toWellFormed().replaceAll(UNFIT, ' ').replaceAll(/\s+/g, ' ');
  let cut = '';
  for (const character of clean.trim()) {
    if (Buffer.byteLength(cut + character) > mostBytes) break;
    cut += character;
  }
  // Windows drops dots and blanks at the end, and hides what begins with a dot elsewhere.
  return cut.replaceAll(/^[. ]+|[. ]+$/g, '');
}

/**
 * `Content-Disposition` of a file to be saved (RFC 6266): the name in UTF-8 (RFC 8187), and one in ASCII for clients that cannot
 * read it; pure.
 *
 * @param plainName - ASCII, without quotes
 */
export function attachment(plainName: string, fileName: string): string {
  // What `encodeURIComponent` leaves and RFC 8187's attr-char does not allow.
  const encoded = encodeURIComponent(fileName).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plainName}"; filename*=UTF-8''${encoded}`;
}
