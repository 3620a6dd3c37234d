import { button, element } from '../controls/element.ts';

/** One thing in an order that can be changed. */
export interface OrderItem {
  readonly id: string;
  readonly title: string;
  readonly facts?: string;
}

const MOVED = '次序已保存。';
const ENDS = ['pointerup', 'pointercancel'] as const;

/** What the list tells. */
export interface OrderHouse {
  /**
   * The new order, after each move or removal that a person ended.
   *
   * @param done what to say of it once it is kept
   */
  onChange(ids: readonly string[], done: string): void;
  /** Where the moved one is now, for screen readers. */
  say(words: string): void;
}

/**
 * A list put in order by dragging a handle, or with the arrows while the handle has the focus. Each row can be taken out.
 */
export class OrderList {
  readonly root = element('ol', { class: 'order-list' });
  readonly #house: OrderHouse;
  #items: readonly OrderItem[] = [];

  constructor(house: OrderHouse) {
    this.#house = house;
  }

  get items(): readonly OrderItem[] {
    return this.#items;
  }

  /** Shows another list; nothing is told. */
  show(items: readonly OrderItem[]): void {
    this.#items = items;
    this.root.textContent = '';
    for (const item of items) this.root.append(this.#row(item));
    this.#number();
  }

  /** Puts the focus on the handle of an item. */
  focus(id: string): void {
    const row = this.#rows.find(({ dataset }) => dataset['id'] === id);
    row?.querySelector<HTMLElement>('.order-handle')?.focus();
  }

  get #rows(): readonly HTMLElement[] {
    return Array.from(this.root.children) as HTMLElement[];
  }

  #row(item: OrderItem): HTMLElement {
    const handle = button({ class: 'order-handle' }, element('span', { 'aria-hidden': 'true' }, '⠿'));
    const remove = button(
      { class: 'button is-small is-quiet', 'aria-label': `移出《${item.title}》` },
      '移出',
    );
    const row = element(
      'li',
      { class: 'order-row', 'data-id': item.id },
      handle,
      element('span', { class: 'order-number' }),
      element('span', { class: 'order-title' }, item.title),
      element('span', { class: 'hint' }, item.facts ?? ''),
      remove,
    );
    remove.addEventListener('click', () => this.#remove(item));
    handle.addEventListener('keydown', (event) => {
      const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
      if (step === 0) return;
      event.preventDefault();
      this.#step(item, step);
    });
    handle.addEventListener('pointerdown', (event) => this.#drag(row, handle, event));
    return row;
  }

  #number(): void {
    Array.from(this.root.children).forEach((row, place) => {
      const title = row.querySelector('.order-title')?.textContent ?? '';
      const number = row.querySelector('.order-number');
      if (number !== null) number.textContent = String(place + 1);
      const words = `调整《${title}》的次序，现在是第 ${place + 1} 个，共 ${this.#items.length} 个；按上下方向键移动`;
      row.querySelector('.order-handle')?.setAttribute('aria-label', words);
    });
  }

  #step(item: OrderItem, step: 1 | -1): void {
    const from = this.#items.findIndex(({ id }) => id === item.id);
    const to = from + step;
    if (to < 0 || to >= this.#items.length) return;
    const row = this.root.children[from];
    if (row === undefined) return;
    const other = this.root.children[to] ?? null;
    this.root.insertBefore(row, step > 0 ? (other?.nextSibling ?? null) : other);
    row.querySelector<HTMLElement>('.order-handle')?.focus();
    this.#house.say(`《${item.title}》移到第 ${to + 1} 个。`);
    this.#settle(MOVED);
  }

  #drag(row: HTMLElement, handle: HTMLElement, start: PointerEvent): void {
    if (start.button !== 0) return;
    start.preventDefault();
    handle.focus();
    row.classList.add('is-dragged');
    const before = this.#order();
    const move = (event: PointerEvent): void => {
      if (!this.root.contains(row)) return; // another order is shown meanwhile
      const rows = Array.from(this.root.children).filter((other) => other !== row);
      const next = rows.find((other) => {
        const { top, height } = other.getBoundingClientRect();
        return event.clientY < top + height / 2;
      });
      if (row.nextElementSibling !== (next ?? null)) this.root.insertBefore(row, next ?? null);
    };
    const end = (): void => {
      document.removeEventListener('pointermove', move);
      for (const event of ENDS) document.removeEventListener(event, end);
      row.classList.remove('is-dragged');
      const place = this.#order().indexOf(row.dataset['id'] ?? '') + 1;
      const isMoved = place > 0 && this.#order().join(' ') !== before.join(' ');
      if (isMoved) {
        this.#house.say(`《${row.querySelector('.order-title')?.textContent ?? ''}》移到第 ${place} 个。`);
        this.#settle(MOVED);
      }
    };
    // On the document: a row that changes its place loses the pointer.
    document.addEventListener('pointermove', move);
    for (const event of ENDS) document.addEventListener(event, end);
  }

  #order(): readonly string[] {
    return this.#rows.map(({ dataset }) => dataset['id'] ?? '');
  }

  #remove(item: OrderItem): void {
    const place = this.#items.findIndex(({ id }) => id === item.id);
    this.root.children[place]?.remove();
    const after = this.root.children[Math.min(place, this.root.children.length - 1)];
    after?.querySelector<HTMLElement>('.order-handle')?.focus();
    this.#settle(`已移出《${item.title}》。`);
  }

  #settle(done: string): void {
    const known = new Map(this.#items.map((item) => [item.id, item]));
    const kept: OrderItem[] = [];
    for (const id of this.#order()) {
      const item = known.get(id);
      if (item !== undefined) kept.push(item);
    }
    this.#items = kept;
    this.#number();
    this.#house.onChange(
      kept.map(({ id }) => id),
      done,
    );
  }
}
