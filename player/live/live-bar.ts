import { ChoiceMenu } from '../controls/choice-menu.ts';
import { button, element, icon } from '../controls/element.ts';
import { IconButton, walkControls } from '../controls/icon-button.ts';
import { RenditionMenu } from '../controls/rendition-menu.ts';
import { VolumeControl } from '../controls/volume-control.ts';
import { clockOfDay, clockWithSeconds } from './china-time.ts';
import { delayWords } from './countdown.ts';
import type { LiveState } from './live-state.ts';
import { LATENCY_WORDS } from './live-words.ts';

/** What the controls do. */
export interface LiveBarActions {
  togglePlaying(): void;
  /** @param dateMs milliseconds since 1970 */
  goTo(dateMs: number): void;
  goLive(): void;
  setVolume(volume: number): void;
  toggleMuted(): void;
  setRendition(choice: string): void;
  setLatency(latency: 'low' | 'ordinary'): void;
  toggleFullscreen(): void;
}

const BACK_MS = 30_000;

/** The row of controls under a live picture, with the line that goes back to the class's beginning. */
export class LiveBar {
  readonly root: HTMLElement;
  readonly #line: RewindLine;
  readonly #play: IconButton;
  readonly #back: HTMLButtonElement;
  readonly #live: HTMLButtonElement;
  readonly #volume: VolumeControl;
  readonly #time = element('span', { class: 'yj-time' });
  readonly #latency: ChoiceMenu;
  readonly #rendition: RenditionMenu;
  readonly #fullscreen: IconButton;
  #state: LiveState | undefined;

  constructor(actions: LiveBarActions) {
    this.#line = new RewindLine((dateMs) => actions.goTo(dateMs));
    this.#play = new IconButton('yj-play', () => actions.togglePlaying());
    this.#back = button({ class: 'yj-button yj-back' }, icon('replay'), '30 秒');
    this.#back.setAttribute('aria-label', '后退 30 秒');
    this.#back.addEventListener('click', () => {
      const { playingMs } = this.#state ?? {};
      if (playingMs !== undefined) actions.goTo(playingMs - BACK_MS);
    });
    this.#live = button({ class: 'yj-button yj-go-live' }, '回到直播');
    this.#live.addEventListener('click', () => actions.goLive());
    this.#volume = new VolumeControl(actions);
    this.#latency = new ChoiceMenu('延迟', (value) =>
      actions.setLatency(value === 'low' ? 'low' : 'ordinary'),
    );
    this.#rendition = new RenditionMenu((choice) => actions.setRendition(choice));
    this.#fullscreen = new IconButton('yj-fullscreen', () => actions.toggleFullscreen());
    const row = element(
      'div',
      { class: 'yj-row' },
      this.#play.root,
      this.#back,
      this.#volume.button.root,
      this.#volume.slider,
      this.#time,
      element('span', { class: 'yj-gap' }),
      this.#live,
      this.#latency.root,
      this.#rendition.root,
      this.#fullscreen.root,
    );
    this.root = element('div', { class: 'yj-bar' }, this.#line.root, row);
    this.root.addEventListener('keydown', (event) => {
      walkControls(this.root, this.#line.input, this.#volume.slider, () => this.focus(), event);
    });
  }

  get isMenuOpen(): boolean {
    return this.#latency.isOpen || this.#rendition.isOpen;
  }

  /** Puts the focus where a remote control starts. */
  focus(): void {
    this.#play.root.focus();
  }

  show(state: LiveState, isFullscreen: boolean): void {
    this.#state = state;
    this.#play.show(state.wantsToPlay ? 'pause' : 'play', state.wantsToPlay ? '暂停' : '播放');
    this.#back.hidden = state.span === undefined || state.playingMs === undefined;
    this.#live.hidden = state.place === 'edge' || state.document?.playlistUrl === undefined;
    this.#volume.show(state);
    this.#fullscreen.show(isFullscreen ? 'window' : 'fullscreen', isFullscreen ? '退出全屏' : '全屏');
    const time = timeWords(state);
    if (this.#time.textContent !== time) this.#time.textContent = time;
    this.#line.show(state);
    this.#showMenus(state);
  }

  #showMenus(state: LiveState): void {
    const latencies = (['low', 'ordinary'] as const).map((value) => ({ value, label: LATENCY_WORDS[value] }));
    const isAtEdge = state.place === 'edge' && state.document?.playlistUrl !== undefined;
    this.#latency.show(
      state.latency === 'low' ? '低延迟' : '更稳',
      '',
      isAtEdge ? latencies : [],
      state.latency,
    );
    this.#rendition.showRenditions(state);
  }
}

