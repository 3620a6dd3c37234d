/** A title is cut so that its UTF-8 and an ending fit into the 255 bytes a file name may have. */
const MOST_CHARACTERS = 60;

/** What Windows, FAT and other file systems take in no name. */
// eslint-disable-next-line no-control-regex
const UNFIT = /[\\/:*?"<>|\u0000-\u001f\u007f]+/g;

/** A file name of a title and an ending such as `480p.mp4`, fit for every file system; pure. */
export function downloadFileName(title: string, ending: string): string {
  const clean = title.normalize('NFC').toWellFormed().replaceAll(UNFIT, ' ').replaceAll(/\s+/g, ' ');
  const cut = Array.from(clean.trim()).slice(0, MOST_CHARACTERS).join('');
  // Windows drops dots and blanks at the end, and hides what begins with a dot elsewhere.
  const stem = cut.replaceAll(/^[. ]+|[. ]+$/g, '');
  return `${stem === '' ? '课件' : stem}-${ending}`;
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
