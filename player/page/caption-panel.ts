import { button, element } from '../controls/element.ts';
import { apiPath, ApiProblem, callApi, newestAsking } from './api.ts';
import type { CaptionsRecord, InputFault, Page } from './api.ts';
import {
  LANGUAGES,
  languageOfName,
  offsetText,
  STRETCHES,
  stretchText,
  usedSeconds,
} from './caption-words.ts';
import { problemWords } from './problem-words.ts';

/** What the panel needs of the lecture around it. */
export interface CaptionPanelHouse {
  /** @param undo offered as a way back */
  say(words: string, undo?: () => void): void;
  onClose(): void;
}

/** What is sent with a file. */
interface CaptionFacts {
  readonly language: string;
  readonly fileName: string;
  readonly label?: string;
  readonly kind?: string;
  readonly offsetMs?: number;
  readonly stretch?: number;
}

let panels = 0;

/** The captions of one lecture: hand in, correct the times, replace, take away; and what is wrong in the files, by line. */
export class CaptionPanel {
  readonly root: HTMLElement;
  readonly #lecture: { readonly id: string; readonly title: string };
  readonly #house: CaptionPanelHouse;
  readonly #list = element('ul', { class: 'captions' });
  readonly #status = element('p', { class: 'hint', role: 'status' });
  readonly #failure = element('div', { role: 'alert' });
  readonly #file: HTMLInputElement;
  readonly #language: HTMLSelectElement;
  readonly #submit = element('button', { type: 'submit', class: 'button is-first' }, '上传字幕');
  readonly #loads = newestAsking();

