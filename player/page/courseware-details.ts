import { button, element } from '../controls/element.ts';
import { apiPath, callApi } from './api.ts';
import type { CoursewareRecord, NamedRecord, Page } from './api.ts';
import { choice, labelled, textArea, textField } from './form-field.ts';
import { townTree } from './region-list.ts';
import { KIND_WORDS, ORIGIN_WORDS } from './search/facets.ts';
import { readNames } from './tag-text.ts';

/** What is sent of one field; null empties it. */
type Value =
  string | number | null | readonly string[] | readonly number[] | Readonly<Record<string, string>>;

/** The fields of a lecture besides its title, as the API takes them. */
export type DetailChanges = Readonly<Record<string, Value>>;

/** A field: how it is shown, read and written. */
interface Detail {
  readonly name: string;
  readonly root: HTMLElement;
  read(): Value;
  write(courseware: CoursewareRecord | undefined): void;
}

/** `名称：内容` on each line. Pure. */
export function readExtra(text: string): Readonly<Record<string, string>> {
  const extra: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^\s*([^:：]+?)\s*[:：]\s*(.+?)\s*$/.exec(line) ?? [];
    if (name !== '') extra[name] = value;
  }
  return extra;
}

/** The librarian's fields of one lecture, folded away until somebody wants them. */
export class CoursewareDetails {
  readonly root: HTMLDetailsElement;
  readonly #details: readonly Detail[];
  readonly #category = choice([['', '未定']]);
  readonly #region = choice([['', '未定']]);
  readonly #units = element('datalist');
  #saved: Readonly<Record<string, string>> = {};
  #isFilled = false;
  #shown: CoursewareRecord | undefined;

  /** @param id begins the ids of all fields */
  constructor(id: string) {
    this.#units.id = `${id}-units`;
    this.#details = [
      this.#text('code', '编号', (item) => item.code, {
        maxlength: '60',
        placeholder: '例如 SX-XT-2011-0152',
      }),
      this.#choice('kind', '类别', Object.entries(KIND_WORDS), (item) => item.kind),
      this.#select('category', '分类', this.#category, (item) => item.category?.code),
      this.#number('year', '年份', (item) => item.year, 1900, 2200),
      this.#number('seriesPosition', '在系列中第几课', (item) => item.seriesPosition, 1, 1_000_000),
      this.#choice('origin', '来源', Object.entries(ORIGIN_WORDS), (item) => item.origin),
      this.#select('region', '地区', this.#region, (item) => item.region?.id),
      this.#text('producer', '制作单位', (item) => item.producer?.name, {
        list: this.#units.id,
        maxlength: '100',
      }),
      this.#names('presenters', '主讲人', (item) => (item.presenters ?? []).map(({ name }) => name)),
      this.#names('audience', '适用对象', (item) => item.audience ?? []),
      this.#names('trades', '产业', (item) => item.trades ?? []),
      monthsDetail(),
      this.#names('awards', '获奖', (item) => item.awards ?? []),
      this.#text('dialect', '方言', (item) => item.dialect, { maxlength: '40' }),
      rightsDetail(),
      extraDetail(),
    ];
    this.root = element(
      'details',
      { class: 'more-facts' },
      element('summary', {}, '更多信息（类别、地区、对象、版权…）'),
      element('div', { class: 'detail-grid' }, ...this.#details.map(({ root }) => root)),
      this.#units,
    );
    this.root.addEventListener('toggle', () => {
      if (this.root.open) void this.#offer();
    });
  }

  /** Shows what is stored; everything typed is replaced. */
  fill(courseware: CoursewareRecord | undefined): void {
    this.#shown = courseware;
    this.#keepOption(this.#category, courseware?.category?.code, courseware?.category?.name);
    this.#keepOption(this.#region, courseware?.region?.id, courseware?.region?.name);
    const saved: Record<string, string> = {};
    for (const detail of this.#details) {
      detail.write(courseware);
      saved[detail.name] = JSON.stringify(detail.read());
    }
    this.#saved = saved;
  }

  /** The fields that were changed, as the API takes them. */
  changes(): DetailChanges {
    const changed: Record<string, Value> = {};
    for (const detail of this.#details) {
      const value = detail.read();
      if (JSON.stringify(value) !== this.#saved[detail.name]) changed[detail.name] = value;
    }
    return changed;
  }

  /** A choice that is stored stays choosable, whatever the lists say. */
  #keepOption(select: HTMLSelectElement, value: string | undefined, words: string | undefined): void {
    if (value === undefined) return;
    if (Array.from(select.options).some((option) => option.value === value)) return;
    select.append(element('option', { value }, words ?? value));
  }

  async #offer(): Promise<void> {
    if (this.#isFilled) return;
    this.#isFilled = true;
    try {
      const [categories, regions, units] = await Promise.all([
        callApi<Page<{ readonly code: string; readonly name: string }>>(apiPath('categories')),
        townTree(),
        callApi<Page<NamedRecord>>(apiPath('units')),
      ]);
      const { value: category } = this.#category;
      const { value: region } = this.#region;
      const options = categories.items.map(({ code, name }) =>
        element('option', { value: code }, `${code} ${name}`),
      );
      refill(this.#category, options);
      refill(this.#region, regionGroups(regions));
      this.#keepOption(this.#category, this.#shown?.category?.code, this.#shown?.category?.name);
      this.#keepOption(this.#region, this.#shown?.region?.id, this.#shown?.region?.name);
      this.#category.value = category;
      this.#region.value = region;
      this.#units.append(...units.items.map(({ name }) => element('option', { value: name })));
    } catch {
      this.#isFilled = false; // asked again when it is opened again
    }
  }

  #text(
    name: string,
    label: string,
    of: (item: CoursewareRecord) => string | null | undefined,
    attributes: Readonly<Record<string, string>>,
  ): Detail {
    const input = textField(attributes);
    return {
      name,
      root: labelled(label, input),
      read: () => (input.value.trim() === '' ? null : input.value.trim()),
      write: (item) => {
        input.value = (item === undefined ? undefined : of(item)) ?? '';
      },
    };
  }

  #number(
    name: string,
    label: string,
    of: (item: CoursewareRecord) => number | null | undefined,
    least: number,
    most: number,
  ): Detail {
    const input = element('input', {
      type: 'number',
      class: 'seconds',
      min: String(least),
      max: String(most),
    });
    return {
      name,
      root: labelled(label, input),
      read: () => (input.value === '' ? null : Number(input.value)),
      write: (item) => {
        input.value = String((item === undefined ? undefined : of(item)) ?? '');
      },
    };
  }

  #choice(
    name: string,
    label: string,
    entries: readonly (readonly [string, string])[],
    of: (item: CoursewareRecord) => string | null | undefined,
  ): Detail {
    return this.#select(name, label, choice([['', '未定'], ...entries]), of);
  }

  #select(
    name: string,
    label: string,
    select: HTMLSelectElement,
    of: (item: CoursewareRecord) => string | null | undefined,
  ): Detail {
    return {
      name,
      root: labelled(label, select),
      read: () => (select.value === '' ? null : select.value),
      write: (item) => {
        select.value = (item === undefined ? undefined : of(item)) ?? '';
      },
    };
  }

  #names(name: string, label: string, of: (item: CoursewareRecord) => readonly string[]): Detail {
    const input = textField({ placeholder: '用顿号隔开' });
    return {
      name,
      root: labelled(label, input),
      read: () => readNames(input.value),
      write: (item) => {
        input.value = (item === undefined ? [] : of(item)).join('、');
      },
    };
  }
}

