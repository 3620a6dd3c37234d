import { element } from '../controls/element.ts';
import { ApiProblem, apiPath, callApi, fetchTags, listPath } from './api.ts';
import type { CoursewareRecord, Page, TagRecord } from './api.ts';
import { CoursewareForm } from './courseware-form.ts';
import { HealthPanel } from './health-panel.ts';
import { LadderChoice } from './ladder-choice.ts';
import { Notice } from './notice.ts';
import { openFrame } from './page-frame.ts';
import { part, signInAddress } from './page-parts.ts';
import { isSignedIn } from './session.ts';
import { problemWords } from './problem-words.ts';
import { ProductionFeed } from './production-feed.ts';
import { StudioItem } from './studio-item.ts';
import type { StudioHouse } from './studio-item.ts';
import { unfinishedUploads } from './upload.ts';

const PAGE_SIZE = '20';

const list = part('items');
const status = part('status');
const more = part('more') as HTMLButtonElement;
const retry = part('retry') as HTMLButtonElement;
const items: StudioItem[] = [];
let next: string | undefined;
let house: StudioHouse;
let form: CoursewareForm | undefined;

function count(): void {
  status.textContent = items.length === 0 ? '还没有课件。填写上面的标题，选择视频，就可以开始。' : '';
}

function addItem(courseware: CoursewareRecord, isNew: boolean): StudioItem {
  const item = new StudioItem(courseware, house);
  items.push(item);
  if (isNew) list.prepend(item.root);
  else list.append(item.root);
  count();
  return item;
}

async function fetchPage(): Promise<void> {
  retry.hidden = true;
  more.disabled = true;
  if (items.length === 0) status.textContent = '加载中…';
  try {
    const page = await callApi<Page<CoursewareRecord>>(listPath({ limit: PAGE_SIZE, after: next }));
    const known = new Set(items.map(({ id }) => id));
    const unfinished = await unfinishedUploads();
    for (const courseware of page.items) {
      if (known.has(courseware.id)) continue;
      const item = addItem(courseware, false);
      const upload = unfinished.get(courseware.id);
      if (upload !== undefined) void item.offer(upload);
    }
    next = page.next ?? undefined;
    more.hidden = next === undefined;
    count();
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) location.assign(signInAddress());
    status.textContent = problemWords(error);
    retry.hidden = false;
  }
  more.disabled = false;
}

function makeForm(tags: readonly TagRecord[]): CoursewareForm {
  const file = element('input', {
    id: 'new-file',
    type: 'file',
    accept: 'video/*,audio/*,.mkv,.flv,.ts,.mpg,.rm,.rmvb',
  });
  const chooser = element(
    'div',
    { class: 'field' },
    element('label', { for: 'new-file' }, '视频文件（可以稍后再选）'),
    file,
  );
  const ladder = new LadderChoice();
  const made = new CoursewareForm(
    { heading: '新建课件', submit: '创建并上传' },
    undefined,
    tags,
    async ({ title, description, series, tags: chosen, details }, idempotencyKey) => {
      const body = { title, description, tags: chosen, ...details, ...(series === '' ? {} : { series }) };
      const courseware = await callApi<CoursewareRecord>(apiPath('courseware'), {
        method: 'POST',
        body,
        idempotencyKey,
      });
      const item = addItem(courseware, true);
      const chosenFile = file.files?.[0];
      if (chosenFile !== undefined) item.send(chosenFile, ladder.wishes);
      made.fill(undefined);
      file.value = '';
      ladder.clear();
      house.notice.say(`已创建《${title}》。`);
    },
    [chooser, ladder.root],
  );
  return made;
}

async function begin(): Promise<void> {
  if (!(await isSignedIn())) {
    location.assign(signInAddress());
    return;
  }
  new HealthPanel(part('health')).follow();
  const tags = await fetchTags().catch((): readonly TagRecord[] => []);
  house = {
    notice: new Notice(),
    feed: new ProductionFeed(),
    tags,
    onRemoved: (item) => {
      items.splice(items.indexOf(item), 1);
      item.root.remove();
      count();
      part('items-heading').focus();
    },
  };
  form = makeForm(tags);
  part('new').append(form.root);
  await fetchPage();
}

openFrame();
more.addEventListener('click', () => void fetchPage());
retry.addEventListener('click', () => void fetchPage());
window.addEventListener('beforeunload', (event) => {
  if (form?.isDirty !== true && !items.some(({ isBusy }) => isBusy)) return;
  event.preventDefault();
  event.returnValue = ''; // what older Chromium wants to see before it asks
});
void begin();
