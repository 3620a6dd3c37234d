/** Why a connection never became a publisher. */
export type RefusalReason =
  | 'busy'
  | 'crowded-address'
  | 'too-slow'
  | 'not-rtmp'
  | 'malformed'
  | 'too-much'
  | 'player'
  | 'wrong-address'
  | 'unknown-key'
  | 'key-not-in-force'
  | 'already-publishing';

/** Why a publish session is over. */
export type GoneReason =
  | 'ended'
  | 'disconnected'
  | 'idle'
  | 'taken-over'
  | 'malformed'
  | 'too-much'
  | 'key-withdrawn'
  | 'class-over'
  | 'kicked'
  | 'ingest-lost'
  | 'stopping';

/** What an RTMP client is told, for its log and its screen. */
export interface StatusWords {
  /** Absent: an error. */
  readonly level?: 'status';
  /** Adobe's codes; those that begin with `NetStream.Publish` make OBS show that the key was not accepted. */
  readonly code: string;
  readonly description: string;
}

const BAD_KEY: StatusWords = {
  code: 'NetStream.Publish.BadName',
  description:
    'Stream key not accepted. Copy it again from the class page; it is valid from one hour before.',
};

/** What whoever was refused is told; undefined where it could not understand. */
export const REFUSAL_STATUS: Readonly<Record<RefusalReason, StatusWords | undefined>> = {
  busy: undefined,
  'crowded-address': undefined,
  'too-slow': undefined,
  'not-rtmp': undefined,
  malformed: undefined,
  'too-much': undefined,
  player: {
    code: 'NetStream.Play.Failed',
    description: 'This address takes streams in. Watch on the web page.',
  },
  'wrong-address': {
    code: 'NetStream.Publish.BadName',
    description: 'Wrong address. The server is rtmp://host/live and the stream key follows.',
  },
  // One and the same: nobody learns by trying which keys exist.
  'unknown-key': BAD_KEY,
  'key-not-in-force': BAD_KEY,
  'already-publishing': {
    code: 'NetStream.Publish.Denied',
    description: 'This stream key is in use by another encoder. Stop that one first.',
  },
};

/** What a publisher is told at its end; undefined where it is gone or would not listen. */
export const GONE_STATUS: Readonly<Record<GoneReason, StatusWords | undefined>> = {
  ended: { level: 'status', code: 'NetStream.Unpublish.Success', description: 'Done.' },
  disconnected: undefined,
  idle: { code: 'NetStream.Publish.Denied', description: 'No picture and no sound came for too long.' },
  'taken-over': {
    code: 'NetStream.Publish.Denied',
    description: 'Another encoder took this stream key over.',
  },
  malformed: undefined,
  'too-much': {
    code: 'NetStream.Publish.Denied',
    description: 'The bit rate is above what this server takes.',
  },
  'key-withdrawn': { code: 'NetStream.Publish.Denied', description: 'The stream key is no longer valid.' },
  'class-over': { code: 'NetStream.Publish.Denied', description: 'The class is over.' },
  kicked: { code: 'NetStream.Publish.Denied', description: 'The operator ended this stream.' },
  'ingest-lost': undefined,
  stopping: undefined,
};

/** For logs and consoles: why somebody was refused. */
export const REFUSAL_WORDS: Readonly<Record<RefusalReason, string>> = {
  busy: '连接太多，推流服务器暂时不接新的连接',
  'crowded-address': '同一个地址的连接太多',
  'too-slow': '连上以后没有在规定时间内开始推流',
  'not-rtmp': '不是 RTMP（端口用错，或者该用 rtmps://）',
  malformed: '发来的数据不合 RTMP 的规矩',
  'too-much': '还没开始推流就发来太多数据',
  player: '想从推流地址观看；观看请用网页',
  'wrong-address': '推流地址不对，应为 rtmp://主机/live，后面是推流密钥',
  'unknown-key': '推流密钥不对',
  'key-not-in-force': '推流密钥不在有效时间内（开课前一小时起有效）',
  'already-publishing': '这个推流密钥已有编码器在推流',
};

/** For logs and consoles: why a publisher is gone. */
export const GONE_WORDS: Readonly<Record<GoneReason, string>> = {
  ended: '编码器停止了推流',
  disconnected: '连接断开',
  idle: '太久没有画面和声音',
  'taken-over': '另一台编码器用同一个推流密钥接替',
  malformed: '编码器发来的数据有误',
  'too-much': '码率超过上限',
  'key-withdrawn': '推流密钥已失效',
  'class-over': '课已结束',
  kicked: '导播断开了它',
  'ingest-lost': '推流进程意外退出',
  stopping: '服务器停止',
};
