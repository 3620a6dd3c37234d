import { spokenDuration } from '../duration-text.ts';
import { ApiProblem } from './api.ts';

const BY_CODE: Readonly<Record<string, string>> = {
  unreachable: '连不上服务器。请检查网络，稍后会自动恢复，也可以点击重试。',
  'not-publishable': '还不能发布：视频还没有转码到可以播放。请等转码开始后再发布。',
  'invalid-move': '现在的状态不允许这样做。请刷新页面查看最新状态。',
  'unknown-tag': '有的标签不存在。请从下面的标签中选择，或请管理员添加。',
};

const BY_STATUS: Readonly<Record<number, string>> = {
  400: '内容不符合要求，请检查后再试。',
  401: '还没有登录，或登录已过期。请重新登录。',
  403: '没有权限这样做。请换一个账号，或联系管理员。',
  404: '找不到这个课件，可能已被删除。',
  409: '和别处的修改冲突了。请刷新页面再试。',
  412: '别处刚刚改过这个课件。请刷新页面，再改一次。',
  413: '文件太大，超过了服务器允许的上限。请压缩后再上传。',
  415: '服务器不接受这种内容。',
  422: '内容不符合要求，请检查后再试。',
  428: '别处可能改过这个课件。请刷新页面，再改一次。',
  429: '操作太频繁，请稍后再试。',
  507: '服务器存储空间不足，已上传的部分不会丢失。请联系管理员腾出空间后继续。',
};

const CHAPTER_FAULTS: Readonly<Record<string, string>> = {
  'no-time': '没有时间，请写成“05:30 标题”',
  'bad-time': '的时间不对，分和秒不能超过 59',
  'no-title': '只有时间，没有标题',
  'title-too-long': '的标题超过了 100 个字',
  'out-of-order': '的时间不比上一章晚',
  'beyond-end': '的时间超过了视频的长度',
  'too-many': '起放不下了，最多 200 章',
};

/** What is wrong with a line of a pasted list of chapters; follows `第 3 行`. */
export function chapterFaultWords(code: string): string {
  return CHAPTER_FAULTS[code] ?? '没有看懂';
}

const HAN = /[\u4e00-\u9fff]/;

/** What went wrong and what to do, in Chinese: the server's own words when they are Chinese, ours otherwise. */
export function problemWords(problem: unknown): string {
  if (!(problem instanceof ApiProblem))
    return `页面出错：${problem instanceof Error ? problem.message : String(problem)}`;
  const { status, code, detail, retryAfterSeconds } = problem;
  if (status === 429 && retryAfterSeconds !== undefined) {
    return `操作太频繁，请等 ${spokenDuration(retryAfterSeconds)} 后再试。`;
  }
  const words = HAN.test(detail) ? detail : (BY_CODE[code] ?? BY_STATUS[status] ?? serverWords(status));
  const isNamed = problem.near.some((name) => words.includes(name));
  return isNamed || problem.near.length === 0 ? words : `${words}相近的有：${problem.near.join('、')}。`;
}

function serverWords(status: number): string {
  return status >= 500
    ? `服务器暂时出错（${status}）。请稍后重试；一直这样请联系管理员。`
    : `操作没有成功（${status}）。`;
}
