import { expect } from 'chai';

import { Catalogue } from '../../../server/catalogue/catalogue.ts';
import { movePublication } from '../../../server/catalogue/publication.ts';
import type { Database } from '../../../server/database/transaction.ts';
import { OaiProvider } from '../../../server/harvest/oai-provider.ts';
import { PublicSite } from '../../../server/harvest/public-site.ts';
import { RecordList } from '../../../server/harvest/record-list.ts';
import { eventually, onEachDatabase } from '../../support/databases.ts';
import { publishItems } from '../../support/published-library.ts';
import { checkXml, type CheckedXml } from '../../support/xml-check.ts';

const site = new PublicSite('https://yuanjiao.example.cn');
const ITEMS = 60;
/** How often the harvester comes back while others write, and how much each of them writes meanwhile; both at least. */
const VISITS = 5;
const ROUNDS = 6;

/** What a harvester keeps: titles by identifier; what is deleted has none. */
class Copy {
  readonly titles = new Map<string, string | undefined>();
  /** The date to come back with. */
  since = '';

  take(part: CheckedXml): void {
    const identifiers = part.texts('//oai:record/oai:header/oai:identifier');
    const gone = new Set(part.texts("//oai:record/oai:header[@status='deleted']/oai:identifier"));
    const titles = part.texts('//dc:title').values();
    for (const identifier of identifiers) {
      this.titles.set(identifier, gone.has(identifier) ? undefined : titles.next().value);
    }
  }
}

