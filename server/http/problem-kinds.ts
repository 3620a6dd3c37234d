import type { StorageErrorCode } from '../../storage/index.ts';
import type { TranscodeErrorCode } from '../../transcoder/index.ts';
import type { LiveErrorCode } from '../../transcoder/live/index.ts';
import type { AccountErrorCode } from '../accounts/account-error.ts';
import type { CatalogueErrorCode } from '../catalogue/catalogue-error.ts';
import type { DatabaseErrorCode } from '../database/database-error.ts';
import type { RequestErrorCode, UploadErrorCode } from '../errors.ts';
import type { ExchangeErrorCode } from '../exchange/exchange-error.ts';
import type { LiveClassErrorCode } from '../live/live-class-error.ts';
import type { RoomErrorCode } from '../live/room/room-error.ts';

/** Every code that any part of the system throws on purpose. */
export type ErrorCode =
  | StorageErrorCode
  | TranscodeErrorCode
  | LiveErrorCode
  | CatalogueErrorCode
  | DatabaseErrorCode
  | AccountErrorCode
  | RequestErrorCode
  | UploadErrorCode
  | ExchangeErrorCode
  | LiveClassErrorCode
  | RoomErrorCode;

/** What a code means to whoever sent the request. */
export interface ProblemKind {
  readonly status: number;
  /** The same for every occurrence; for whoever writes a client. */
  readonly title: string;
  /** For the person in front of the screen. */
  readonly advice: string;
  /** True when the error's own message may be shown: it speaks of what was sent, not of what is inside. */
  readonly showsMessage?: true;
}

const TRY_AGAIN = '服务器暂时无法完成这一操作，请稍后再试。';
const FULL = '服务器的磁盘空间不足，已保存的内容不会丢失；请联系管理员清理空间后再继续。';
const TOO_COSTLY =
  '处理这个文件所需的计算超出了限度，文件可能已损坏；请重新导出为 MP4（H.264 和 AAC）后上传。';
const UNREADABLE_STREAM = '推流的数据无法识别，请在编码器中选择 H.264 和 AAC 后重新推流。';
const NOT_FOUND = '没有找到您要的内容，它可能已被移走或删除。';

