import { expect } from 'chai';
import { clockText, spokenDuration } from '../../player/duration-text.ts';
import { commandOf } from '../../player/keyboard.ts';
import { ApiProblem, listPath, problemOf } from '../../player/page/api.ts';
import { byteText } from '../../player/page/byte-text.ts';
import { downloadWords, offeredDownloads } from '../../player/page/download-words.ts';
import { failureWords } from '../../player/page/failure-words.ts';
import { healthWords } from '../../player/page/health-panel.ts';
import { returnAddress } from '../../player/page/page-parts.ts';
import { problemWords } from '../../player/page/problem-words.ts';
import { MOVES, PRODUCTION_WORDS, movesTo } from '../../player/page/state-words.ts';
import { readTags, toggleTag } from '../../player/page/tag-text.ts';
import { TransferRate } from '../../player/page/transfer-rate.ts';
import { EMPTY_STATE, StateCell } from '../../player/player-state.ts';
import { ResumeMemory, isWorthResuming } from '../../player/resume-point.ts';
import { keepChoices, readChoices } from '../../player/viewer-choices.ts';
import { TRANSCODE_EXITS } from '../../server/cli/exit-code.ts';
import { PRODUCTION_MOVES, PUBLICATION_MOVES } from '../../server/catalogue/courseware.ts';

/** Storage in memory, as a browser's own. */
class MapStorage {
  readonly kept = new Map<string, string>();
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.kept.set(key, value);
  removeItem = (key: string): void => void this.kept.delete(key);
}

function press(key: string, code = '', keyCode = 0): unknown {
  return commandOf({ key, code, keyCode });
}

describe('clockText', () => {
  for (const [seconds, text] of [
    [0, '0:00'],
    [59.9, '0:59'],
    [751, '12:31'],
    [3_599, '59:59'],
    [3_600, '1:00:00'],
    [36_125, '10:02:05'],
    [Number.NaN, '0:00'],
    [-3, '0:00'],
  ] as const) {
    it(`shows ${seconds} as ${text}`, () => expect(clockText(seconds)).to.equal(text));
  }
});

describe('spokenDuration', () => {
  for (const [seconds, text] of [
    [8, '8 秒'],
    [60, '1 分钟'],
    [200, '3 分 20 秒'],
    [3_600, '1 小时'],
    [3_720, '1 小时 2 分钟'],
    [7_199, '2 小时'],
  ] as const) {
    it(`says ${seconds} as ${text}`, () => expect(spokenDuration(seconds)).to.equal(text));
  }
});

describe('downloadWords', () => {
  const file = { name: '', url: '', fileName: '', layout: 'fast-start', sizeBytes: 135_000_000 } as const;

  it('tell what a file is for, how large it is and how long a hall’s line takes for it', () => {
    expect(downloadWords({ ...file, rendition: '480p', width: 854, height: 480 })).to.deep.equal({
      label: '480p',
      cost: '135 MB，2 兆宽带约 9 分钟',
      advice: '适合U盘：电视机、机顶盒都能放',
    });
    expect(downloadWords({ ...file, rendition: '360p', width: 360, height: 640 }).advice).to.contain('手机');
    expect(downloadWords({ ...file, rendition: 'audio' })).to.include({ label: '只有声音' });
    const sound = { ...file, rendition: '480p', height: 480, sound: '绍兴话' };
    expect(downloadWords(sound)).to.include({ label: '480p · 绍兴话' });
  });

  it('warn of what a stick does not take as it is bought', () => {
    const large = { ...file, rendition: '1080p', width: 1920, height: 1080, sizeBytes: 2 ** 32 };
    expect(downloadWords(large).advice).to.contain('exFAT');
    expect(downloadWords({ ...large, sizeBytes: 2 ** 32 - 1 }).advice).to.not.contain('exFAT');
  });

  it('leave out what is for programs, and put the largest picture first', () => {
    const offered = offeredDownloads([
      { ...file, rendition: 'audio' },
      { ...file, rendition: '360p', height: 360 },
      { ...file, rendition: '360p', height: 360, layout: 'fragmented' },
      { ...file, rendition: '720p', height: 720 },
    ]);
    expect(offered.map(({ rendition }) => rendition)).to.deep.equal(['720p', '360p', 'audio']);
  });
});

describe('byteText', () => {
  for (const [bytes, text] of [
    [0, '0 字节'],
    [999, '999 字节'],
    [1_500_000, '1.5 MB'],
    [734_000_000, '734 MB'],
    [12_000_000_000, '12 GB'],
  ] as const) {
    it(`says ${bytes} as ${text}`, () => expect(byteText(bytes)).to.equal(text));
  }
});

