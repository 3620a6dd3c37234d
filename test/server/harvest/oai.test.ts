import { expect } from 'chai';

import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import { Collections } from '../../../server/catalogue/collections.ts';
import type { CoursewareId } from '../../../server/catalogue/courseware.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { Vocabulary } from '../../../server/catalogue/vocabulary.ts';
import { OaiProvider } from '../../../server/harvest/oai-provider.ts';
import { setSpecOf } from '../../../server/harvest/oai-sets.ts';
import { PublicSite } from '../../../server/harvest/public-site.ts';
import { RecordList } from '../../../server/harvest/record-list.ts';
import { eventually, onEachDatabase } from '../../support/databases.ts';
import { publishItems } from '../../support/published-library.ts';
import { checkXml, type CheckedXml } from '../../support/xml-check.ts';

const site = new PublicSite('https://yuanjiao.example.cn', 'office@example.cn');
const PART = 10;
const ITEMS = 35;

/** A harvester: asks, and checks every answer against the schema of the protocol. */
function harvesterOf(database: Database, at: PublicSite = site) {
  const provider = new OaiProvider(new RecordList(database), { partSize: PART });
  const ask = async (query: string | Readonly<Record<string, string>>): Promise<CheckedXml> =>
    checkXml(await provider.answer(new URLSearchParams(query), at), 'oai-pmh.xsd');
  return {
    ask,
    async faults(query: string): Promise<readonly string[]> {
      return (await ask(query)).texts('//oai:error/@code');
    },
    /** Follows a list to its end. */
    async list(query: Readonly<Record<string, string>>): Promise<readonly CheckedXml[]> {
      const parts = [await ask(query)];
      for (;;) {
        const [token = ''] = parts.at(-1)?.texts('//oai:resumptionToken') ?? [];
        if (token === '') return parts;
        parts.push(await ask({ verb: query['verb'] ?? '', resumptionToken: token }));
      }
    },
  };
}

type Harvester = ReturnType<typeof harvesterOf>;

const oaiId = (id: string): string => `oai:yuanjiao.example.cn:${id}`;
const identifiers = (parts: readonly CheckedXml[]): readonly string[] =>
  parts.flatMap((part) => part.texts('//oai:header/oai:identifier'));

/** Asks until the answer is as it should be: what was written this very millisecond comes with the next. */
async function seen(ask: () => Promise<boolean>): Promise<void> {
  await eventually(async () => ((await ask()) ? true : undefined));
}

