/** Pixels. */
export const CLOCK_WIDTH = 640;
/** Pixels. */
export const CLOCK_HEIGHT = 360;
/** Frames a second. */
export const CLOCK_RATE = 25;

/** Two rows of twenty blocks: 32 bits of the time and eight that check them. */
const BLOCK = 32;
const COLUMNS = 20;
const BITS = 40;
const WHITE = 235;
const BLACK = 16;
const FRAME_BYTES = (CLOCK_WIDTH * CLOCK_HEIGHT * 3) / 2;
const BACKGROUNDS = 50;

function checkOf(value: number): number {
  return (value ^ (value >>> 8) ^ (value >>> 16) ^ (value >>> 24) ^ 0xa5) & 0xff;
}

let kept: readonly Buffer[] | undefined;

/** Painted once: that takes a good part of a second, in which no other encoder of the process would send. */
function backgrounds(): readonly Buffer[] {
  if (kept !== undefined) return kept;
  let seed = 7;
  const chance = (): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) / 0x7fffffff;
  kept = Array.from({ length: BACKGROUNDS }, (_, index) => {
    const frame = Buffer.alloc(FRAME_BYTES, 128);
    for (let y = 2 * BLOCK; y < CLOCK_HEIGHT; y++) {
      for (let x = 0; x < CLOCK_WIDTH; x++) {
        const wave = Math.sin((x + index * 12) / 23) * Math.cos((y - index * 7) / 31);
        frame[y * CLOCK_WIDTH + x] = 126 + 70 * wave + 16 * chance();
      }
    }
    return frame;
  });
  return kept;
}

/** Frames (4:2:0, 8 bits) whose upper blocks say when they were made; what lies below moves, so that they cost bits. */
export class ClockPictures {
  #made = 0;

  /** The next frame, of this moment. The caller may keep it for as long as it waits to be taken. */
  frameAt(wallClockMs: number): Buffer {
    const painted = backgrounds();
    const frame = Buffer.from(painted[this.#made++ % painted.length] ?? Buffer.alloc(FRAME_BYTES, 128));
    const value = (wallClockMs % 2 ** 32) >>> 0;
    const check = checkOf(value);
    for (let bit = 0; bit < BITS; bit++) {
      const isSet = bit < 32 ? (value >>> (31 - bit)) & 1 : (check >>> (39 - bit)) & 1;
      const left = (bit % COLUMNS) * BLOCK;
      const top = Math.floor(bit / COLUMNS) * BLOCK;
      for (let y = top; y < top + BLOCK; y++) {
        const from = y * CLOCK_WIDTH + left;
        frame.fill(isSet === 1 ? WHITE : BLACK, from, from + BLOCK);
      }
    }
    return frame;
  }
}

/**
 * What a page runs to read the blocks: gets the luminance at a place, gives the time or `undefined` when the blocks do not
 * check. Text, because it is carried into a browser.
 */
export const READ_CLOCK = `(function (brightnessAt) {
  let value = 0;
  let check = 0;
  for (let bit = 0; bit < ${BITS}; bit++) {
    const x = (bit % ${COLUMNS}) * ${BLOCK} + ${BLOCK / 2};
    const y = Math.floor(bit / ${COLUMNS}) * ${BLOCK} + ${BLOCK / 2};
    const isSet = brightnessAt(x, y) > 126 ? 1 : 0;
    if (bit < 32) value = ((value << 1) | isSet) >>> 0;
    else check = (check << 1) | isSet;
  }
  const right = (value ^ (value >>> 8) ^ (value >>> 16) ^ (value >>> 24) ^ 0xa5) & 0xff;
  return check === right ? value : undefined;
})`;
