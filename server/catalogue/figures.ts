import { RegionSuccession } from './region-succession.ts';
import type { Statements } from '../database/transaction.ts';

/** One figure that the catalogue holds. */
export interface Figure {
  /** For programs: `items`, `series/创业先锋`. */
  readonly key: string;
  /** For people. */
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  /** What the article of 2011 says of it, where it does. */
  readonly article?: string;
}

/** How figures are counted. */
export interface FigureQuery {
  /** The day whose regions are named, `YYYY-MM-DD`. Default: the last day of 2011, which the article tells of. */
  readonly at?: string;
}

/**
 * Counts what the catalogue holds, from the tables themselves. Items that nobody may see are counted too; the published ones are a
 * figure of their own.
 */
export async function countFigures(
  statements: Statements,
  { at = '2011-12-31' }: FigureQuery = {},
): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const add = (key: string, label: string, value: number, unit: string, article?: string): void => {
    figures.push({ key, label, value, unit, ...(article !== undefined && { article }) });
  };
  const [items] = await statements.rows<{
    items: number;
    published: number;
    seconds: number;
    local: number;
    made: number;
  }>(
    `SELECT COUNT(*) AS items, COALESCE(SUM(duration), 0) AS seconds,
       COUNT(CASE WHEN publication = 'published' THEN 1 END) AS published,
       COUNT(CASE WHEN kind = 'local' THEN 1 END) AS local,
       COUNT(CASE WHEN origin = 'self' THEN 1 END) AS made FROM courseware`,
  );
  const { items: count = 0, seconds = 0, published = 0, local = 0, made = 0 } = items ?? {};
  add('items', '课件', count, '部');
  add('published', '其中已发布', published, '部');
  add('seconds', '总时长', seconds, '秒');
  add('hours', '总时长', Math.round((seconds / 3600) * 100) / 100, '小时', '7000小时视频课件');
  add('local', '乡土课件（按类别）', local, '部', '152部乡土课件');
  add(
    'tag/乡土',
    '乡土课件（按标签）',
    await one(statements, "FROM courseware_tag WHERE tag = '乡土'"),
    '部',
    '152部乡土课件',
  );
  add('winners', '电视党课大赛获奖的微型党课', await one(statements, WINNERS), '部', '11名选手获奖的党课');
  add('home-made', '全市自制', made, '部');
  await series(statements, add);
  add('topics', '学习专题', await one(statements, 'FROM topic'), '个');
  add('presenters', '主讲人', await one(statements, 'FROM person'), '人', '420人的专家服务团');
  add('units', '制作单位', await one(statements, 'FROM unit'), '个');
  add('makings', '真实转码', await one(statements, MAKINGS), '部');
  await regions(statements, at, add);
  return figures;
}

type Add = (key: string, label: string, value: number, unit: string, article?: string) => void;

const WINNERS = `FROM courseware_label l JOIN courseware c ON c.id = l.courseware_id
  WHERE l.facet = 'award' AND l.value = '全市支部书记电视党课大赛获奖' AND c.kind = 'micro_lecture'`;
const MAKINGS = `FROM (SELECT DISTINCT generation FROM version WHERE place = 'current' AND production = 'ready') AS made`;

async function one(statements: Statements, rest: string): Promise<number> {
  const [row] = await statements.rows<{ n: number }>(`SELECT COUNT(*) AS n ${rest}`);
  return row?.n ?? 0;
}

/** The article names two series and a third kind of courseware. */
const ARTICLE: Readonly<Record<string, string>> = {
  创业先锋: '创业先锋系列课件',
  党员故事: '党员故事系列课件',
  微型党课: '“微型党课”课件',
};

async function series(statements: Statements, add: Add): Promise<void> {
  const rows = await statements.rows<{ title: string; n: number }>(
    `SELECT s.title, COUNT(c.id) AS n FROM series s LEFT JOIN courseware c ON c.series_id = s.id
      GROUP BY s.id, s.title, s.rank ORDER BY s.rank, s.id`,
  );
  add('series', '系列', rows.length, '个');
  for (const { title, n } of rows) add(`series/${title}`, `　${title}`, n, '部', ARTICLE[title]);
}

/** Regions as they were called on a day, and the items that belong to each county then. */
async function regions(statements: Statements, day: string, add: Add): Promise<void> {
  const succession = await RegionSuccession.read(statements);
  const counties = succession.valid('county', day);
  const towns = succession.valid('town', day);
  add(`counties@${day}`, `${day} 的县（市、区）`, counties.length, '个');
  add(`towns@${day}`, `${day} 的镇、乡、街道`, towns.length, '个');
  const rows = await statements.rows<{ region_id: string; n: number }>(
    'SELECT region_id, COUNT(*) AS n FROM courseware WHERE region_id IS NOT NULL GROUP BY region_id',
  );
  const byCounty = new Map<string, number>();
  for (const { region_id: id, n } of rows) {
    const county = succession.above(id, 'county', day)?.id;
    if (county !== undefined) byCounty.set(county, (byCounty.get(county) ?? 0) + n);
  }
  for (const { id, name } of counties) {
    add(`county/${name}@${day}`, `　${name}的课件`, byCounty.get(id) ?? 0, '部');
  }
}