onEachDatabase('OAI-PMH', (databases) => {
  let database: Database;
  let catalogue: Catalogue;
  let harvester: Harvester;
  let ids: readonly CoursewareId[];

  before(async function open() {
    database = await databases.open();
    catalogue = new Catalogue(database).as('office');
    await new Vocabulary(database).addTag('茶叶 & 竹');
    ids = await publishItems(
      database,
      Array.from({ length: ITEMS }, (_, index) => ({
        title: `第${index + 1}课 <a> ]]> &`,
        tags: index % 2 === 0 ? ['乡土', '茶叶 & 竹'] : [],
        ...(index < 4 && { series: '乡土课堂' }),
        ...(index < 7 && { kind: 'local' as const }),
      })),
    );
    harvester = harvesterOf(database);
    await seen(
      async () =>
        identifiers(await harvester.list({ verb: 'ListIdentifiers', metadataPrefix: 'oai_dc' })).length ===
        ITEMS,
    );
  });

  it('answers each of its verbs as the protocol has it', async () => {
    const identify = await harvester.ask('verb=Identify');
    expect(identify.text('//oai:baseURL')).to.equal('https://yuanjiao.example.cn/oai');
    expect(identify.text('//oai:adminEmail')).to.equal('office@example.cn');
    expect(identify.text('//oai:deletedRecord')).to.equal('persistent');
    expect(identify.text('//oai:granularity')).to.equal('YYYY-MM-DDThh:mm:ssZ');
    const formats = await harvester.ask('verb=ListMetadataFormats');
    expect(formats.texts('//oai:metadataPrefix')).to.deep.equal(['oai_dc', 'oai_lom']);
    const [id = ''] = ids;
    for (const prefix of ['oai_dc', 'oai_lom']) {
      const record = await harvester.ask({
        verb: 'GetRecord',
        identifier: oaiId(id),
        metadataPrefix: prefix,
      });
      expect(record.text('//oai:header/oai:identifier')).to.equal(oaiId(id));
      expect(record.text(prefix === 'oai_dc' ? '//dc:title' : '//lom:general/lom:title/lom:string')).to.equal(
        '第1课 <a> ]]> &',
      );
      const list = await harvester.list({ verb: 'ListRecords', metadataPrefix: prefix });
      expect(identifiers(list)).to.have.members(ids.map(oaiId));
    }
    expect(
      (await harvester.ask({ verb: 'ListMetadataFormats', identifier: oaiId(id) })).texts(
        '//oai:metadataFormat',
      ),
    ).to.have.length(2);
  });

  it('repeats the arguments in its answer, unless they were wrong', async () => {
    const right = await harvester.ask('verb=ListIdentifiers&metadataPrefix=oai_dc&from=2011-01-01');
    expect(right.texts('//oai:request/@*')).to.have.members(['ListIdentifiers', 'oai_dc', '2011-01-01']);
    const wrong = await harvester.ask('verb=ListIdentifiers&metadataPrefix=oai_dc&from=yesterday');
    expect(wrong.texts('//oai:request/@*')).to.deep.equal([]);
  });

  it('names items by a URN while the server has no name of its own', async () => {
    const local = harvesterOf(database, new PublicSite('http://10.0.0.5:8180'));
    const [first = ''] = identifiers([await local.ask('verb=ListIdentifiers&metadataPrefix=oai_dc')]);
    expect(first).to.match(/^urn:yuanjiao:courseware:[a-z0-9-]+$/);
    expect(await local.faults(`verb=GetRecord&metadataPrefix=oai_dc&identifier=${first}`)).to.deep.equal([]);
    expect((await local.ask('verb=Identify')).texts('//*[local-name()="oai-identifier"]')).to.deep.equal([]);
  });

  it('tells what is wrong with a request by the codes of the protocol', async () => {
    const list = 'verb=ListRecords&metadataPrefix=oai_dc';
    const cases: Readonly<Record<string, readonly string[]>> = {
      '': ['badVerb'],
      'verb=Steal': ['badVerb'],
      'verb=Identify&verb=Identify': ['badVerb'],
      'verb=Identify&set=tag': ['badArgument'],
      'verb=Identify&x=%00': ['badArgument'],
      'verb=ListRecords': ['badArgument'],
      'verb=GetRecord&metadataPrefix=oai_dc': ['badArgument'],
      'verb=GetRecord': ['badArgument', 'badArgument'],
      [`${list}&metadataPrefix=oai_dc`]: ['badArgument'],
      [`${list}&from=2011-13-01`]: ['badArgument'],
      [`${list}&from=2011-02-30`]: ['badArgument'],
      [`${list}&from=2011-12-30T08:00Z`]: ['badArgument'],
      [`${list}&from=2011-12-30T08:00:00`]: ['badArgument'],
      [`${list}&from=2011-12-30T25:00:00Z`]: ['badArgument'],
      [`${list}&from=2011-12-30&until=2011-12-31T00:00:00Z`]: ['badArgument'],
      [`${list}&from=2012-01-01&until=2011-01-01`]: ['badArgument'],
      [`${list}&set=乡土`]: ['badArgument'],
      [`${list}&set=tag::x`]: ['badArgument'],
      [`${list}&set=shelf`]: ['noRecordsMatch'],
      [`${list}&set=tag:~E4~B9`]: ['noRecordsMatch'],
      [`${list}&set=tag:none`]: ['noRecordsMatch'],
      [`${list}&until=2006-01-01`]: ['noRecordsMatch'],
      [`${list}&from=2200-01-01`]: ['noRecordsMatch'],
      'verb=ListRecords&metadataPrefix=marc21': ['cannotDisseminateFormat'],
      'verb=ListRecords&metadataPrefix=a b': ['badArgument'],
      [`verb=GetRecord&metadataPrefix=marc21&identifier=${oaiId(ids[0] ?? '')}`]: ['cannotDisseminateFormat'],
      'verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:other.example.cn:abc': ['idDoesNotExist'],
      "verb=GetRecord&metadataPrefix=oai_dc&identifier=' OR 1=1 <%00>": ['idDoesNotExist'],
      'verb=ListMetadataFormats&identifier=oai:yuanjiao.example.cn:none': ['idDoesNotExist'],
      'verb=ListRecords&resumptionToken=abc': ['badResumptionToken'],
      'verb=ListSets&resumptionToken=abc': ['badResumptionToken'],
      'verb=ListRecords&resumptionToken=abc&metadataPrefix=oai_dc': ['badArgument'],
    };
    for (const [query, codes] of Object.entries(cases)) {
      expect(await harvester.faults(query), query).to.deep.equal(codes);
    }
  });

  it('gives a long list in parts that say how far they are, each record once', async () => {
    const parts = await harvester.list({ verb: 'ListRecords', metadataPrefix: 'oai_dc' });
    expect(parts.map((part) => part.text('//oai:resumptionToken/@cursor'))).to.deep.equal([
      '0',
      '10',
      '20',
      '30',
    ]);
    expect(parts.map((part) => part.text('//oai:resumptionToken/@completeListSize'))).to.deep.equal(
      Array(4).fill(String(ITEMS)),
    );
    const given = identifiers(parts);
    expect(given).to.have.length(ITEMS);
    expect(new Set(given).size).to.equal(ITEMS);
    expect(
      (await harvester.ask('verb=ListRecords&metadataPrefix=oai_dc&set=kind')).texts('//oai:resumptionToken'),
    ).to.deep.equal([]);
  });

  it('gives the same part again for the same token, and none for a token of another list', async () => {
    const [first] = await harvester.list({ verb: 'ListRecords', metadataPrefix: 'oai_dc' });
    const resumptionToken = first?.text('//oai:resumptionToken') ?? '';
    const again = [
      await harvester.ask({ verb: 'ListRecords', resumptionToken }),
      await harvester.ask({ verb: 'ListRecords', resumptionToken }),
    ] as const;
    expect(identifiers([again[0]])).to.deep.equal(identifiers([again[1]]));
    expect(again[0].text('//oai:resumptionToken')).to.equal(again[1].text('//oai:resumptionToken'));
    expect(await harvester.faults(`verb=ListIdentifiers&resumptionToken=${resumptionToken}`)).to.deep.equal([
      'badResumptionToken',
    ]);
  });

  it('lists sets of kinds, series and tags, whatever they are called', async () => {
    const sets = await harvester.ask('verb=ListSets');
    const specs = sets.texts('//oai:setSpec');
    const names = sets.texts('//oai:setName');
    expect(Object.fromEntries(specs.map((spec, index) => [spec, names[index]]))).to.include({
      kind: '课件类型',
      series: '系列',
      tag: '标签',
      'kind:local': '乡土课件',
      'tag:~E4~B9~A1~E5~9C~9F': '乡土',
      'tag:~E8~8C~B6~E5~8F~B6~20~26~20~E7~AB~B9': '茶叶 & 竹',
    });
    const sizes = await Promise.all(
      specs.map(
        async (set) =>
          identifiers(await harvester.list({ verb: 'ListIdentifiers', metadataPrefix: 'oai_lom', set }))
            .length,
      ),
    );
    const sizeOf = (name: string): number | undefined => sizes[names.indexOf(name)];
    expect(sizeOf('乡土')).to.equal(18);
    expect(sizeOf('茶叶 & 竹')).to.equal(18);
    expect(sizeOf('标签')).to.equal(18);
    expect(sizeOf('乡土课件')).to.equal(7);
    expect(sizeOf('课件类型')).to.equal(7);
    expect(sizeOf('乡土课堂')).to.equal(4);
    expect(sizeOf('系列')).to.equal(4);
  });

  it('takes both ends of a period in, by the second and by the day', async () => {
    const [id = ''] = ids;
    const record = await harvester.ask({
      verb: 'GetRecord',
      metadataPrefix: 'oai_dc',
      identifier: oaiId(id),
    });
    const second = record.text('//oai:datestamp');
    const day = second.slice(0, 10);
    const listed = async (period: object): Promise<boolean> =>
      identifiers(
        await harvester.list({ verb: 'ListIdentifiers', metadataPrefix: 'oai_dc', ...period }),
      ).includes(oaiId(id));
    const shifted = (seconds: number): string =>
      `${new Date(Date.parse(second) + seconds * 1000).toISOString().slice(0, 19)}Z`;
    expect(await listed({ from: second, until: second })).to.equal(true);
    expect(await listed({ from: day, until: day })).to.equal(true);
    expect(await listed({ from: second })).to.equal(true);
    expect(await listed({ until: second })).to.equal(true);
    expect(await listed({ until: shifted(-1) })).to.equal(false);
    expect(await listed({ from: shifted(1) })).to.equal(false);
  });

  it('dates a record anew when a word it is described with is renamed', async () => {
    const vocabulary = new Vocabulary(database);
    await vocabulary.addTag('旧名');
    const [id = ''] = await publishItems(database, [{ title: '改名', tags: ['旧名'], series: '旧系列' }]);
    const revisionOf = async (): Promise<number> => (await catalogue.get(id)).updatedAt;
    const later = async (before: number): Promise<void> => {
      expect(await revisionOf()).to.be.above(before);
      const record = await harvester.ask({
        verb: 'GetRecord',
        metadataPrefix: 'oai_dc',
        identifier: oaiId(id),
      });
      expect(Date.parse(record.text('//oai:datestamp'))).to.be.at.least(
        Math.floor((await revisionOf()) / 1000) * 1000,
      );
    };
    // Stamps are of a millisecond.
    const next = async (): Promise<number> => {
      const now = await revisionOf();
      await eventually(async () => (Date.now() > now + 1 ? true : undefined));
      return now;
    };
    let before = await next();
    await vocabulary.changeTag('旧名', { name: '新名' });
    await later(before);
    before = await next();
    const { seriesId = '' } = await catalogue.get(id);
    await new Collections(database, 'series').change(seriesId, { title: '新系列' });
    await later(before);
    const list = await harvester.ask({ verb: 'GetRecord', metadataPrefix: 'oai_dc', identifier: oaiId(id) });
    expect(list.texts('//dc:subject')).to.deep.equal(['新名']);
    expect(list.texts('//dc:relation')).to.include('新系列');
  });

  describe('an item that goes', () => {
    const headerOf = async (id: string): Promise<CheckedXml> =>
      harvester.ask({ verb: 'GetRecord', metadataPrefix: 'oai_lom', identifier: oaiId(id) });
    const publishOne = async (): Promise<CoursewareId> => {
      const [id] = await publishItems(database, [{ title: '来去', tags: ['乡土'], kind: 'story' }]);
      return id as CoursewareId;
    };

    for (const state of ['withdrawn', 'suspended'] as const) {
      it(`is a deleted record while it is ${state}, and lives again when it is published again`, async () => {
        const id = await publishOne();
        const before = (await headerOf(id)).text('//oai:datestamp');
        await catalogue.move(id, state);
        const gone = await headerOf(id);
        expect(gone.text('//oai:header/@status')).to.equal('deleted');
        expect(gone.texts('//oai:metadata')).to.deep.equal([]);
        expect(gone.text('//oai:datestamp') >= before).to.equal(true);
        await seen(async () => {
          const set = setSpecOf({ family: 'kind', key: 'story' });
          const list = await harvester.list({
            verb: 'ListRecords',
            metadataPrefix: 'oai_dc',
            set,
            from: before,
          });
          return list.some((part) =>
            part.texts(`//oai:header[@status='deleted']/oai:identifier`).includes(oaiId(id)),
          );
        });
        if (state === 'withdrawn') await catalogue.move(id, 'draft');
        await catalogue.move(id, 'published');
        expect((await headerOf(id)).text('//lom:general/lom:title/lom:string')).to.equal('来去');
        await seen(async () => {
          const list = await harvester.list({
            verb: 'ListIdentifiers',
            metadataPrefix: 'oai_dc',
            from: before,
          });
          return list.some((part) =>
            part.texts('//oai:header[not(@status)]/oai:identifier').includes(oaiId(id)),
          );
        });
      });
    }

    it('stays a deleted record for ever when it is removed, in the sets it was in', async () => {
      const id = await publishOne();
      await catalogue.move(id, 'withdrawn');
      await catalogue.move(id, 'draft');
      await catalogue.remove(id);
      const gone = await headerOf(id);
      expect(gone.text('//oai:header/@status')).to.equal('deleted');
      expect(gone.texts('//oai:setSpec')).to.have.members(['kind:story', 'tag:~E4~B9~A1~E5~9C~9F']);
    });

    it('never was, when it never was published', async () => {
      const { id } = await catalogue.create({ title: '草稿' });
      const query = `verb=GetRecord&metadataPrefix=oai_dc&identifier=${oaiId(id)}`;
      expect(await harvester.faults(query)).to.deep.equal(['idDoesNotExist']);
      await catalogue.remove(id);
      expect(await harvester.faults(query)).to.deep.equal(['idDoesNotExist']);
    });
  });
});
