import { expect } from 'chai';

import { seedLecture, startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { until } from '../../support/until.ts';

describe('media that several items play', () => {
  const SHA = '0'.repeat(64);
  let site: CoursewareSite;
  let media: string;
  let first: string;
  let second: string;

  before(async () => {
    site = await startSite();
    const { catalogue } = site.foundation;
    const lecture = await seedLecture(site, { '480p/0000-1.mp4': '一段画面' }, { isPublished: false });
    first = lecture.courseware.id;
    ({ id: second } = await catalogue.create({ title: '同一部片子' }));
    await catalogue.shareMaking(second, SHA);
    media = `${site.base}/v/${lecture.generation}/480p/0000-1.mp4`;
  });
  after(() => site.close());

  const publication = async (id: string, to: string): Promise<void> => {
    const reply = await site.ask('POST', `/api/v1/courseware/${id}/publication`, { to });
    expect(reply.status).to.equal(200);
  };

  it('are for everybody as soon as one of the items is, and for nobody else once none is', async () => {
    expect((await fetch(media)).status).to.equal(401);
    await publication(second, 'published');
    expect((await fetch(media)).status).to.equal(200);
    await publication(first, 'published');
    await publication(second, 'suspended');
    expect((await fetch(media)).status).to.equal(200);
    await publication(first, 'suspended');
    expect((await fetch(media)).status).to.equal(401);
    await publication(second, 'published');
  });

  it('stay when one of the items is removed, and go with the last', async () => {
    await publication(first, 'withdrawn');
    await publication(first, 'draft');
    const removed = await site.ask('DELETE', `/api/v1/courseware/${first}`);
    expect(removed.status).to.equal(204);
    expect(await (await fetch(media)).text()).to.equal('一段画面');
    await publication(second, 'withdrawn');
    await publication(second, 'draft');
    expect((await site.ask('DELETE', `/api/v1/courseware/${second}`)).status).to.equal(204);
    await until('the media are gone', async () => {
      for await (const _ of site.foundation.store.list('lectures/')) return false;
      return true;
    });
  });

  it('cannot be stopped in the making by one of the items alone', async () => {
    const { catalogue, database } = site.foundation;
    const { courseware, generation } = await seedLecture(site, {}, { isPublished: false });
    await database.write((transaction) =>
      transaction.rows("UPDATE version SET production = 'transcoding' WHERE generation = $1", generation),
    );
    const { id } = await catalogue.create({ title: '同一部片子' });
    await catalogue.shareMaking(id, SHA);
    const cancel = (): Promise<Response> => site.ask('POST', `/api/v1/courseware/${id}/production/cancel`);
    const refused = await cancel();
    expect(refused.status).to.equal(409);
    expect(await refused.json()).to.include({ code: 'conflict' });
    await catalogue.remove(courseware.id);
    expect((await cancel()).status).to.equal(200);
  });
});
