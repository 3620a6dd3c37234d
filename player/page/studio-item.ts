import { button, element } from '../controls/element.ts';
import { apiPath, callApi, newestAsking } from './api.ts';
import type { CoursewareRecord, ProductionRecord, PublicationWord, TagRecord } from './api.ts';
import { ChapterForm } from './chapter-form.ts';
import { posterOf } from './courseware-card.ts';
import { CaptionPanel } from './caption-panel.ts';
import { CoursewareForm } from './courseware-form.ts';
import { failureWords } from './failure-words.ts';
import { LadderChoice, type LadderWishes } from './ladder-choice.ts';
import type { Notice } from './notice.ts';
import { PosterPicker } from './poster-picker.ts';
import { problemWords } from './problem-words.ts';
import type { ProductionFeed } from './production-feed.ts';
import { progressWords } from './production-words.ts';
import { PRODUCTION_WORDS, PUBLICATION_WORDS, isInProduction, movesTo, productionOf } from './state-words.ts';
import { UploadPanel } from './upload-panel.ts';
import type { UnfinishedUpload } from './upload.ts';

/** What an item needs of the page around it. */
export interface StudioHouse {
  readonly notice: Notice;
  readonly feed: ProductionFeed;
  readonly tags: readonly TagRecord[];
  onRemoved(item: StudioItem): void;
}

type ProductionOrder = 'retry' | 'cancel' | 'reprocess' | 'discard' | 'urgency';

/** One lecture in the studio: both its states in words, and what may be done about it. */
export class StudioItem {
  readonly root = element('li', { class: 'item' });
  readonly #house: StudioHouse;
  readonly #upload: UploadPanel;
  readonly #heading = element('h3', { class: 'item-title' });
  readonly #poster = element('div', { class: 'item-poster' });
  readonly #states = element('p', { class: 'item-states' });
  readonly #progress = element('progress', { max: '1', 'aria-label': '转码进度' });
  readonly #progressText = element('p', { class: 'hint' });
  readonly #failure = element('p', { class: 'failure', role: 'alert' });
  readonly #warnings = element('ul', { class: 'warnings' });
  readonly #actions = element('div', { class: 'actions' });
  readonly #drawer = element('div', { class: 'drawer' });
  #courseware: CoursewareRecord;
  #production: ProductionRecord;
  readonly #reloads = newestAsking();
  /** Counts what this page changed: a record read before that is no longer true. */
  #changes = 0;
  #form: CoursewareForm | ChapterForm | undefined;
  #wantsUpload = false;
  #isOrdering = false;

