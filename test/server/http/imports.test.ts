import { expect } from 'chai';

import { readTable } from '../../../server/exchange/table-reader.ts';
import { startSite, type CoursewareSite } from '../../support/courseware-site.ts';

describe('Tables of courseware over HTTP', () => {
  let site: CoursewareSite;
  before(async () => {
    site = await startSite();
  });
  after(() => site.close());

  function send(
    path: string,
    body: string | Uint8Array,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(site.base + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${site.token}`, ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
  }

  const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

  it('tries a table, takes it in, and gives it back', async () => {
    const table = '编号,标题,标签\nSX-1,桃形李,乡土\nSX-2,香榧,创业先锋\n';
    const trial = (await (await send('/api/v1/imports?dryRun=true', table)).json()) as object;
    expect(trial).to.deep.include({ added: 2, isDone: false, source: 'UTF-8，逗号分隔' });
    const taken = (await (await send('/api/v1/imports', table)).json()) as object;
    expect(taken).to.deep.include({ added: 2, problemCount: 0, isDone: true });

    const csv = await site.ask('GET', '/api/v1/exports/courseware.csv?tag=乡土');
    expect(csv.headers.get('content-disposition')).to.include("filename*=UTF-8''");
    const { rows } = await readTable(await bytesOf(csv));
    expect(rows.map((row) => row[1])).to.deep.equal(['标题', '桃形李']);

    const xlsx = await bytesOf(await site.ask('GET', '/api/v1/exports/courseware.xlsx'));
    const again = (await (await send('/api/v1/imports', xlsx)).json()) as object;
    expect(again).to.deep.include({ added: 0, changed: 0, same: 2 });
    const [entry] = await site.foundation.catalogue.history(
      (await site.foundation.catalogue.list({ text: '桃形李' })).items[0]?.id ?? '',
    );
    expect(entry?.actor).to.equal('token test');
  });

  it('names the cells of a table it does not take', async () => {
    const response = await send('/api/v1/imports', '编号,标题,类型\n1,题,电影\n');
    expect(response.status).to.equal(200);
    const report = (await response.json()) as {
      problems: { cell: string; message: string }[];
      isDone: boolean;
    };
    expect(report.isDone).to.equal(false);
    expect(report.problems.map(({ cell }) => cell)).to.deep.equal(['C2']);
  });

  it('says in Chinese what is wrong with a file that is no table', async () => {
    const response = await send('/api/v1/imports', new Uint8Array(Buffer.from('d0cf11e0a1b11ae1', 'hex')));
    expect(response.status).to.equal(422);
    const problem = (await response.json()) as { code: string; detail: string };
    expect(problem.code).to.equal('table-unreadable');
    expect(problem.detail).to.include('另存为 .xlsx');
  });

  it('hands the template out in both forms, and nothing to strangers', async () => {
    for (const format of ['xlsx', 'csv']) {
      const response = await site.ask('GET', `/api/v1/imports/template.${format}`);
      const { rows } = await readTable(await bytesOf(response));
      expect(rows[0]?.slice(0, 2), format).to.deep.equal(['编号', '标题']);
    }
    for (const path of ['/api/v1/imports/template.csv', '/api/v1/exports/courseware.csv']) {
      expect((await fetch(site.base + path)).status).to.equal(401);
    }
    expect((await fetch(`${site.base}/api/v1/imports`, { method: 'POST', body: 'x' })).status).to.equal(401);
    expect((await site.ask('GET', '/api/v1/imports/template.pdf')).status).to.equal(422);
  });
});
