import { button, element } from '../../controls/element.ts';
import { fieldOfTime, timeOfField } from '../../live/china-time.ts';
import { newIdempotencyKey } from '../api.ts';
import type { CoursewareRecord } from '../api.ts';
import { choice, labelled, textArea, textField } from '../form-field.ts';
import { ItemFinder } from '../library/item-finder.ts';
import { problemWords } from '../problem-words.ts';
import { readNames, readTags } from '../tag-text.ts';
import { LADDER_WORDS } from './class-words.ts';
import type { LiveClassRecord } from './live-records.ts';
import { RecurrenceField } from './recurrence-field.ts';

/** What is sent of a class; `null` empties a field. */
export type ClassDraft = Readonly<Record<string, unknown>>;

/** What is shown of a class before anything is written of it; the server's own defaults. */
type ClassFields = Omit<LiveClassRecord, 'id' | 'state' | 'revision' | 'plannedStart' | 'plannedEnd'>;

const NEW_CLASS: ClassFields = {
  title: '',
  description: '',
  lecturers: [],
  audience: [],
  tags: [],
  source: 'rtmp',
  ladder: '480p-360p',
  latency: 'low',
  records: true,
  asksQuestions: true,
  wantsReceipt: true,
  graceSeconds: 120,
  overrunMinutes: 30,
};

const DEFAULT_MINUTES = 90;

