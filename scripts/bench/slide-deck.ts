import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { cloud } from './texture.ts';

/** Seconds that a slide stands. No multiple of a segment, so that slides do not change where key pictures are anyway. */
export const SLIDE_SECONDS = 11;

const SUBJECTS = ['杨梅嫁接', '茶园病虫害', '稻田养鱼', '农产品电商', '防溺水', '医保报销'] as const;
const POINTS = [
  '选择健壮、无病的母株，提前一周停止施肥',
  '削面长三厘米左右，要平、要光、一刀完成',
  '对准形成层，用薄膜由下而上绑紧，不留缝隙',
  '每隔十天检查一次，发现松动及时补绑',
  '雨后及时排水，晴天中午不要浇水',
  '成活后逐步解绑，保留两到三个健壮新芽',
] as const;
const CODE = [
  'select village, sum(head_count)',
  '  from attendance',
  ' where held_on >= 2026-03-01',
  ' group by village',
  ' having sum(head_count) > 30',
  ' order by 2 desc;',
] as const;

/** Draws the slides of a lecture as pictures `slide-0000.png`, … in a folder: points, a table, a photograph, code, in turn. */
export function drawSlides(folder: string, count: number): void {
  for (let slide = 0; slide < count; slide += 1) {
    const subject = SUBJECTS[slide % SUBJECTS.length] ?? '';
    const kind = [points, table, photograph, code][slide % 4] ?? points;
    const words = ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'color=c=0xf6f3ea:s=1920x1080'];
    words.push('-f', 'rawvideo', '-pix_fmt', 'gray', '-s', '800x500', '-i', '-');
    const title = text(`${slide + 1}. ${subject}：要点与实例`, 110, 70, 64, '0x7a2018');
    const frame = ['drawbox=x=100:y=165:w=1300:h=5:color=0x7a2018:t=fill', title, ...kind(slide)].join(',');
    const footer = text('县农业技术推广中心　2026 年春季', 110, 1010, 26, '0x555a61');
    const graph = `[1:v]format=rgb24,colorchannelmixer=rr=0.8:gg=1:bb=0.6[p];[0:v]${frame},${footer}[s];[s][p]overlay=x=110:y=${slide % 4 === 2 ? 230 : 2000}`;
    words.push('-filter_complex', graph, '-frames:v', '1');
    words.push(join(folder, `slide-${String(slide).padStart(4, '0')}.png`));
    execFileSync('ffmpeg', words, { input: photographBytes(slide) });
  }
}

function photographBytes(slide: number): Uint8Array {
  const { samples } = cloud(800, 500, 256, 100 + slide);
  return Uint8Array.from(samples, (light) => Math.min(255, Math.max(0, 128 + 110 * light)));
}

function points(slide: number): readonly string[] {
  return POINTS.map((_, row) =>
    text(`• ${POINTS[(slide + row) % POINTS.length]}`, 120, 235 + row * 92, 46, '0x203040'),
  );
}

function table(slide: number): readonly string[] {
  const cells: string[] = [];
  for (let row = 0; row < 8; row += 1) {
    cells.push(`drawbox=x=110:y=${230 + row * 74}:w=1200:h=2:color=0x8f8979:t=fill`);
    for (let column = 0; column < 5; column += 1) {
      const number = ((slide + 3) * (row + 7) * (column + 11) * 37) % 9973;
      const cell = column === 0 ? `${2019 + row} 年` : `${number}.${(number * 7) % 100}`;
      cells.push(text(cell, 130 + column * 240, 248 + row * 74, 36, '0x203040'));
    }
  }
  return cells;
}

function photograph(slide: number): readonly string[] {
  return POINTS.slice(0, 4).map((_, row) =>
    text(`${POINTS[(slide + row) % POINTS.length]}`.slice(0, 10), 950, 250 + row * 90, 40, '0x203040'),
  );
}

function code(): readonly string[] {
  return CODE.map((line, row) => text(line, 140, 240 + row * 76, 44, '0x1b3a5f', 'Noto Sans Mono CJK SC'));
}

function text(
  words: string,
  x: number,
  y: number,
  size: number,
  colour: string,
  font = 'Noto Sans CJK SC',
): string {
  return `drawtext=font='${font}':text='${words.replaceAll(':', '\\:')}':expansion=none:x=${x}:y=${y}:fontsize=${size}:fontcolor=${colour}`;
}
