import { element } from './controls/element.ts';
import { PlayerError } from './errors.ts';

const IDLE_MS = 3_000;

/** What a player is made of, and what its frame asks it. */
export interface FrameOptions {
  /** Read out by screen readers. */
  readonly label: string;
  /** Classes besides `yj-player`. */
  readonly style: string;
  /** The picture first. */
  readonly parts: readonly HTMLElement[];
  /** Whether the controls may leave the picture alone now. */
  readonly mayHideControls: () => boolean;
  /** Called when the line may be back. */
  readonly hurry: () => void;
}

/** The element that a player fills: controls that come when somebody is there and go over a running picture, keys, and an end. */
export class PlayerFrame {
  readonly root: HTMLElement;
  readonly #mayHideControls: () => boolean;
  readonly #atEnd: (() => void)[] = [];
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #isRemoved = false;

  constructor(container: HTMLElement, { label, style, parts, mayHideControls, hurry }: FrameOptions) {
    this.#mayHideControls = mayHideControls;
    this.root = element(
      'div',
      { class: `yj-player ${style}`.trim(), role: 'region', 'aria-label': label, tabindex: '0' },
      ...parts,
    );
    container.append(this.root);
    for (const event of ['mousemove', 'focusin', 'touchstart']) {
      this.root.addEventListener(event, () => this.wake());
    }
    this.on(window, 'online', hurry);
    this.on(document, 'visibilitychange', () => {
      if (document.visibilityState === 'visible') hurry();
    });
  }

  get isRemoved(): boolean {
    return this.#isRemoved;
  }

  /** Listens until the frame is removed. */
  on(target: EventTarget, event: string, listener: (event: Event) => void): void {
    target.addEventListener(event, listener);
    this.atEnd(() => target.removeEventListener(event, listener));
  }

  /** Called when the frame is removed. */
  atEnd(undo: () => void): void {
    this.#atEnd.push(undo);
  }

  /**
   * Hands keys on until the frame is removed.
   *
   * @param scope `page`: wherever the focus is; `focus`: only in here
   * @param press returns whether the key was of use
   */
  hearKeys(scope: 'page' | 'focus', press: (event: KeyboardEvent) => boolean): void {
    this.on(scope === 'page' ? document : this.root, 'keydown', (event) => {
      if (press(event as KeyboardEvent)) this.wake();
    });
  }

  /** Shows the controls, for some seconds at least. */
  wake(): void {
    this.root.classList.remove('yj-idle');
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      if (this.#mayHideControls()) this.root.classList.add('yj-idle');
    }, IDLE_MS);
  }

  /** Takes itself off the page. */
  remove(): void {
    this.#isRemoved = true;
    clearTimeout(this.#idleTimer);
    for (const undo of this.#atEnd) undo();
    this.root.remove();
  }

  /** @throws {PlayerError} `destroyed` */
  assertPresent(): void {
    if (this.#isRemoved) throw new PlayerError('destroyed', 'the player was destroyed; make a new one');
  }
}
