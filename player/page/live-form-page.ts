import { button, element } from '../controls/element.ts';
import { ApiProblem, apiPath, callApi } from './api.ts';
import { ClassForm } from './live/class-form.ts';
import type { ClassDraft } from './live/class-form.ts';
import { classAddress, classIdOfPage, classPath } from './live/live-records.ts';
import type { LiveClassRecord } from './live/live-records.ts';
import { labelled } from './form-field.ts';
import { Notice } from './notice.ts';
import { openFrame } from './page-frame.ts';
import { part, signInAddress } from './page-parts.ts';
import { problemWords } from './problem-words.ts';
import { isSignedIn } from './session.ts';

const isNew = /^\/live\/new\/?$/.test(location.pathname);
const notice = new Notice();
let form: ClassForm | undefined;

async function create(draft: ClassDraft, idempotencyKey: string): Promise<void> {
  const made = await callApi<LiveClassRecord>(apiPath('live-classes'), {
    method: 'POST',
    body: { ...draft, state: 'scheduled' },
    idempotencyKey,
  });
  form?.settle();
  location.assign(classAddress(made.id, '/console'));
}

function edit(existing: LiveClassRecord): void {
  let { revision } = existing;
  const following = element('input', { type: 'checkbox' });
  const scope = element('label', { class: 'check' }, following, '以后各次也一起改（时间按相同幅度移动）');
  const repeats = typeof existing.recurrenceId === 'string';
  form = new ClassForm(
    { heading: '修改直播课', submit: '保存' },
    existing,
    async (draft) => {
      const suffix = repeats && following.checked ? '?scope=following' : '';
      const changed = await callApi<LiveClassRecord>(classPath(existing.id) + suffix, {
        method: 'PATCH',
        body: draft,
        revision,
      });
      revision = changed.revision;
      notice.say('已保存。');
    },
    [slateField(existing), ...(repeats ? [scope] : [])],
  );
  form.addAction('到导播台', () => location.assign(classAddress(existing.id, '/console')));
  part('form').append(form.root);
}

/** The picture of the slate is sent by itself, as soon as it is chosen. */
function slateField({ id, slateImageUrl }: LiveClassRecord): HTMLElement {
  const file = element('input', { type: 'file', accept: 'image/png,image/jpeg,image/webp' });
  const shown = element('img', { class: 'slate-preview', alt: '开课前的画面', hidden: '' });
  const drop = button({ class: 'button is-small is-quiet', hidden: '' }, '不用图片');
  const show = (url: string | null | undefined): void => {
    shown.hidden = drop.hidden = typeof url !== 'string';
    if (typeof url === 'string') shown.src = url;
  };
  show(slateImageUrl);
  file.addEventListener('change', () => {
    const chosen = file.files?.[0];
    if (chosen === undefined) return;
    void callApi<LiveClassRecord>(classPath(id, 'slate'), { method: 'PUT', file: chosen })
      .then((changed) => {
        show(changed.slateImageUrl);
        notice.say('已换上图片。');
      })
      .catch((error: unknown) => notice.say(problemWords(error)));
  });
  drop.addEventListener('click', () => {
    void callApi(classPath(id, 'slate'), { method: 'DELETE' })
      .then(() => show(null))
      .catch((error: unknown) => notice.say(problemWords(error)));
  });
  const field = labelled('开课前的图片', file, '建议 1920×1080；断线、取消时也用它做底。');
  field.append(shown, drop);
  return field;
}

async function begin(): Promise<void> {
  if (!(await isSignedIn())) {
    location.assign(signInAddress());
    return;
  }
  if (isNew) {
    form = new ClassForm({ heading: '新建直播课', submit: '排进课表' }, undefined, create);
    part('form').append(form.root);
    return;
  }
  document.title = '修改直播课 · 远教';
  part('heading').textContent = '修改直播课';
  try {
    edit(await callApi<LiveClassRecord>(classPath(classIdOfPage())));
  } catch (error) {
    const isGone = error instanceof ApiProblem && error.status === 404;
    part('status').textContent = isGone ? '找不到这堂课，可能已被删除。' : problemWords(error);
  }
}

openFrame();
window.addEventListener('beforeunload', (event) => {
  if (form?.isDirty !== true) return;
  event.preventDefault();
  event.returnValue = ''; // what older Chromium wants to see before it asks
});
void begin();