  constructor(lecture: { readonly id: string; readonly title: string }, house: CaptionPanelHouse) {
    this.#lecture = lecture;
    this.#house = house;
    panels += 1;
    const id = `captions-${panels}`;
    this.#file = element('input', {
      id: `${id}-file`,
      type: 'file',
      class: 'file',
      accept: '.srt,.ass,.ssa,.vtt,.txt',
    });
    this.#language = element(
      'select',
      { id: `${id}-language`, class: 'select' },
      ...LANGUAGES.map(({ tag, label }) => element('option', { value: tag }, label)),
    );
    this.#file.addEventListener('change', () => {
      const language = languageOfName(this.#file.files?.[0]?.name ?? '');
      if (language !== undefined) this.#language.value = language;
    });
    const close = button({ class: 'button' }, '关闭');
    close.addEventListener('click', () => house.onClose());
    const form = element(
      'form',
      { class: 'form', novalidate: '', 'aria-label': `上传《${lecture.title}》的字幕` },
      field(`${id}-file`, '字幕文件（SRT、ASS 或 WebVTT）', this.#file),
      field(`${id}-language`, '语言', this.#language),
      element('p', { class: 'hint' }, '编码自动识别。同一语言只保留一份，再次上传即替换；视频不用重新转码。'),
      this.#failure,
      element('div', { class: 'actions' }, this.#submit, close),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.root = element(
      'section',
      { class: 'caption-panel', 'aria-label': `《${lecture.title}》的字幕` },
      element('h4', { class: 'detail-title' }, '字幕'),
      this.#status,
      this.#list,
      form,
    );
  }

  /** Shows what is there, and puts the focus where one begins. */
  async open(): Promise<void> {
    await this.#load();
    this.#file.focus();
  }

  async #load(): Promise<void> {
    const isNewest = this.#loads();
    try {
      const { items } = await callApi<Page<CaptionsRecord>>(this.#path());
      if (!isNewest()) return; // a newer answer is there, or on its way
      this.#list.textContent = '';
      for (const captions of items) this.#list.append(this.#itemOf(captions));
      this.#status.textContent = items.length === 0 ? '还没有字幕。' : '';
    } catch (error) {
      if (isNewest()) this.#status.textContent = problemWords(error);
    }
  }

  #path(...rest: readonly string[]): string {
    return apiPath('courseware', this.#lecture.id, 'captions', ...rest);
  }

  #itemOf(captions: CaptionsRecord): HTMLElement {
    const { label, fileName, cueCount, charset, origin } = captions;
    const facts = [
      origin === 'embedded' ? `视频自带：${fileName}` : fileName,
      `${cueCount} 条`,
      ...(charset === 'UTF-8' ? [] : [charset]),
      ...(captions.offsetMs === 0 ? [] : [offsetText(captions.offsetMs)]),
      ...(captions.stretch === 1 ? [] : [stretchText(captions.stretch)]),
    ];
    const download = element(
      'a',
      { class: 'button is-small', href: this.#path(captions.language, 'original'), download: '' },
      '下载原文件',
    );
    const remove = button({ class: 'button is-small is-quiet', 'aria-label': `删除${label}字幕` }, '删除');
    remove.addEventListener('click', () => void this.#remove(captions));
    return element(
      'li',
      { class: 'caption' },
      element('p', { class: 'caption-title' }, label),
      element('p', { class: 'hint' }, facts.join(' · ')),
      ...this.#faultsOf(captions),
      this.#timingOf(captions),
      element('div', { class: 'actions' }, download, remove),
    );
  }

  #faultsOf({ problems }: CaptionsRecord): readonly HTMLElement[] {
    if (problems.length === 0) return [];
    const lost = problems.filter(({ isLeftOut }) => isLeftOut).length;
    const words = lost > 0 ? `有 ${lost} 条字幕没有采用` : '';
    const others = problems.length - lost;
    const rest = others > 0 ? `有 ${others} 处请核对` : '';
    const title = [words, rest].filter((text) => text !== '').join('，');
    const lines = problems.map(({ line, message }) => element('li', {}, `第 ${line} 行：${message}`));
    return [
      element(
        'details',
        { class: 'caption-faults', ...(lost > 0 ? { open: '' } : {}) },
        element('summary', {}, title),
        element('ul', { class: 'warnings' }, ...lines),
      ),
    ];
  }

  #timingOf(captions: CaptionsRecord): HTMLElement {
    const seconds = element('input', {
      type: 'number',
      step: '0.1',
      class: 'seconds',
      value: String(captions.offsetMs / 1000),
      'aria-label': `${captions.label}字幕整体移动的秒数`,
    });
    const stretch = element(
      'select',
      { class: 'select', 'aria-label': `${captions.label}字幕的快慢` },
      ...STRETCHES.map(({ value, label }) => element('option', { value: String(value) }, label)),
    );
    const isKnown = STRETCHES.some(({ value }) => value === captions.stretch);
    if (!isKnown) {
      const own = element('option', { value: String(captions.stretch) }, stretchText(captions.stretch));
      stretch.append(own);
    }
    stretch.value = String(captions.stretch);
    const apply = button(
      { class: 'button is-small', 'aria-label': `应用${captions.label}字幕的校时` },
      '校时',
    );
    apply.addEventListener('click', () => {
      const offsetMs = usedSeconds(seconds.value);
      if (offsetMs === undefined) {
        this.#house.say('请填写秒数，例如 1.5 或 -0.8。');
        seconds.focus();
        return;
      }
      void this.#retime(captions, { offsetMs, stretch: Number(stretch.value) });
    });
    return element(
      'div',
      { class: 'caption-timing' },
      element('span', {}, '整体移动'),
      seconds,
      element('span', {}, '秒（正数推迟，负数提前）'),
      stretch,
      apply,
    );
  }

  async #retime(
    captions: CaptionsRecord,
    timing: { readonly offsetMs: number; readonly stretch: number },
  ): Promise<void> {
    const { language, label, offsetMs, stretch } = captions;
    const change = async (body: object, words: string, undo?: () => void): Promise<void> => {
      try {
        await callApi(this.#path(language), { method: 'PATCH', body });
        await this.#load();
        this.#house.say(words, undo);
      } catch (error) {
        this.#house.say(faultWords(error));
        await this.#load();
      }
    };
    await change(timing, `已校准${label}字幕的时间，观众现在看到的就是新的。`, () => {
      void change({ offsetMs, stretch }, '已恢复原来的时间。');
    });
  }

  async #remove(captions: CaptionsRecord): Promise<void> {
    try {
      const kept = await this.#original(captions);
      await callApi(this.#path(captions.language), { method: 'DELETE' });
      await this.#load();
      this.#house.say(`已删除${captions.label}字幕。`, () => void this.#putBack(captions, kept));
    } catch (error) {
      this.#house.say(problemWords(error));
      await this.#load();
    }
    this.#file.focus();
  }

  async #putBack(captions: CaptionsRecord, file: Blob): Promise<void> {
    try {
      await this.#put(file, captions);
      await this.#load();
      this.#house.say('已撤销。');
    } catch (error) {
      this.#house.say(problemWords(error));
      await this.#load();
    }
  }

  async #send(): Promise<void> {
    const file = this.#file.files?.[0];
    this.#failure.textContent = '';
    if (file === undefined) {
      this.#failure.append(element('p', { class: 'failure' }, '请先选择字幕文件。'));
      this.#file.focus();
      return;
    }
    this.#submit.disabled = true;
    try {
      const language = this.#language.value;
      const { items } = await callApi<Page<CaptionsRecord>>(this.#path());
      const before = items.find((one) => one.language === language);
      const kept = before === undefined ? undefined : await this.#original(before);
      const { label, cueCount, problems } = await this.#put(file, { language, fileName: file.name });
      this.#file.value = '';
      const faults = problems.length > 0 ? `，有 ${problems.length} 处请核对` : '';
      const undo =
        before === undefined || kept === undefined ? undefined : () => void this.#putBack(before, kept);
      await this.#load();
      this.#house.say(
        `${before === undefined ? '已上传' : '已替换'}${label}字幕，共 ${cueCount} 条${faults}。`,
        undo,
      );
    } catch (error) {
      this.#showFailure(error);
    }
    this.#submit.disabled = false;
  }

  #showFailure(error: unknown): void {
    const faults = error instanceof ApiProblem ? error.faults : [];
    this.#failure.append(element('p', { class: 'failure' }, `字幕没有上传成功：${problemWords(error)}`));
    const lines = faults.map((fault) => element('li', {}, lineWords(fault)));
    if (lines.length > 0) this.#failure.append(element('ul', { class: 'warnings' }, ...lines));
  }

  #put(file: Blob, facts: CaptionFacts): Promise<CaptionsRecord> {
    const query = new URLSearchParams({ fileName: facts.fileName });
    if (facts.label !== undefined) query.set('label', facts.label);
    if (facts.kind !== undefined) query.set('kind', facts.kind);
    if (facts.offsetMs !== undefined) query.set('offsetMs', String(facts.offsetMs));
    if (facts.stretch !== undefined) query.set('stretch', String(facts.stretch));
    const path = `${this.#path(facts.language)}?${query.toString()}`;
    return callApi<CaptionsRecord>(path, { method: 'PUT', file });
  }

  async #original({ language }: CaptionsRecord): Promise<Blob> {
    const reply = await fetch(this.#path(language, 'original'), { credentials: 'same-origin' });
    if (!reply.ok) throw new ApiProblem(reply.status, '', '');
    return reply.blob();
  }
}

function lineWords({ path, message }: InputFault): string {
  const line = /^line (\d+)$/.exec(path)?.[1];
  return line === undefined ? message : `第 ${line} 行：${message}`;
}

/** The one thing that may be wrong with a correction is that nothing is left to be seen. */
function faultWords(error: unknown): string {
  const isEmptied = error instanceof ApiProblem && error.faults.some(({ path }) => path === 'body.offsetMs');
  return isEmptied ? '提前得太多了：所有字幕都落在片头之前。请减小秒数。' : problemWords(error);
}

function field(id: string, label: string, control: HTMLElement): HTMLElement {
  return element('div', { class: 'field' }, element('label', { for: id }, label), control);
}
