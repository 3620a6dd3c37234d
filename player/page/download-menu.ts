import { element } from '../controls/element.ts';
import { apiPath, callApi } from './api.ts';
import { downloadWords, offeredDownloads, type DownloadRecord } from './download-words.ts';
import { problemWords } from './problem-words.ts';

/**
 * Fills the menu of files to take along when it is opened for the first time; what could not be fetched is asked for again at
 * the next opening.
 *
 * @param menu - a `details` element with its summary
 */
export function offerDownloads(menu: HTMLElement, coursewareId: string): void {
  const list = element('div', { class: 'download-list' });
  menu.append(list);
  let isFilled = false;
  menu.addEventListener('toggle', () => {
    if (isFilled || !menu.hasAttribute('open')) return;
    isFilled = true;
    list.textContent = '加载中…';
    fetchDownloads(coursewareId)
      .then((records) => show(list, records))
      .catch((error: unknown) => {
        isFilled = false;
        list.textContent = problemWords(error);
      });
  });
  menu.hidden = false;
}

async function fetchDownloads(coursewareId: string): Promise<readonly DownloadRecord[]> {
  const path = apiPath('courseware', coursewareId, 'downloads');
  return (await callApi<{ readonly items: readonly DownloadRecord[] }>(path)).items;
}

function show(list: HTMLElement, records: readonly DownloadRecord[]): void {
  const offered = offeredDownloads(records);
  if (offered.length === 0) {
    list.textContent = '这一课没有可下载的文件。';
    return;
  }
  list.textContent = '';
  for (const record of offered) {
    const { label, cost, advice } = downloadWords(record);
    list.append(
      element(
        'a',
        { class: 'download', href: record.url, download: record.fileName },
        element('strong', {}, label),
        element('span', {}, cost),
        element('span', { class: 'download-advice' }, advice),
      ),
    );
  }
  list.append(
    element(
      'p',
      {},
      '都是普通的 MP4 文件，拷进U盘插上电视就能放。网断了不要紧，在浏览器里点“继续”可接着下。',
    ),
  );
}
