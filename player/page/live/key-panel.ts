import { button, element } from '../../controls/element.ts';
import { clockOfDay } from '../../live/china-time.ts';
import { callApi } from '../api.ts';
import { copyText } from '../copy-text.ts';
import type { Notice } from '../notice.ts';
import { problemWords } from '../problem-words.ts';
import { confirmButton } from './confirm-button.ts';
import { classPath } from './live-records.ts';
import type { IssuedKeyRecord, KeyRole, NewKeyRecord } from './live-records.ts';

const ROLES: readonly (readonly [KeyRole, string])[] = [
  ['main', '主路'],
  ['backup', '备路'],
];

/** The addresses for the encoders. A key is shown when it is made and never again: the server keeps only its hash. */
export class KeyPanel {
  readonly root: HTMLElement;
  readonly #classId: string;
  readonly #notice: Notice;
  readonly #rows = new Map<
    KeyRole,
    { readonly state: HTMLElement; readonly place: HTMLElement; readonly actions: HTMLElement }
  >();

  constructor(classId: string, notice: Notice) {
    this.#classId = classId;
    this.#notice = notice;
    const list = element('div', {});
    for (const [role, words] of ROLES) {
      const state = element('span', { class: 'hint' });
      const place = element('div', { class: 'desk-key' });
      const actions = element('div', { class: 'actions' });
      this.#rows.set(role, { state, place, actions });
      list.append(
        element(
          'div',
          { class: 'desk-key-row' },
          element('h3', { class: 'desk-subtitle' }, words, ' ', state),
          place,
          actions,
        ),
      );
    }
    this.root = element(
      'section',
      { class: 'desk-panel', 'aria-labelledby': 'keys-heading' },
      element('h2', { class: 'desk-title', id: 'keys-heading' }, '推流地址'),
      element(
        'p',
        { class: 'hint' },
        '填到 OBS 或编码器里。密钥只在生成时显示一次，开课前后各一小时内有效；备路在主路断线时自动顶上。',
      ),
      list,
    );
  }

  async load(): Promise<void> {
    try {
      const { items } = await callApi<{ readonly items: readonly IssuedKeyRecord[] }>(
        classPath(this.#classId, 'keys'),
      );
      for (const [role] of ROLES)
        this.#show(
          role,
          items.find((key) => key.role === role),
        );
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }

  #show(role: KeyRole, key: IssuedKeyRecord | undefined): void {
    const row = this.#rows.get(role);
    if (row === undefined) return;
    row.state.textContent = key === undefined ? '还没有密钥' : `密钥生成于 ${clockOfDay(key.issuedAt)}`;
    row.actions.textContent = '';
    if (key === undefined) {
      const make = button({ class: 'button is-small is-first' }, '生成推流密钥');
      make.addEventListener('click', () => void this.#issue(role));
      row.actions.append(make);
    } else {
      row.actions.append(
        confirmButton('换一个密钥', '旧密钥会失效，再点一次确认', 'is-small', () => void this.#issue(role)),
        confirmButton(
          '作废',
          '正在推流的会被断开，再点一次确认',
          'is-small is-quiet',
          () => void this.#revoke(role),
        ),
      );
    }
  }

  async #issue(role: KeyRole): Promise<void> {
    try {
      const made = await callApi<NewKeyRecord>(classPath(this.#classId, 'keys', role), { method: 'POST' });
      this.#show(role, { role, issuedAt: Date.now() });
      this.#reveal(role, made);
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }

  async #revoke(role: KeyRole): Promise<void> {
    try {
      await callApi(classPath(this.#classId, 'keys', role), { method: 'DELETE' });
      const row = this.#rows.get(role);
      if (row !== undefined) row.place.textContent = '';
      this.#show(role, undefined);
      this.#notice.say('密钥已作废。');
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }

  #reveal(role: KeyRole, made: NewKeyRecord): void {
    const row = this.#rows.get(role);
    if (row === undefined) return;
    row.place.textContent = '';
    const lines: (readonly [string, string])[] = made.servers.map((address) => ['服务器', address]);
    lines.push(['串流密钥', made.key]);
    for (const [name, value] of lines) row.place.append(this.#line(name, value));
    row.place.append(element('p', { class: 'hint' }, '请现在就复制保存，离开本页后不再显示。'));
    row.place.querySelector('button')?.focus();
  }

  #line(name: string, value: string): HTMLElement {
    const copy = button({ class: 'button is-small', 'aria-label': `复制${name}` }, '复制');
    copy.addEventListener('click', () => {
      void copyText(value).then((isDone) => {
        this.#notice.say(isDone ? `已复制${name}。` : `请手工复制：${value}`);
      });
    });
    return element(
      'div',
      { class: 'desk-secret' },
      element('span', { class: 'desk-secret-name' }, name),
      element('code', { class: 'desk-secret-value' }, value),
      copy,
    );
  }
}
