import { expect } from 'chai';

import { headCountWords } from '../../../player/page/live/audience-panel.ts';
import { byDay, planWords, whoWords } from '../../../player/page/live/class-words.ts';
import { withPreview } from '../../../player/page/live/console-state.ts';
import { factWords } from '../../../player/page/live/encoder-words.ts';
import type { LiveClassRecord } from '../../../player/page/live/live-records.ts';
import { diskWords } from '../../../player/page/live/disk-banner.ts';
import { extendedEnd, overrunWords } from '../../../player/page/live/overrun-banner.ts';
import { readDays } from '../../../player/page/live/recurrence-field.ts';

const NOW = Date.parse('2026-12-01T10:00:00+08:00');

const RECORD: LiveClassRecord = {
  id: 'k1',
  title: '桃形李栽培',
  description: '',
  lecturers: ['王老师', '李老师'],
  hostUnit: '市农业局',
  audience: [],
  tags: [],
  plannedStart: '2026-12-01T06:30:00.000Z',
  plannedEnd: '2026-12-01T08:00:00.000Z',
  source: 'rtmp',
  latency: 'low',
  records: true,
  asksQuestions: true,
  wantsReceipt: true,
  state: 'scheduled',
  revision: 1,
};

describe('words of live classes', () => {
  it('say who teaches and when', () => {
    expect(whoWords(RECORD)).to.equal('王老师、李老师 · 市农业局');
    expect(whoWords({ lecturers: [] })).to.equal('');
    expect(planWords(RECORD, NOW)).to.equal('今天 14:30 – 16:00');
  });

  it('put classes of one day together, in their order', () => {
    const at = (plannedStart: string): LiveClassRecord => ({ ...RECORD, plannedStart });
    const days = byDay([RECORD, at('2026-12-01T12:00:00Z'), at('2026-12-02T01:00:00Z')], NOW);
    expect(days.map(({ day, items }) => [day, items.length])).to.deep.equal([
      ['今天', 2],
      ['明天', 1],
    ]);
  });

  it('tell an encoder’s figures', () => {
    const video = { width: 1280, height: 720, frameRate: 25.02, bitrate: 2_140_000, gopSeconds: 2 };
    const audio = { sampleRate: 48_000, channels: 2, bitrate: 128_000 };
    expect(factWords({ level: 'green', advice: [], video, audio })).to.equal(
      '1280×720 · 25 帧/秒 · 2.1 Mbit/s · 关键帧 2.0 秒 · 声音 48 kHz 立体声',
    );
    expect(factWords({ level: 'red', advice: ['没有声音'] })).to.equal('');
  });

  it('count heads by group, and leave out who is not there', () => {
    expect(headCountWords({ members: 14, cadres: 0, activists: 2, masses: 1_007 })).to.equal(
      '党员 14 · 积极分子 2 · 群众 1,007',
    );
    expect(headCountWords(null)).to.equal('');
  });

  it('read days as people write them, and say which is none', () => {
    expect(readDays('2026-12-05、2026年12月6日 2026/1/7,2026-12-05')).to.deep.equal({
      days: ['2026-12-05', '2026-12-06', '2026-01-07'],
      fault: undefined,
    });
    expect(readDays('2026-12-05 2026-02-30').fault).to.equal('2026-02-30');
    expect(readDays('下周三').fault).to.equal('下周三');
  });

  it('show an operator what comes in before anybody else may see it', () => {
    const inputs = [] as const;
    const none = withPreview({ kind: 'refused', refusal: 'missing' }, RECORD, { inputs });
    expect(none).to.nested.include({ kind: 'document', 'document.slate.kind': 'lobby' });
    const rehearsalUrl = '/live/rehearsal/index.m3u8';
    const preview = withPreview({ kind: 'refused', refusal: 'missing' }, RECORD, { inputs, rehearsalUrl });
    expect(preview).to.nested.include({
      'document.playlistUrl': rehearsalUrl,
      'document.slate.kind': 'rehearsal',
    });
  });

  it('tell an operator that time is up, and what will happen when', () => {
    const since = '2026-12-01T08:00:00.000Z';
    const end = { at: '2026-12-01T09:00:00.000Z', minutesLeft: 60 };
    expect(overrunWords({ since, minutesOver: 0, end })).to.equal(
      '已到下课时间。17:00 自动下课，录像照常保存。',
    );
    expect(overrunWords({ since, minutesOver: 52, end: { ...end, minutesLeft: 8 } })).to.equal(
      '已超时 52 分钟。还有 8 分钟，17:00 自动下课，录像照常保存。',
    );
    const nextClass = { title: '葡萄修剪' };
    expect(overrunWords({ since, minutesOver: 3, end: { ...end, nextClass } })).to.equal(
      '已超时 3 分钟。同一频道要开始下一课《葡萄修剪》，17:00 自动下课，录像照常保存。',
    );
    expect(overrunWords({ since, minutesOver: 90 })).to.equal(
      '已超时 90 分钟，不会自动下课；讲完请点“下课”。',
    );
  });

  it('tell an operator what a full disk costs the class, what to do, and when it is over', () => {
    const disk = { since: '2026-12-01T08:02:10.000Z', isFull: true, holes: 1 };
    const onAir = { state: 'on_air', records: true } as const;
    expect(diskWords(disk, onAir)).to.equal(
      '服务器磁盘已满：16:02:10 起的画面没有存下来，录像会缺这一段；正在看直播的人不受影响。请管理员马上腾出磁盘空间，恢复后自动接着存，这里会说明。',
    );
    expect(diskWords({ ...disk, isFull: false }, { ...onAir, records: false })).to.equal(
      '服务器磁盘写不进去：16:02:10 起的画面没有存下来，回看会缺这一段；正在看直播的人不受影响。请管理员马上检查磁盘，恢复后自动接着存，这里会说明。',
    );
    expect(diskWords({ ...disk, holes: 0 }, RECORD)).to.equal(
      '服务器磁盘已满：现在上课，录像存不下来，直播不受影响。请管理员马上腾出磁盘空间，恢复后这条提示自动消失。',
    );
    const over = { ...disk, until: '2026-12-01T08:04:30.000Z', holes: 2 };
    expect(diskWords(over, onAir)).to.equal(
      '服务器磁盘已恢复，16:04:30 起录像照常。16:02:10 到 16:04:30 的画面没有存下来，录像会缺这一段。这堂课的录像一共缺 2 段。',
    );
    expect(diskWords(disk, { ...onAir, state: 'ended' })).to.equal(
      '服务器磁盘已满：16:02:10 到下课的画面没有存下来，录像会缺这一段。',
    );
  });

  it('give half an hour more from now, or from an end that is still to come', () => {
    const since = '2026-12-01T08:00:00.000Z';
    expect(extendedEnd(since, { since, minutesOver: 12 })).to.equal('2026-12-01T08:42:00.000Z');
    const late = { since: '2026-12-01T10:00:30.000Z', minutesOver: 1 };
    expect(extendedEnd(since, late)).to.equal('2026-12-01T10:32:00.000Z');
  });
});
