import { button, element } from '../controls/element.ts';
import { CoursewarePlayer } from '../courseware-player.ts';
import type { PlaybackDescriptor } from '../descriptor.ts';
import { clockText } from '../duration-text.ts';
import { ApiProblem, apiPath, callApi, newUuid } from './api.ts';
import type { CoursewareRecord } from './api.ts';
import { showChapterList } from './chapter-list.ts';
import { copyText } from './copy-text.ts';
import { watchAddress } from './courseware-card.ts';
import { offerDownloads } from './download-menu.ts';
import { wholeFacts } from './fact-text.ts';
import { Notice } from './notice.ts';
import { openFrame } from './page-frame.ts';
import { part, signInAddress } from './page-parts.ts';
import { problemWords } from './problem-words.ts';
import { valueAddress } from './search/search-query.ts';
import { FavouriteButton, ListMenu } from './watch/keep-menu.ts';
import { bylineOf, showFactList } from './watch/lecture-facts.ts';
import { showSlides } from './watch/lecture-slides.ts';
import { offerMoments } from './watch/moment-search.ts';
import { PlayCount } from './watch/play-count.ts';
import { showRelated, showSeries } from './watch/side-list.ts';
import { readStart } from './watch/start-time.ts';

const ASK_AGAIN_MS = 4_000;
const PLAY_REPORT_TRIES = 6;

const coursewareId = decodeURIComponent(location.pathname.replace(/^\/watch\//, '').replace(/\/$/, ''));
const stage = part('stage');
const waiting = part('waiting');
const notice = new Notice();
const workerUrl = document.documentElement.dataset['worker'];

function fetchDescriptor(): Promise<PlaybackDescriptor> {
  return callApi<PlaybackDescriptor>(apiPath('courseware', coursewareId, 'playback'));
}

function say(words: string, ...links: readonly HTMLElement[]): void {
  waiting.hidden = false;
  waiting.textContent = words;
  waiting.append(...links);
}

async function begin(): Promise<void> {
  try {
    const descriptor = await fetchDescriptor();
    waiting.hidden = true;
    play(descriptor);
  } catch (error) {
    await explain(error);
  }
}

async function explain(error: unknown): Promise<void> {
  const status = error instanceof ApiProblem ? error.status : -1;
  const home = element('a', { class: 'button', href: '/' }, '返回课件目录');
  if (status === 401 || status === 403) {
    say(
      '这一课还没有公开，登录后才能观看。',
      element('a', { class: 'button is-first', href: signInAddress() }, '登录'),
      home,
    );
  } else if (status === 404 || status === 410) {
    const isKnown = await shown;
    part('keys').hidden = !isKnown;
    if (!isKnown) showTitle('找不到这一课');
    say(isKnown ? '这一课还没有可以播放的视频。' : '找不到这一课，可能已下架，或网址不完整。', home);
  } else {
    // Still being made, or the server is away for a moment: a hall must not have to reload.
    say(
      status === 409
        ? '这一课的视频还没有准备好，可以播放时会自动开始…'
        : `${problemWords(error)} 正在自动重试…`,
      home,
    );
    setTimeout(() => void begin(), ASK_AGAIN_MS);
  }
}

function play(descriptor: PlaybackDescriptor): void {
  stage.textContent = '';
  const player = new CoursewarePlayer(stage, {
    ...(workerUrl === undefined ? {} : { workerUrl }),
    keys: 'page',
    findNewAddress: fetchDescriptor,
    onBack: () => {
      if (history.length > 1) history.back();
      else location.assign('/');
    },
  });
  const jump = (second: number): void => {
    player.seekTo(second);
    player.play();
  };
  const chapters = descriptor.chapters ?? [];
  showTitle(descriptor.title);
  showChapterList(part('chapters'), chapters, player);
  if (descriptor.captions.length > 0) offerMoments(coursewareId, jump);
  const slides = descriptor.slides ?? [];
  if (slides.length > 0) showSlides(part('beside'), slides, player);
  const hasBeside = chapters.length + slides.length > 0;
  part('beside').hidden = !hasBeside && descriptor.captions.length === 0;
  // The search field alone goes below the picture: it would leave a column empty.
  part('stage-row').classList.toggle('has-beside', hasBeside);
  const count = new PlayCount(() => void reportPlay());
  player.listen((state) => count.follow(state));
  showShare(player);
  const startAt = readStart(location.search);
  player.load(descriptor, startAt === undefined ? {} : { startAt });
}

/** Told again after an outage: the same id counts once. */
async function reportPlay(): Promise<void> {
  const id = newUuid();
  for (let tries = 0; tries < PLAY_REPORT_TRIES; tries += 1) {
    try {
      await callApi(apiPath('courseware', coursewareId, 'plays'), { method: 'POST', body: { id } });
      return;
    } catch (error) {
      if (error instanceof ApiProblem && error.status >= 400 && error.status < 500) return;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS * 2 ** tries));
    }
  }
}

function showShare(player: CoursewarePlayer): void {
  const share = button({ class: 'button is-small' }, '复制此刻的链接');
  share.addEventListener('click', () => {
    const { position } = player.state;
    const address = new URL(watchAddress(coursewareId, position > 1 ? position : undefined), location.href);
    void copyText(address.href).then((isDone) =>
      notice.say(isDone ? `已复制从 ${clockText(position)} 开始的链接。` : `请手工复制：${address.href}`),
    );
  });
  part('actions').append(share);
}

function showTitle(title: string): void {
  document.title = `${title} · 远教`;
  part('title').textContent = title;
}

/** @returns whether there is such a lecture */
async function showFacts(): Promise<boolean> {
  let isKnown = false;
  try {
    const courseware = await callApi<CoursewareRecord>(apiPath('courseware', coursewareId));
    const { title, description, tags, current, seriesId, publication } = courseware;
    isKnown = true;
    showTitle(title);
    part('byline').textContent = wholeFacts(bylineOf(courseware));
    if (current?.production === 'ready') offerDownloads(part('downloads'), coursewareId);
    part('description').textContent = description;
    for (const tag of tags) {
      part('tags').append(element('a', { class: 'chip is-small', href: valueAddress('tag', tag) }, tag));
    }
    showFactList(part('facts'), courseware);
    if (publication === 'published') {
      const kept = new FavouriteButton(coursewareId, notice);
      part('actions').prepend(kept.root, new ListMenu(coursewareId, notice).root);
    }
    await Promise.all([
      showRelated(coursewareId),
      typeof seriesId === 'string' ? showSeries(seriesId, coursewareId) : undefined,
    ]);
  } catch {
    // The lecture plays without what is around it.
  }
  return isKnown;
}

openFrame();
const shown = showFacts();
void begin();
