import { between, cloud, sensorNoise, textPlane, type Plane } from './texture.ts';

const WIDTH = 1920;
const HEIGHT = 1080;
const FRAME_RATE = 25;
/** Columns of chalk that appear in a second: somebody writes. */
const CHALK_SPEED = 38;
const TEACHER = { width: 420, height: 860 } as const;

/** Size of the classroom's pictures. */
export const CLASSROOM_SIZE = { width: WIDTH, height: HEIGHT } as const;

const CHALK: readonly string[] = [
  '杨梅嫁接：砧木与接穗的形成层要对准',
  '一、两年生实生苗，离地十厘米剪断',
  '二、接穗削成楔形，斜面长三厘米，一刀削平',
  '三、插入后用薄膜绑紧，不留缝隙',
  '四、套袋保湿，四十天后检查成活并解绑',
  '成活率 = 成活株数 ÷ 嫁接株数 × 100 %',
];

/**
 * Draws a classroom as a camcorder on its stand sees it, picture by picture, as yuv420p: a blackboard with chalk that is being
 * written, a teacher in patterned clothes who walks and bends by parts of a dot, textures everywhere, and a sensor's noise that is new in
 * every picture.
 */
export class Classroom {
  readonly #room = paintRoom();
  readonly #chalk = textPlane(1500, 640, CHALK, 68);
  readonly #cloth = cloud(TEACHER.width, TEACHER.height, 64, 22);
  readonly #noise = sensorNoise(WIDTH + 512, HEIGHT + 512, 2.2, 23);
  readonly #picture = new Uint8ClampedArray((WIDTH * HEIGHT * 3) / 2);

  /** The picture so many frames after the start; the same buffer is used again for the next. */
  draw(frame: number): Uint8ClampedArray {
    const seconds = frame / FRAME_RATE;
    this.#write(seconds);
    this.#picture.set(this.#room);
    this.#drawTeacher(seconds);
    this.#addNoise(frame);
    return this.#picture;
  }

  /** Puts the columns of chalk on the board that have been written since the picture before, line after line. */
  #write(seconds: number): void {
    const { width, height, samples } = this.#chalk;
    const lineHeight = Math.round(height / CHALK.length);
    const until = Math.floor(seconds * CHALK_SPEED);
    for (let column = Math.max(0, until - CHALK_SPEED); column < until; column += 1) {
      const line = Math.floor(column / width) % CHALK.length;
      const x = column % width;
      for (let y = line * lineHeight; y < Math.min(height, (line + 1) * lineHeight); y += 1) {
        const ink = samples[y * width + x] ?? 0;
        if (ink > 40) this.#room[(y + 150) * WIDTH + x + 180] = Math.min(235, 60 + ink * 0.65);
      }
    }
  }

  #drawTeacher(seconds: number): void {
    const x = 1150 + 420 * Math.sin(seconds * 0.35) + 3 * Math.sin(seconds * 5);
    const y = 210 + 4 * Math.sin(seconds * 2.4);
    const arm = 60 * Math.sin(seconds * 1.7);
    for (let row = 0; row < TEACHER.height && row + Math.ceil(y) < HEIGHT; row += 1) {
      for (let column = 0; column < TEACHER.width; column += 1) {
        const across = Math.ceil(x) + column - x;
        const down = Math.ceil(y) + row - y;
        const light = this.#teacherLight(across, down, arm);
        if (light !== undefined) {
          const place = (Math.ceil(y) + row) * WIDTH + Math.ceil(x) + column;
          this.#picture[place] = light;
        }
      }
    }
  }

  /** The light of a dot of the teacher, or nothing where the room is seen. */
  #teacherLight(across: number, down: number, arm: number): number | undefined {
    const middle = TEACHER.width / 2;
    const texture = between(this.#cloth, across, down);
    if (((across - middle) / 62) ** 2 + ((down - 90) / 82) ** 2 < 1) {
      if (down < 55) return 40 + 20 * texture;
      return 165 - (across - middle) * 0.4 + 18 * texture;
    }
    const half = 105 + Math.max(0, down - 500) * 0.06;
    if (down > 170 && Math.abs(across - middle) < half) {
      const check = Math.floor(across / 14) % 2 === Math.floor(down / 14) % 2 ? 18 : 0;
      return 90 + check + 55 * texture;
    }
    const reach = down - 200;
    const isArm = reach > 0 && reach < 330 && Math.abs(across - middle - 120 - (arm * reach) / 330) < 26;
    return isArm ? 110 + 50 * texture : undefined;
  }

  #addNoise(frame: number): void {
    const left = (frame * 197) % 512;
    const top = (frame * 331) % 512;
    const { samples, width } = this.#noise;
    for (let y = 0; y < HEIGHT; y += 1) {
      const from = (y + top) * width + left;
      const to = y * WIDTH;
      for (let x = 0; x < WIDTH; x += 1) {
        this.#picture[to + x] = (this.#picture[to + x] ?? 0) + (samples[from + x] ?? 0);
      }
    }
    const colour = WIDTH * HEIGHT;
    for (let place = 0; place < colour / 2; place += 1) {
      const grain = samples[(place + frame * 7919) % samples.length] ?? 0;
      this.#picture[colour + place] = (this.#picture[colour + place] ?? 0) + (grain >> 1);
    }
  }
}

function paintRoom(): Uint8ClampedArray {
  const picture = new Uint8ClampedArray((WIDTH * HEIGHT * 3) / 2).fill(128);
  const wall: Plane = cloud(WIDTH, HEIGHT, 256, 20);
  const board: Plane = cloud(WIDTH, HEIGHT, 64, 21);
  for (let place = 0; place < WIDTH * HEIGHT; place += 1) {
    const x = place % WIDTH;
    const y = Math.floor(place / WIDTH);
    if (isOnBoard(x, y, 0)) picture[place] = 62 + 22 * (board.samples[place] ?? 0);
    else if (isOnBoard(x, y, 15)) picture[place] = 120 + 40 * (wall.samples[place] ?? 0);
    else picture[place] = 165 + 60 * (wall.samples[place] ?? 0);
  }
  const colour = WIDTH * HEIGHT;
  for (let place = 0; place < colour / 4; place += 1) {
    const isBoard = isOnBoard((place % (WIDTH / 2)) * 2, Math.floor(place / (WIDTH / 2)) * 2, 0);
    picture[colour + place] = isBoard ? 124 : 118;
    picture[colour + colour / 4 + place] = isBoard ? 116 : 138;
  }
  return picture;
}

/** @param frame - dots of the board's frame that count as the board */
function isOnBoard(x: number, y: number, frame: number): boolean {
  return x > 130 - frame && x < 1790 + frame && y > 110 - frame && y < 830 + frame;
}