/** All that is planned of one class. */
export class ClassForm {
  readonly root: HTMLFormElement;
  readonly #title = textField({ maxlength: '200', required: '' });
  readonly #description = textArea({ rows: '4', maxlength: '5000' });
  readonly #lecturers = textField({ maxlength: '600' });
  readonly #hostUnit = textField({ maxlength: '100' });
  readonly #channel = textField({ maxlength: '100' });
  readonly #audience = textField({ maxlength: '600' });
  readonly #tags = textField({ maxlength: '600' });
  readonly #start = element('input', { type: 'datetime-local', required: '' });
  readonly #end = element('input', { type: 'datetime-local', required: '' });
  readonly #source = choice([
    ['rtmp', '编码器推流（老师现场讲）'],
    ['simulive', '馆藏课件定时播放（录好的课按时开播）'],
  ]);
  readonly #latency = choice([
    ['low', '低延迟：约 2 秒，适合提问互动'],
    ['ordinary', '更稳：约 7 秒，适合线路差的站点'],
  ]);
  readonly #ladder = choice(Object.entries(LADDER_WORDS));
  readonly #records = check('课后自动生成录像');
  readonly #asks = check('观众可以提问、举手');
  readonly #receipt = check('请各站点填写收看回执');
  readonly #grace = whole(5, 3_600);
  readonly #overrun = whole(0, 480);
  readonly #slateText = textField({ maxlength: '200' });
  readonly #announcement = textArea({ rows: '2', maxlength: '2000' });
  readonly #recurrence: RecurrenceField | undefined;
  readonly #chosen = element('p', { class: 'chosen-item' });
  readonly #item: HTMLElement;
  readonly #failure = element('p', { class: 'failure', role: 'alert' });
  readonly #submit: HTMLButtonElement;
  #coursewareId: string | undefined;
  #saved = '';
  // Pressing again after the answer was lost must not plan two classes.
  #sent = { draft: '', key: '' };

  /** @param existing filled in; undefined for a new class, which may come again and again */
  constructor(
    words: { readonly heading: string; readonly submit: string },
    existing: LiveClassRecord | undefined,
    onSubmit: (draft: ClassDraft, idempotencyKey: string) => Promise<void>,
    extra: readonly HTMLElement[] = [],
  ) {
    this.#submit = element('button', { type: 'submit', class: 'button is-first' }, words.submit);
    this.#recurrence = existing === undefined ? new RecurrenceField() : undefined;
    const finder = new ItemFinder(
      (id) => id === this.#coursewareId,
      (item) => {
        this.#choose(item);
        return Promise.resolve(true);
      },
    );
    this.#item = element('div', { class: 'is-wide' }, this.#chosen, finder.root);
    this.root = element(
      'form',
      { class: 'form live-form', novalidate: '', 'aria-label': words.heading },
      section(
        '讲什么，谁来讲',
        wide(labelled('标题（必填）', this.#title)),
        labelled('主讲人', this.#lecturers, '几位老师用顿号隔开。'),
        labelled('主办单位', this.#hostUnit),
        wide(labelled('简介', this.#description)),
        labelled('面向对象', this.#audience, '例如：村党支部书记、大学生村官。'),
        labelled('标签', this.#tags),
      ),
      section(
        '什么时候',
        labelled('开始（必填，北京时间）', this.#start),
        labelled('结束（必填）', this.#end),
        labelled('演播室或频道', this.#channel, '同一时间只能安排一堂课；留空则不检查。'),
        ...(this.#recurrence === undefined ? [] : [this.#recurrence.root]),
      ),
      section(
        '画面从哪里来',
        wide(labelled('来源', this.#source)),
        this.#item,
        labelled('延迟', this.#latency),
        labelled('画质', this.#ladder, '服务器忙不过来时会先停掉低画质，原画质不受影响。'),
      ),
      section(
        '课堂上',
        wide(this.#records.root),
        wide(this.#asks.root),
        wide(this.#receipt.root),
        labelled('断线多少秒算中断', this.#grace.input, '这段时间内恢复，观众只看到“马上回来”。'),
        labelled('到点后无画面，多少分钟自动结束', this.#overrun.input),
        wide(labelled('开课前画面上的话', this.#slateText, '留空则显示时间和倒计时。')),
        wide(labelled('预告里的话', this.#announcement, '例如：请提前十分钟到站点签到。')),
        ...extra.map((one) => wide(one)),
      ),
      this.#failure,
      element('div', { class: 'actions' }, this.#submit),
    );
    this.#source.addEventListener('change', () => this.#showSource());
    this.#start.addEventListener('change', () => this.#followStart());
    this.#fill(existing);
    this.root.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send(onSubmit);
    });
  }

  /** True while something typed here would be lost by leaving. */
  get isDirty(): boolean {
    return this.#state() !== this.#saved;
  }

  /** What is typed is what is stored. */
  settle(): void {
    this.#saved = this.#state();
  }

  /** Adds a button beside the submit button. */
  addAction(words: string, onClick: () => void): void {
    const made = button({ class: 'button' }, words);
    made.addEventListener('click', onClick);
    this.#submit.parentElement?.append(made);
  }

  #fill(existing: LiveClassRecord | undefined): void {
    const fields: ClassFields = { ...NEW_CLASS, ...existing };
    this.#title.value = fields.title;
    this.#description.value = fields.description;
    this.#lecturers.value = fields.lecturers.join('、');
    this.#hostUnit.value = fields.hostUnit ?? '';
    this.#channel.value = fields.channel ?? '';
    this.#audience.value = fields.audience.join('、');
    this.#tags.value = fields.tags.join('、');
    if (existing !== undefined) {
      this.#start.value = fieldOfTime(Date.parse(existing.plannedStart));
      this.#end.value = fieldOfTime(Date.parse(existing.plannedEnd));
    }
    this.#fillRules(fields);
    this.#coursewareId = fields.coursewareId ?? undefined;
    this.#chosen.textContent = this.#coursewareId === undefined ? '还没有选课件。' : '已选好课件。';
    this.#showSource();
    this.settle();
  }

  #fillRules(fields: ClassFields): void {
    this.#source.value = fields.source;
    this.#latency.value = fields.latency;
    this.#ladder.value = fields.ladder ?? '';
    this.#records.input.checked = fields.records;
    this.#asks.input.checked = fields.asksQuestions;
    this.#receipt.input.checked = fields.wantsReceipt;
    this.#grace.input.value = String(fields.graceSeconds ?? '');
    this.#overrun.input.value = String(fields.overrunMinutes ?? '');
    this.#slateText.value = fields.slateText ?? '';
    this.#announcement.value = fields.announcement ?? '';
  }

  #choose(item: CoursewareRecord): void {
    this.#coursewareId = item.id;
    this.#chosen.textContent = `播放：《${item.title}》`;
    if (this.#title.value === '') this.#title.value = item.title;
  }

  #showSource(): void {
    this.#item.hidden = this.#source.value !== 'simulive';
  }

  // A class is as long as it was when only its start is moved; a new one is an hour and a half.
  #followStart(): void {
    const start = timeOfField(this.#start.value);
    const end = timeOfField(this.#end.value);
    if (start === undefined || (end !== undefined && end > start)) return;
    this.#end.value = fieldOfTime(start + DEFAULT_MINUTES * 60_000);
  }

  #state(): string {
    return JSON.stringify([this.#draft(), this.#start.value, this.#end.value, this.#recurrence?.read()]);
  }

  #draft(): ClassDraft {
    const start = timeOfField(this.#start.value);
    const end = timeOfField(this.#end.value);
    const isSimulive = this.#source.value === 'simulive';
    return {
      title: this.#title.value.trim(),
      description: this.#description.value.trim(),
      lecturers: readNames(this.#lecturers.value),
      hostUnit: orNull(this.#hostUnit.value),
      channel: orNull(this.#channel.value),
      audience: readNames(this.#audience.value),
      tags: readTags(this.#tags.value),
      plannedStart: start === undefined ? undefined : new Date(start).toISOString(),
      plannedEnd: end === undefined ? undefined : new Date(end).toISOString(),
      source: this.#source.value,
      coursewareId: isSimulive ? (this.#coursewareId ?? null) : null,
      ladder: this.#ladder.value,
      latency: this.#latency.value,
      records: this.#records.input.checked,
      asksQuestions: this.#asks.input.checked,
      wantsReceipt: this.#receipt.input.checked,
      graceSeconds: this.#grace.input.valueAsNumber,
      overrunMinutes: this.#overrun.input.valueAsNumber,
      slateText: orNull(this.#slateText.value),
      announcement: orNull(this.#announcement.value),
    };
  }

  /** @returns what is wrong, and where */
  #fault(draft: ClassDraft): readonly [string, HTMLElement] | undefined {
    const { title, coursewareId } = draft;
    const start = timeOfField(this.#start.value);
    const end = timeOfField(this.#end.value);
    if (title === '') return ['请填写标题。', this.#title];
    if (start === undefined) return ['请填写开始时间。', this.#start];
    if (end === undefined) return ['请填写结束时间。', this.#end];
    if (end <= start) return ['结束时间要比开始时间晚。', this.#end];
    if (this.#source.value === 'simulive' && coursewareId === null) {
      return ['请选择要播放的课件。', this.#item.querySelector('input') ?? this.#item];
    }
    for (const { input, least, most } of [this.#grace, this.#overrun]) {
      const value = input.valueAsNumber;
      if (!(Number.isInteger(value) && value >= least && value <= most)) {
        return [`请填 ${least} 到 ${most} 的整数。`, input];
      }
    }
    return undefined;
  }

  async #send(onSubmit: (draft: ClassDraft, idempotencyKey: string) => Promise<void>): Promise<void> {
    this.#failure.textContent = '';
    this.#submit.parentElement?.before(this.#failure);
    const draft = this.#draft();
    const fault = this.#fault(draft);
    const recurrence = this.#recurrence?.read();
    if (fault !== undefined) {
      // Where the eye goes with the focus: the button may be a screen further down.
      fault[1].parentElement?.append(this.#failure);
      this.#failure.textContent = fault[0];
      fault[1].focus();
      return;
    }
    if (recurrence !== undefined && 'words' in recurrence) {
      this.#failure.textContent = recurrence.words;
      return;
    }
    const whole = recurrence === undefined ? draft : { ...draft, recurrence };
    this.#submit.disabled = true;
    const state = this.#state();
    try {
      const sent = JSON.stringify(whole);
      if (this.#sent.draft !== sent) this.#sent = { draft: sent, key: newIdempotencyKey() };
      await onSubmit(whole, this.#sent.key);
      // What was typed meanwhile is not saved.
      this.#saved = state;
    } catch (error) {
      this.#failure.textContent = problemWords(error);
    }
    this.#submit.disabled = false;
  }
}

function orNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

function wide(field: HTMLElement): HTMLElement {
  field.classList.add('is-wide');
  return field;
}

function section(heading: string, ...fields: readonly HTMLElement[]): HTMLElement {
  return element(
    'fieldset',
    { class: 'live-section' },
    element('legend', { class: 'section-title' }, heading),
    element('div', { class: 'live-fields' }, ...fields),
  );
}

function check(label: string): { readonly root: HTMLElement; readonly input: HTMLInputElement } {
  const input = element('input', { type: 'checkbox' });
  const root = element('label', { class: 'check' }, input, label);
  return { root, input };
}

function whole(least: number, most: number): { input: HTMLInputElement; least: number; most: number } {
  const input = element('input', { class: 'seconds', type: 'number', min: String(least), max: String(most) });
  return { input, least, most };
}
