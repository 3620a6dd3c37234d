import { expect } from 'chai';
import { RegionSuccession } from '../../../server/catalogue/region-succession.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { townRecords } from '../../../server/seed/region-record.ts';
import { loadRegions } from '../../../server/seed/region-rows.ts';
import { SHAOXING } from '../../../server/seed/shaoxing-regions.ts';
import { onEachDatabase } from '../../support/databases.ts';

describe('The tree of Shaoxing', () => {
  const byId = new Map(SHAOXING.map((region) => [region.id, region]));
  const townsOn = (day: string) =>
    SHAOXING.filter(
      ({ level, from, to }) => level === 'town' && (from ?? '') <= day && (to === undefined || to > day),
    );
  const kindsOn = (day: string): readonly number[] =>
    ['镇', '乡', '街道'].map((kind) => townsOn(day).filter(({ name }) => name.endsWith(kind)).length);

  it('has 118 towns in 2011 and 103 in 2023, of the kinds that the yearbooks count', () => {
    expect(kindsOn('2011-12-31')).to.deep.equal([79, 15, 24]);
    expect(kindsOn('2013-12-31')).to.deep.equal([79, 15, 24]);
    expect(kindsOn('2023-12-31')).to.deep.equal([49, 7, 47]);
  });

  it('has as many towns in each county as the yearbook of 2023 says', () => {
    const counts = Object.fromEntries(
      ['330602', '330603', '330604', '330681', '330683', '330624'].map((county) => [
        county,
        townsOn('2023-12-31').filter(({ parent }) => parent === county).length,
      ]),
    );
    expect(counts).to.deep.equal({
      330602: 17,
      330603: 16,
      330604: 20,
      330681: 23,
      330683: 15,
      330624: 12,
    });
  });

  it('names each region once at a time, under a county that is there as long', () => {
    expect(byId.size).to.equal(SHAOXING.length);
    for (const { id, parent = '', from = '', to = '9', level } of SHAOXING) {
      if (level !== 'town') continue;
      const county = byId.get(parent);
      expect(county?.level, id).to.equal('county');
      expect((county?.from ?? '') <= from && (county?.to ?? '9') >= to, id).to.equal(true);
    }
    for (const day of ['2006-12-31', '2011-12-31', '2018-06-01', '2023-12-31']) {
      const codes = townsOn(day).map(({ code }) => code);
      expect(new Set(codes).size, day).to.equal(codes.length);
    }
  });

  it('lets nothing end without a successor that is there from then on', () => {
    for (const { id, to, successor } of SHAOXING) {
      expect(to === undefined, id).to.equal(successor === undefined);
      if (to === undefined) continue;
      const next = byId.get(successor ?? '');
      expect(next, id).to.not.equal(undefined);
      expect((next?.from ?? '') <= to && (next?.to ?? '9') > to, id).to.equal(true);
    }
  });

  it('says which line it cannot read', () => {
    expect(() => townRecords('330602001 塔山街道\n33060200 府山街道')).to.throw('33060200 府山街道');
  });
});

onEachDatabase('The tree of Shaoxing', (databases) => {
  let database: Database;
  const load = (): Promise<number> => database.write((transaction) => loadRegions(transaction));
  const succession = (): Promise<RegionSuccession> =>
    database.read((statements) => RegionSuccession.read(statements));

  before(async () => {
    database = await databases.open();
  });

  it('is written once, and mended where it was changed', async () => {
    expect(await load()).to.equal(SHAOXING.length);
    expect(await load()).to.equal(0);
    await database.write((transaction) =>
      transaction.rows("UPDATE region SET name = '错', successor_id = NULL WHERE id = '330621'"),
    );
    expect(await load()).to.equal(1);
    const [row] = await database.read((statements) =>
      statements.rows("SELECT name, path, valid_to, successor_id FROM region WHERE id = '330621'"),
    );
    expect(row).to.deep.equal({
      name: '绍兴县',
      path: '/330600/330621/',
      valid_to: '2013-10-17',
      successor_id: '330603',
    });
  });

  it('leaves regions of others as they are', async () => {
    await database.write((transaction) =>
      transaction.rows(
        `INSERT INTO region (id, code, name, level, parent_id, path)
           VALUES ('330683105201', '330683105201', '西白山村', 'village', '330683105', '/330600/330683/330683105/330683105201/')`,
      ),
    );
    expect(await load()).to.equal(0);
    expect((await succession()).above('330683105201', 'county', '2011-12-31')?.name).to.equal('嵊州市');
  });

  it('prints a past year under the names of that year, and today under today’s', async () => {
    await load();
    const regions = await succession();
    const namesAt = (id: string, day: string) => regions.at(id, day).map(({ name }) => name);
    expect(namesAt('330621', '2011-12-31')).to.deep.equal(['绍兴县']);
    expect(namesAt('330621', '2014-01-01')).to.deep.equal(['柯桥区']);
    expect(namesAt('330603', '2011-12-31')).to.deep.equal(['绍兴县']);
    expect(namesAt('330621102', '2013-10-17')).to.deep.equal(['孙端镇']);
    expect(namesAt('330621102', '2024-01-01')).to.deep.equal(['孙端街道']);
    expect(regions.above('330621102', 'county', '2013-10-17')?.name).to.equal('绍兴县');
    expect(regions.above('330621102', 'county', '2013-10-18')?.name).to.equal('越城区');
    // 沥海 changed its kind, its county and its code three times.
    expect(namesAt('330682114', '2011-12-31')).to.deep.equal(['沥海镇']);
    expect(regions.above('330682114', 'county', '2020-06-01')?.name).to.equal('上虞区');
    expect(regions.above('330682114', 'county', '2024-06-01')?.name).to.equal('越城区');
  });

  it('goes back to all the towns that became one', async () => {
    const regions = await succession();
    expect(regions.at('330681106', '2011-12-31').map(({ name }) => name)).to.have.members([
      '直埠镇',
      '江藻镇',
    ]);
    expect(regions.at('330681106', '2020-01-01').map(({ name }) => name)).to.deep.equal(['姚江镇']);
    expect(regions.at('330602007', '2006-12-31'), 'made of parts of others').to.deep.equal([]);
    expect(regions.at('nowhere', '2011-12-31')).to.deep.equal([]);
    expect(regions.valid('county', '2011-12-31').map(({ name }) => name)).to.deep.equal([
      '越城区',
      '绍兴县',
      '新昌县',
      '诸暨市',
      '上虞市',
      '嵊州市',
    ]);
  });
});
