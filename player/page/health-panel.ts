import { element } from '../controls/element.ts';

/** A part of the server as `/ready` tells it. */
export interface PartRecord {
  readonly name: string;
  readonly status: 'ok' | 'degraded' | 'failed';
  readonly detail?: string;
  readonly advice?: string;
}

const WORDS: Readonly<Record<string, string>> = {
  'sandbox degraded':
    '沙箱不可用：上传的视频没有在隔离环境中解码，请只上传来源可靠的文件。请管理员安装 bubblewrap 并允许用户命名空间，然后重启服务。',
  'sandbox failed': '沙箱或 ffmpeg 不可用，转码已暂停；已上传的视频不会丢失，修复后自动继续。请联系管理员。',
  'encoder degraded': '指定的硬件编码器不可用，已改用软件编码：画面不受影响，转码会慢一些。',
  'disk failed':
    '服务器磁盘空间不足，暂时不能上传；已上传的视频不会丢失。再满下去，直播课的录像会缺一段。请联系管理员清理空间，腾出后自动恢复。',
  'live-recording degraded':
    '服务器磁盘写不进去：直播课照常播出，但录不下来，课后录像会缺一段。请管理员马上腾出磁盘空间或检查磁盘，恢复后自动接着录。',
  'store failed': '存储服务不可用，暂时不能上传和转码。请联系管理员。',
  'database failed': '数据库不可用，修改可能无法保存。请联系管理员。',
};

/** What a producer should know about the server's parts, each with the operator's advice; empty when all is well. Pure. */
export function healthWords(
  parts: readonly PartRecord[],
): readonly { readonly words: string; readonly advice: string | undefined }[] {
  const told: { readonly words: string; readonly advice: string | undefined }[] = [];
  for (const { name, status, advice } of parts) {
    const words = WORDS[`${name} ${status}`];
    if (words !== undefined) told.push({ words, advice });
  }
  return told;
}

const ASK_EVERY_MS = 30_000;

/**
 * Shows above the studio what is weak or broken about the server, for as long as it is, and then that it is over; nothing when all is
 * well or nobody answers.
 */
export class HealthPanel {
  readonly #place: HTMLElement;
  #shown = '[]';

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  /** Asks now, and from now on twice a minute while somebody looks at the page. */
  follow(): void {
    void this.#ask();
    setInterval(() => {
      if (!document.hidden) void this.#ask();
    }, ASK_EVERY_MS);
  }

  async #ask(): Promise<void> {
    const reply = await fetch('/ready').catch(() => undefined);
    const report = (await reply?.json().catch(() => undefined)) as
      { readonly parts?: readonly PartRecord[] } | undefined;
    if (report?.parts === undefined) return;
    const told = healthWords(report.parts);
    const text = JSON.stringify(told);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#place.textContent = '';
    if (told.length === 0) this.#place.append(element('li', {}, '服务器已恢复正常。'));
    for (const { words, advice } of told) {
      const line = element('li', {}, words);
      if (advice !== undefined) {
        const english = element('span', { lang: 'en' }, advice);
        line.append(element('span', { class: 'health-advice' }, '给管理员：', english));
      }
      this.#place.append(line);
    }
  }
}
