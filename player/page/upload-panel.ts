import { button, element } from '../controls/element.ts';
import { spokenDuration } from '../duration-text.ts';
import type { ApiProblem } from './api.ts';
import { byteText } from './byte-text.ts';
import { LadderChoice, type LadderWishes } from './ladder-choice.ts';
import { signInAddress } from './page-parts.ts';
import { problemWords } from './problem-words.ts';
import { TransferRate } from './transfer-rate.ts';
import { ResumableUpload, abandonUpload, heldBytes } from './upload.ts';
import type { UnfinishedUpload } from './upload.ts';

/** What the panel tells its lecture. */
export interface UploadPanelEvents {
  onDone(): void;
  onAbandoned(): void;
}

let panels = 0;

/** The upload of one lecture's file: choose, progress, pause, go on, give up; also after a reload. */
export class UploadPanel {
  readonly root = element('div', { class: 'upload' });
  readonly #coursewareId: string;
  readonly #events: UploadPanelEvents;
  readonly #rate = new TransferRate();
  readonly #bar = element('progress', { max: '1', value: '0', 'aria-label': '上传进度' });
  readonly #text = element('p', { class: 'upload-text' });
  readonly #status = element('p', { class: 'hint', role: 'status' });
  readonly #failure = element('p', { class: 'failure', role: 'alert' });
  readonly #choose: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #ladder = new LadderChoice();
  readonly #pause = button({ class: 'button is-small' }, '暂停上传');
  readonly #abandon = button({ class: 'button is-small is-quiet' }, '放弃上传');
  #unfinished: UnfinishedUpload | undefined;
  #upload: ResumableUpload | undefined;
  #isPaused = false;
  #isWaiting = false;

