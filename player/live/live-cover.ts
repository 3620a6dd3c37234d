import { button, element, icon } from '../controls/element.ts';
import type { CoverKind } from './cover.ts';
import type { LiveState } from './live-state.ts';
import { clockWords, coverWords } from './live-words.ts';
import type { CoverWords } from './live-words.ts';

/** What the buttons over the picture do. */
export interface CoverActions {
  play(): void;
  unmute(): void;
}

/** A notice stays over the picture this long; the page's list keeps it. */
const NOTICE_SHOWN_MS = 20_000;
const NO_WORDS: CoverWords = { text: '', figure: '', advice: '' };

/** All that lies over a live picture: the slates, the wait, the newest notice, the way to the sound. */
export class LiveCover {
  readonly root: HTMLElement;
  readonly #image = element('img', { class: 'yj-slate-image', alt: '', hidden: '' });
  readonly #badge = element('div', { class: 'yj-live-badge', hidden: '' });
  readonly #title = element('p', { class: 'yj-slate-title' });
  readonly #text = element('p', { class: 'yj-message-text' });
  readonly #figure = element('p', { class: 'yj-slate-figure', role: 'timer' });
  readonly #advice = element('p', { class: 'yj-message-advice' });
  readonly #clock = element('p', { class: 'yj-slate-clock' });
  readonly #buttons = element('div', { class: 'yj-message-buttons' });
  readonly #panel: HTMLElement;
  readonly #notice = element('div', { class: 'yj-live-notice', role: 'status', hidden: '' });
  readonly #sound: HTMLButtonElement;
  readonly #actions: CoverActions;
  #face = '';
  #noticeId = '';
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(actions: CoverActions) {
    this.#actions = actions;
    this.#image.addEventListener('error', () => {
      this.#image.hidden = true;
    });
    this.#panel = element(
      'div',
      { class: 'yj-message yj-slate', hidden: '' },
      this.#title,
      element('div', { class: 'yj-spinner', 'aria-hidden': 'true' }),
      element('div', { role: 'status' }, this.#text),
      this.#figure,
      this.#advice,
      this.#buttons,
      this.#clock,
    );
    this.#sound = button({ class: 'yj-action yj-sound-on', hidden: '' }, icon('muted'), '打开声音');
    this.#sound.addEventListener('click', () => actions.unmute());
    this.root = element(
      'div',
      { class: 'yj-overlay' },
      this.#image,
      this.#panel,
      this.#notice,
      this.#badge,
      this.#sound,
    );
  }

  show(state: LiveState): void {
    const { cover, document, isSilenced } = state;
    const slated = isSlate(cover) ? document : undefined;
    const words = coverWords(state) ?? NO_WORDS;
    this.#panel.hidden = cover === 'none';
    this.#panel.dataset['cover'] = cover;
    setText(this.#title, slated?.title ?? '');
    setText(this.#text, words.text);
    setText(this.#figure, words.figure);
    setText(this.#advice, words.advice);
    setText(this.#clock, cover === 'lobby' ? clockWords(state.serverMs) : '');
    this.#showImage(slated?.slate.imageUrl);
    this.#badge.dataset['place'] = state.place;
    setText(this.#badge, badgeOf(state));
    this.#sound.hidden = !(isSilenced && cover === 'none');
    this.#putButtons(state);
  }

  /** Shows a notice for a while, once. */
  tell(id: string, text: string): void {
    if (id === this.#noticeId) return;
    this.#noticeId = id;
    clearTimeout(this.#noticeTimer);
    setText(this.#notice, text);
    this.#noticeTimer = setTimeout(() => setText(this.#notice, ''), NOTICE_SHOWN_MS);
  }

  /** Takes a notice away that was withdrawn. */
  untell(): void {
    this.#noticeId = '';
    setText(this.#notice, '');
  }

  #showImage(url: string | undefined): void {
    if (url === undefined) {
      this.#image.hidden = true;
      return;
    }
    if (this.#image.getAttribute('src') !== url) {
      this.#image.hidden = false;
      this.#image.src = url;
    } else if (this.#image.naturalWidth > 0 || !this.#image.complete) this.#image.hidden = false;
  }

  #putButtons({ cover, document }: LiveState): void {
    const replay = cover === 'ended' ? document?.replay?.url : undefined;
    const face = `${cover === 'blocked'}${replay ?? ''}`;
    if (face === this.#face) return;
    this.#face = face;
    this.#buttons.textContent = '';
    if (replay !== undefined) {
      this.#buttons.append(element('a', { class: 'yj-action yj-action-first', href: replay }, '看录像'));
    } else if (cover === 'blocked') {
      const start = button({ class: 'yj-action yj-action-first' }, icon('play'), '点击进入直播');
      start.addEventListener('click', () => this.#actions.play());
      this.#buttons.append(start);
    }
  }
}

function badgeOf({ document, cover, place }: LiveState): string {
  if (document?.state === 'rehearsing') return '预览';
  if (document?.state !== 'on_air' || cover === 'lobby') return '';
  return place === 'edge' ? '直播' : '回看';
}

function isSlate(cover: CoverKind): boolean {
  return (
    cover === 'lobby' ||
    cover === 'rehearsal' ||
    cover === 'interrupted' ||
    cover === 'ended' ||
    cover === 'cancelled' ||
    cover === 'postponed'
  );
}

// Writing the same text again would make a screen reader say it again.
function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
  target.hidden = text === '';
}
