import { element } from '../../controls/element.ts';
import { LEVEL_WORDS, factWords, reasonWords } from './encoder-words.ts';
import type { EncoderRecord } from './live-records.ts';

/** 推流灯: whether what the encoder sends is fit for the halls, and what to change where it is not. */
export class EncoderPanel {
  readonly root: HTMLElement;
  readonly #lamp = element('span', { class: 'desk-lamp', 'aria-hidden': 'true' });
  readonly #words = element('p', { class: 'desk-lamp-words', role: 'status' });
  readonly #facts = element('p', { class: 'hint' });
  readonly #reasons = element('ul', { class: 'desk-reasons' });

  constructor() {
    this.root = element(
      'section',
      { class: 'desk-panel', 'aria-labelledby': 'encoder-heading' },
      element('h2', { class: 'desk-title', id: 'encoder-heading' }, '推流灯'),
      element('div', { class: 'desk-light' }, this.#lamp, this.#words),
      this.#facts,
      this.#reasons,
    );
    this.show(undefined);
  }

  /** @param encoder undefined while none sends */
  show(encoder: EncoderRecord | undefined): void {
    const level = encoder?.level ?? 'off';
    this.#lamp.dataset['level'] = level;
    const words = encoder === undefined ? '等待编码器连接' : LEVEL_WORDS[encoder.level];
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.#facts.textContent = encoder === undefined ? '' : factWords(encoder);
    const reasons = encoder === undefined ? ['no-encoder'] : encoder.reasons;
    this.#reasons.textContent = '';
    for (const reason of reasons) this.#reasons.append(element('li', {}, reasonWords(reason)));
  }
}
