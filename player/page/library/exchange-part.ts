import { button, element } from '../../controls/element.ts';
import { apiPath, callApi } from '../api.ts';
import { groupText } from '../count-text.ts';
import { labelled } from '../form-field.ts';
import { problemWords } from '../problem-words.ts';
import { row, table } from '../folding-table.ts';
import type { LibraryHouse, LibraryPart } from './house.ts';

/** What a table would change, or has changed. */
interface ImportRecord {
  /** What was read: the sheet, or the charset and separator. */
  readonly source: string;
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly same: number;
  readonly problemCount: number;
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
  readonly effects: readonly {
    readonly row: number;
    readonly effect: 'added' | 'changed';
    readonly code?: string;
    readonly title: string;
    readonly columns: readonly string[];
  }[];
  readonly isDone: boolean;
}

interface Problem {
  /** Such as `C12`. */
  readonly cell: string;
  readonly column?: string;
  readonly message: string;
}

/** Tables in and out: a template, a try that changes nothing and says what is wrong in which cell, the import, the export. */
export class ExchangePart implements LibraryPart {
  readonly root: HTMLElement;
  readonly #house: LibraryHouse;
  readonly #file = element('input', { type: 'file', class: 'file', accept: '.xlsx,.csv' });
  readonly #try = button({ class: 'button is-first' }, '先检查一遍');
  readonly #import = button({ class: 'button', disabled: '' }, '导入');
  readonly #report = element('div', { class: 'report', role: 'status' });

  constructor(house: LibraryHouse) {
    this.#house = house;
    this.#file.addEventListener('change', () => {
      this.#report.textContent = '';
      this.#import.disabled = true;
    });
    this.#try.addEventListener('click', () => void this.#send(true));
    this.#import.addEventListener('click', () => void this.#send(false));
    this.root = element(
      'div',
      {},
      element('h3', { class: 'section-title' }, '导入'),
      element(
        'p',
        {},
        '先下载模板填好，再上传。以“编号”认课件：编号已有的更新，没有的新建；同一份表导两次不会重复。',
      ),
      element(
        'div',
        { class: 'actions' },
        link('/api/v1/imports/template.xlsx', '下载模板（Excel）'),
        link('/api/v1/imports/template.csv', '下载模板（CSV）'),
      ),
      labelled('填好的表格（.xlsx 或 .csv）', this.#file),
      element('div', { class: 'actions' }, this.#try, this.#import),
      this.#report,
      element('h3', { class: 'section-title' }, '导出'),
      element('p', {}, '导出全部课件的资料。改好后可以再导入。'),
      element(
        'div',
        { class: 'actions' },
        link('/api/v1/exports/courseware.xlsx', '导出 Excel'),
        link('/api/v1/exports/courseware.csv', '导出 CSV'),
      ),
    );
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  async #send(isDryRun: boolean): Promise<void> {
    const file = this.#file.files?.[0];
    if (file === undefined) {
      this.#report.textContent = '请先选择表格。';
      this.#file.focus();
      return;
    }
    this.#try.disabled = true;
    this.#import.disabled = true;
    this.#report.textContent = isDryRun ? '正在检查…' : '正在导入…';
    try {
      const path = `${apiPath('imports')}?dryRun=${String(isDryRun)}`;
      this.#show(await callApi<ImportRecord>(path, { method: 'POST', file }));
    } catch (error) {
      this.#report.textContent = '';
      this.#report.append(element('p', { class: 'failure' }, problemWords(error)));
    }
    this.#try.disabled = false;
  }

  #show(report: ImportRecord): void {
    const { source, rows, added, changed, same, problemCount, problems, notes, isDone } = report;
    const [will, did] = isDone ? ['', '了'] : ['将', ''];
    const counts = [
      `${source}：共 ${groupText(rows)} 行`,
      `${will}新建${did} ${groupText(added)} 件`,
      `${will}更新${did} ${groupText(changed)} 件`,
      `${groupText(same)} 件不变`,
    ];
    this.#report.textContent = '';
    this.#report.append(element('p', { class: 'report-counts' }, `${counts.join('，')}。`));
    for (const note of notes) this.#report.append(element('p', { class: 'hint' }, note));
    if (problemCount > 0) {
      const rest = problemCount > problems.length ? `（下面是前 ${groupText(problems.length)} 处）` : '';
      const words = `有 ${groupText(problemCount)} 处要改${rest}，改好后再检查一遍；现在什么也没有改动。`;
      this.#report.append(element('p', { class: 'failure' }, words), problemTable(problems));
    } else if (isDone) this.#house.say('导入完成。');
    else {
      this.#import.disabled = added + changed === 0;
      const words = this.#import.disabled ? '和馆里的资料一样，不用导入。' : '没有发现问题，可以导入。';
      this.#report.append(element('p', {}, words), ...effectTable(report));
    }
  }
}

function problemTable(problems: readonly Problem[]): HTMLElement {
  const rows = problems.map(({ cell, column = '', message }) => row(cell, column, message));
  return table('表格里的问题', ['单元格', '栏目', '问题和改法'], rows);
}

function effectTable({ effects }: ImportRecord): readonly HTMLElement[] {
  if (effects.length === 0) return [];
  const rows = effects.map(({ row: number, effect, code = '', title, columns }) =>
    row(`第 ${number} 行`, effect === 'added' ? '新建' : '更新', code, title, columns.join('、')),
  );
  return [table('会有的改动', ['行', '改动', '编号', '标题', '改动的栏目'], rows)];
}

function link(href: string, words: string): HTMLElement {
  return element('a', { class: 'button', href, download: '' }, words);
}
