import { clockText } from '../duration-text.ts';
import type { PlayerState } from '../player-state.ts';
import { button, element, icon } from './element.ts';
import { messageOf } from './words.ts';

/** What the buttons over the picture do. */
export interface OverlayActions {
  play(): void;
  resume(): void;
  startOver(): void;
  retry(): void;
}

type Face = 'none' | 'message' | 'offer' | 'play' | 'retry' | 'replay';

/** All that lies over the picture: spinner, messages, the resume offer, the big button. One of them at a time. */
export class Overlay {
  readonly root: HTMLElement;
  readonly #actions: OverlayActions;
  readonly #badge: HTMLElement;
  readonly #panel: HTMLElement;
  readonly #text: HTMLElement;
  readonly #advice: HTMLElement;
  readonly #buttons: HTMLElement;
  #face: Face = 'none';

  constructor(actions: OverlayActions) {
    this.#actions = actions;
    this.#badge = element('div', { class: 'yj-badge', hidden: '' });
    this.#text = element('p', { class: 'yj-message-text' });
    this.#advice = element('p', { class: 'yj-message-advice' });
    this.#buttons = element('div', { class: 'yj-message-buttons' });
    this.#panel = element(
      'div',
      { class: 'yj-message', hidden: '' },
      element('div', { class: 'yj-spinner', 'aria-hidden': 'true' }),
      element('div', { role: 'status' }, this.#text, this.#advice),
      this.#buttons,
    );
    this.root = element('div', { class: 'yj-overlay' }, this.#badge, this.#panel);
  }

  show(state: PlayerState): void {
    const isGrowing = state.extent === 'growing' && state.phase !== 'empty' && state.phase !== 'failed';
    this.#badge.hidden = !isGrowing;
    const whole = state.wholeDuration > 0 ? ` · 全长 ${clockText(state.wholeDuration)}` : '';
    setText(this.#badge, isGrowing ? `仍在转码，可先观看${whole}` : '');
    const message = messageOf(state);
    const face = faceOf(state, message !== undefined);
    setText(
      this.#text,
      face === 'offer'
        ? '上次看到一半'
        : face === 'play'
          ? '浏览器要求点击后才能播放'
          : (message?.text ?? ''),
    );
    setText(this.#advice, message?.advice ?? '');
    this.#panel.dataset['phase'] = state.phase;
    if (face === this.#face) return;
    this.#face = face;
    this.#panel.hidden = face === 'none';
    this.#panel.dataset['face'] = face;
    this.#putButtons(face, state.resumePosition ?? 0);
  }

  #putButtons(face: Face, resumePosition: number): void {
    const hadFocus = this.#buttons.contains(document.activeElement);
    this.#buttons.textContent = '';
    const add = (label: string, onClick: () => void, style: string): void => {
      const made = button({ class: `yj-action ${style}` }, label);
      made.addEventListener('click', onClick);
      this.#buttons.append(made);
    };
    if (face === 'offer') {
      add(`从 ${clockText(resumePosition)} 继续`, () => this.#actions.resume(), 'yj-action-first');
      add('从头播放', () => this.#actions.startOver(), '');
    } else if (face === 'play') {
      add('点击播放', () => this.#actions.play(), 'yj-action-first');
      this.#buttons.firstElementChild?.prepend(icon('play'));
    } else if (face === 'retry') {
      add('重试', () => this.#actions.retry(), 'yj-action-first');
    } else if (face === 'replay') {
      add('重新播放', () => this.#actions.startOver(), 'yj-action-first');
      this.#buttons.firstElementChild?.prepend(icon('replay'));
    }
    const first = this.#buttons.firstElementChild as HTMLElement | null;
    const player = this.root.parentElement;
    // A remote control must find what is asked of it; a person typing elsewhere must not be interrupted.
    const isFree =
      document.activeElement === document.body || player?.contains(document.activeElement) === true;
    if (first !== null && isFree) first.focus();
    else if (hadFocus) player?.focus();
  }
}

function faceOf(state: PlayerState, hasMessage: boolean): Face {
  if (state.phase === 'offering-resume') return 'offer';
  if (state.phase === 'blocked') return 'play';
  if (state.phase === 'ended') return 'replay';
  if (state.phase === 'failed') return state.error?.code === 'unsupported-browser' ? 'message' : 'retry';
  return hasMessage ? 'message' : 'none';
}

// Writing the same text again would make a screen reader say it again.
function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
  target.hidden = text === '';
}
