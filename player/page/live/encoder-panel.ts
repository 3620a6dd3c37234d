import { button, element } from '../../controls/element.ts';
import { spokenDuration } from '../../duration-text.ts';
import { callApi } from '../api.ts';
import type { Notice } from '../notice.ts';
import { problemWords } from '../problem-words.ts';
import { LEVEL_WORDS, factWords } from './encoder-words.ts';
import { classPath } from './live-records.ts';
import type { AirRecord, EncoderRecord, InputRecord } from './live-records.ts';

const SILENT_AFTER_MS = 2_000;
const ROLE_WORDS: Readonly<Record<InputRecord['role'], string>> = { main: '主路', backup: '备路' };

/** 推流灯: whether what the encoder sends is fit for the halls, what to change where it is not, and which encoder is on the air. */
export class EncoderPanel {
  readonly root: HTMLElement;
  readonly #classId: string;
  readonly #notice: Notice;
  readonly #lamp = element('span', { class: 'desk-lamp', 'aria-hidden': 'true' });
  readonly #words = element('p', { class: 'desk-lamp-words', role: 'status' });
  readonly #facts = element('p', { class: 'hint' });
  readonly #reasons = element('ul', { class: 'desk-reasons' });
  readonly #inputs = element('ul', { class: 'desk-notices' });
  #light: EncoderRecord | undefined;
  #air: AirRecord = { inputs: [] };
  #shown = '';

  constructor(classId: string, notice: Notice) {
    this.#classId = classId;
    this.#notice = notice;
    this.root = element(
      'section',
      { class: 'desk-panel', 'aria-labelledby': 'encoder-heading' },
      element('h2', { class: 'desk-title', id: 'encoder-heading' }, '推流灯'),
      element('div', { class: 'desk-light' }, this.#lamp, this.#words),
      this.#facts,
      this.#reasons,
      this.#inputs,
    );
    this.#show();
  }

  /** @param light of the encoder on the air; undefined while none sends */
  showLight(light: EncoderRecord | undefined): void {
    this.#light = light;
    this.#show();
  }

  /** Which encoders are connected. */
  showAir(air: AirRecord): void {
    this.#air = air;
    this.#show();
  }

  #show(): void {
    const light = this.#light;
    const { inputs, wish } = this.#air;
    const isConnected = inputs.length > 0 || light !== undefined;
    this.#lamp.dataset['level'] = light?.level ?? 'off';
    setText(
      this.#words,
      light !== undefined ? LEVEL_WORDS[light.level] : isConnected ? '编码器已连接' : '等待编码器连接',
    );
    setText(
      this.#facts,
      light !== undefined
        ? factWords(light)
        : isConnected
          ? '正在看它送来的画面和声音…'
          : '在编码器里填好推流地址和密钥，点“开始推流”。',
    );
    const text = JSON.stringify([
      light?.advice,
      inputs.map(({ silentMs, ...rest }) => [rest, silentMs > SILENT_AFTER_MS]),
      wish,
    ]);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#reasons.textContent = '';
    for (const advice of light?.advice ?? []) this.#reasons.append(element('li', {}, advice));
    this.#inputs.textContent = '';
    for (const input of inputs) this.#inputs.append(this.#line(input));
  }

  #line({ role, address, encoder, isOnAir, silentMs }: InputRecord): HTMLElement {
    const isSilent = silentMs > SILENT_AFTER_MS;
    const state = isOnAir ? '正在使用' : isSilent ? `${spokenDuration(silentMs / 1_000)}没有画面` : '待命';
    const line = element(
      'li',
      { class: 'desk-mark' },
      element('span', { class: isOnAir ? 'state is-on_air' : 'state' }, `${ROLE_WORDS[role]} · ${state}`),
      element('span', { class: 'order-title hint' }, [encoder ?? '', address].filter(Boolean).join(' · ')),
    );
    if (!isOnAir && this.#air.inputs.length > 1) {
      const isWished = this.#air.wish === role;
      const turn = button({ class: 'button is-small' }, isWished ? '正在切换…' : `切到${ROLE_WORDS[role]}`);
      turn.disabled = isWished;
      turn.addEventListener('click', () => void this.#switchTo(role));
      line.append(turn);
    }
    return line;
  }

  async #switchTo(role: InputRecord['role']): Promise<void> {
    try {
      this.showAir(
        await callApi<AirRecord>(classPath(this.#classId, 'air', 'switch'), {
          method: 'POST',
          body: { role },
        }),
      );
      this.#notice.say(
        `下一个关键帧切到${ROLE_WORDS[role]}。`,
        () => void this.#switchTo(role === 'main' ? 'backup' : 'main'),
      );
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }
}

function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
