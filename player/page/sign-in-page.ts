import { ApiProblem, apiPath, callApi } from './api.ts';
import { foldHeader } from './header-menu.ts';
import { followInputKind, part, returnAddress } from './page-parts.ts';
import { problemWords } from './problem-words.ts';

const form = part('sign-in') as HTMLFormElement;
const password = part('password') as HTMLInputElement;
const failure = part('failure');
const submit = part('submit') as HTMLButtonElement;

function words(error: unknown): string {
  if (!(error instanceof ApiProblem)) return problemWords(error);
  if (error.status === 401 || error.status === 403) return '密码不对。请检查大小写和输入法，再试一次。';
  if (error.status === 429) {
    const { retryAfterSeconds } = error;
    const wait = retryAfterSeconds === undefined ? '几分钟' : ` ${Math.ceil(retryAfterSeconds / 60)} 分钟`;
    return `密码错误次数太多，为安全起见已暂停登录。请等${wait}后再试。`;
  }
  return problemWords(error);
}

async function signIn(): Promise<void> {
  submit.disabled = true;
  failure.textContent = '';
  password.removeAttribute('aria-invalid');
  try {
    await callApi(apiPath('session'), { method: 'POST', body: { password: password.value } });
    location.assign(returnAddress(new URLSearchParams(location.search).get('to')));
    return;
  } catch (error) {
    failure.textContent = words(error);
    password.setAttribute('aria-invalid', 'true');
    password.select();
  }
  submit.disabled = false;
  password.focus();
}

followInputKind();
foldHeader();
form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (password.value === '') {
    failure.textContent = '请输入密码。';
    password.focus();
  } else void signIn();
});
