import { expect } from 'chai';
import type { Browser } from 'playwright-core';

import type { FlvTag } from 'yuanjiao/live';

import { axeViolations } from '../../support/axe.ts';
import { launchChromium, newVisitor } from '../../support/chromium.ts';
import type { Visitor } from '../../support/chromium.ts';
import { makeLiveClip } from '../../support/live-clip.ts';
import { LiveScreen } from '../../support/live-screen.ts';
import { LiveStage } from '../../support/live-stage.ts';
import { testFolder } from '../../support/media.ts';
import { until } from '../../support/until.ts';

/** No hall waits for others in a test. */
const OPTIONS = { healing: { firstSpreadMs: 200, longestSpreadMs: 400 } };

/** One class from its lobby to its end: each test goes on where the one before has left it. */
describe('player of a live class', function () {
  this.timeout(180_000);
  let browser: Browser;
  let clip: readonly FlvTag[];
  let stage: LiveStage;
  let visitor: Visitor;
  let screen: LiveScreen;

  before(async function () {
    browser = await launchChromium(this, 'the player of live classes');
    const folder = await testFolder();
    clip = await makeLiveClip(folder);
    await folder.remove();
    stage = await LiveStage.open();
    visitor = await newVisitor(browser);
    screen = new LiveScreen(visitor.page);
  });

  after(async () => {
    await browser?.close();
    await stage?.remove();
  });

  afterEach(() => {
    expect(visitor.complaints).to.deep.equal([]);
  });

  /** Does what the state document says now at once, instead of at the next question. */
  async function tell(facts: Parameters<LiveStage['say']>[0]): Promise<void> {
    stage.say(facts);
    await screen.call('refresh');
  }

  async function atEdge(): Promise<void> {
    await screen.cover('none');
    await screen.move();
    await until('it is with the lecturer', async () => (await screen.behind()) < 4.5);
  }

  it('says that a class is cancelled, in the organiser’s words', async () => {
    stage.say({ state: 'cancelled', slate: { kind: 'cancelled', text: '老师临时有任务。' } });
    await screen.open(stage.url, OPTIONS);
    await screen.cover('cancelled');
    await visitor.page.getByText('老师临时有任务。').waitFor();
    expect(await axeViolations(visitor.page)).to.deep.equal([]);
  });

  it('counts down in the lobby without asking for a playlist, and begins by itself', async () => {
    const plannedStart = new Date(Date.now() + 10 * 60_000).toISOString();
    await tell({ state: 'announced', slate: { kind: 'lobby', text: '' }, plannedStart });
    await screen.cover('lobby');
    await visitor.page.waitForFunction(() =>
      /^0\d:\d\d$/.test(document.querySelector('.yj-slate-figure')?.textContent ?? ''),
    );
    expect(await axeViolations(visitor.page)).to.deep.equal([]);
    stage.send(clip);
    await until('there is something to play', () => stage.isPlayable);
    await tell({ plannedStart: new Date().toISOString() });
    await visitor.page.getByText('马上开始').waitFor();
    expect(stage.requests.filter((line) => line.includes('.m3u8'))).to.deep.equal([]);
    stage.sayOnAir();
    await screen.cover('none');
    await screen.move();
    // A slow machine's picture may stand once it has moved.
    const covers = await screen.covers();
    expect(covers.slice(0, covers.indexOf('none') + 1)).to.deep.equal([
      'cancelled',
      'lobby',
      'starting',
      'none',
    ]);
  });

  it('plays two to three seconds behind the lecturer, by parts', async () => {
    await atEdge();
    expect(stage.requests.some((line) => line.includes('_HLS_part='))).to.equal(true);
  });

  it('begins silent where the browser refuses sound, and says how to hear', async function () {
    const strict = await launchChromium(this, 'a live class on everybody’s own computer', 'refused');
    try {
      const { page } = await newVisitor(strict);
      const own = new LiveScreen(page);
      await own.openUntouched(stage.url, OPTIONS);
      await own.move();
      expect(await own.state()).to.include({ isSilenced: true, isMuted: true });
      await page.getByRole('button', { name: '打开声音' }).click();
      await page.waitForFunction(() => document.querySelector('video')?.muted === false);
      await own.move();
    } finally {
      await strict.close();
    }
  });

  it('shows a notice over the picture as soon as it is said', async () => {
    await tell({ notices: [{ id: 'n1', text: '请填写收看回执', at: new Date().toISOString() }] });
    await visitor.page.locator('.yj-live-notice').getByText('请填写收看回执').waitFor();
  });

  it('covers an interruption, and goes on by itself when the encoder is back', async () => {
    await stage.cut();
    await tell({ state: 'interrupted', slate: { kind: 'interrupted', text: '' } });
    await screen.cover('interrupted');
    await visitor.page.getByText('直播信号中断，马上回来').waitFor();
    stage.send(clip);
    stage.sayOnAir();
    await atEdge();
    expect((await screen.state()).rebuilds).to.equal(0);
  });

  it('gets over an origin that is killed, with the journal alone left', async () => {
    await stage.crash();
    await screen.cover('reconnecting');
    await stage.restart();
    stage.send(clip);
    await atEdge();
  });

  it('goes back to the beginning, over all interruptions, and returns to the lecturer', async () => {
    const { span } = await screen.state();
    const wanted = (span?.fromMs ?? 0) + 500;
    const askedAt = Date.now();
    await screen.goTo(wanted);
    await visitor.page.waitForSelector('.yj-live[data-place="rewound"][data-cover="none"]');
    await screen.move();
    const { playingMs } = await screen.state();
    // From there on it has played at most for as long as that is ago.
    expect((playingMs ?? 0) - wanted).to.be.within(-500, Date.now() - askedAt + 500);
    await visitor.page.getByText('回看', { exact: true }).waitFor();
    expect(await axeViolations(visitor.page)).to.deep.equal([]);
    await visitor.page.mouse.move(220, 220);
    await visitor.page.getByRole('button', { name: '回到直播' }).click();
    await visitor.page.waitForSelector('.yj-live[data-place="edge"][data-cover="none"]');
    await atEdge();
  });

  it('plays farther behind from the same playlist, without its parts', async () => {
    await visitor.page.mouse.move(200, 200);
    await visitor.page.getByRole('button', { name: '延迟' }).click();
    await visitor.page.getByRole('menuitemradio', { name: '更稳（约 7 秒）' }).click();
    await screen.move();
    // Six seconds of picture may reach back over the outage, whose time counts too until it is played past.
    await until('it plays farther behind', async () => {
      const behind = await screen.behind();
      return behind > 4.5 && behind < 12;
    });
    stage.requests.length = 0;
    const asked = (): readonly string[] => stage.requests.filter((line) => line.includes('index.m3u8'));
    await until('more playlists were asked for', () => asked().length > 1);
    // It may name a part to say which playlist it waits for; it fetches none.
    expect(stage.requests.filter((line) => /\/p\d+\.\d+\.m4s/.test(line))).to.deep.equal([]);
  });

  it('hurries a little when it has fallen behind there too, and never where the viewer went back', async () => {
    const rate = async (): Promise<number> =>
      await visitor.page.evaluate(() => document.querySelector('video')?.playbackRate ?? 0);
    await visitor.page.evaluate(() => {
      const video = document.querySelector('video');
      if (video !== null) video.currentTime -= 5;
    });
    await until('it hurries', async () => (await rate()) > 1);
    expect(await rate()).to.be.at.most(1.1);
    const { span } = await screen.state();
    await screen.goTo((span?.fromMs ?? 0) + 500);
    await visitor.page.waitForSelector('.yj-live[data-place="rewound"][data-cover="none"]');
    await until('it plays as the lecturer spoke', async () => (await rate()) === 1);
    await screen.move();
    expect(await rate()).to.equal(1);
    await screen.call('goLive');
    await visitor.page.waitForSelector('.yj-live[data-place="edge"][data-cover="none"]');
  });

  it('comes nearer again when low latency is chosen', async () => {
    await visitor.page.mouse.move(210, 210);
    await visitor.page.getByRole('button', { name: '延迟' }).click();
    await visitor.page.getByRole('menuitemradio', { name: '低延迟（约 2 秒）' }).click();
    await atEdge();
  });

  it('plays the last seconds, says that it is over, and leads to the recording', async () => {
    await stage.end();
    const { playlistUrl: _gone, ...rest } = stage.document;
    stage.document = { ...rest, state: 'ended', replay: { coursewareId: 'c1', url: '/watch/c1' } };
    await tell({ slate: { kind: 'ended', text: '' } });
    await screen.cover('ended');
    const link = visitor.page.getByRole('link', { name: '看录像' });
    await link.waitFor();
    expect(await link.getAttribute('href')).to.equal('/watch/c1');
  });
});
