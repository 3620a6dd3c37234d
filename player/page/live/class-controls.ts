import { button, element } from '../../controls/element.ts';
import { fieldOfTime, timeOfField } from '../../live/china-time.ts';
import { callApi } from '../api.ts';
import { labelled, textField } from '../form-field.ts';
import type { Notice } from '../notice.ts';
import { problemWords } from '../problem-words.ts';
import { STATE_WORDS } from './class-words.ts';
import { confirmButton } from './confirm-button.ts';
import { classAddress, classPath } from './live-records.ts';
import type { LiveClassRecord } from './live-records.ts';

type Order = 'announce' | 'schedule' | 'rehearse' | 'start' | 'end' | 'cancel' | 'postpone' | 'archive';

/** What the operator does with the class itself: each order that viewers see can be undone, or is asked for twice. */
export class ClassControls {
  readonly root = element('div', { class: 'desk-controls' });
  readonly #state = element('span', { class: 'state', role: 'status' });
  readonly #actions = element('div', { class: 'actions' });
  readonly #drawer = element('div', { class: 'drawer' });
  readonly #notice: Notice;
  readonly #onChanged: (record: LiveClassRecord) => void;
  #record: LiveClassRecord | undefined;

  constructor(notice: Notice, onChanged: (record: LiveClassRecord) => void) {
    this.#notice = notice;
    this.#onChanged = onChanged;
    this.root.append(this.#state, this.#actions, this.#drawer);
  }

  show(record: LiveClassRecord): void {
    const before = this.#record;
    this.#record = record;
    // Whatever else has changed: a button that waits for its second press and words half written stay.
    const isSame =
      before?.state === record.state && before.recordingCoursewareId === record.recordingCoursewareId;
    if (isSame) return;
    this.#state.className = `state is-${record.state}`;
    this.#state.textContent = STATE_WORDS[record.state];
    this.#actions.textContent = '';
    this.#drawer.textContent = '';
    this.#offer(record);
  }

  #offer({ id, state, recordingCoursewareId }: LiveClassRecord): void {
    switch (state) {
      case 'draft':
      case 'scheduled':
        this.#add('发布预告', 'is-first', () =>
          this.#order('announce', '已发布预告，所有人都能看到这堂课。'),
        );
        if (state === 'scheduled') this.#addRehearsal();
        this.#addOff();
        break;
      case 'announced':
        this.#addStart();
        this.#addRehearsal();
        this.#addOff();
        break;
      case 'rehearsing':
        this.#addStart();
        this.#add('结束试播', '', () => this.#order('announce', '试播已结束。'));
        break;
      case 'on_air':
      case 'interrupted':
        this.#actions.append(
          confirmButton(
            '下课',
            '所有画面会结束，再点一次确认下课',
            '',
            () => void this.#order('end', '已下课，录像几秒后可以看。'),
          ),
        );
        break;
      case 'ended':
      case 'recorded':
      case 'archived':
        if (typeof recordingCoursewareId === 'string') {
          const address = `/watch/${encodeURIComponent(recordingCoursewareId)}`;
          this.#actions.append(
            element('a', { class: 'button is-first', href: address }, '看录像'),
            element('a', { class: 'button', href: '/studio' }, '去课件制作里发布录像'),
          );
        }
        break;
      case 'cancelled':
      case 'postponed':
        this.#add('恢复这堂课', 'is-first', () => this.#order('announce', '已恢复，重新预告。'));
        if (state === 'postponed') this.#add('定新时间', '', () => this.#askOff('postpone'));
        break;
    }
    this.#actions.append(element('a', { class: 'button', href: classAddress(id, '/edit') }, '修改'));
  }

  #addStart(): void {
    this.#actions.append(
      confirmButton(
        '开始上课',
        '所有人马上能看到画面，再点一次开播',
        'is-first',
        () => void this.#order('start', '已开播。'),
      ),
    );
  }

  #addRehearsal(): void {
    this.#add('试播', '', () => this.#order('rehearse', '试播开始，画面只有导播台能看到。'));
  }

  #addOff(): void {
    this.#add('改期', '', () => this.#askOff('postpone'));
    this.#add('取消这堂课', 'is-quiet', () => this.#askOff('cancel'));
  }

  #add(words: string, style: string, onClick: () => unknown): void {
    const made = button({ class: `button ${style}`.trim() }, words);
    made.addEventListener('click', () => void onClick());
    this.#actions.append(made);
  }

  /** What everybody will read, and, for another day, when. */
  #askOff(order: 'cancel' | 'postpone'): void {
    const record = this.#record;
    if (record === undefined) return;
    const reason = textField({ maxlength: '200' });
    const start = element('input', { type: 'datetime-local' });
    const lengthMs = Date.parse(record.plannedEnd) - Date.parse(record.plannedStart);
    const isPostponed = order === 'postpone';
    const form = element(
      'form',
      { class: 'form is-framed', 'aria-label': isPostponed ? '改期' : '取消' },
      labelled('告诉大家的话', reason, '会显示在课堂页面和课表上。'),
      ...(isPostponed ? [labelled('新的开始时间（还没定就留空）', start)] : []),
      element(
        'div',
        { class: 'actions' },
        element('button', { type: 'submit', class: 'button is-first' }, isPostponed ? '改期' : '确认取消'),
      ),
    );
    if (isPostponed) start.min = fieldOfTime(Date.now());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const startMs = timeOfField(start.value);
      const announcement = reason.value.trim();
      const body = {
        ...(announcement === '' ? {} : { announcement }),
        ...(startMs === undefined
          ? {}
          : {
              plannedStart: new Date(startMs).toISOString(),
              plannedEnd: new Date(startMs + lengthMs).toISOString(),
            }),
      };
      void this.#order(order, isPostponed ? '已改期。' : '已取消。', body);
    });
    this.#drawer.textContent = '';
    this.#drawer.append(form);
    reason.focus();
  }

  async #order(order: Order, done: string, body: object = {}): Promise<void> {
    const before = this.#record;
    if (before === undefined) return;
    try {
      this.#onChanged(await callApi<LiveClassRecord>(classPath(before.id, order), { method: 'POST', body }));
      this.#drawer.textContent = '';
      const back = backOf(order, before.state);
      this.#notice.say(done, back === undefined ? undefined : () => void this.#order(back, '已撤销。'));
    } catch (error) {
      this.#notice.say(problemWords(error));
    }
  }
}

/** The order that takes another one back; undefined where there is none. */
function backOf(order: Order, from: LiveClassRecord['state']): Order | undefined {
  if (order === 'announce' && (from === 'scheduled' || from === 'draft')) return 'schedule';
  if (order === 'cancel' || order === 'postpone') return from === 'announced' ? 'announce' : 'schedule';
  if (order === 'rehearse') return from === 'announced' ? 'announce' : 'schedule';
  return undefined;
}
