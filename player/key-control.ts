import { chapterStep } from './chapters.ts';
import { isFullscreen, leaveFullscreen } from './fullscreen.ts';
import { commandOf } from './keyboard.ts';
import type { PlayerCommand } from './keyboard.ts';
import type { PlayerState } from './player-state.ts';

/** What keys can do to a player; a {@link CoursewarePlayer} can do it. */
export interface KeyPlayer {
  readonly state: Pick<PlayerState, 'position' | 'duration' | 'chapters' | 'volume' | 'isMuted' | 'speed'>;
  play(): void;
  pause(): void;
  /** @param position seconds */
  seekTo(position: number): void;
  /** @param volume 0 to 1 */
  setVolume(volume: number): void;
  setMuted(isMuted: boolean): void;
  setSpeed(speed: number): void;
}

/** What keys can do to its controls. */
export interface KeyControls {
  /** Ascending. */
  readonly speeds: readonly number[];
  toggle(): void;
  toggleCaptions(): void;
  toggleFullscreen(): void;
  focusControls(): void;
  /** Shows for a moment the small picture of where a key leads: on a thin line the large one follows seconds later. */
  glance(position: number): void;
  /** Back, when nothing here has use for it. */
  onBack?(): void;
}

/** Lets a keyboard or a television's remote control work a player. */
export class KeyControl {
  readonly #root: HTMLElement;
  readonly #player: KeyPlayer;
  readonly #controls: KeyControls;

  /** @param root what the player fills */
  constructor(root: HTMLElement, player: KeyPlayer, controls: KeyControls) {
    this.#root = root;
    this.#player = player;
    this.#controls = controls;
  }

  /**
   * Obeys a key, unless it is meant for something else on the page.
   *
   * @returns whether it was of use here
   */
  press(event: KeyboardEvent): boolean {
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    const isInside = this.#root.contains(target);
    if (!isForPlayer(event, target, isInside)) return false;
    const command = commandOf(event);
    if (command === undefined) return false;
    if (command.kind === 'back' && !this.#goBack(event.key, isInside && isControl(target))) return false;
    event.preventDefault();
    this.#obey(command);
    return true;
  }

  #obey(command: PlayerCommand): void {
    const { state } = this.#player;
    switch (command.kind) {
      case 'toggle':
        this.#controls.toggle();
        break;
      case 'play':
        this.#player.play();
        break;
      case 'pause':
        this.#player.pause();
        break;
      case 'seek-by':
        this.#jumpTo(state.position + command.seconds);
        break;
      case 'seek-to-share':
        this.#jumpTo(state.duration * command.share);
        break;
      case 'chapter-by':
        this.#jumpTo(chapterStep(state.chapters, state.position, command.step));
        break;
      case 'volume-by':
        this.#player.setVolume(Math.min(1, Math.max(0, Math.round((state.volume + command.step) * 20) / 20)));
        break;
      case 'mute':
        this.#player.setMuted(!state.isMuted);
        break;
      case 'captions':
        this.#controls.toggleCaptions();
        break;
      case 'fullscreen':
        this.#controls.toggleFullscreen();
        break;
      case 'faster':
        this.#setSpeed(this.#controls.speeds.find((speed) => speed > state.speed));
        break;
      case 'slower':
        this.#setSpeed(this.#slower(state.speed));
        break;
      case 'controls':
        this.#controls.focusControls();
        break;
      case 'back':
        break;
    }
  }

  #slower(speed: number): number | undefined {
    const slower = this.#controls.speeds.filter((other) => other < speed);
    return slower[slower.length - 1]; // `at` is not known to old television sets
  }

  #setSpeed(speed: number | undefined): void {
    if (speed !== undefined) this.#player.setSpeed(speed);
  }

  #jumpTo(position: number | undefined): void {
    if (position === undefined) return;
    this.#player.seekTo(position);
    this.#controls.glance(position);
  }

  // From the inside out: controls, full screen, page. @returns whether Back was of use here
  #goBack(key: string, isOnControl: boolean): boolean {
    if (isOnControl) this.#root.focus();
    else if (isFullscreen(this.#root)) leaveFullscreen();
    else if (key === 'Escape' || this.#controls.onBack === undefined) return false;
    else this.#controls.onBack();
    return true;
  }
}

function isControl(target: HTMLElement): boolean {
  return target instanceof HTMLButtonElement || target instanceof HTMLInputElement;
}

// Text fields, the page's own buttons and the browser's shortcuts keep their keys.
function isForPlayer(event: KeyboardEvent, target: HTMLElement, isInside: boolean): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return false;
  if (
    !isInside &&
    target.closest('input, textarea, select, button, a, summary, [contenteditable]') !== null
  ) {
    return false;
  }
  return !isControl(target) || (event.key !== ' ' && event.key !== 'Enter');
}
