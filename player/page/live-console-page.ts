import { element } from '../controls/element.ts';
import { clockWithSeconds } from '../live/china-time.ts';
import { countdownOf } from '../live/countdown.ts';
import { LivePlayer } from '../live/live-player.ts';
import type { LiveState } from '../live/live-state.ts';
import { ApiProblem, callApi } from './api.ts';
import { AudiencePanel } from './live/audience-panel.ts';
import { ClassControls } from './live/class-controls.ts';
import { isOver, isRunning, planWords, takesEncoder, whoWords } from './live/class-words.ts';
import { consoleSource } from './live/console-state.ts';
import { ConsoleFeed } from './live/console-feed.ts';
import { DiskBanner } from './live/disk-banner.ts';
import { EncoderPanel } from './live/encoder-panel.ts';
import { KeyPanel } from './live/key-panel.ts';
import { classAddress, classIdOfPage, classPath } from './live/live-records.ts';
import type { LiveClassRecord } from './live/live-records.ts';
import { MarkPanel } from './live/mark-panel.ts';
import { NoticePanel } from './live/notice-panel.ts';
import { OverrunBanner } from './live/overrun-banner.ts';
import { QuestionPanel } from './live/question-panel.ts';
import { SessionPanel } from './live/session-panel.ts';
import { SlidePanel } from './live/slide-panel.ts';
import { Notice } from './notice.ts';
import { openFrame } from './page-frame.ts';
import { part, signInAddress } from './page-parts.ts';
import { problemWords } from './problem-words.ts';
import { isSignedIn } from './session.ts';

const classId = classIdOfPage();
const workerUrl = document.documentElement.dataset['worker'];
const notice = new Notice();
let record: LiveClassRecord | undefined;

function open(first: LiveClassRecord): void {
  const encoder = new EncoderPanel(classId, notice);
  const source = consoleSource(classId, ({ record: changed, air }) => {
    // Asked before an order was obeyed, and answered after it.
    if (record !== undefined && changed.revision < record.revision) return;
    show(changed);
    encoder.showAir(air);
    overrun.show(changed, air.overrun);
    disk.show(changed, air.disk);
  });
  const player = new LivePlayer(part('stage'), source, {
    ...(workerUrl === undefined ? {} : { workerUrl }),
    latency: 'low',
    isMuted: true,
    showsRehearsal: true,
  });
  const clock = { playingMs: (): number | undefined => player.state.playingMs };
  const controls = new ClassControls(notice, (changed) => {
    show(changed);
    player.refresh();
  });
  const overrun = new OverrunBanner(notice, (changed) => {
    show(changed);
    player.refresh();
  });
  const disk = new DiskBanner();
  const keys = new KeyPanel(classId, notice);
  const marks = new MarkPanel(classId, notice, clock);
  const slides = new SlidePanel(classId, notice, clock);
  const notices = new NoticePanel(classId, notice, () => player.refresh());
  const questions = new QuestionPanel(classId, notice);
  const audience = new AudiencePanel(classId);
  part('controls').append(controls.root);
  part('desk').before(disk.root, overrun.root);
  part('below').append(slides.root, marks.root, audience.root);
  part('right').append(encoder.root, questions.root, notices.root);
  if (first.source === 'rtmp') {
    encoder.root.after(keys.root);
    part('right').append(new SessionPanel(classId).root);
    if (takesEncoder(first)) void keys.load();
  }
  void marks.load();
  void slides.load();

  function show(changed: LiveClassRecord): void {
    record = changed;
    document.title = `${changed.title} · 导播台 · 远教`;
    part('title').textContent = changed.title;
    part('byline').textContent = [whoWords(changed), planWords(changed, Date.now())]
      .filter(Boolean)
      .join(' · ');
    controls.show(changed);
    encoder.root.hidden = !takesEncoder(changed);
    keys.root.hidden = !takesEncoder(changed);
    notices.root.hidden = isOver(changed);
    marks.close(isOver(changed));
    slides.close(isOver(changed));
  }

  show(first);
  player.listen((state, before) => {
    showClock(state);
    if (state.document !== before.document) notices.show(state.document?.notices ?? []);
  });
  new ConsoleFeed(classId, {
    onPresence: (news) => audience.show(news),
    onQuestions: (news) => questions.show(news),
    onLight: (news) => encoder.showLight(news),
    onLine: (isThere) => {
      part('line').hidden = isThere;
    },
  }).start();
  document.addEventListener('keydown', (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (target.closest('input, textarea, select, [contenteditable]') !== null) return;
    const kind = event.code === 'KeyB' ? 'chapter' : event.code === 'KeyN' ? 'section' : undefined;
    if (kind === undefined || record === undefined || !isRunning(record)) return;
    event.preventDefault();
    void marks.mark(kind);
  });
}

/** The server's clock, and how long until or since the beginning. */
function showClock({ serverMs }: LiveState): void {
  if (serverMs === undefined || record === undefined) return;
  const since = Date.parse(record.onAirAt ?? '');
  const { lead, figure } = countdownOf(Date.parse(record.plannedStart) - serverMs);
  const elapsed = countdownOf(serverMs - since).figure;
  const about = isRunning(record)
    ? `已开播 ${elapsed}`
    : record.state === 'announced' || record.state === 'scheduled' || record.state === 'rehearsing'
      ? figure === ''
        ? '已到开课时间'
        : `${lead} ${figure}`
      : '';
  const words = [clockWithSeconds(serverMs), about].filter(Boolean).join(' · ');
  if (part('clock').textContent !== words) part('clock').textContent = words;
}

async function begin(): Promise<void> {
  if (!(await isSignedIn())) {
    location.assign(signInAddress());
    return;
  }
  part('links').append(
    element('a', { href: classAddress(classId) }, '观众看到的页面'),
    element('a', { href: '/live-classes' }, '全部直播课'),
  );
  try {
    open(await callApi<LiveClassRecord>(classPath(classId)));
    part('desk').hidden = false;
    part('status').textContent = '';
  } catch (error) {
    const isGone = error instanceof ApiProblem && error.status === 404;
    part('status').textContent = isGone ? '找不到这堂课，可能已被删除。' : problemWords(error);
  }
}

openFrame();
void begin();
