import { element } from '../../controls/element.ts';
import { choice, labelled, textField } from '../form-field.ts';

/** What the API takes for a class that comes again. */
export type Recurrence =
  | { readonly pattern: 'weekly' | 'biweekly'; readonly times: number }
  | { readonly pattern: 'weekly' | 'biweekly'; readonly until: string }
  | { readonly pattern: 'dates'; readonly dates: readonly string[] };

const MOST_TIMES = 104;

/** What is wrong with what was chosen. */
export interface RecurrenceFault {
  readonly words: string;
}

/** Reads days as people write them: `2026-12-05`, `2026/12/5`, `2026年12月5日`, divided by 、 or commas or lines. Pure. */
export function readDays(text: string): {
  readonly days: readonly string[];
  readonly fault: string | undefined;
} {
  const days: string[] = [];
  for (const word of text.split(/[,，、;；\s]+/).filter((one) => one !== '')) {
    const [, year = '', month = '', day = ''] =
      /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(word) ?? [];
    const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
    const date = new Date(`${iso}T00:00:00Z`);
    if (year === '' || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== iso) {
      return { days, fault: word };
    }
    if (!days.includes(iso)) days.push(iso);
  }
  return { days, fault: undefined };
}

/** Chooses whether and how a new class comes again. */
export class RecurrenceField {
  readonly root: HTMLElement;
  readonly #pattern = choice([
    ['', '只这一次'],
    ['weekly', '每周同一时间'],
    ['biweekly', '每两周同一时间'],
    ['dates', '另外几天的同一时间'],
  ]);
  readonly #times = element('input', {
    class: 'seconds',
    type: 'number',
    min: '2',
    max: String(MOST_TIMES),
    value: '4',
  });
  readonly #until = element('input', { type: 'date' });
  readonly #dates = textField({ placeholder: '2026-12-05、2026-12-19' });
  readonly #weeks: HTMLElement;
  readonly #days: HTMLElement;

  constructor() {
    this.#weeks = element(
      'div',
      { class: 'field-row' },
      labelled('一共几次（含这一次）', this.#times),
      labelled('或者：到哪一天为止', this.#until, '填了日期就按日期，不看次数。'),
    );
    this.#days = labelled('哪几天', this.#dates, '用顿号隔开；这一次的日期不用再写。');
    this.root = element(
      'div',
      { class: 'is-wide' },
      labelled('重复', this.#pattern),
      this.#weeks,
      this.#days,
    );
    this.#pattern.addEventListener('change', () => this.#show());
    this.#show();
  }

  /** What was chosen; undefined for a class that comes once. */
  read(): Recurrence | RecurrenceFault | undefined {
    const pattern = this.#pattern.value;
    if (pattern === 'weekly' || pattern === 'biweekly') {
      if (this.#until.value !== '') return { pattern, until: this.#until.value };
      const times = this.#times.valueAsNumber;
      if (Number.isInteger(times) && times >= 2 && times <= MOST_TIMES) return { pattern, times };
      return { words: `重复次数请填 2 到 ${MOST_TIMES}。` };
    }
    if (pattern !== 'dates') return undefined;
    const { days, fault } = readDays(this.#dates.value);
    if (fault !== undefined) return { words: `“${fault}”不是日期，请写成 2026-12-05。` };
    if (days.length === 0) return { words: '请填写还有哪几天。' };
    return { pattern, dates: days };
  }

  #show(): void {
    const pattern = this.#pattern.value;
    this.#weeks.hidden = pattern !== 'weekly' && pattern !== 'biweekly';
    this.#days.hidden = pattern !== 'dates';
  }
}
