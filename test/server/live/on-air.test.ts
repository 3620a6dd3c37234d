import { expect } from 'chai';

import type { ClassBook } from '../../../server/live/class-book.ts';
import type { LiveClass } from '../../../server/live/live-class.ts';
import { startSite, type CoursewareSite } from '../../support/courseware-site.ts';
import { startEncoder, type Encoder, type EncoderPictures } from '../../support/encoder.ts';

import { until } from '../../support/until.ts';

interface State {
  readonly state: string;
  readonly playlistUrl?: string;
  readonly dvrUrl?: string;
  readonly slate: { readonly kind: string };
}

describe('A live class', function liveClass() {
  this.timeout(60_000);
  let site: CoursewareSite;
  let book: ClassBook;
  const encoders: Encoder[] = [];

  before(async () => {
    site = await startSite({ env: { YUANJIAO_LIVE_PORT: '0' } });
    book = site.foundation.classes;
  });

  afterEach(async () => {
    for (const encoder of encoders.splice(0)) await encoder.stop('SIGKILL');
  });

  after(() => site.close());

  /** A class whose hour has come, announced. */
  async function announced(title: string): Promise<LiveClass> {
    const { id } = await book.create({
      title,
      lecturers: [`讲师${title}`],
      plannedStart: new Date(Date.now() - 60_000).toISOString(),
      plannedEnd: new Date(Date.now() + 3_600_000).toISOString(),
      ladder: 'source',
      graceSeconds: 5,
      state: 'scheduled',
    });
    return book.move(id, 'announced');
  }

  function publish(key: string, pictures?: EncoderPictures): Encoder {
    const encoder = startEncoder(`rtmp://127.0.0.1:${site.server.ingestAddress?.port}/live/${key}`, pictures);
    encoders.push(encoder);
    return encoder;
  }

  async function stateOf(id: string): Promise<State> {
    return (await (await fetch(`${site.base}/live/class/${id}.json`)).json()) as State;
  }

  it('goes from the encoder to the hall and into the catalogue', async () => {
    const { id } = await announced('嫁接');
    const key = await book.issueKey(id, 'main');
    await book.marks.add(id, { kind: 'chapter', text: '开场' });
    expect((await stateOf(id)).slate.kind).to.equal('lobby');
    publish(key);
    const shown = await until('there is something to play', async () => {
      const state = await stateOf(id);
      return state.playlistUrl !== undefined && state;
    });
    expect(shown.state).to.equal('on_air');
    const playlist = `${site.base}${shown.playlistUrl}`.replace('index.m3u8', 'source/index.m3u8');
    expect(await (await fetch(playlist)).text()).to.include('#EXT-X-PART:DURATION=0.480');
    await book.move(id, 'ended');
    const recorded = await until('it is in the catalogue', async () => {
      const liveClass = await book.get(id);
      return liveClass.recordingCoursewareId !== undefined && liveClass;
    });
    const item = await site.foundation.catalogue.get(recorded.recordingCoursewareId ?? '');
    expect(item).to.include({ title: '嫁接', kind: 'live_replay', origin: 'live', publication: 'draft' });
    expect(item.current?.isPlayable).to.equal(true);
    await until('it is stored', async () => (await book.get(id)).state === 'recorded');
    const { current } = await site.foundation.catalogue.get(item.id);
    expect(current).to.include({ production: 'ready', duration: item.current?.duration });
  });
});
