import { element } from '../controls/element.ts';
import { deviceStorage } from '../device-storage.ts';
import { clockOfDay } from '../live/china-time.ts';
import { LivePlayer } from '../live/live-player.ts';
import type { LiveState } from '../live/live-state.ts';
import { Presence } from '../live/presence.ts';
import type { LiveNotice, LiveStateDocument } from '../live/state-document.ts';
import { callApi } from './api.ts';
import { wholeFacts } from './fact-text.ts';
import { AskPanel } from './live/ask-panel.ts';
import { planWords, whoWords } from './live/class-words.ts';
import { classAddress, classIdOfPage, classPath, stateAddress } from './live/live-records.ts';
import type { LiveClassRecord } from './live/live-records.ts';
import { ReceiptPanel } from './live/receipt-panel.ts';
import { SlideView } from './live/slide-view.ts';
import { valueAddress } from './search/search-query.ts';
import { openFrame } from './page-frame.ts';
import { part } from './page-parts.ts';
import { isSignedIn } from './session.ts';

const SAMPLE_MS = 1_000;
const SOON_MS = 60 * 60_000;

const classId = classIdOfPage();
const workerUrl = document.documentElement.dataset['worker'];
const player = new LivePlayer(part('stage'), stateAddress(classId), {
  ...(workerUrl === undefined ? {} : { workerUrl }),
  keys: 'page',
  screen: part('stage-row'),
  onBack: () => {
    if (history.length > 1) history.back();
    else location.assign('/live-classes');
  },
});

/** What takes part in the class: made when the first document says that there is one. */
let room: { readonly ask: AskPanel; readonly receipt: ReceiptPanel } | undefined;

const presence = new Presence(classId, deviceStorage(), async ({ played }) => {
  const { nextBeatSeconds } = await callApi<{ readonly nextBeatSeconds: number | null }>(
    classPath(classId, 'presence'),
    {
      method: 'POST',
      keepalive: true,
      body: {
        played: played.map(({ fromMs, toMs }) => ({ from: Math.round(fromMs), to: Math.round(toMs) })),
      },
    },
  );
  return { nextBeatMs: nextBeatSeconds === null ? null : nextBeatSeconds * 1_000 };
});

function show(state: LiveState, before: LiveState): void {
  const { document: known } = state;
  if (known === undefined || known === before.document) return;
  document.title = `${known.title} · 直播课堂 · 远教`;
  part('title').textContent = known.title;
  const facts = [whoWords(known), planWords(known, state.serverMs ?? Date.parse(known.now))];
  part('byline').textContent = wholeFacts(facts.filter(Boolean).join(' · '));
  showNotices(known.notices);
  takePart(known, state.serverMs);
}

function showNotices(notices: readonly LiveNotice[]): void {
  part('notices').hidden = notices.length === 0;
  const list = part('notice-list');
  const text = notices.map(({ id }) => id).join();
  if (list.dataset['shown'] === text) return;
  list.dataset['shown'] = text;
  list.textContent = '';
  for (const { text: words, at } of notices) {
    list.append(
      element(
        'li',
        { class: 'live-notice-line' },
        element('span', { class: 'live-time' }, clockOfDay(Date.parse(at))),
        element('span', {}, words),
      ),
    );
  }
}

function takePart(known: LiveStateDocument, serverMs: number | undefined): void {
  const { state, asksQuestions, wantsReceipt } = known;
  const leftMs = Date.parse(known.plannedStart) - (serverMs ?? Date.parse(known.now));
  const isOn = state === 'on_air' || state === 'interrupted';
  const isNear = isOn || (state === 'announced' && leftMs < SOON_MS);
  const isOver = state === 'ended' || state === 'recorded';
  if (isNear || isOver) presence.start();
  const mayConfirm = wantsReceipt && (isOn || state === 'announced' || isOver);
  const mayAsk = asksQuestions && isNear;
  if (room === undefined && (mayAsk || mayConfirm)) {
    room = { ask: new AskPanel(classId), receipt: new ReceiptPanel(classId) };
    part('room').append(room.receipt.root, room.ask.root);
    void room.receipt.load();
    room.ask.follow();
  }
  if (room === undefined) return;
  room.ask.root.hidden = !mayAsk;
  room.receipt.root.hidden = !mayConfirm;
  part('room').hidden = !mayAsk && !mayConfirm;
}

/** What the state document does not tell: it is asked once, and the class plays without it. */
async function showFacts(): Promise<void> {
  try {
    const { description, tags, state } = await callApi<LiveClassRecord>(classPath(classId));
    part('description').textContent = description;
    for (const tag of tags) {
      part('tags').append(element('a', { class: 'chip is-small', href: valueAddress('tag', tag) }, tag));
    }
    if (state === 'announced') {
      part('actions').append(
        element('a', { class: 'button is-small', href: classPath(classId, 'calendar.ics') }, '加到日历'),
      );
    }
  } catch {
    // The picture is what counts.
  }
  part('actions').append(element('a', { class: 'button is-small', href: '/live-classes' }, '全部直播课'));
  if (await isSignedIn()) {
    part('actions').append(
      element('a', { class: 'button is-small', href: classAddress(classId, '/console') }, '导播台'),
    );
  }
}

openFrame();
const slide = new SlideView(part('slide'), (isLarge) => {
  part('stage-row').classList.toggle('has-large-slide', isLarge);
});
player.listen((state, before) => {
  slide.show(state);
  part('stage-row').classList.toggle('has-no-slide', part('slide').hidden !== false);
  show(state, before);
  // A column with nothing in it only makes the picture smaller.
  const hasBeside = Array.from(part('beside').children).some((child) => !(child as HTMLElement).hidden);
  part('stage-row').classList.toggle('has-beside', hasBeside);
});
setInterval(() => {
  const { isMoving, playingMs } = player.state;
  presence.sample(isMoving ? playingMs : undefined);
}, SAMPLE_MS);
window.addEventListener('pagehide', () => presence.leave());
void showFacts();