/** The same sequence in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

onEachDatabase('A harvest while others write', (databases) => {
  let address: string;
  let database: Database;
  let writers: readonly Database[];
  let ids: readonly string[];
  let provider: OaiProvider;

  before(async function open() {
    address = await databases.address();
    database = await databases.open(address);
    await database.migrate();
    ids = await publishItems(
      database,
      Array.from({ length: ITEMS }, (_, index) => ({ title: `课 ${index}` })),
    );
    // As another process has it: connections of its own. The writers of one process share theirs.
    const other = await databases.open(address);
    writers = [database, database, other];
    provider = new OaiProvider(new RecordList(database), { partSize: 10 });
  });

  const ask = async (query: Readonly<Record<string, string>>): Promise<CheckedXml> =>
    checkXml(await provider.answer(new URLSearchParams(query), site), 'oai-pmh.xsd');

  /** Takes over everything from the copy's date on. */
  async function visit(copy: Copy): Promise<void> {
    let part = await ask({
      verb: 'ListRecords',
      metadataPrefix: 'oai_dc',
      ...(copy.since !== '' && { from: copy.since }),
    });
    // That of the first answer, as harvesters do who fear to miss what comes while they read.
    const date = part.text('/oai:OAI-PMH/oai:responseDate');
    for (;;) {
      copy.take(part);
      const [token = ''] = part.texts('//oai:resumptionToken');
      if (token === '') break;
      part = await ask({ verb: 'ListRecords', resumptionToken: token });
    }
    copy.since = date;
  }

  /**
   * Transactions of several changes, so that their stamps are older than their commits: titles, publications, new items. A
   * writer locks in the order of the ids, so that nobody waits in a circle.
   */
  async function write(own: Database, next: (below: number) => number, isOver: () => boolean): Promise<void> {
    const catalogue = new Catalogue(own).as('writer');
    for (let round = 0; round < ROUNDS || !isOver(); round++) {
      if (round % 5 === 1) await publishItems(own, [{ title: `新 ${round}` }]);
      const chosen = [
        ...new Set(Array.from({ length: 1 + next(8) }, () => ids[next(ids.length)] ?? '')),
      ].sort();
      const moves = chosen.map(() => next(3));
      await own.write(async (transaction) => {
        for (const [index, id] of chosen.entries()) {
          const [row] = await transaction.rows<{ publication: string }>(
            `SELECT publication FROM courseware WHERE id = $1${transaction.words.forUpdate}`,
            id,
          );
          if (moves[index] === 0) {
            const to = row?.publication === 'published' ? 'suspended' : 'published';
            await movePublication(transaction, 'writer', id, to, undefined);
          }
        }
      });
      const id = ids[next(ids.length)] ?? '';
      await catalogue.update(id, { title: `课 ${id} ${round} ${next(1000)}` });
    }
  }

  /** What the library really holds. */
  async function truth(): Promise<ReadonlyMap<string, string | undefined>> {
    const rows = await database.read((statements) =>
      statements.rows<{ id: string; title: string; publication: string }>(
        'SELECT id, title, publication FROM courseware WHERE published_at IS NOT NULL',
      ),
    );
    return new Map(
      rows.map(({ id, title, publication }) => [
        `oai:yuanjiao.example.cn:${id}`,
        publication === 'published' ? title : undefined,
      ]),
    );
  }

  it('misses nothing and keeps nothing that is gone, coming back with the date it was told', async function race() {
    let isOver = false;
    const writing = writers.map((own, index) => write(own, dice(index + 1), () => isOver));
    const copy = new Copy();
    try {
      for (let round = 0; round < VISITS; round++) await visit(copy);
    } finally {
      isOver = true;
      await Promise.all(writing);
    }
    const real = await truth();
    expect(real.size).to.be.above(ITEMS);
    await eventually(async () => {
      const [{ at } = { at: 0 }] = await database.read((statements) =>
        statements.rows<{ at: number }>(`SELECT ${statements.words.now} AS at`),
      );
      return at > Math.max(...(await stamps())) + 1 ? true : undefined;
    });
    await visit(copy);
    expect(Object.fromEntries(copy.titles)).to.deep.equal(Object.fromEntries(real));
  });

  async function stamps(): Promise<readonly number[]> {
    const rows = await database.read((statements) =>
      statements.rows<{ at: number }>(
        'SELECT MAX(updated_at) AS at FROM courseware UNION ALL SELECT COALESCE(MAX(at), 0) FROM tombstone',
      ),
    );
    return rows.map(({ at }) => at);
  }

  it('does not miss what was written long before it was committed', async function slow() {
    const [id = ''] = await publishItems(database, [{ title: '快' }]);
    // Where the writer holds the right to write, nobody can wait for it as long as this test would.
    const impatient = await databases.open(address, { busyTimeoutMs: 200 });
    const patient = provider;
    provider = new OaiProvider(new RecordList(impatient), { partSize: 10 });
    const copy = new Copy();
    let commit = (): void => {};
    const committing = new Promise<void>((resolve) => (commit = resolve));
    let tell: (stamp: number) => void = () => {};
    const written = new Promise<number>((resolve) => (tell = resolve));
    const writing = database.write(async (transaction) => {
      const [row] = await transaction.rows<{ updated_at: number }>(
        `UPDATE courseware SET title = '慢', updated_at = ${transaction.words.now} WHERE id = $1 RETURNING updated_at`,
        id,
      );
      tell(row?.updated_at ?? 0);
      await committing;
    });
    try {
      const stamp = await Promise.race([written, writing.then(() => 0)]);
      // Dates of the protocol are whole seconds; within one nothing can be missed.
      await eventually(async () => (Date.now() > stamp + 2000 ? true : undefined));
      await visit(copy);
      expect(Date.parse(copy.since)).to.be.at.most(stamp);
    } finally {
      commit();
      await writing;
      provider = patient;
    }
    await eventually(async () => {
      await visit(copy);
      return copy.titles.get(`oai:yuanjiao.example.cn:${id}`) === '慢' ? true : undefined;
    });
  });

  it('answers a token again with everything that has not changed since', async function repeat() {
    const first = await ask({ verb: 'ListRecords', metadataPrefix: 'oai_dc' });
    const resumptionToken = first.text('//oai:resumptionToken');
    const before = await ask({ verb: 'ListRecords', resumptionToken });
    let isOver = false;
    const writing = writers.map((own, index) => write(own, dice(index + 100), () => isOver));
    try {
      for (let round = 0; round < 3; round++) {
        const again = await ask({ verb: 'ListRecords', resumptionToken });
        const headersOf = (part: CheckedXml): readonly string[] =>
          part.texts('//oai:header').map((text) => text.replaceAll(/\s+/g, ' '));
        const now = new Set((await harvestAll()).flatMap(headersOf));
        const unchanged = headersOf(before).filter((header) => now.has(header));
        expect(headersOf(again)).to.include.members(unchanged);
      }
    } finally {
      isOver = true;
      await Promise.all(writing);
    }
  });

  async function harvestAll(): Promise<readonly CheckedXml[]> {
    const parts = [await ask({ verb: 'ListRecords', metadataPrefix: 'oai_dc' })];
    for (;;) {
      const [token = ''] = parts.at(-1)?.texts('//oai:resumptionToken') ?? [];
      if (token === '') return parts;
      parts.push(await ask({ verb: 'ListRecords', resumptionToken: token }));
    }
  }
});
