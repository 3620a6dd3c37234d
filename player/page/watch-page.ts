import { element } from '../controls/element.ts';
import { CoursewarePlayer } from '../courseware-player.ts';
import type { PlaybackDescriptor } from '../descriptor.ts';
import { ApiProblem, apiPath, callApi } from './api.ts';
import type { CoursewareRecord } from './api.ts';
import { showChapterList } from './chapter-list.ts';
import { offerDownloads } from './download-menu.ts';
import { followInputKind, part, showAccount, signInAddress } from './page-frame.ts';
import { problemWords } from './problem-words.ts';

const ASK_AGAIN_MS = 4_000;

const coursewareId = decodeURIComponent(location.pathname.replace(/^\/watch\//, '').replace(/\/$/, ''));
const stage = part('stage');
const waiting = part('waiting');
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
    explain(error);
  }
}

function explain(error: unknown): void {
  const status = error instanceof ApiProblem ? error.status : -1;
  const home = element('a', { class: 'button', href: '/' }, '返回课件目录');
  if (status === 401 || status === 403) {
    say(
      '这一课还没有公开，登录后才能观看。',
      element('a', { class: 'button is-first', href: signInAddress() }, '登录'),
      home,
    );
  } else if (status === 404 || status === 410) {
    say('找不到这一课，可能已下架，或网址不完整。', home);
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
  showTitle(descriptor.title);
  showChapterList(part('chapters'), descriptor.chapters ?? [], player);
  player.load(descriptor);
}

function showTitle(title: string): void {
  document.title = `${title} · 远教`;
  part('title').textContent = title;
}

async function showFacts(): Promise<void> {
  try {
    const { title, description, series, tags, current } = await callApi<CoursewareRecord>(
      apiPath('courseware', coursewareId),
    );
    showTitle(title);
    if (current?.production === 'ready') offerDownloads(part('downloads'), coursewareId);
    part('description').textContent = description;
    const facts = part('facts');
    if (typeof series === 'string' && series !== '') {
      facts.append(
        element('a', { class: 'chip', href: `/?series=${encodeURIComponent(series)}` }, `系列：${series}`),
      );
    }
    for (const tag of tags) {
      facts.append(element('a', { class: 'chip', href: `/?tag=${encodeURIComponent(tag)}` }, tag));
    }
  } catch {
    // The lecture plays without its description.
  }
}

followInputKind();
void showAccount();
void showFacts();
void begin();