/** The line: from the class's first picture to the newest, by the clock on the wall. */
class RewindLine {
  readonly root: HTMLElement;
  readonly input: HTMLInputElement;
  readonly #hint = element('div', { class: 'yj-preview', 'aria-hidden': 'true', hidden: '' });
  #fromMs = 0;
  #untilMs = 0;
  #isHeld = false;

  constructor(onGo: (dateMs: number) => void) {
    this.input = element('input', {
      class: 'yj-seek',
      type: 'range',
      min: '0',
      max: '0',
      step: '1',
      value: '0',
      'aria-label': '回看',
    });
    this.root = element('div', { class: 'yj-seek-box', hidden: '' }, this.input, this.#hint);
    const { input } = this;
    input.addEventListener('input', () => {
      this.#isHeld = true;
      this.#paint(input.valueAsNumber);
      this.#showHint(input.valueAsNumber);
    });
    input.addEventListener('change', () => {
      this.#isHeld = false;
      this.#hint.hidden = true;
      onGo(this.#fromMs + input.valueAsNumber * 1_000);
    });
    input.addEventListener('mousemove', (event) => {
      const box = input.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
      if (!this.#isHeld) this.#showHint(share * this.#seconds);
    });
    input.addEventListener('mouseleave', () => {
      this.#hint.hidden = true;
    });
  }

  get #seconds(): number {
    return (this.#untilMs - this.#fromMs) / 1_000;
  }

  show({ span, playingMs, place }: LiveState): void {
    this.root.hidden = span === undefined;
    if (span === undefined) return;
    this.#fromMs = span.fromMs;
    this.#untilMs = span.untilMs;
    this.input.max = String(Math.round(this.#seconds));
    if (this.#isHeld) return;
    // At the edge the handle stays at the end, although the picture is some seconds behind.
    const shownMs = place === 'edge' ? span.untilMs : (playingMs ?? span.untilMs);
    const seconds = (shownMs - span.fromMs) / 1_000;
    this.input.value = String(seconds);
    const behind = delayWords(span.untilMs - shownMs);
    const words = `${clockOfDay(shownMs)}，${behind === '' ? '直播' : `比直播晚 ${behind}`}`;
    if (this.input.getAttribute('aria-valuetext') !== words) this.input.setAttribute('aria-valuetext', words);
    this.#paint(seconds);
  }

  #paint(seconds: number): void {
    const share = this.#seconds > 0 ? Math.min(1, seconds / this.#seconds) : 1;
    this.root.style.setProperty('--yj-played', `${(share * 100).toFixed(2)}%`);
    this.root.style.setProperty('--yj-buffered', `${(share * 100).toFixed(2)}%`);
  }

  #showHint(seconds: number): void {
    const dateMs = this.#fromMs + seconds * 1_000;
    const behind = delayWords(this.#untilMs - dateMs);
    this.#hint.textContent = behind === '' ? '直播' : `${clockOfDay(dateMs)} · ${behind}前`;
    this.#hint.hidden = false;
    const line = this.root.clientWidth;
    const half = this.#hint.getBoundingClientRect().width / 2;
    const share = this.#seconds > 0 ? seconds / this.#seconds : 1;
    this.#hint.style.left = `${Math.min(Math.max(share * line, half), Math.max(half, line - half)).toFixed(1)}px`;
  }
}

/** `14:32:05`, and when rewound how far behind. Pure. */
function timeWords({ playingMs, place, span }: LiveState): string {
  if (playingMs === undefined) return '';
  const clock = clockWithSeconds(playingMs);
  const behind = place === 'rewound' && span !== undefined ? delayWords(span.untilMs - playingMs) : '';
  return behind === '' ? clock : `${clock} · 晚 ${behind}`;
}
