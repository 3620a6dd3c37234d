import type { FailureRecord } from './api.ts';
import { partWords } from './production-words.ts';

/** Why a lecture could not be made, by code, and what the producer can do. */
const WORDS: Readonly<Record<string, string>> = {
  'empty-file': '文件是空的。请重新上传。',
  'not-media':
    '这个文件不是视频，也不是录音，而是压缩包、光盘映像、文档、程序（EXE 录像），或视频网站客户端专用的下载文件。请解开或导出成 MP4，选择讲课的视频本身上传。',
  'refused-format':
    '不接受这种文件：它是图片、字幕、Flash 动画、播放列表或罕见的格式，不论后缀名是什么。请导出为 MP4（H.264 和 AAC）后上传。',
  'copy-protected':
    '文件有版权保护（已加密），只能在购买或下载它的软件里播放，无法转码。请向制作或出版单位索取没有加密的视频后上传。',
  'truncated-media': '文件不完整或已损坏，无法播放。请重新上传；还不行，请重新导出。',
  'damaged-media': '片子有超过百分之五的画面损坏、无法解码。请从原始素材重新导出后上传。',
  'too-large': '画面、帧率或时长超出了上限（4096×2304、每秒 240 帧、24 小时）。请缩小或分段导出后上传。',
  'no-track': '文件里没有可用的画面或声音。请选择讲课的视频本身上传。',
  'too-many-tracks':
    '文件里的轨道（画面、声音、字幕）超过 32 条。请只保留讲课的画面、声音和字幕，重新导出后上传。',
  'probe-failed': '读取文件时出错。请重试；仍失败请重新上传。',
  'probe-overrun': '读取这个文件超出了限度，它可能已损坏。请重新导出为 MP4（H.264 和 AAC）后上传。',
  'probe-stalled':
    '服务器太忙或磁盘太慢，没有来得及读完这个文件；文件不一定有问题。请过一会儿重试；一直这样请联系管理员。',
  'encoder-failed': '转码时出错，片子可能有损坏之处。请重试；仍失败请重新导出后上传。',
  'encoder-killed': '转码程序被系统中止，服务器内存可能不足。请重试；仍失败请联系管理员。',
  'encoder-stalled': '转码停滞不前，已停止。请重试；仍停滞说明文件有损坏，请重新上传。',
  'encoder-overrun':
    '转码所需的计算远超这样一个文件的正常限度，它可能已损坏。请重新导出为 MP4（H.264 和 AAC）后上传。',
  'encoder-missing': '转码机缺少开始制作时所用的硬件编码器。请联系管理员，或重新上传。',
  'output-invalid': '转码的结果不完整，片子可能有损坏之处。请重试；仍失败请重新导出后上传。',
  'lease-expired': '处理它的服务器多次中断，这个文件可能会使程序崩溃。请重新导出后上传，或联系管理员。',
  'object-not-found': '服务器上找不到所需的文件，可能已被删除。请重新上传。',
  'size-mismatch': '存储中的文件大小不对。请重试；仍失败请联系管理员。',
  'scratch-full': '服务器磁盘已满，腾出空间后会自动继续。请联系管理员。',
  'tool-missing': '服务器缺少 ffmpeg。请联系管理员。',
  'sandbox-missing': '服务器的沙箱不可用，转码已暂停，修复后自动继续。请联系管理员。',
};

/** What a producer reads of a failure, with the part that failed; the server's own words where there are none of ours. */
export function failureWords(failure: FailureRecord | null | undefined): string {
  const reason = WORDS[failure?.code ?? ''] ?? (failure?.message === '' ? undefined : failure?.message);
  const part = partWords(failure?.job ?? '');
  const where = part === '' ? '' : `（${part}）`;
  return `处理失败${where}：${reason ?? '原因不明。可以重试；仍失败请换一个文件，或联系管理员。'}`;
}
