/** One small picture on a sheet of many. */
export interface StoryboardTile {
  /** Seconds from and until which it stands for the lecture. */
  readonly start: number;
  readonly end: number;
  /** The sheet's address. */
  readonly url: string;
  /** Its place on the sheet, in dots. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const CUE = /^(?:(\d+):)?(\d\d):(\d\d\.\d{3}) --> (?:(\d+):)?(\d\d):(\d\d\.\d{3})/;
const PLACE = /^(\S+)#xywh=(?:pixel:)?(\d+),(\d+),(\d+),(\d+)$/;

/**
 * Reads a storyboard; pure. Cues that name no place on a sheet are passed over.
 *
 * @param address - of the file itself; sheets are named relative to it
 */
export function readStoryboard(text: string, address: string): readonly StoryboardTile[] {
  const lines = text.split(/\r?\n/);
  const tiles: StoryboardTile[] = [];
  lines.forEach((line, index) => {
    const times = CUE.exec(line);
    const place = PLACE.exec(lines[index + 1] ?? '');
    if (times === null || place === null) return;
    const [x = 0, y = 0, width = 0, height = 0] = place.slice(2).map(Number);
    tiles.push({
      start: secondsOf(times[1], times[2], times[3]),
      end: secondsOf(times[4], times[5], times[6]),
      url: new URL(place[1] ?? '', address).href,
      x,
      y,
      width,
      height,
    });
  });
  return tiles;
}

function secondsOf(hours = '0', minutes = '0', seconds = '0'): number {
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** The picture for a second: the one of which it is a part, or the nearest before it. */
export function tileAt(tiles: readonly StoryboardTile[], position: number): StoryboardTile | undefined {
  let low = 0;
  let high = tiles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tiles[middle]?.start ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return tiles[Math.max(0, low - 1)];
}

/** The storyboard of the lecture on the screen. It is fetched when somebody first looks for a place, and not before. */
export class Storyboard {
  readonly #address: string;
  #tiles: readonly StoryboardTile[] = [];
  #loading: Promise<void> | undefined;

  constructor(url: string) {
    this.#address = new URL(url, location.href).href;
  }

  /** The picture for a second; undefined while it is fetched, and where there is none. */
  tileAt(position: number): StoryboardTile | undefined {
    return tileAt(this.#tiles, position);
  }

  /** Settles when pictures can be asked for, or there are none: a lecture plays without. */
  load(): Promise<void> {
    this.#loading ??= this.#fetch().catch(() => {
      this.#loading = undefined; // the line may be back the next time
    });
    return this.#loading;
  }

  async #fetch(): Promise<void> {
    const reply = await fetch(this.#address, { credentials: 'same-origin' });
    if (reply.ok) this.#tiles = readStoryboard(await reply.text(), this.#address);
  }
}