  constructor(courseware: CoursewareRecord, house: StudioHouse) {
    this.#courseware = courseware;
    this.#production = productionOf(courseware);
    this.#house = house;
    this.#upload = new UploadPanel(courseware.id, {
      onDone: () => {
        this.#wantsUpload = false;
        house.notice.say(`《${this.#courseware.title}》上传完成，开始转码。`);
        void this.#reload();
      },
      onAbandoned: () => void this.#abandoned(),
    });
    const facts = element(
      'div',
      { class: 'item-facts' },
      this.#heading,
      this.#states,
      this.#progress,
      this.#progressText,
      this.#failure,
      this.#warnings,
      this.#upload.root,
      this.#actions,
      this.#drawer,
    );
    this.root.append(this.#poster, facts);
    this.#show();
  }

  get id(): string {
    return this.#courseware.id;
  }

  /** True while leaving the page would lose or interrupt something here. */
  get isBusy(): boolean {
    return this.#upload.isRunning || this.#form?.isDirty === true;
  }

  /** Goes on with an upload a reload interrupted. */
  async offer(unfinished: UnfinishedUpload): Promise<void> {
    this.#wantsUpload = true;
    this.#show();
    await this.#upload.offer(unfinished);
  }

  /** Sends a file chosen with the new item. */
  send(file: File, wishes: LadderWishes): void {
    this.#wantsUpload = true;
    this.#upload.begin(file, wishes);
    this.#show();
  }

  /** The last byte may have arrived before the order to give up did. */
  async #abandoned(): Promise<void> {
    this.#wantsUpload = false;
    await this.#reload();
    const isTaken = isInProduction(this.#production.state);
    this.#house.notice.say(isTaken ? '放弃之前已经上传完了，视频正在转码。' : '已放弃上传。');
  }

  #show(): void {
    const { title, publication } = this.#courseware;
    const { state } = this.#production;
    this.#heading.textContent = title;
    this.#poster.textContent = '';
    this.#poster.append(posterOf(this.#courseware));
    this.#states.textContent = '';
    this.#states.append(
      element('span', { class: `state is-${publication}` }, PUBLICATION_WORDS[publication]),
      element(
        'span',
        { class: `state is-${state}` },
        `${this.#isNewer ? '新版本：' : ''}${PRODUCTION_WORDS[state]}`,
      ),
    );
    this.#upload.root.hidden = !(
      this.#upload.isRunning ||
      this.#wantsUpload ||
      state === 'none' ||
      state === 'uploading'
    );
    this.#showProduction();
    this.#showActions();
    if (isInProduction(state)) this.#house.feed.follow(this.id, (production) => this.#hear(production));
    else this.#house.feed.drop(this.id);
    if (state === 'failed' && this.#production.failure?.job === undefined) void this.#ask();
  }

  #hear(production: ProductionRecord): void {
    const before = this.#production;
    const hasTurned = production.state !== before.state || production.isPlayable !== before.isPlayable;
    const isOtherUrgency = (production.isUrgent === true) !== (before.isUrgent === true);
    this.#production = production;
    if (hasTurned) void this.#reload(production);
    else this.#showProduction();
    if (isOtherUrgency && !hasTurned) this.#showActions();
  }

  #showProduction(): void {
    const { state, progress, failure, warnings } = this.#production;
    const isMaking = isInProduction(state);
    this.#progress.hidden = !isMaking;
    this.#progress.value = progress;
    this.#progressText.textContent = isMaking ? progressWords(this.#production) : '';
    this.#failure.textContent = state === 'failed' ? failureWords(failure) : '';
    this.#warnings.textContent = '';
    for (const warning of warnings ?? []) this.#warnings.append(element('li', {}, warning));
  }

  #showActions(): void {
    const { state, isPlayable } = this.#production;
    const hadFocus = this.#actions.contains(document.activeElement);
    this.#actions.textContent = '';
    const canShow = isPlayable || state === 'ready' || this.#courseware.current?.isPlayable === true;
    if (canShow) {
      const address = `/watch/${encodeURIComponent(this.id)}`;
      this.#actions.append(element('a', { class: 'button is-small', href: address }, '观看'));
    }
    this.#addPublication(canShow);
    this.#addProduction();
    this.#add('修改信息', () => this.#edit());
    this.#add('章节', () => this.#editChapters());
    if (this.#courseware.current?.production === 'ready') this.#add('换封面', () => this.#choosePoster());
    this.#add('字幕', () => this.#openCaptions());
    if (this.#courseware.publication === 'draft') this.#add('删除', () => this.#askRemove(), 'is-quiet');
    if (hadFocus) this.#actions.querySelector<HTMLElement>('button, a')?.focus();
  }

  #addProduction(): void {
    const { state, isUrgent } = this.#production;
    if (state === 'failed' || state === 'canceled') {
      this.#add('重试', () => this.#order('retry', '已重新排队，做好的部分不会重做。'));
      if (this.#isNewer) this.#add('放弃新版本', () => this.#order('discard', '已放弃新版本。'));
      this.#offerUpload('换一个文件');
    } else if (isInProduction(state)) {
      this.#add('取消转码', () => this.#order('cancel', '已取消转码。'));
      if (isUrgent === true) this.#addUrgency('不再加急', false, '已取消加急。');
      else this.#addUrgency('加急', true, '已加急，会排到其他课件前面。');
    } else if (state === 'ready') {
      this.#add('重新转码', () => this.#askReprocess());
      this.#offerUpload('上传新版本');
    }
  }

  #addUrgency(words: string, isUrgent: boolean, done: string): void {
    this.#add(words, () => this.#order('urgency', done, { isUrgent }));
  }

  get #isNewer(): boolean {
    const { upcoming } = this.#courseware;
    return upcoming !== null && upcoming !== undefined;
  }

  #addPublication(canShow: boolean): void {
    const { publication } = this.#courseware;
    if (publication === 'withdrawn') {
      this.#add('恢复为草稿', () => this.#move('draft', '已恢复为草稿。'));
      return;
    }
    if (publication === 'published') {
      this.#add('暂停发布', () => this.#move('suspended', '已暂停发布，站点暂时看不到它。'));
    } else if (canShow) {
      const words = publication === 'suspended' ? '恢复发布' : '发布';
      this.#add(words, () => this.#move('published', '已发布，各站点现在就能看到。'), 'is-first');
    }
    if (publication === 'published' || publication === 'suspended') {
      this.#add('撤回', () => this.#move('withdrawn', '已撤回。'));
    }
  }

  #offerUpload(words: string): void {
    if (this.#upload.isRunning) return;
    this.#add(words, () => {
      this.#wantsUpload = true;
      this.#upload.root.hidden = false;
      this.#upload.root.querySelector('input')?.focus();
    });
  }

  #add(words: string, onClick: () => unknown, style = ''): void {
    // The title goes into the name, or a screen reader hears a page full of 删除.
    const label = `${words}《${this.#courseware.title}》`;
    const made = button({ class: `button is-small ${style}`, 'aria-label': label }, words);
    made.addEventListener('click', () => void onClick());
    this.#actions.append(made);
  }

  async #move(to: PublicationWord, done: string): Promise<void> {
    const from = this.#courseware.publication;
    const undo = (): void => void this.#once(() => this.#walk(from, '已撤销。'));
    await this.#once(async () => {
      if (await this.#walk(to, done)) this.#house.notice.say(done, undo);
    });
  }

  async #walk(to: PublicationWord, done: string): Promise<boolean> {
    const moves = movesTo(this.#courseware.publication, to);
    try {
      for (const move of moves) {
        const path = apiPath('courseware', this.id, 'publication');
        this.#take(await callApi<CoursewareRecord>(path, { method: 'POST', body: { to: move } }));
      }
      this.#show();
      this.#house.notice.say(done);
      return true;
    } catch (error) {
      this.#house.notice.say(problemWords(error));
      await this.#reload();
      return false;
    }
  }

  async #order(order: ProductionOrder, done: string, body?: object): Promise<void> {
    await this.#once(() => this.#carryOut(order, done, body));
  }

  /** Does nothing while something is under way: a second click would be told that it comes too late. */
  async #once(step: () => Promise<unknown>): Promise<void> {
    if (this.#isOrdering) return;
    this.#isOrdering = true;
    try {
      await step();
    } finally {
      this.#isOrdering = false;
    }
  }

  async #carryOut(order: ProductionOrder, done: string, body: object | undefined): Promise<void> {
    let heard: ProductionRecord | undefined;
    try {
      const path = apiPath('courseware', this.id, 'production', order);
      const call = { method: 'POST', ...(body === undefined ? {} : { body }) } as const;
      heard = await callApi<ProductionRecord>(path, call);
      this.#house.notice.say(done);
    } catch (error) {
      this.#house.notice.say(problemWords(error));
    }
    await this.#reload(heard);
  }

  /** Another ladder for the same source, asked in the drawer. */
  #askReprocess(): void {
    if (this.#form?.isDirty === true) return;
    this.#closeDrawer();
    const ladder = new LadderChoice();
    const begin = button({ class: 'button is-small is-first' }, '开始重新转码');
    const no = button({ class: 'button is-small' }, '不转了');
    begin.addEventListener('click', () => {
      this.#closeDrawer();
      void this.#order('reprocess', '已开始重新转码，做好之前站点看到的仍是现在的版本。', ladder.wishes);
    });
    no.addEventListener('click', () => this.#closeDrawer());
    const words = '用原来的文件重新转码。做好之前，站点看到的仍是现在的版本。';
    this.#drawer.append(
      element(
        'div',
        { class: 'question', role: 'group', 'aria-label': words },
        element('p', {}, words),
        ladder.root,
        element('div', { class: 'actions' }, begin, no),
      ),
    );
    ladder.show(this.#production.ladder);
    void this.#ask().then(() => ladder.show(this.#production.ladder));
    begin.focus();
  }

  /** What the record does not tell: which part failed, which ladder it had. */
  async #ask(): Promise<void> {
    try {
      const production = await callApi<ProductionRecord>(apiPath('courseware', this.id, 'production'));
      if (production.state === this.#production.state) this.#production = production;
    } catch {
      // What is shown stays.
    }
    this.#showProduction();
  }

  #edit(): void {
    if (this.#form !== undefined) {
      this.#form.root.querySelector<HTMLElement>('input, textarea')?.focus();
      return;
    }
    const form = new CoursewareForm(
      { heading: `修改《${this.#courseware.title}》`, submit: '保存' },
      this.#courseware,
      this.#house.tags,
      async ({ series, details, ...draft }) => {
        const body = { ...draft, series: series === '' ? null : series, ...details };
        const { revision } = this.#courseware;
        const path = apiPath('courseware', this.id);
        this.#take(await callApi<CoursewareRecord>(path, { method: 'PATCH', body, revision }));
        this.#closeDrawer();
        this.#show();
        this.#house.notice.say('已保存。');
      },
    );
    const cancel = button({ class: 'button' }, '不改了');
    cancel.addEventListener('click', () => this.#closeDrawer());
    form.addAction(cancel);
    this.#form = form;
    this.#drawer.textContent = '';
    this.#drawer.append(form.root);
    form.root.querySelector('input')?.focus();
  }

  #editChapters(): void {
    if (this.#form !== undefined) {
      this.#form.root.querySelector<HTMLElement>('input, textarea')?.focus();
      return;
    }
    const form = new ChapterForm(this.#courseware, {
      onSaved: (words) => {
        this.#closeDrawer();
        this.#house.notice.say(words);
        void this.#reload();
      },
      onClosed: () => this.#closeDrawer(),
    });
    this.#form = form;
    this.#drawer.textContent = '';
    this.#drawer.append(form.root);
    form.focus();
  }

  #choosePoster(): void {
    if (this.#form?.isDirty === true) return;
    this.#closeDrawer();
    const picker = new PosterPicker(this.#courseware, {
      onChosen: (courseware) => {
        this.#take(courseware);
        this.#closeDrawer();
        this.#show();
        this.#house.notice.say('封面已换好。');
      },
      onClosed: () => this.#closeDrawer(),
    });
    this.#drawer.append(picker.root);
  }

  #openCaptions(): void {
    if (this.#form?.isDirty === true) return;
    this.#closeDrawer();
    const panel = new CaptionPanel(
      { id: this.id, title: this.#courseware.title },
      {
        say: (words, undo) => this.#house.notice.say(words, undo),
        onClose: () => this.#closeDrawer(),
      },
    );
    this.#drawer.append(panel.root);
    void panel.open();
  }

  #askRemove(): void {
    if (this.#form?.isDirty === true) return;
    this.#closeDrawer();
    const yes = button({ class: 'button is-small is-danger' }, '确定删除');
    const no = button({ class: 'button is-small' }, '不删除');
    yes.addEventListener('click', () => void this.#once(() => this.#remove()));
    no.addEventListener('click', () => this.#closeDrawer());
    const question = `删除《${this.#courseware.title}》？已上传的视频也会删除，不能恢复。`;
    const box = { class: 'question', role: 'group', 'aria-label': question };
    this.#drawer.append(
      element('div', box, element('p', {}, question), element('div', { class: 'actions' }, yes, no)),
    );
    no.focus();
  }

  async #remove(): Promise<void> {
    try {
      await callApi(apiPath('courseware', this.id), {
        method: 'DELETE',
        revision: this.#courseware.revision,
      });
    } catch (error) {
      this.#house.notice.say(problemWords(error));
      await this.#reload();
      return;
    }
    this.#house.feed.drop(this.id);
    this.#house.notice.say(`已删除《${this.#courseware.title}》。`);
    this.#house.onRemoved(this);
  }

  #closeDrawer(): void {
    this.#form = undefined;
    this.#drawer.textContent = '';
  }

  /** What a change of this page made of the record. */
  #take(courseware: CoursewareRecord): void {
    this.#courseware = courseware;
    this.#changes += 1;
  }

  /** @param heard what the feed just told, which may be newer than the record */
  async #reload(heard?: ProductionRecord): Promise<void> {
    const isNewest = this.#reloads();
    try {
      let changes: number;
      let courseware: CoursewareRecord;
      do {
        changes = this.#changes;
        courseware = await callApi<CoursewareRecord>(apiPath('courseware', this.id));
        if (!isNewest()) return; // a newer answer is there, or on its way
      } while (changes !== this.#changes);
      this.#courseware = courseware;
      this.#production = heard ?? productionOf(courseware);
    } catch {
      // What is shown stays; the next report or click asks again.
    }
    this.#show();
  }
}
