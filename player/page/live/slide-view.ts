import { button, element } from '../../controls/element.ts';
import type { LiveState } from '../../live/live-state.ts';
import { slideAt } from '../../live/slide-timeline.ts';
import type { LiveSlide } from '../../live/state-document.ts';

const ASK_AGAIN_MS = 30_000;

/** The slide that belongs to the picture on the screen, beside it; a click makes it as large as the picture. */
export class SlideView {
  readonly #root: HTMLElement;
  readonly #image = element('img', { class: 'live-slide-image', alt: '' });
  readonly #title = element('figcaption', { class: 'live-slide-title' });
  readonly #swap = button({ class: 'live-slide-swap' }, '放大幻灯片');
  #all: readonly LiveSlide[] | undefined;
  #askedAt = -Infinity;
  #shown = '';

  /** @param onSwap whether the slide is to be the large one */
  constructor(root: HTMLElement, onSwap: (isLarge: boolean) => void) {
    this.#root = root;
    root.append(this.#image, this.#title, this.#swap);
    let isLarge = false;
    this.#swap.addEventListener('click', () => {
      isLarge = !isLarge;
      this.#swap.textContent = isLarge ? '缩小幻灯片' : '放大幻灯片';
      onSwap(isLarge);
    });
    this.#image.addEventListener('error', () => {
      this.#root.hidden = true;
      this.#shown = '';
    });
  }

  /** Shows the slide of the picture that is on the screen. */
  show({ document, playingMs, place }: LiveState): void {
    if (place === 'rewound') void this.#fetchAll(document?.slidesUrl);
    const slides = place === 'rewound' ? (this.#all ?? document?.slides) : document?.slides;
    const slide = slideAt(slides ?? [], playingMs);
    this.#root.hidden = slide === undefined;
    if (slide === undefined || slide.imageUrl === this.#shown) return;
    this.#shown = slide.imageUrl;
    this.#image.src = slide.imageUrl;
    const title = slide.title ?? '';
    this.#image.alt = title === '' ? '幻灯片' : `幻灯片：${title}`;
    this.#title.textContent = title;
    this.#title.hidden = title === '';
  }

  // The document holds the latest few; whoever goes back needs them all, and by and by there are more.
  async #fetchAll(url: string | undefined): Promise<void> {
    if (url === undefined || performance.now() - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedAt = performance.now();
    try {
      const reply = await fetch(url);
      if (reply.ok) this.#all = (await reply.json()) as readonly LiveSlide[];
    } catch {
      // The latest few will do until the next try.
    }
  }
}