  constructor(coursewareId: string, events: UploadPanelEvents) {
    this.#coursewareId = coursewareId;
    this.#events = events;
    panels += 1;
    const id = `upload-${panels}`;
    this.#input = element('input', {
      id,
      type: 'file',
      accept: 'video/*,audio/*,.mkv,.flv,.ts,.mpg,.rm,.rmvb',
      class: 'file',
    });
    this.#choose = element(
      'div',
      { class: 'field' },
      // Above the file: choosing one starts the upload at once.
      this.#ladder.root,
      element('label', { for: id }, '选择视频文件'),
      this.#input,
    );
    this.root.append(
      this.#choose,
      this.#bar,
      this.#text,
      this.#status,
      this.#failure,
      element('div', { class: 'actions' }, this.#pause, this.#abandon),
    );
    this.#input.addEventListener('change', () => {
      const file = this.#input.files?.[0];
      if (file !== undefined) this.begin(file, this.#ladder.wishes);
    });
    this.#pause.addEventListener('click', () => this.#togglePause());
    this.#abandon.addEventListener('click', () => void this.#giveUp());
    this.#showRunning(false);
  }

  /** True while leaving the page would interrupt it. */
  get isRunning(): boolean {
    return this.#upload !== undefined;
  }

  /** Tells of an upload that a reload or a crash interrupted. */
  async offer(unfinished: UnfinishedUpload): Promise<void> {
    let held: number | undefined;
    let hasAnswer = true;
    try {
      held = await heldBytes(unfinished);
    } catch {
      hasAnswer = false; // it is asked again when the upload goes on
    }
    if ((hasAnswer && held === undefined) || this.#upload !== undefined) return;
    this.#unfinished = unfinished;
    this.#bar.hidden = false;
    this.#abandon.hidden = false;
    this.#ladder.root.hidden = true;
    const share = (held ?? 0) / unfinished.sizeBytes;
    this.#bar.value = share;
    const last = held === undefined ? '上次没有传完' : `上次上传到 ${Math.floor(share * 100)}%`;
    this.#status.textContent = `${last}。请重新选择同一个文件《${unfinished.fileName}》（${byteText(unfinished.sizeBytes)}），会接着上传。`;
  }

  /** Sends the file, going on with the unfinished upload when there is one; that one keeps what was wished for it. */
  begin(file: File, wishes: LadderWishes): void {
    const previous = this.#unfinished;
    this.#failure.textContent = '';
    if (file.size === 0) {
      this.#failure.textContent = `《${file.name}》是空文件，没有内容可以上传。请检查后重新选择。`;
      return;
    }
    if (previous !== undefined && (previous.fileName !== file.name || previous.sizeBytes !== file.size)) {
      this.#failure.textContent = `这不是上次的文件《${previous.fileName}》（${byteText(previous.sizeBytes)}）。请选择原来的文件，或先放弃上次的上传。`;
      return;
    }
    this.#rate.reset();
    this.#upload = new ResumableUpload(this.#coursewareId, file, previous, wishes, {
      onProgress: (sent, total) => this.#showProgress(sent, total),
      onWaiting: (status) => {
        this.#isWaiting = true;
        this.#rate.reset();
        this.#status.textContent = `${waitingWords(status)}会自动接着上传，已上传的部分不会丢失。`;
      },
      onDone: () => {
        this.#finish();
        this.#events.onDone();
      },
      onFailure: (problem) => {
        if (mayGoOn(problem)) {
          const held = this.#upload?.hasBegun === true ? '已上传的部分还在服务器上。' : '';
          this.#rest(`上传没有完成：${problemWords(problem)}`, held, problem);
          return;
        }
        this.#upload = undefined;
        this.#unfinished = undefined;
        this.#showRunning(false);
        this.#status.textContent = '';
        this.#failure.textContent = `上传没有成功：${problemWords(problem)}`;
      },
    });
    this.#isPaused = false;
    this.#showRunning(true);
    this.#status.textContent = `正在上传《${file.name}》（${byteText(file.size)}）`;
    this.#upload.start();
  }

  #showProgress(sent: number, total: number): void {
    this.#rate.add(sent, Date.now());
    this.#bar.value = total > 0 ? sent / total : 0;
    const speed = this.#rate.bytesPerSecond;
    const rest = this.#rate.remainingSeconds(total);
    const parts = [`${Math.floor((sent / total) * 100)}%`, `${byteText(sent)} / ${byteText(total)}`];
    if (speed !== undefined) parts.push(`每秒 ${byteText(speed)}`);
    if (rest !== undefined) parts.push(`还需约 ${spokenDuration(rest)}`);
    this.#text.textContent = parts.join(' · ');
    if (this.#isWaiting) this.#status.textContent = '正在接着上传';
    this.#isWaiting = false;
  }

  #togglePause(): void {
    this.#isPaused = !this.#isPaused;
    this.#pause.textContent = this.#isPaused ? '继续上传' : '暂停上传';
    this.#failure.textContent = '';
    if (this.#isPaused) {
      this.#upload?.pause();
      this.#rate.reset();
      this.#status.textContent = '已暂停，已上传的部分会保留。';
    } else {
      this.#upload?.start();
      this.#status.textContent = '正在接着上传';
    }
  }

  /** Says what stands in the way, and leaves it to the producer to go on or to give up. */
  #rest(failure: string, held: string, problem: unknown): void {
    const isRunning = this.#upload !== undefined;
    this.#isPaused = isRunning;
    this.#rate.reset();
    this.#pause.textContent = '继续上传';
    const how = isRunning
      ? '点“继续上传”接着传，或点“放弃上传”再试。'
      : '点“放弃上传”再试，或选择原来的文件接着传。';
    this.#status.textContent = `${held}${how}`;
    this.#failure.textContent = failure;
    if ((problem as Partial<ApiProblem>).status !== 401) return;
    const signIn = element('a', { href: signInAddress(), target: '_blank' }, '在新窗口登录');
    this.#failure.append(signIn);
  }

  /** Nothing is said to be given up before the server has let go of it. */
  async #giveUp(): Promise<void> {
    const upload = this.#upload;
    this.#pause.disabled = true;
    this.#abandon.disabled = true;
    this.#input.disabled = true;
    this.#failure.textContent = '';
    this.#status.textContent = '正在放弃上传…';
    let problem: unknown;
    try {
      await upload?.abandon();
      if (this.#unfinished !== undefined) await abandonUpload(this.#unfinished);
    } catch (error) {
      problem = error;
    }
    this.#pause.disabled = false;
    this.#abandon.disabled = false;
    this.#input.disabled = false;
    if (problem !== undefined) {
      this.#rest(`放弃没有成功：${problemWords(problem)}`, '已上传的部分可能还在服务器上。', problem);
      return;
    }
    this.#finish();
    this.#events.onAbandoned();
  }

  #finish(): void {
    this.#upload = undefined;
    this.#unfinished = undefined;
    this.#input.value = '';
    this.#text.textContent = '';
    this.#status.textContent = '';
    this.#failure.textContent = '';
    this.#ladder.root.hidden = false;
    this.#showRunning(false);
  }

  #showRunning(isRunning: boolean): void {
    this.#choose.hidden = isRunning;
    this.#bar.hidden = !isRunning && this.#unfinished === undefined;
    this.#pause.hidden = !isRunning;
    this.#abandon.hidden = !isRunning && this.#unfinished === undefined;
    this.#pause.textContent = '暂停上传';
    if (!isRunning) this.#text.textContent = '';
  }
}

/** Whether the same file may yet be taken, once something else is put right. */
function mayGoOn({ status }: ApiProblem): boolean {
  return [0, 401, 403, 507].includes(status);
}

function waitingWords(status: number): string {
  if (status === 0) return '网络中断，恢复后';
  return status === 423 ? '另一个窗口正在上传同一个文件，它停下后' : '服务器暂时出错，恢复后';
}
