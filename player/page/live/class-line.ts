import { element } from '../../controls/element.ts';
import { wholeFacts } from '../fact-text.ts';
import { clockOfDay } from '../../live/china-time.ts';
import { spokenDuration } from '../../duration-text.ts';
import { STATE_WORDS, isRunning, planWords, whoWords } from './class-words.ts';
import { classAddress, classPath } from './live-records.ts';
import type { LiveClassRecord } from './live-records.ts';

/** A class that is on the air, large: the way in is the whole of it. */
export function runningCard(item: LiveClassRecord, nowMs: number): HTMLElement {
  const since = Date.parse(item.onAirAt ?? '');
  const facts = [
    whoWords(item),
    Number.isNaN(since) ? '' : `已开播 ${spokenDuration(Math.max(60, (nowMs - since) / 1_000))}`,
  ];
  return element(
    'li',
    { class: 'card live-now' },
    runningDot(item),
    element(
      'h3',
      { class: 'card-title' },
      element('a', { class: 'card-link', href: classAddress(item.id) }, item.title),
    ),
    element('p', { class: 'card-facts' }, wholeFacts(facts.filter(Boolean).join(' · '))),
    element('span', { class: 'button is-first', 'aria-hidden': 'true' }, '进入直播'),
  );
}

function runningDot({ state }: LiveClassRecord): HTMLElement {
  const words = state === 'on_air' ? '正在直播' : '信号中断，马上回来';
  return element('span', { class: `live-dot is-${state}` }, words);
}

/** A class that comes, or does not: a line of the day. */
export function upcomingLine(item: LiveClassRecord): HTMLElement {
  const { id, title, state, plannedStart, plannedEnd, announcement } = item;
  const isOff = state === 'cancelled' || state === 'postponed';
  const time = `${clockOfDay(Date.parse(plannedStart))} – ${clockOfDay(Date.parse(plannedEnd))}`;
  const words = element(
    'div',
    { class: 'live-words' },
    element(
      'h4',
      { class: 'live-title' },
      element('a', { href: classAddress(id) }, title),
      ...(isOff || state === 'draft' || state === 'scheduled'
        ? [element('span', { class: `state is-${state}` }, STATE_WORDS[state])]
        : []),
    ),
    element('p', { class: 'card-facts' }, whoWords(item)),
  );
  if (isOff && typeof announcement === 'string' && announcement !== '') {
    words.append(element('p', { class: 'hint' }, announcement));
  }
  const line = element(
    'li',
    { class: isOff ? 'live-line is-off' : 'live-line' },
    element('span', { class: 'live-time' }, time),
    words,
  );
  if (!isOff && state === 'announced') {
    line.append(
      element(
        'a',
        {
          class: 'button is-small',
          href: classPath(id, 'calendar.ics'),
          'aria-label': `把《${title}》加到日历`,
        },
        '加到日历',
      ),
    );
  }
  return line;
}

/** A class that is over: a line with the way to its recording, where there is one for everybody. */
export function pastLine(item: LiveClassRecord, nowMs: number): HTMLElement {
  const { id, title, state, replayUrl } = item;
  const hasReplay = typeof replayUrl === 'string';
  const address = hasReplay ? replayUrl : classAddress(id);
  const heading = element('h3', { class: 'live-title' }, element('a', { href: address }, title));
  if (state === 'cancelled')
    heading.append(element('span', { class: 'state is-cancelled' }, STATE_WORDS[state]));
  const facts = [planWords(item, nowMs), whoWords(item)].filter(Boolean).join(' · ');
  const words = element(
    'div',
    { class: 'live-words' },
    heading,
    element('p', { class: 'card-facts' }, wholeFacts(facts)),
  );
  const line = element('li', { class: 'live-line' }, words);
  if (hasReplay) {
    const label = `看《${title}》的录像`;
    line.append(element('a', { class: 'button is-small', href: address, 'aria-label': label }, '看录像'));
  }
  return line;
}

/** A class on the front page: one line, the whole of it the way in. */
export function frontLine(item: LiveClassRecord, nowMs: number): HTMLElement {
  const running = isRunning(item);
  return element(
    'li',
    { class: 'front-live-line' },
    element(
      'a',
      { class: 'front-live-link', href: classAddress(item.id) },
      running ? runningDot(item) : element('span', { class: 'front-live-time' }, planWords(item, nowMs)),
      element('span', { class: 'front-live-title' }, item.title),
      element('span', { class: 'hint' }, whoWords(item)),
    ),
  );
}