describe('commandOf', () => {
  it('reads letters in either case, and through a Chinese input method', () => {
    expect(press('F')).to.deep.equal({ kind: 'fullscreen' });
    expect(press('Process', 'KeyF', 229)).to.deep.equal({ kind: 'fullscreen' });
    expect(press('《')).to.deep.equal({ kind: 'slower' });
  });

  it('reads digits as tenths of the lecture', () => {
    expect(press('7')).to.deep.equal({ kind: 'seek-to-share', share: 0.7 });
  });

  it('knows Back by any of its names and numbers', () => {
    for (const key of ['Escape', 'GoBack', 'BrowserBack']) expect(press(key)).to.deep.equal({ kind: 'back' });
    for (const code of [461, 10009, 166]) expect(press('', '', code)).to.deep.equal({ kind: 'back' });
  });

  it('leaves other keys to the page', () => {
    for (const key of ['Tab', 'a', 'F5', 'Shift', 'constructor']) expect(press(key)).to.equal(undefined);
  });
});

describe('ResumeMemory', () => {
  it('remembers one place per lecture', () => {
    const memory = new ResumeMemory(new MapStorage());
    memory.remember('a', { position: 751, duration: 2_700 });
    memory.remember('b', { position: 90, duration: 2_700 });
    memory.remember('a', { position: 800, duration: 2_700 });
    expect(memory.recall('a')).to.deep.equal({ position: 800, duration: 2_700 });
    expect(memory.recall('b')).to.deep.equal({ position: 90, duration: 2_700 });
    expect(memory.recall('c')).to.equal(undefined);
  });

  it('forgets what was seen to the end, and what had hardly begun', () => {
    const memory = new ResumeMemory(new MapStorage());
    memory.remember('a', { position: 751, duration: 2_700 });
    memory.remember('a', { position: 2_690, duration: 2_700 });
    expect(memory.recall('a')).to.equal(undefined);
    expect(isWorthResuming({ position: 20, duration: 2_700 })).to.equal(false);
    expect(isWorthResuming({ position: 31, duration: 2_700 })).to.equal(true);
    expect(isWorthResuming({ position: Number.NaN, duration: 2_700 })).to.equal(false);
  });

  it('keeps the last two hundred lectures', () => {
    const memory = new ResumeMemory(new MapStorage());
    for (let lecture = 0; lecture < 250; lecture += 1)
      memory.remember(`l${lecture}`, { position: 100, duration: 900 });
    expect(memory.recall('l49')).to.equal(undefined);
    expect(memory.recall('l50')).to.deep.equal({ position: 100, duration: 900 });
  });

  it('forgets quietly where storage is missing, full or spoilt', () => {
    const spoilt = new MapStorage();
    spoilt.setItem('yuanjiao.resume', '[["a","x",1],7,{"b":1}]');
    expect(new ResumeMemory(spoilt).recall('a')).to.equal(undefined);
    const full = new MapStorage();
    full.setItem = () => {
      throw new Error('QuotaExceededError');
    };
    new ResumeMemory(full).remember('a', { position: 100, duration: 900 });
    expect(new ResumeMemory(undefined).recall('a')).to.equal(undefined);
  });
});

describe('viewer choices', () => {
  it('come back as they were kept, and as defaults when spoilt', () => {
    const storage = new MapStorage();
    expect(readChoices(storage)).to.deep.equal({ volume: 1, captionLanguage: undefined });
    keepChoices(storage, { volume: 0.4, captionLanguage: 'zh-Hans' });
    expect(readChoices(storage)).to.deep.equal({ volume: 0.4, captionLanguage: 'zh-Hans' });
    storage.setItem('yuanjiao.choices', '{"volume":7');
    expect(readChoices(storage)).to.deep.equal({ volume: 1, captionLanguage: undefined });
  });
});

describe('StateCell', () => {
  it('gives frozen snapshots, tells of changes once, and stops telling when asked', () => {
    const cell = new StateCell(EMPTY_STATE);
    const heard: string[] = [];
    const stop = cell.listen((state, before) => heard.push(`${before.phase} ${state.phase}`));
    cell.change({ phase: 'loading' });
    cell.change({ phase: 'loading' });
    stop();
    cell.change({ phase: 'playing' });
    expect(heard).to.deep.equal(['empty loading']);
    expect(Object.isFrozen(cell.state)).to.equal(true);
    expect(EMPTY_STATE.phase).to.equal('empty');
  });
});

describe('tags as text', () => {
  it('are read with any comma, and toggled', () => {
    expect(readTags(' 乡土、创业先锋,乡土；党课 ')).to.deep.equal(['乡土', '创业先锋', '党课']);
    expect(toggleTag('乡土', '党课')).to.equal('乡土、党课');
    expect(toggleTag('乡土、党课', '乡土')).to.equal('党课');
  });
});

