/** What a key asks of the player. */
export type PlayerCommand =
  | { readonly kind: 'toggle' | 'play' | 'pause' | 'fullscreen' | 'mute' | 'captions' | 'faster' | 'slower' }
  | { readonly kind: 'controls' | 'back' }
  | { readonly kind: 'seek-by'; readonly seconds: number }
  | { readonly kind: 'seek-to-share'; readonly share: number }
  | { readonly kind: 'chapter-by'; readonly step: 1 | -1 }
  | { readonly kind: 'volume-by'; readonly step: number };

/** The part of a `KeyboardEvent` that decides. */
export interface Key {
  readonly key: string;
  /** Where the key lies; what counts while a Chinese input method holds the letters back. */
  readonly code: string;
  /** All that television browsers give for some keys of the remote. */
  readonly keyCode: number;
}

const NAMED: Readonly<Record<string, PlayerCommand>> = {
  ' ': { kind: 'toggle' },
  k: { kind: 'toggle' },
  MediaPlayPause: { kind: 'toggle' },
  MediaPlay: { kind: 'play' },
  MediaPause: { kind: 'pause' },
  MediaStop: { kind: 'pause' },
  ArrowLeft: { kind: 'seek-by', seconds: -5 },
  ArrowRight: { kind: 'seek-by', seconds: 5 },
  j: { kind: 'seek-by', seconds: -10 },
  l: { kind: 'seek-by', seconds: 10 },
  MediaRewind: { kind: 'seek-by', seconds: -10 },
  MediaFastForward: { kind: 'seek-by', seconds: 10 },
  n: { kind: 'chapter-by', step: 1 },
  p: { kind: 'chapter-by', step: -1 },
  MediaTrackNext: { kind: 'chapter-by', step: 1 },
  MediaTrackPrevious: { kind: 'chapter-by', step: -1 },
  Home: { kind: 'seek-to-share', share: 0 },
  ArrowUp: { kind: 'volume-by', step: 0.1 },
  ArrowDown: { kind: 'volume-by', step: -0.1 },
  f: { kind: 'fullscreen' },
  m: { kind: 'mute' },
  c: { kind: 'captions' },
  '<': { kind: 'slower' },
  '>': { kind: 'faster' },
  '《': { kind: 'slower' },
  '》': { kind: 'faster' },
  Enter: { kind: 'controls' },
  Escape: { kind: 'back' },
  GoBack: { kind: 'back' },
  BrowserBack: { kind: 'back' },
};

// Remote controls: webOS 461 and Tizen 10009 are Back; 412 to 417, 19 and 10252 are the transport keys,
// 425 and 424, 10233 and 10232 those for the next track and the one before.
const BY_KEY_CODE: Readonly<Record<number, PlayerCommand>> = {
  461: { kind: 'back' },
  10009: { kind: 'back' },
  166: { kind: 'back' },
  412: { kind: 'seek-by', seconds: -10 },
  413: { kind: 'pause' },
  415: { kind: 'play' },
  417: { kind: 'seek-by', seconds: 10 },
  19: { kind: 'pause' },
  179: { kind: 'toggle' },
  424: { kind: 'chapter-by', step: -1 },
  425: { kind: 'chapter-by', step: 1 },
  10232: { kind: 'chapter-by', step: -1 },
  10233: { kind: 'chapter-by', step: 1 },
  10252: { kind: 'toggle' },
};

// A map, because a key may be called `constructor` by whoever dispatches it.
const BY_KEY = new Map(Object.entries(NAMED));

/** Reads a key. Pure. */
export function commandOf({ key, code, keyCode }: Key): PlayerCommand | undefined {
  if (/^[0-9]$/.test(key)) return { kind: 'seek-to-share', share: Number(key) / 10 };
  const named = BY_KEY.get(key.length === 1 ? key.toLowerCase() : key);
  if (named !== undefined) return named;
  const letter = key === 'Process' ? /^Key([A-Z])$/.exec(code)?.[1] : undefined;
  return (letter === undefined ? undefined : BY_KEY.get(letter.toLowerCase())) ?? BY_KEY_CODE[keyCode];
}
