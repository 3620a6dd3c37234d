import type { Charset } from './caption-file.ts';

/** Text and the way it was written as bytes. */
export interface DecodedText {
  /** Without a byte order mark; bytes that are no characters have become U+FFFD. */
  readonly text: string;
  readonly charset: Charset;
}

/**
 * The characters that make up most of any Chinese text, simplified and traditional. Text that was decoded with the wrong one of
 * two charsets has hardly any of them.
 */
const COMMON = new Set(
  '的一是不了在人有我他这個个們们中來来上大為为和國国地到以說说時时要就出會会可也你對对生能而子那得於于著着下自之年過过發发後后作裡里用道行所然家種种事成方多經经麼么去法學学如都同現现當当沒没動动面起看定天分還还進进好小部其些主樣样理心她本前開开但因只從从想實实日者意無无力它與与長长把機机十民第公此已工使情明性知全三又關关點点正業业外將将兩两高間间由問问很最重並并物手應应向頭头文體体政美相見见被利什二等產产或新己制身果加西月話话合回特代內内信表化老給给世位次度門门任常先海通教兒儿原東东聲声提立及比員员解水名真論论處处走義义各入幾几口認认條条平系氣气題题活更別别打女變变四神總总何電电數数安少報报才結结反受目太量再感建務务做接必場场件計计管期市直資资命山金指許许統统區区保至隊队形社便空決决治展馬马科五基眼書书非則则聽听白卻却界達达光放強强即像難难且權权思完設设式色路記记南品住告類类求據据程北邊边張张該该交規规萬万取望覺觉術术領领共確确傳传師师觀观清今切院讓让識识候帶带導导爭争運运農农村土種植樹树苗課课講讲請请謝谢吧呢嗎吗啊這，。？！、：；“”…',
);

/** Of what UTF-8 should be, so much may be broken before it is taken for something else. */
const UTF8_DAMAGE = 0.05;

/**
 * Reads bytes as text; pure. A byte order mark decides; else zero bytes tell UTF-16; else what is valid UTF-8 is UTF-8; else the
 * one of GB18030 and Big5 whose characters are the more common ones.
 *
 * @returns `undefined` when the bytes are no text
 */
export function decodeText(bytes: Uint8Array): DecodedText | undefined {
  const marked = charsetOfMark(bytes) ?? charsetOfZeros(bytes);
  if (marked !== undefined) return decode(bytes, marked);
  if (bytes.includes(0)) return undefined;
  const utf8 = decode(bytes, 'UTF-8');
  const [broken, whole] = wideCharacters(utf8.text);
  if (broken <= whole * UTF8_DAMAGE) return utf8;
  if (isMostlySingle(bytes)) return decode(bytes, 'windows-1252');
  const [simplified, traditional] = [decode(bytes, 'GB18030'), decode(bytes, 'Big5')];
  return commonShare(traditional.text) > commonShare(simplified.text) ? traditional : simplified;
}

function charsetOfMark(bytes: Uint8Array): Charset | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'UTF-16LE';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'UTF-16BE';
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 'UTF-8' : undefined;
}

/** Digits, colons and line ends of captions have a zero byte in UTF-16, always on the same side. */
function charsetOfZeros(bytes: Uint8Array): Charset | undefined {
  const zeros: [even: number, odd: number] = [0, 0];
  for (const [place, byte] of bytes.entries()) if (byte === 0) zeros[place % 2 === 0 ? 0 : 1] += 1;
  const [even, odd] = zeros;
  const few = bytes.length / 16;
  if (odd > few && odd > even * 4) return 'UTF-16LE';
  return even > few && even > odd * 4 ? 'UTF-16BE' : undefined;
}

function decode(bytes: Uint8Array, charset: Charset): DecodedText {
  return { charset, text: new TextDecoder(charset).decode(bytes) };
}

function wideCharacters(text: string): readonly [broken: number, whole: number] {
  let broken = 0;
  let whole = 0;
  for (const character of text) {
    if (character === '\ufffd') broken += 1;
    else if (character > '\u007f') whole += 1;
  }
  return [broken, whole];
}

/** The accents of a Western text stand alone between plain letters; Chinese characters come in bytes above 127 by the row. */
function isMostlySingle(bytes: Uint8Array): boolean {
  let high = 0;
  let single = 0;
  for (const [place, byte] of bytes.entries()) {
    if (byte < 0x80) continue;
    high += 1;
    if ((bytes[place - 1] ?? 0) < 0x80 && (bytes[place + 1] ?? 0) < 0x40) single += 1;
    else if ((bytes[place - 1] ?? 0) < 0x80 && (bytes[place + 1] ?? 0) < 0x80 && isLetterBefore(bytes, place))
      single += 1;
  }
  return high > 0 && single > high * 0.6;
}

function isLetterBefore(bytes: Uint8Array, place: number): boolean {
  const letter = (bytes[place - 1] ?? 0) | 0x20;
  return letter >= 0x61 && letter <= 0x7a;
}

function commonShare(text: string): number {
  let common = 0;
  let wide = 0;
  for (const character of text) {
    if (character <= '\u007f') continue;
    wide += 1;
    if (COMMON.has(character)) common += 1;
    else if (character === '\ufffd') common -= 1;
  }
  return wide === 0 ? 0 : common / wide;
}
