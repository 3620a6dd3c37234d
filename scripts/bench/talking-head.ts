import { between, cloud, sensorNoise, type Plane } from './texture.ts';

const WIDTH = 480;
const HEIGHT = 270;
const FRAME_RATE = 25;

/** Size of the speaker's window on a slide. */
export const HEAD_SIZE = { width: WIDTH, height: HEIGHT } as const;

/**
 * Draws a speaker before a wall, picture by picture, as yuv420p: the face sways by less than a dot, blinks and moves its mouth, and
 * the webcam's noise is new in every picture.
 */
export class TalkingHead {
  readonly #wall = cloud(WIDTH, HEIGHT, 128, 11);
  readonly #skin = cloud(WIDTH, HEIGHT, 32, 12);
  readonly #noise = sensorNoise(WIDTH * 2, HEIGHT * 2, 1.8, 13);
  readonly #picture = new Uint8ClampedArray((WIDTH * HEIGHT * 3) / 2);

  /** The picture so many frames after the start; the same buffer is used again for the next. */
  draw(frame: number): Uint8ClampedArray {
    const seconds = frame / FRAME_RATE;
    const face = {
      x: WIDTH / 2 + 6 * Math.sin(seconds * 0.9) + 2 * Math.sin(seconds * 2.3),
      y: 120 + 3 * Math.sin(seconds * 1.3),
      mouth: Math.max(0, Math.sin(seconds * 17) * Math.sin(seconds * 3.1)) * 9,
      isBlinking: frame % 97 < 4,
    };
    const left = (frame * 7919) % WIDTH;
    const top = (frame * 104_729) % HEIGHT;
    for (let y = 0; y < HEIGHT; y += 1) {
      for (let x = 0; x < WIDTH; x += 1) {
        const grain = this.#noise.samples[(y + top) * WIDTH * 2 + x + left] ?? 0;
        this.#picture[y * WIDTH + x] = this.#light(x, y, face) + grain;
      }
    }
    this.#colour(face);
    return this.#picture;
  }

  #light(x: number, y: number, face: Face): number {
    const across = (x - face.x) / 62;
    const down = (y - face.y) / 82;
    const reach = across * across + down * down;
    if (reach < 1) return this.#faceLight(x - face.x, y - face.y, face, reach);
    const hair = ((x - face.x) / 72) ** 2 + ((y - face.y + 14) / 90) ** 2;
    if (hair < 1 && y < face.y + 10) return 38 + 20 * sample(this.#skin, x - face.x + 240, y - face.y + 120);
    const shoulders = ((x - face.x) / 170) ** 2 + ((y - face.y - 190) / 110) ** 2;
    if (shoulders < 1) return 70 + 30 * sample(this.#skin, x - face.x + 240, y * 0.5);
    return 150 + 35 * sample(this.#wall, x, y);
  }

  #faceLight(across: number, down: number, face: Face, reach: number): number {
    const isEye = !face.isBlinking && Math.abs(down + 12) < 6 && Math.abs(Math.abs(across) - 24) < 11;
    if (isEye) return Math.abs(Math.abs(across) - 24) < 4 ? 40 : 190;
    if (Math.abs(across) < 18 && Math.abs(down - 42) < 2 + face.mouth) return 60;
    const shade = 170 - 45 * reach - across * 0.2;
    return shade + 10 * sample(this.#skin, across + 240, down + 120);
  }

  #colour(face: Face): void {
    const columns = WIDTH / 2;
    const blue = WIDTH * HEIGHT;
    const red = blue + blue / 4;
    for (let y = 0; y < HEIGHT / 2; y += 1) {
      for (let x = 0; x < columns; x += 1) {
        const isSkin = ((x * 2 - face.x) / 62) ** 2 + ((y * 2 - face.y) / 82) ** 2 < 1;
        const place = y * columns + x;
        this.#picture[blue + place] = isSkin ? 108 : 126;
        this.#picture[red + place] = isSkin ? 150 : 130;
      }
    }
  }
}

interface Face {
  readonly x: number;
  readonly y: number;
  /** Half of how far the mouth is open. */
  readonly mouth: number;
  readonly isBlinking: boolean;
}

function sample(plane: Plane, x: number, y: number): number {
  return between(plane, x, y);
}
