import { button, element } from '../controls/element.ts';
import type { CoursewareRecord, TagRecord } from './api.ts';
import { posterOf } from './courseware-card.ts';
import { failureWords } from './failure-words.ts';
import type { LadderWishes } from './ladder-choice.ts';
import type { Notice } from './notice.ts';
import type { ProductionFeed } from './production-feed.ts';
import { progressWords } from './production-words.ts';
import { PRODUCTION_WORDS, PUBLICATION_WORDS, isInProduction } from './state-words.ts';
import { StudioDrawer } from './studio-drawer.ts';
import { StudioLecture } from './studio-lecture.ts';
import { UploadPanel } from './upload-panel.ts';
import type { UnfinishedUpload } from './upload.ts';

/** What an item needs of the page around it. */
export interface StudioHouse {
  readonly notice: Notice;
  readonly feed: ProductionFeed;
  readonly tags: readonly TagRecord[];
  onRemoved(item: StudioItem): void;
}

/** One lecture in the studio: both its states in words, and what may be done about it. */
export class StudioItem {
  readonly root = element('li', { class: 'item' });
  readonly #lecture: StudioLecture;
  readonly #upload: UploadPanel;
  readonly #drawer: StudioDrawer;
  readonly #heading = element('h3', { class: 'item-title' });
  readonly #poster = element('div', { class: 'item-poster' });
  readonly #states = element('p', { class: 'item-states' });
  readonly #progress = element('progress', { max: '1', 'aria-label': '转码进度' });
  readonly #progressText = element('p', { class: 'hint' });
  readonly #failure = element('p', { class: 'failure', role: 'alert' });
  readonly #warnings = element('ul', { class: 'warnings' });
  readonly #actions = element('div', { class: 'actions' });
  #wantsUpload = false;

  constructor(courseware: CoursewareRecord, house: StudioHouse) {
    this.#lecture = new StudioLecture(courseware, house, {
      onChanged: () => this.#show(),
      onProgress: () => this.#showProduction(),
      onRemoved: () => house.onRemoved(this),
    });
    this.#drawer = new StudioDrawer(this.#lecture, house);
    this.#upload = new UploadPanel(courseware.id, {
      onDone: () => {
        this.#wantsUpload = false;
        house.notice.say(`《${this.#lecture.courseware.title}》上传完成，开始转码。`);
        void this.#lecture.reload();
      },
      onAbandoned: () => void this.#abandoned(house.notice),
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
      this.#drawer.root,
    );
    this.root.append(this.#poster, facts);
    this.#show();
    this.#lecture.follow();
  }

  get id(): string {
    return this.#lecture.id;
  }

  /** True while leaving the page would lose or interrupt something here. */
  get isBusy(): boolean {
    return this.#upload.isRunning || this.#drawer.isDirty;
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
  async #abandoned(notice: Notice): Promise<void> {
    this.#wantsUpload = false;
    await this.#lecture.reload();
    const isTaken = isInProduction(this.#lecture.production.state);
    notice.say(isTaken ? '放弃之前已经上传完了，视频正在转码。' : '已放弃上传。');
  }

  #show(): void {
    const { courseware, production, isNewer } = this.#lecture;
    const { title, publication } = courseware;
    const { state } = production;
    this.#heading.textContent = title;
    this.#poster.textContent = '';
    this.#poster.append(posterOf(courseware));
    this.#states.textContent = '';
    this.#states.append(
      element('span', { class: `state is-${publication}` }, PUBLICATION_WORDS[publication]),
      element(
        'span',
        { class: `state is-${state}` },
        `${isNewer ? '新版本：' : ''}${PRODUCTION_WORDS[state]}`,
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
  }

  #showProduction(): void {
    const { production } = this.#lecture;
    const { state, progress, failure, warnings } = production;
    const isMaking = isInProduction(state);
    this.#progress.hidden = !isMaking;
    this.#progress.value = progress;
    this.#progressText.textContent = isMaking ? progressWords(production) : '';
    this.#failure.textContent = state === 'failed' ? failureWords(failure) : '';
    this.#warnings.textContent = '';
    for (const warning of warnings ?? []) this.#warnings.append(element('li', {}, warning));
  }

  #showActions(): void {
    const { courseware, isWatchable } = this.#lecture;
    const focused = Array.from(this.#actions.children).indexOf(document.activeElement as Element);
    const words = this.#actions.children[focused]?.textContent;
    this.#actions.textContent = '';
    if (isWatchable) {
      const address = `/watch/${encodeURIComponent(this.id)}`;
      this.#actions.append(element('a', { class: 'button is-small', href: address }, '观看'));
    }
    this.#addPublication();
    this.#addProduction();
    this.#add('修改信息', () => this.#drawer.edit());
    this.#add('章节', () => this.#drawer.editChapters());
    if (courseware.current?.production === 'ready') this.#add('换封面', () => this.#drawer.choosePoster());
    this.#add('字幕', () => this.#drawer.openCaptions());
    if (courseware.publication === 'draft') this.#add('删除', () => this.#drawer.askRemove(), 'is-quiet');
    if (focused >= 0) this.#focus(words);
  }

  /** The button that had the focus has it again, or the first one where there is no such button any more. */
  #focus(words: string | null | undefined): void {
    const made = Array.from(this.#actions.children) as HTMLElement[];
    (made.find(({ textContent }) => textContent === words) ?? made[0])?.focus();
  }

  #addProduction(): void {
    const lecture = this.#lecture;
    const { state, isUrgent } = lecture.production;
    if (state === 'failed' || state === 'canceled') {
      this.#add('重试', () => lecture.order('retry', '已重新排队，做好的部分不会重做。'));
      if (lecture.isNewer) this.#add('放弃新版本', () => lecture.order('discard', '已放弃新版本。'));
      this.#offerUpload('换一个文件');
    } else if (isInProduction(state)) {
      this.#add('取消转码', () => lecture.order('cancel', '已取消转码。'));
      if (isUrgent === true) this.#addUrgency('不再加急', false, '已取消加急。');
      else this.#addUrgency('加急', true, '已加急，会排到其他课件前面。');
    } else if (state === 'ready') {
      this.#add('重新转码', () => this.#drawer.askReprocess());
      this.#offerUpload('上传新版本');
    }
  }

  #addUrgency(words: string, isUrgent: boolean, done: string): void {
    this.#add(words, () => this.#lecture.order('urgency', done, { isUrgent }));
  }

  #addPublication(): void {
    const lecture = this.#lecture;
    const { publication } = lecture.courseware;
    if (publication === 'withdrawn') {
      this.#add('恢复为草稿', () => lecture.move('draft', '已恢复为草稿。'));
      return;
    }
    if (publication === 'published') {
      this.#add('暂停发布', () => lecture.move('suspended', '已暂停发布，站点暂时看不到它。'));
    } else if (lecture.isWatchable) {
      const words = publication === 'suspended' ? '恢复发布' : '发布';
      this.#add(words, () => lecture.move('published', '已发布，各站点现在就能看到。'), 'is-first');
    }
    if (publication === 'published' || publication === 'suspended') {
      this.#add('撤回', () => lecture.move('withdrawn', '已撤回。'));
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
    const label = `${words}《${this.#lecture.courseware.title}》`;
    const made = button({ class: `button is-small ${style}`, 'aria-label': label }, words);
    made.addEventListener('click', () => void onClick());
    this.#actions.append(made);
  }
}