/** What each code means to whoever sent the request. A code that is missing here does not compile. */
export const PROBLEMS: Readonly<Record<ErrorCode, ProblemKind>> = {
  'malformed-request': {
    status: 400,
    title: 'Malformed request',
    advice: '请求的格式不正确。',
    showsMessage: true,
  },
  'invalid-input': {
    status: 422,
    title: 'Invalid input',
    advice: '填写的内容有误，请按提示修改后再提交。',
    showsMessage: true,
  },
  unauthenticated: {
    status: 401,
    title: 'Sign-in required',
    advice: '请先登录；如果刚才输入了密码，密码不正确或登录已过期。',
  },
  forbidden: { status: 403, title: 'Not allowed', advice: '您没有进行这一操作的权限。', showsMessage: true },
  'too-many-attempts': {
    status: 429,
    title: 'Too many attempts',
    advice: '登录失败次数过多，请稍等片刻再试。',
    showsMessage: true,
  },
  'weak-password': {
    status: 422,
    title: 'Weak password',
    advice: '密码太短、太长或太常见，请换一个。',
    showsMessage: true,
  },

  'not-found': { status: 404, title: 'Not found', advice: NOT_FOUND, showsMessage: true },
  'unknown-tag': {
    status: 422,
    title: 'Unknown tag',
    advice: '没有这个标签，请从已有标签中选择，或先添加标签。',
    showsMessage: true,
  },
  conflict: {
    status: 409,
    title: 'Conflict',
    advice: '与已有的内容冲突：编号或名称已被占用，或正在使用。请核对后再试。',
    showsMessage: true,
  },
  'not-publishable': {
    status: 409,
    title: 'Not publishable',
    advice: '视频还不能播放，暂时不能发布；请等到转码开始出片后再发布。',
    showsMessage: true,
  },
  'invalid-move': {
    status: 409,
    title: 'Move not allowed',
    advice: '现在的状态不允许这样做，请刷新页面查看最新状态。',
    showsMessage: true,
  },
  'timetable-overlap': {
    status: 409,
    title: 'Timetable overlap',
    advice: '讲课人、主办单位或频道在这段时间已有别的直播课堂，请换一个时间。',
    showsMessage: true,
  },

  'database-busy': { status: 503, title: 'Database busy', advice: TRY_AGAIN },
  'database-full': { status: 507, title: 'Database full', advice: FULL },
  'database-unavailable': { status: 503, title: 'Database unavailable', advice: TRY_AGAIN },
  'database-corrupt': {
    status: 503,
    title: 'Database damaged',
    advice: '数据库文件已损坏，请联系管理员从备份恢复。',
  },
  'database-closed': { status: 503, title: 'Database closed', advice: TRY_AGAIN },
  'address-invalid': { status: 500, title: 'Database address invalid', advice: TRY_AGAIN },
  'schema-missing': { status: 503, title: 'Tables missing', advice: '数据库尚未初始化，请联系管理员。' },
  'schema-newer': {
    status: 503,
    title: 'Tables newer than the program',
    advice: '数据库版本比程序新，请联系管理员升级程序。',
  },
  'migration-failed': { status: 503, title: 'Migration failed', advice: '数据库升级失败，请联系管理员。' },
  'constraint-violated': { status: 409, title: 'Conflict', advice: '与已有内容冲突，请刷新页面后再试。' },
  'statement-failed': { status: 500, title: 'Internal error', advice: TRY_AGAIN },

  'cross-site-refused': {
    status: 403,
    title: 'Cross-site request refused',
    advice: '请求来自其他网站，已被拒绝；请在本站页面上操作。',
  },
  'no-such-address': { status: 404, title: 'Not found', advice: NOT_FOUND },
  'method-not-allowed': { status: 405, title: 'Method not allowed', advice: '此地址不支持这种操作。' },
  'link-invalid': {
    status: 403,
    title: 'Link invalid',
    advice: '这个播放地址无效，请从课件或直播页面重新打开。',
  },
  'link-expired': {
    status: 410,
    title: 'Link expired',
    advice: '这个播放地址已过期，请刷新页面。',
  },
  'revision-mismatch': {
    status: 412,
    title: 'Changed in the meantime',
    advice: '内容已被他人修改，请刷新页面后重新编辑。',
    showsMessage: true,
  },
  'key-reused': {
    status: 422,
    title: 'Idempotency key reused',
    advice: '同一个 Idempotency-Key 被用于不同的请求。',
    showsMessage: true,
  },
  'body-too-large': { status: 413, title: 'Body too large', advice: '提交的内容太大。', showsMessage: true },
  'unsupported-body': {
    status: 415,
    title: 'Unsupported body',
    advice: '提交的内容类型不受支持，应为 application/json。',
    showsMessage: true,
  },
  'request-timeout': { status: 408, title: 'Request took too long', advice: '网络太慢，请求超时，请重试。' },
  'not-playable-yet': {
    status: 404,
    title: 'Not playable yet',
    advice: '课件正在制作，暂时还不能播放，请稍候。',
  },
  'not-live-now': {
    status: 503,
    title: 'Not live now',
    advice: '直播画面还没有到，或暂时中断；画面恢复后会自动继续播放。',
  },
  'not-complete-yet': {
    status: 404,
    title: 'Not complete yet',
    advice: '课件还在制作，全部做完后才能下载；现在可以先在线观看。',
  },
  'nothing-in-production': {
    status: 409,
    title: 'Nothing in production',
    advice: '此课件没有正在制作的视频。',
    showsMessage: true,
  },
  busy: { status: 503, title: 'Busy', advice: '访问人数较多，请稍后再试。' },
  stopping: { status: 503, title: 'Stopping', advice: '服务器正在重启，请稍后再试。' },
  internal: {
    status: 500,
    title: 'Internal error',
    advice: '服务器内部出错，已记录；请稍后再试，或把请求编号告诉管理员。',
  },

  'upload-not-found': {
    status: 404,
    title: 'No such upload',
    advice: '没有这个上传任务，请重新选择文件上传。',
  },
  'upload-gone': {
    status: 410,
    title: 'Upload gone',
    advice: '这个上传任务已过期或已取消，请重新选择文件上传。',
  },
  'upload-busy': { status: 423, title: 'Upload busy', advice: '另一个窗口正在上传同一个文件，请稍候。' },
  'upload-offset': {
    status: 409,
    title: 'Wrong offset',
    advice: '上传位置不一致，客户端应先查询已收到的字节数再继续。',
  },
  'upload-invalid': {
    status: 400,
    title: 'Invalid upload request',
    advice: '上传请求的格式不正确。',
    showsMessage: true,
  },
  'upload-empty': {
    status: 422,
    title: 'Empty file',
    advice: '文件是空的（0 字节），请检查后重新选择。',
    showsMessage: true,
  },
  'upload-too-large': {
    status: 413,
    title: 'File too large',
    advice: '文件超过了允许的大小。',
    showsMessage: true,
  },
  'table-unreadable': {
    status: 422,
    title: 'Table unreadable',
    advice: '这个表格读不出来，请按提示改正，或下载模板重新填写。',
    showsMessage: true,
  },
  'table-too-large': {
    status: 413,
    title: 'Table too large',
    advice: '表格太大，请按提示删减，或分成几个文件。',
    showsMessage: true,
  },
  'room-closed': {
    status: 409,
    title: 'Room closed',
    advice: '课堂现在不接受提问、举手或回执；请在课堂开放期间操作。',
    showsMessage: true,
  },
  'asked-too-often': {
    status: 429,
    title: 'Asked too often',
    advice: '您刚提过问题，或还有问题在等导播处理，请稍后再提。',
    showsMessage: true,
  },
  'queue-full': {
    status: 503,
    title: 'Queue full',
    advice: '等待处理的提问太多，请稍后再提。',
    showsMessage: true,
  },
  'digest-mismatch': {
    status: 460,
    title: 'Digest mismatch',
    advice: '收到的文件与声明的 SHA-256 不一致，可能在传输或读取时损坏，请重新上传。',
    showsMessage: true,
  },
  'disk-full': { status: 507, title: 'Disk full', advice: FULL },
  'upload-failed': {
    status: 500,
    title: 'Upload failed',
    advice: '保存上传的文件时出错，已收到的部分没有丢失，请稍后继续上传。',
  },

  'invalid-address': { status: 500, title: 'Store address invalid', advice: TRY_AGAIN },
  'invalid-key': { status: 404, title: 'Not found', advice: NOT_FOUND },
  'object-not-found': { status: 404, title: 'Not found', advice: NOT_FOUND },
  'range-not-satisfiable': { status: 416, title: 'Range not satisfiable', advice: '请求的数据范围不存在。' },
  'source-failed': { status: 500, title: 'Source failed', advice: TRY_AGAIN },
  'size-mismatch': { status: 500, title: 'Size mismatch', advice: TRY_AGAIN },
  'store-full': { status: 507, title: 'Store full', advice: FULL },
  'store-denied': { status: 503, title: 'Store denied', advice: '存储服务拒绝访问，请联系管理员。' },
  'store-unavailable': {
    status: 503,
    title: 'Store unavailable',
    advice: '存储服务暂时不可用，请稍后再试。',
  },
  canceled: { status: 503, title: 'Canceled', advice: '操作已取消。' },

  'empty-file': { status: 422, title: 'Empty file', advice: '文件是空的（0 字节），请检查后重新选择。' },
  'not-media': {
    status: 422,
    title: 'Not media',
    advice: '这不是视频或音频文件；压缩包、光盘映像、文档和 EXE 录像请先解开或导出成 MP4。',
  },
  'refused-format': {
    status: 422,
    title: 'Refused format',
    advice:
      '不支持这种文件格式：它是图片、字幕、Flash 动画、播放列表或罕见的格式，请导出为 MP4（H.264 和 AAC）后上传。',
  },
  'copy-protected': {
    status: 422,
    title: 'Copy-protected',
    advice: '文件有版权保护（已加密），无法转码，请向制作或出版单位索取没有加密的视频后上传。',
  },
  'damaged-media': {
    status: 422,
    title: 'Damaged media',
    advice: '原片损坏太多，超过百分之五的画面无法解码，请从原始素材重新导出后上传。',
  },
  'truncated-media': { status: 422, title: 'Truncated media', advice: '文件不完整，请重新导出后上传。' },
  'too-large': { status: 422, title: 'Too large', advice: '画面尺寸或时长超出了允许的范围。' },
  'no-track': { status: 422, title: 'No track', advice: '文件中没有可用的画面或声音。' },
  'too-many-tracks': {
    status: 422,
    title: 'Too many tracks',
    advice: '文件里的轨道（画面、声音、字幕）超过 32 条，请只保留讲课的画面、声音和字幕，重新导出后上传。',
  },
  'captions-unusable': {
    status: 422,
    title: 'Captions unusable',
    advice: '字幕文件里没有可以显示的字幕，请按提示改正后重新上传。',
    showsMessage: true,
  },
  'probe-failed': { status: 500, title: 'Probe failed', advice: TRY_AGAIN },
  'probe-overrun': { status: 422, title: 'Probe overrun', advice: TOO_COSTLY },
  'probe-stalled': {
    status: 503,
    title: 'Probe stalled',
    advice: '服务器太忙或磁盘太慢，没有来得及读完这个文件；文件不一定有问题，请稍后再试。',
  },
  'encoder-failed': { status: 500, title: 'Encoder failed', advice: TRY_AGAIN },
  'encoder-killed': { status: 500, title: 'Encoder killed', advice: TRY_AGAIN },
  'encoder-stalled': { status: 500, title: 'Encoder stalled', advice: TRY_AGAIN },
  'encoder-overrun': { status: 422, title: 'Encoder overrun', advice: TOO_COSTLY },
  'encoder-missing': {
    status: 503,
    title: 'Encoder missing',
    advice: '转码机缺少开始制作时所用的硬件编码器，请联系管理员。',
  },
  'output-invalid': { status: 500, title: 'Output invalid', advice: TRY_AGAIN },
  'package-invalid': {
    status: 500,
    title: 'Package damaged',
    advice: '这一课的清单已损坏，或是旧版本做的；请管理员重新转码。',
  },
  'scratch-full': { status: 507, title: 'Scratch disk full', advice: FULL },
  'lease-lost': { status: 500, title: 'Lease lost', advice: TRY_AGAIN },
  'tool-missing': {
    status: 503,
    title: 'Tool missing',
    advice: '服务器缺少必要的程序(ffmpeg)，请联系管理员。',
  },
  'sandbox-missing': {
    status: 503,
    title: 'Sandbox missing',
    advice: '服务器要求在沙箱中解码，但沙箱(bubblewrap)不可用，请联系管理员；视频已保存，装好后自动继续。',
  },

  'flv-unreadable': { status: 422, title: 'Not FLV', advice: UNREADABLE_STREAM },
  'flv-tag-too-large': {
    status: 422,
    title: 'FLV tag too large',
    advice: '推流的画面数据过大，请在编码器中降低码率或分辨率。',
  },
  'codec-unreadable': { status: 422, title: 'Codec unreadable', advice: UNREADABLE_STREAM },
};
