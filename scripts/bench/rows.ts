import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DataTypes, Sequelize, type Model, type ModelStatic } from 'sequelize';

import { Catalogue, openDatabase, type CoursewareInput, type Database } from 'yuanjiao/server';

const ITEMS = 10_500;
const INSERTED = 5000;
const PAGE = 20;
const PAGE_ROUNDS = 150;
const INSERT_ROUNDS = 5;
const TAGS = ['乡土', '农业技术', '微型党课', '党员故事', '创业先锋', '生活百科', '政策法规', '村务管理'];

/**
 * `npm run -s bench rows`: what the catalogue's hand-written SQL costs, and what models of Sequelize cost over the same tables of
 * the same SQLite file. Both read a page of 20 items with their tags and presenters, and insert 5,000 items with tags and
 * presenters in one transaction; in turn, so that whatever else the machine does hits both. Ours reads all other fields too,
 * and writes each item's number and history.
 */
export async function run(): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'yuanjiao-rows-'));
  try {
    const pages = await comparePages(folder);
    const inserts = await compareInserts(folder);
    const figures = { items: ITEMS, ...pages, ...inserts };
    for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(34)} ${value}`);
    return figures;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function inputs(count: number): readonly CoursewareInput[] {
  return Array.from({ length: count }, (_, index) => ({
    title: `桃形李栽培技术第 ${index} 课`,
    description: '从选苗、定植讲起，一年四季的管理都讲到了。'.repeat(6),
    tags: [0, 1, 2].map((step) => TAGS[(index + step * (1 + (index % 2))) % TAGS.length] ?? '乡土'),
    presenters: [`讲课人 ${index % 400}`, `讲课人 ${(index * 7 + 1) % 400}`],
  }));
}

async function openLibrary(
  folder: string,
  name: string,
): Promise<{ readonly database: Database; readonly file: string }> {
  const file = join(folder, name);
  const database = await openDatabase(`sqlite:${file}`);
  await database.migrate();
  return { database, file };
}

/** The tables as models, and no more of them than a page needs. */
interface Models {
  readonly sequelize: Sequelize;
  readonly Courseware: ModelStatic<Model>;
  readonly CoursewareTag: ModelStatic<Model>;
  readonly Presenter: ModelStatic<Model>;
  readonly Person: ModelStatic<Model>;
}

function modelsOver(file: string): Models {
  const sequelize = new Sequelize({
    dialect: 'sqlite',
    storage: file,
    logging: false,
    define: { freezeTableName: true, timestamps: false, underscored: true },
  });
  const text = DataTypes.TEXT;
  const number = DataTypes.INTEGER;
  const key = () => ({ type: text, primaryKey: true });
  const Courseware = sequelize.define('courseware', {
    id: key(),
    number: { type: number, allowNull: false },
    title: { type: text, allowNull: false },
    description: { type: text, allowNull: false },
    publication: { type: text, allowNull: false },
    createdAt: { type: DataTypes.BIGINT, allowNull: false },
    updatedAt: { type: DataTypes.BIGINT, allowNull: false },
    revision: { type: number, allowNull: false },
  });
  const CoursewareTag = sequelize.define('courseware_tag', {
    coursewareId: key(),
    tag: key(),
    position: { type: number, allowNull: false },
  });
  const Person = sequelize.define('person', { id: key(), name: { type: text, allowNull: false } });
  const Presenter = sequelize.define('courseware_presenter', {
    coursewareId: key(),
    personId: key(),
    position: { type: number, allowNull: false },
  });
  Courseware.hasMany(CoursewareTag, { foreignKey: 'coursewareId', as: 'tags' });
  Courseware.hasMany(Presenter, { foreignKey: 'coursewareId', as: 'presenters' });
  Presenter.belongsTo(Person, { foreignKey: 'personId', as: 'person' });
  return { sequelize, Courseware, CoursewareTag, Presenter, Person };
}

async function comparePages(folder: string): Promise<object> {
  const { database, file } = await openLibrary(folder, 'pages.db');
  const catalogue = new Catalogue(database);
  await catalogue.createMany(inputs(ITEMS));
  const models = modelsOver(file);
  const { Courseware, CoursewareTag, Presenter, Person } = models;
  const page = (separate: boolean) => () =>
    Courseware.findAll({
      order: [
        ['createdAt', 'DESC'],
        ['id', 'DESC'],
      ],
      limit: PAGE,
      include: [
        { model: CoursewareTag, as: 'tags', separate },
        { model: Presenter, as: 'presenters', separate, include: [{ model: Person, as: 'person' }] },
      ],
    });
  const sides = {
    page_sql_ms: async () => (await catalogue.list({ limit: PAGE })).items,
    page_models_joined_ms: page(false),
    page_models_separate_ms: page(true),
  };
  const times = await inTurn(sides, PAGE_ROUNDS, (found) => {
    if (found.length !== PAGE) throw new Error(`a page of ${found.length} items`);
  });
  await models.sequelize.close();
  await database.close();
  return { ...times, page_models_over_sql: ratio(times['page_models_separate_ms'], times['page_sql_ms']) };
}

async function compareInserts(folder: string): Promise<object> {
  const rows = inputs(INSERTED);
  let made = 0;
  const sql = async (): Promise<readonly unknown[]> => {
    const { database } = await openLibrary(folder, `sql-${++made}.db`);
    const catalogue = new Catalogue(database);
    const begin = performance.now();
    const ids = await catalogue.createMany(rows);
    spent = performance.now() - begin;
    await database.close();
    return ids;
  };
  const bulk = async (): Promise<readonly unknown[]> => {
    const { database, file } = await openLibrary(folder, `models-${++made}.db`);
    await database.close();
    const models = modelsOver(file);
    // The connection is opened before the clock runs, as on the other side.
    await models.Person.count();
    const begin = performance.now();
    const ids = await insertByModels(models, rows);
    spent = performance.now() - begin;
    await models.sequelize.close();
    return ids;
  };
  let spent = 0;
  const times = await inTurn(
    { insert_sql_ms: sql, insert_models_ms: bulk },
    INSERT_ROUNDS,
    (ids) => {
      if (ids.length !== INSERTED) throw new Error(`${ids.length} items were inserted`);
    },
    () => spent,
  );
  return {
    inserted: INSERTED,
    ...times,
    insert_sql_items_per_s: Math.round((INSERTED * 1000) / (times['insert_sql_ms'] ?? 1)),
    insert_models_items_per_s: Math.round((INSERTED * 1000) / (times['insert_models_ms'] ?? 1)),
    insert_models_over_sql: ratio(times['insert_models_ms'], times['insert_sql_ms']),
  };
}

function insertByModels(
  { sequelize, Courseware, CoursewareTag, Presenter, Person }: Models,
  rows: readonly CoursewareInput[],
): Promise<readonly unknown[]> {
  return sequelize.transaction(async (transaction) => {
    const names = [...new Set(rows.flatMap(({ presenters }) => presenters ?? []))];
    await Person.bulkCreate(
      names.map((name, index) => ({ id: `p${index}`, name })),
      { transaction },
    );
    const personIds = new Map(names.map((name, index) => [name, `p${index}`]));
    const now = Date.now();
    const items = await Courseware.bulkCreate(
      rows.map(({ title, description }, index) => ({
        ...{ id: `c${index}`, number: index + 1, title, description, publication: 'draft' },
        ...{ createdAt: now, updatedAt: now, revision: 1 },
      })),
      { transaction },
    );
    await CoursewareTag.bulkCreate(
      rows.flatMap(({ tags = [] }, index) =>
        tags.map((tag, position) => ({ coursewareId: `c${index}`, tag, position })),
      ),
      { transaction },
    );
    await Presenter.bulkCreate(
      rows.flatMap(({ presenters = [] }, index) =>
        presenters.map((name, position) => ({
          coursewareId: `c${index}`,
          personId: personIds.get(name),
          position,
        })),
      ),
      { transaction },
    );
    return items;
  });
}

/** Runs the sides in turn, after one round that does not count, and gives the median of each in milliseconds. */
async function inTurn(
  sides: Readonly<Record<string, () => Promise<readonly unknown[]>>>,
  rounds: number,
  check: (found: readonly unknown[]) => void,
  clock?: () => number,
): Promise<Record<string, number>> {
  const times = new Map<string, number[]>(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, side] of Object.entries(sides)) {
      const begin = performance.now();
      check(await side());
      const spent = clock?.() ?? performance.now() - begin;
      if (round > 0) times.get(name)?.push(spent);
    }
  }
  return Object.fromEntries([...times].map(([name, all]) => [name, rounded(median(all))]));
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

function ratio(left: number | undefined, right: number | undefined): number {
  return Math.round(((left ?? 0) / (right ?? 1)) * 10) / 10;
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