describe('TransferRate', () => {
  it('measures the last ten seconds and knows how long the rest takes', () => {
    const rate = new TransferRate();
    rate.add(0, 0);
    expect(rate.bytesPerSecond).to.equal(undefined);
    rate.add(1_000_000, 1_000);
    expect(rate.bytesPerSecond).to.equal(1_000_000);
    rate.add(2_000_000, 20_000);
    rate.add(2_500_000, 21_000);
    expect(rate.bytesPerSecond).to.equal(500_000);
    expect(rate.remainingSeconds(5_000_000)).to.equal(5);
  });

  it('starts over when the upload went back', () => {
    const rate = new TransferRate();
    rate.add(5_000, 0);
    rate.add(1_000, 2_000);
    expect(rate.bytesPerSecond).to.equal(undefined);
  });
});

describe('publication moves', () => {
  it('are those of the server', () => expect(MOVES).to.deep.equal(PUBLICATION_MOVES));

  it('lead from any state to any other by the shortest way', () => {
    expect(movesTo('draft', 'published')).to.deep.equal(['approved', 'published']);
    expect(movesTo('withdrawn', 'published')).to.deep.equal(['draft', 'approved', 'published']);
    expect(movesTo('published', 'published')).to.deep.equal([]);
  });

  it('have Chinese words for every state of the media', () => {
    expect(PRODUCTION_WORDS).to.include.keys(Object.keys(PRODUCTION_MOVES));
  });
});

describe('problems of the API', () => {
  it('are said in Chinese: the server’s words when they are, ours otherwise', () => {
    expect(problemWords(new ApiProblem(422, 'x', '标题太长。'))).to.equal('标题太长。');
    expect(problemWords(new ApiProblem(409, 'invalid-move', 'no such move'))).to.contain('现在的状态不允许');
    expect(problemWords(new ApiProblem(502, '', ''))).to.contain('服务器暂时出错（502）');
    expect(problemWords(new ApiProblem(429, '', 'slow down', 90))).to.equal(
      '操作太频繁，请等 1 分 30 秒 后再试。',
    );
    expect(problemWords(new ApiProblem(0, 'unreachable', ''))).to.contain('连不上服务器');
  });

  it('are read from a problem document, and from anything else a proxy may send', () => {
    expect(problemOf(409, '{"code":"conflict","detail":"d"}', null)).to.include({
      status: 409,
      code: 'conflict',
    });
    expect(problemOf(502, '<html>Bad Gateway</html>', 'soon')).to.include({
      status: 502,
      code: '',
      detail: '',
    });
    expect(problemOf(429, 'null', '7').retryAfterSeconds).to.equal(7);
  });
});

describe('addresses', () => {
  it('leave out empty filters and encode the rest', () => {
    expect(listPath({ text: '果 树&', tag: '', after: undefined })).to.equal(
      '/api/v1/courseware?text=%E6%9E%9C+%E6%A0%91%26',
    );
  });

  it('return to this site and nowhere else after signing in', () => {
    expect(returnAddress('/watch/a?b=c')).to.equal('/watch/a?b=c');
    for (const bad of [
      null,
      '',
      'https://evil.test/',
      '//evil.test',
      '/\\evil.test',
      'javascript:alert(1)',
      '/a\nb',
    ]) {
      expect(returnAddress(bad)).to.equal('/studio');
    }
  });
});

describe('failureWords', () => {
  it('says in Chinese why a lecture could not be made, for every code of the transcoder that ends one', () => {
    // The others end something else than the making of a lecture.
    const neverShown = new Set(['canceled', 'lease-lost', 'captions-unusable', 'package-invalid']);
    const codes = Object.keys(TRANSCODE_EXITS).filter((code) => !neverShown.has(code));
    const untold = codes.filter((code) =>
      failureWords({ code, message: 'in English' }).includes('in English'),
    );
    expect(untold).to.deep.equal([]);
  });

  it('passes on what the server says of a failure it does not know', () => {
    expect(failureWords({ code: 'unexpected', message: 'Ouch.' })).to.equal('处理失败：Ouch.');
    expect(failureWords(undefined)).to.contain('原因不明');
  });
});

describe('healthWords', () => {
  it('speaks of what is weak or broken and is silent about the rest', () => {
    expect(
      healthWords([
        { name: 'process', status: 'ok' },
        { name: 'sandbox', status: 'failed', advice: 'Install it.' },
        { name: 'nobody knows', status: 'failed' },
      ]),
    ).to.deep.equal([
      {
        words: '沙箱或 ffmpeg 不可用，转码已暂停；已上传的视频不会丢失，修复后自动继续。请联系管理员。',
        advice: 'Install it.',
      },
    ]);
  });
});
