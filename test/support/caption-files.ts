/** The charsets that Node can read and not write, and all characters of two bytes in each. */
const TWO_BYTES = new Map<string, ReadonlyMap<string, readonly [number, number]>>();

function twoBytes(charset: 'gb18030' | 'big5'): ReadonlyMap<string, readonly [number, number]> {
  const known = TWO_BYTES.get(charset);
  if (known !== undefined) return known;
  const made = new Map<string, readonly [number, number]>();
  const decoder = new TextDecoder(charset);
  for (let lead = 0xfe; lead >= 0x81; lead -= 1) {
    for (let trail = 0xfe; trail >= 0x40; trail -= 1) {
      const character = decoder.decode(Uint8Array.of(lead, trail));
      if (Array.from(character).length === 1 && character !== '\ufffd') made.set(character, [lead, trail]);
    }
  }
  TWO_BYTES.set(charset, made);
  return made;
}

/** Every way of writing text that captions come in. */
export const WRITINGS = [
  'UTF-8',
  'UTF-8 with a mark',
  'UTF-16LE',
  'UTF-16LE with a mark',
  'UTF-16BE',
  'UTF-16BE with a mark',
  'GB18030',
  'Big5',
] as const;
export type Writing = (typeof WRITINGS)[number];

/** Text as the bytes of a file. */
export function written(text: string, writing: Writing): Buffer {
  if (writing === 'GB18030' || writing === 'Big5') {
    const table = twoBytes(writing === 'Big5' ? 'big5' : 'gb18030');
    return Buffer.from(
      Array.from(text).flatMap((character) => {
        if (character <= '\u007f') return [character.charCodeAt(0)];
        const bytes = table.get(character);
        if (bytes === undefined) throw new Error(`${writing} has no ${character}`);
        return [...bytes];
      }),
    );
  }
  const marked = writing.endsWith('with a mark') ? `\ufeff${text}` : text;
  if (writing.startsWith('UTF-8')) return Buffer.from(marked);
  const bytes = Buffer.from(marked, 'utf16le');
  return writing.startsWith('UTF-16BE') ? bytes.swap16() : bytes;
}

/** What is said in a lecture, in each of the two writings of Chinese. */
export const SIMPLIFIED = ['大家好，今天我们讲果树的冬季修剪。', '先看这一枝：它去年没有开花。'];
export const TRADITIONAL = ['大家好，今天我們講果樹的冬季修剪。', '先看這一枝：它去年沒有開花。'];

/** Two cues, from 1 s to 3 s and from 3.5 s to 5.25 s, in each format. */
export const FORMATS = {
  srt: ([one = '', other = '']: readonly string[]): string =>
    `1\r\n00:00:01,000 --> 00:00:03,000\r\n${one}\r\n\r\n2\r\n00:00:03,500 --> 00:00:05,250\r\n${other}\r\n`,
  ass: ([one = '', other = '']: readonly string[]): string =>
    [
      '[Script Info]',
      'ScriptType: v4.00+',
      '[V4+ Styles]',
      'Format: Name, Fontname, Fontsize, Alignment',
      'Style: Default,SimHei,20,2',
      '[Events]',
      'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text',
      `Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,${one}`,
      `Dialogue: 0,0:00:03.50,0:00:05.25,Default,,0,0,0,,${other}`,
      '',
    ].join('\n'),
  webvtt: ([one = '', other = '']: readonly string[]): string =>
    `WEBVTT\n\n00:01.000 --> 00:03.000\n${one}\n\n00:03.500 --> 00:05.250\n${other}\n`,
} as const;