function refill(select: HTMLSelectElement, children: readonly HTMLElement[]): void {
  select.textContent = '';
  select.append(element('option', { value: '' }, '未定'), ...children);
}

/** Counties as groups of their towns; villages are too many for a list, and stay when an item has one. */
function regionGroups(tree: Awaited<ReturnType<typeof townTree>>): readonly HTMLElement[] {
  return tree.map(({ region: { id, name, level }, within }) => {
    if (level === 'city') return element('option', { value: id }, name);
    const options = within.map((town) => element('option', { value: town.id }, town.name));
    const whole = element('option', { value: id }, `${name}（全境）`);
    return element('optgroup', { label: name }, whole, ...options);
  });
}

function monthsDetail(): Detail {
  const chips = element('div', { class: 'chips', role: 'group', 'aria-label': '农时（月份）' });
  for (let month = 1; month <= 12; month += 1) {
    const chip = button(
      { class: 'chip is-small', 'data-month': String(month), 'aria-pressed': 'false' },
      `${month} 月`,
    );
    chip.addEventListener('click', () => {
      chip.setAttribute('aria-pressed', String(chip.getAttribute('aria-pressed') !== 'true'));
    });
    chips.append(chip);
  }
  const all = Array.from(chips.children) as HTMLElement[];
  return {
    name: 'months',
    root: element('div', { class: 'field is-wide' }, element('span', { class: 'field-name' }, '农时'), chips),
    read: () =>
      all
        .filter((chip) => chip.getAttribute('aria-pressed') === 'true')
        .map((chip) => Number(chip.dataset['month'])),
    write: (item) => {
      for (const chip of all) {
        const isOn = item?.months?.includes(Number(chip.dataset['month'])) === true;
        chip.setAttribute('aria-pressed', String(isOn));
      }
    },
  };
}

function rightsDetail(): Detail {
  const holder = textField({ maxlength: '200' });
  const scope = textField({ maxlength: '200' });
  const until = textField({ type: 'date', class: 'day' });
  return {
    name: 'rights',
    root: element(
      'div',
      { class: 'field-row is-wide' },
      labelled('版权人', holder),
      labelled('授权范围', scope),
      labelled('授权截止（到期自动撤回）', until),
    ),
    read: () => {
      const parts = [
        ['holder', holder.value.trim()],
        ['scope', scope.value.trim()],
        ['until', until.value],
      ] as const;
      const rights: Record<string, string> = {};
      for (const [name, value] of parts) if (value !== '') rights[name] = value;
      return Object.keys(rights).length === 0 ? null : rights;
    },
    write: (item) => {
      holder.value = item?.rights?.holder ?? '';
      scope.value = item?.rights?.scope ?? '';
      until.value = item?.rights?.until ?? '';
    },
  };
}

function extraDetail(): Detail {
  const area = textArea({ rows: '2', placeholder: '每行一项，写成“拍摄地点：石璜镇”' });
  const field = labelled('其他', area);
  field.classList.add('is-wide');
  return {
    name: 'extra',
    root: field,
    read: () => readExtra(area.value),
    write: (item) => {
      const lines = Object.entries(item?.extra ?? {}).map(([name, value]) => `${name}：${value}`);
      area.value = lines.join('\n');
    },
  };
}
