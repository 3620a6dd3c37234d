import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { csvRow, writeWorkbook } from 'yuanjiao/server';

const ROWS = 15_000;
const MOST_SECONDS = 5;
const MOST_GROWTH_MB = 200;
const ONCE = fileURLToPath(new URL('import-once.js', import.meta.url));

interface Once {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly growthMb: number;
  readonly added: number;
  readonly changed: number;
  readonly same: number;
  readonly problemCount: number;
}

const PLANTS = ['桃形李', '香榧', '杨梅', '茶叶', '竹笋', '葡萄', '红茶', '珍珠', '板栗', '蓝莓'];
const WORK = ['栽培技术', '嫁接四步', '病虫防治', '整形修剪', '加工要点', '贮藏保鲜', '市场营销', '授粉管理'];
const PLACES = ['越城', '柯桥', '上虞', '诸暨', '嵊州', '新昌'];
const KINDS = ['乡土课件', '创业先锋', '党员故事', '微型党课', '实用技术', '政策法规'];
const TAGS = ['乡土', '创业先锋', '党员故事', '微型党课', '农业技术', '生活百科', '政策法规', '村务管理'];
const SENTENCES = [
  '从选苗、定植讲起，一年四季的管理都讲到了。',
  '老支书带着大家走了三年的弯路，把账一笔一笔讲清楚。',
  '专家到田头手把手地教，常见的错误当场指出来。',
  '合作社怎样收购、怎样定级、怎样卖到城里去，社员们自己来说。',
];

const HEADINGS = [
  ...['编号', '标题', '简介', '类型', '系列', '集数', '标签', '主讲人', '制作单位', '年份', '来源', '方言'],
  ...[
    '适用对象',
    '产业',
    '农时',
    '荣誉',
    '时长',
    '版权方',
    '使用范围',
    '版权到期',
    '附加：拍摄地',
    '附加：编导',
  ],
];

/**
 * `npm run -s bench import`: a table of 15,000 items, once as XLSX and once as CSV, into an empty catalogue, and then once more. Each
 * import runs in a process of its own; the growth is that of the most memory it ever had.
 */
export async function run(): Promise<object> {
  const rows = [HEADINGS, ...Array.from({ length: ROWS }, (_, index) => rowOf(index))];
  const workbook = await writeWorkbook([{ name: '课件', columns: [], rows }]);
  const tables = { xlsx: workbook, csv: Buffer.from(rows.map(csvRow).join('')) };
  const figures: Record<string, number | boolean> = { rows: ROWS, columns: HEADINGS.length };
  let isGood = true;
  for (const [format, bytes] of Object.entries(tables)) {
    const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-import-'));
    try {
      const path = join(folder, `table.${format}`);
      await writeFile(path, bytes);
      const first = await once(path, folder);
      const second = await once(path, folder);
      const size = (await stat(path)).size / 1e6;
      console.log(
        `${format}: ${size.toFixed(1)} MB, first ${first.seconds.toFixed(2)} s (${first.cpuSeconds.toFixed(2)} of processors) and ${first.growthMb.toFixed(0)} MB, ` +
          `again ${second.seconds.toFixed(2)} s and ${second.growthMb.toFixed(0)} MB; ` +
          `added ${first.added}, then changed ${second.changed + second.added} of ${second.same}`,
      );
      figures[`${format}_seconds`] = rounded(first.seconds);
      figures[`${format}_cpu_seconds`] = rounded(first.cpuSeconds);
      figures[`${format}_growth_mb`] = Math.round(first.growthMb);
      figures[`${format}_again_seconds`] = rounded(second.seconds);
      figures[`${format}_again_growth_mb`] = Math.round(second.growthMb);
      figures[`${format}_again_changes`] = second.added + second.changed;
      isGood &&=
        first.added === ROWS &&
        second.same === ROWS &&
        [first, second].every(
          ({ seconds, growthMb }) => seconds <= MOST_SECONDS && growthMb <= MOST_GROWTH_MB,
        );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { ...figures, ok: isGood };
}

async function once(table: string, dataDir: string): Promise<Once> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', ONCE, table, dataDir]);
  return JSON.parse(stdout) as Once;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

function pick<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}

function rowOf(index: number): readonly string[] {
  const [plant, work, place] = [pick(PLANTS, index), pick(WORK, index >> 2), pick(PLACES, index >> 5)];
  const number = String(index + 1).padStart(5, '0');
  const tags = [pick(TAGS, index), pick(TAGS, index + 3), pick(TAGS, (index >> 3) + 5)];
  return [
    `SX-${2001 + (index % 20)}-${number}`,
    `${place}${plant}${work}（${(index % 12) + 1}）`,
    `${place}${plant}${work}。${SENTENCES.map((_, turn) => pick(SENTENCES, index + turn)).join('')}`,
    pick(KINDS, index),
    `${plant}课堂`,
    String((index % 300) + 1),
    [...new Set(tags)].slice(0, (index % 3) + 1).join('、'),
    `讲师${index % 400}`,
    `${place}农业局`,
    String(2001 + (index % 20)),
    pick(['自制', '省库', '市库', '县库'], index),
    index % 9 === 0 ? '绍兴话' : '',
    pick(['种植户', '村干部', '种植户、大学生村官', '党员'], index),
    // Only what is about growing something has a line of business and a season.
    index % 3 === 0 ? pick(['水果', '茶叶', '水产', '林业'], index) : '',
    index % 3 === 0 ? pick(['3-5', '11-2', '全年', '6、7月'], index) : '',
    index % 50 === 0 ? '市级一等奖' : '',
    `${Math.floor(index % 60)}:${String(index % 60).padStart(2, '0')}`.replace(/^0:00$/, '1:00'),
    `${place}农业局`,
    '全市远教站点',
    `20${30 + (index % 9)}-12-31`,
    `${place}${plant}基地`,
    `编导${index % 70}`,
  ];
}
