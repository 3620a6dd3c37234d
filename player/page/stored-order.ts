import { element } from '../controls/element.ts';
import type { CoursewareRecord } from './api.ts';
import { factsLine } from './courseware-card.ts';
import { OrderList } from './order-list.ts';
import { problemWords } from './problem-words.ts';

/** Where an order is kept. */
export interface OrderStore {
  /** Keeps a whole order. Never called again before it has settled. */
  store(ids: readonly string[]): Promise<unknown>;
  /** Says at the foot of the page what was done. @param undo offered as a way back */
  say(words: string, undo?: () => void): void;
  /** What is kept now has changed. */
  onStored(items: readonly CoursewareRecord[]): void;
}

/**
 * Items in an order that a person changes and that is kept at once. Nothing is said to be done before it is kept; changes are kept
 * in their order, each with a way back; one that cannot be kept is undone on the page too.
 */
export class StoredOrder {
  readonly root: HTMLElement;
  readonly #house: OrderStore;
  readonly #list: OrderList;
  #stored: readonly CoursewareRecord[];
  /** As the person wants it, kept or about to be. */
  #wanted: readonly CoursewareRecord[];
  #storing: Promise<void> = Promise.resolve();

  constructor(items: readonly CoursewareRecord[], house: OrderStore) {
    this.#house = house;
    this.#stored = items;
    this.#wanted = items;
    const said = element('p', { class: 'hidden-label', role: 'status' });
    this.#list = new OrderList({
      onChange: (ids, done) => this.#want(this.#inOrder(ids), done),
      say: (words) => {
        said.textContent = words;
      },
    });
    this.root = element('div', {}, said, this.#list.root);
    this.#show(items);
  }

  /** As they are shown. */
  get items(): readonly CoursewareRecord[] {
    return this.#wanted;
  }

  /** Settled once every change made so far is kept, or is not. Never rejects. */
  get settled(): Promise<void> {
    return this.#storing;
  }

  /** Puts another at the end. @returns whether it is kept; why not was said */
  async add(item: CoursewareRecord): Promise<boolean> {
    const items = this.#wanted.concat(item);
    this.#show(items);
    this.#want(items, `已加入《${item.title}》。`);
    await this.#storing;
    return this.#stored.some(({ id }) => id === item.id);
  }

  #inOrder(ids: readonly string[]): readonly CoursewareRecord[] {
    const known = new Map(this.#wanted.map((item) => [item.id, item]));
    return ids.map((id) => known.get(id)).filter((item): item is CoursewareRecord => item !== undefined);
  }

  #want(items: readonly CoursewareRecord[], done: string): void {
    this.#wanted = items;
    // Takes the way back of the change before from the page: it would undo this one too.
    this.#house.say('正在保存…');
    this.#storing = this.#storing.then(() => this.#keep(items, done));
  }

  async #keep(items: readonly CoursewareRecord[], done: string, canUndo = true): Promise<void> {
    const before = this.#stored;
    const isLatest = (): boolean => this.#wanted === items;
    try {
      await this.#house.store(items.map(({ id }) => id));
      this.#stored = items;
      this.#house.onStored(items);
      if (isLatest()) this.#house.say(done, canUndo ? () => this.#undo(before) : undefined);
    } catch (error) {
      if (!isLatest()) return;
      this.#wanted = before;
      this.#show(before);
      this.#house.say(problemWords(error));
    }
  }

  #undo(before: readonly CoursewareRecord[]): void {
    const isMissing = ({ id }: CoursewareRecord): boolean => !this.#wanted.some((item) => item.id === id);
    const focused = before.find(isMissing) ?? before[0];
    this.#wanted = before;
    this.#show(before);
    // The button that was pressed is gone.
    if (focused !== undefined) this.#list.focus(focused.id);
    this.#storing = this.#storing.then(() => this.#keep(before, '已恢复原来的次序。', false));
  }

  #show(items: readonly CoursewareRecord[]): void {
    const here = this.root.contains(document.activeElement) ? document.activeElement : null;
    const focused = here?.closest<HTMLElement>('[data-id]')?.dataset['id'];
    this.#list.show(items.map((item) => ({ id: item.id, title: item.title, facts: factsLine(item) })));
    if (focused !== undefined) this.#list.focus(focused);
  }
}
