import { expect } from 'chai';

import { Calm } from '../../../player/live/calm.ts';
import {
  clockOfDay,
  clockWithSeconds,
  dayWords,
  fieldOfTime,
  spanWords,
  timeOfField,
} from '../../../player/live/china-time.ts';
import { countdownOf, delayWords } from '../../../player/live/countdown.ts';
import { chooseCover } from '../../../player/live/cover.ts';
import type { CoverFacts } from '../../../player/live/cover.ts';
import { Healing } from '../../../player/live/healing.ts';
import { EMPTY_LIVE_STATE } from '../../../player/live/live-state.ts';
import { coverWords } from '../../../player/live/live-words.ts';
import { Motion } from '../../../player/live/motion.ts';
import { mayMove, playlistFor, startAt } from '../../../player/live/playable.ts';
import { PlayedRanges, unionOf, without } from '../../../player/live/played-ranges.ts';
import { beatPause, Presence, readUntold } from '../../../player/live/presence.ts';
import type { PresenceBeat } from '../../../player/live/presence.ts';
import { isEdge, positionOfDate, withinSpan } from '../../../player/live/rewind.ts';
import { ServerClock } from '../../../player/live/server-clock.ts';
import { slideAt } from '../../../player/live/slide-timeline.ts';
import type { LiveStateDocument, SlateKind } from '../../../player/live/state-document.ts';
import { feedPause } from '../../../player/live/state-feed.ts';
import { renditionNames } from '../../../player/rendition-names.ts';
import { until } from '../../support/until.ts';

const START = Date.parse('2026-12-01T14:30:00+08:00');
const MINUTE = 60_000;

function documentOf(facts: Partial<LiveStateDocument> = {}): LiveStateDocument {
  return {
    id: 'k1',
    title: '桃形李栽培',
    lecturers: [],
    state: 'on_air',
    plannedStart: new Date(START).toISOString(),
    plannedEnd: new Date(START + 90 * MINUTE).toISOString(),
    now: new Date(START).toISOString(),
    slate: { kind: 'none', text: '' },
    latency: 'low',
    notices: [],
    slides: [],
    asksQuestions: true,
    wantsReceipt: true,
    ...facts,
  };
}

describe('the rules of a live class on the screen', () => {
  describe('whether the picture moves', () => {
    const HAS_DATA = 2;

    it('is told by its time between looks, while it runs and has something to show', () => {
      const motion = new Motion(0);
      expect(motion.look({ currentTime: 4, readyState: HAS_DATA }, false, 100)).to.equal(false);
      expect(motion.look({ currentTime: 4, readyState: HAS_DATA }, true, 200)).to.equal(false);
      expect(motion.look({ currentTime: 4.2, readyState: 1 }, true, 400)).to.equal(false);
      expect(motion.isMoving).to.equal(false);
      expect(motion.stillMs(400)).to.equal(400);
      expect(motion.look({ currentTime: 4.4, readyState: HAS_DATA }, true, 600)).to.equal(true);
      expect(motion.isMoving).to.equal(true);
      expect(motion.stillMs(700)).to.equal(100);
    });

    it('stays so for a moment between two looks, and not through a pause or a new engine', () => {
      const motion = new Motion(0);
      motion.look({ currentTime: 1, readyState: HAS_DATA }, true, 1_000);
      motion.look({ currentTime: 1, readyState: HAS_DATA }, true, 1_700);
      expect(motion.isMoving).to.equal(true);
      motion.look({ currentTime: 1, readyState: HAS_DATA }, false, 1_750);
      expect(motion.isMoving).to.equal(false);
      motion.look({ currentTime: 1, readyState: HAS_DATA }, true, 1_760);
      motion.forget();
      expect(motion.isMoving).to.equal(false);
      motion.look({ currentTime: 1, readyState: HAS_DATA }, true, 1_770);
      expect(motion.isMoving).to.equal(false);
    });

    it('counts a standstill from when a picture is expected', () => {
      const motion = new Motion(0);
      motion.expect(9_000);
      expect(motion.stillMs(9_400)).to.equal(400);
    });
  });

  describe('what is there to be played', () => {
    const playlistUrl = '/live/t/index.m3u8';
    const dvrUrl = '/live/t/dvr.m3u8';

    it('is the live edge while it is on the air, and the way back after that', () => {
      const onAir = documentOf({ playlistUrl, dvrUrl });
      expect(playlistFor(onAir, 'edge', false)).to.equal(playlistUrl);
      expect(playlistFor(onAir, 'rewound', false)).to.equal(dvrUrl);
      const ended = documentOf({ state: 'ended', playlistUrl, dvrUrl });
      expect(playlistFor(ended, 'edge', false)).to.equal(undefined);
      expect(playlistFor(ended, 'rewound', false)).to.equal(dvrUrl);
    });

    it('is a rehearsal for operators alone', () => {
      const rehearsing = documentOf({ state: 'rehearsing', playlistUrl });
      expect(playlistFor(rehearsing, 'edge', false)).to.equal(undefined);
      expect(playlistFor(rehearsing, 'edge', true)).to.equal(playlistUrl);
      expect(mayMove(rehearsing)).to.equal(true);
      expect(mayMove(documentOf({ slate: { kind: 'interrupted', text: '' } }))).to.equal(false);
    });

    it('begins at the live edge, or at a moment of the class', () => {
      expect(startAt(undefined, 'low', undefined)).to.deep.equal({ kind: 'edge', latency: 'low' });
      const onAirSince = new Date(START).toISOString();
      const moment = { kind: 'date', dateMs: START + 5_000 };
      expect(startAt(START + 5_000, 'low', documentOf({ onAirSince }))).to.deep.equal({
        ...moment,
        sinceMs: START,
      });
      expect(startAt(START + 5_000, 'low', documentOf())).to.deep.equal({
        ...moment,
        sinceMs: START + 5_000,
      });
    });
  });

  describe('the server’s clock', () => {
    it('believes the newest of statements that were written before they came', () => {
      const clock = new ServerClock();
      expect(clock.timeAt(0)).to.equal(undefined);
      clock.learn(1_000_000, 500); // half a minute in a cache
      clock.learn(1_030_000, 600);
      clock.learn(1_030_000, 5_600); // the same document again
      expect(clock.timeAt(600)).to.equal(1_030_000);
      expect(clock.timeAt(10_600)).to.equal(1_040_000);
      clock.learn(Number.NaN, 700);
      expect(clock.timeAt(600)).to.equal(1_030_000);
    });

    it('follows a clock that was set back, after a few statements', () => {
      const clock = new ServerClock();
      clock.learn(9_000_000, 0);
      for (let at = 1; at <= 8; at += 1) clock.learn(1_000_000 + at, at);
      expect(clock.timeAt(8)).to.equal(1_000_008);
    });
  });

  it('counts down ever finer, and never shows a zero', () => {
    const figures = [
      3 * 1_440 * MINUTE,
      27 * 60 * MINUTE,
      65 * MINUTE + 9_000,
      4 * MINUTE + 59_001,
      1,
      0,
      -5,
    ];
    expect(figures.map((left) => countdownOf(left).figure)).to.deep.equal([
      '3 天',
      '1 天 3 小时',
      '1:05:09',
      '05:00',
      '00:01',
      '',
      '',
    ]);
    expect(countdownOf(0).lead).to.equal('马上开始');
    expect(countdownOf(Number.NaN).figure).to.equal('');
  });

  it('says how far behind a viewer is, but not of what nobody would notice', () => {
    expect([7_000, 45_000, 200_000, 600_000, 3_900_000].map(delayWords)).to.deep.equal([
      '',
      '45 秒',
      '3 分 20 秒',
      '10 分钟',
      '1 小时 5 分',
    ]);
  });

  it('tells times by Beijing’s clock, wherever the device thinks it is', () => {
    expect(clockOfDay(START)).to.equal('14:30');
    expect(clockWithSeconds(START + 9_000)).to.equal('14:30:09');
    expect(dayWords(START, START - 86_400_000)).to.equal('明天');
    expect(dayWords(START, START + 9 * 86_400_000)).to.equal('12 月 1 日 周二');
    expect(dayWords(START, Date.parse('2027-01-05T00:00:00Z'))).to.equal('2026 年 12 月 1 日 周二');
    expect(spanWords(START, START + 90 * MINUTE, START)).to.equal('今天 14:30 – 16:00');
    expect(spanWords(START, START + 600 * MINUTE, START)).to.equal('今天 14:30 – 明天 00:30');
    expect(timeOfField(fieldOfTime(START))).to.equal(START);
    for (const text of ['', '2026-12-01', '明天', '2026-13-40T99:99']) {
      expect(timeOfField(text), text).to.equal(undefined);
    }
  });

  describe('what lies over the picture', () => {
    const moving: CoverFacts = {
      document: documentOf(),
      refusal: undefined,
      isReachable: true,
      hasPicture: true,
      stillMs: 0,
      wantsToPlay: true,
      isBlocked: false,
      isUnsupported: false,
      isOver: false,
    };

    it('is nothing while the picture moves, whatever the document says', () => {
      const kinds: readonly SlateKind[] = ['lobby', 'interrupted', 'ended', 'none'];
      for (const kind of kinds) {
        const document = documentOf({ slate: { kind, text: '' } });
        expect(chooseCover({ ...moving, document }), kind).to.equal('none');
      }
    });

    it('is nothing over a picture that a person has paused, for as long as he likes', () => {
      expect(chooseCover({ ...moving, stillMs: 60_000, wantsToPlay: false })).to.equal('none');
    });

    it('explains a picture that stands, ever more plainly', () => {
      const after = [500, 2_000, 5_000, 9_000].map((stillMs) => chooseCover({ ...moving, stillMs }));
      expect(after).to.deep.equal(['none', 'stalled', 'stalled', 'reconnecting']);
      expect(chooseCover({ ...moving, stillMs: 5_000, isReachable: false })).to.equal('reconnecting');
    });

    it('is the class’s slate three seconds after the picture stopped', () => {
      const document = documentOf({ slate: { kind: 'interrupted', text: '' } });
      expect(chooseCover({ ...moving, document, stillMs: 2_900 })).to.equal('stalled');
      expect(chooseCover({ ...moving, document, stillMs: 3_100 })).to.equal('interrupted');
      expect(
        chooseCover({
          ...moving,
          document: documentOf({ slate: { kind: 'ended', text: '' } }),
          isOver: true,
        }),
      ).to.equal('ended');
    });

    it('waits for the first picture, and asks for a click where the browser wants one', () => {
      const first = { ...moving, hasPicture: false, stillMs: 1_000 };
      expect(chooseCover(first)).to.equal('starting');
      expect(chooseCover({ ...first, stillMs: 20_000 })).to.equal('reconnecting');
      expect(chooseCover({ ...first, isBlocked: true })).to.equal('blocked');
      expect(chooseCover({ ...first, isUnsupported: true })).to.equal('unsupported');
    });

    it('says what the server’s answer was when there is no document', () => {
      const none = { ...moving, document: undefined, hasPicture: false };
      expect(chooseCover(none)).to.equal('loading');
      expect(chooseCover({ ...none, isReachable: false })).to.equal('reconnecting');
      expect(chooseCover({ ...none, refusal: 'missing' })).to.equal('missing');
      expect(chooseCover({ ...none, refusal: 'forbidden' })).to.equal('forbidden');
    });

    it('speaks in the organiser’s words where there are some', () => {
      const state = (slate: LiveStateDocument['slate'], facts: Partial<LiveStateDocument> = {}) =>
        coverWords({
          ...EMPTY_LIVE_STATE,
          cover: slate.kind === 'none' ? 'starting' : slate.kind,
          document: documentOf({ slate, ...facts }),
          serverMs: START - 5 * MINUTE,
        });
      expect(state({ kind: 'lobby', text: '' })).to.deep.equal({
        text: '距开课还有',
        figure: '05:00',
        advice: '今天 14:30 – 16:00',
      });
      expect(state({ kind: 'lobby', text: '请先签到' })?.advice).to.equal('请先签到');
      expect(state({ kind: 'postponed', text: '' })?.advice).to.equal('改到 今天 14:30 – 16:00');
      expect(state({ kind: 'ended', text: '' })?.advice).to.contain('录像正在整理');
      const replay = { coursewareId: 'c', url: '/watch/c' };
      expect(state({ kind: 'ended', text: '' }, { replay })?.advice).to.equal('可以看录像了。');
    });
  });

  describe('healing', () => {
    it('fetches on first, and makes a new engine when that does not help', () => {
      const healing = new Healing();
      const cures = [0, 500, 1_500, 3_000, 4_500].map((at) => healing.onTrouble('line', at, 0.5));
      expect(cures).to.deep.equal([
        { kind: 'resume' },
        { kind: 'none' },
        { kind: 'resume' },
        { kind: 'resume' },
        { kind: 'rebuild', pauseMs: 2_500 },
      ]);
    });

    it('recovers refused media once in ten seconds, and never a broken engine', () => {
      const healing = new Healing();
      expect(healing.onTrouble('media', 0, 0)).to.deep.equal({ kind: 'recover' });
      expect(healing.onTrouble('media', 4_000, 0.2)).to.deep.equal({ kind: 'rebuild', pauseMs: 1_000 });
      expect(healing.onTrouble('media', 20_000, 0)).to.deep.equal({ kind: 'recover' });
      expect(healing.onTrouble('broken', 40_000, 0)).to.deep.equal({ kind: 'rebuild', pauseMs: 0 });
    });

    it('spreads three thousand halls, wider after each failure, and forgets when all is well', () => {
      const healing = new Healing();
      const pauses = [1, 2, 3, 4, 5].map(() => healing.onStill(8_000, 1));
      expect(pauses).to.deep.equal(
        [5_000, 10_000, 20_000, 30_000, 30_000].map((pauseMs) => ({ kind: 'rebuild', pauseMs })),
      );
      expect(healing.onStill(7_900, 1)).to.deep.equal({ kind: 'none' });
      healing.moved(100_000);
      healing.moved(161_000);
      expect(healing.onEarlyEnd(1)).to.deep.equal({ kind: 'rebuild', pauseMs: 5_000 });
    });
  });

  it('lowers the latency again five minutes after the last stall, once', () => {
    const calm = new Calm();
    expect(calm.isDue(0)).to.equal(false);
    calm.stalled(1_000);
    calm.stalled(60_000);
    expect(calm.isDue(301_000)).to.equal(false);
    expect(calm.isDue(360_000)).to.equal(true);
    expect(calm.isDue(999_000)).to.equal(false);
  });

  it('asks often where something may change at any moment, and spreads the halls', () => {
    const scheduled = documentOf({ state: 'announced' });
    expect(feedPause(scheduled, 61 * MINUTE, 0, 0.5)).to.equal(20_000);
    expect(feedPause(scheduled, 5 * MINUTE, 0, 0.5)).to.equal(5_000);
    expect(feedPause(scheduled, -MINUTE, 0, 0)).to.equal(1_500);
    expect(feedPause(scheduled, -MINUTE, 0, 1)).to.equal(2_500);
    expect(feedPause(documentOf({ state: 'interrupted' }), 0, 0, 0.5)).to.equal(2_000);
    expect(feedPause(documentOf(), 0, 0, 0.5)).to.equal(2_000);
    expect(feedPause(documentOf(), 0, 1, 0.5)).to.equal(2_000);
    expect(feedPause(documentOf(), 0, 99, 1)).to.equal(15_000);
  });

  describe('going back', () => {
    // Taken from 0 to 10 s, interrupted for a minute, and on from there.
    const stretches = [
      { start: 0, duration: 4, dateMs: START },
      { start: 4, duration: 6, dateMs: START + 4_000 },
      { start: 10, duration: 5, dateMs: START + 70_000 },
    ];

    it('finds where a moment lies, and of an interruption the first picture after it', () => {
      const positions = [-5_000, 0, 5_000, 9_500, 30_000, 72_000, 99_000].map((after) =>
        positionOfDate(stretches, START + after),
      );
      expect(positions).to.deep.equal([0, 0, 5, 9.5, 10, 12, 15]);
      expect(positionOfDate([], START)).to.equal(undefined);
    });

    it('keeps to what there is, and takes the last moments for the live edge', () => {
      const span = { fromMs: START, untilMs: START + MINUTE };
      expect(withinSpan(span, START - 1)).to.equal(START);
      expect(withinSpan(span, START + 2 * MINUTE)).to.equal(START + MINUTE);
      expect(isEdge(span, START + 49_000)).to.equal(true);
      expect(isEdge(span, START + 47_000)).to.equal(false);
    });
  });

  it('shows the slide of the picture’s own time, and none where it was taken off', () => {
    const at = (after: number): string => new Date(START + after).toISOString();
    const slides = [
      { at: at(0), imageUrl: '/1.png' },
      { at: at(20_000), imageUrl: '/2.png', title: '第二页' },
      { at: at(40_000) },
    ];
    const shown = [-1, 0, 19_999, 20_000, 40_000].map((after) => slideAt(slides, START + after)?.imageUrl);
    expect(shown).to.deep.equal([undefined, '/1.png', '/1.png', '/2.png', undefined]);
    expect(slideAt(slides, undefined)).to.equal(undefined);
  });

  describe('what was on the screen', () => {
    it('grows with the picture, and has holes where it jumped or stood', () => {
      const ranges = new PlayedRanges();
      for (const at of [0, 1_000, 2_000, 60_000, 61_000]) ranges.sample(at);
      ranges.rest();
      for (const at of [62_000, 63_000, 500, 1_500]) ranges.sample(at);
      expect(ranges.untold).to.deep.equal([
        { fromMs: 0, toMs: 2_000 },
        { fromMs: 60_000, toMs: 61_000 },
        { fromMs: 62_000, toMs: 63_000 },
      ]);
    });

    it('is told once: what was acknowledged is gone, what came meanwhile stays', () => {
      const ranges = new PlayedRanges([{ fromMs: 0, toMs: 5_000 }]);
      const told = ranges.untold;
      ranges.sample(5_000);
      ranges.sample(6_000);
      ranges.acknowledge(told);
      expect(ranges.untold).to.deep.equal([{ fromMs: 5_000, toMs: 6_000 }]);
    });

    it('is laid together and cut apart without losing anything', () => {
      const joined = unionOf([
        { fromMs: 5, toMs: 9 },
        { fromMs: 0, toMs: 5 },
        { fromMs: 7, toMs: 8 },
        { fromMs: 4, toMs: 4 },
      ]);
      expect(joined).to.deep.equal([{ fromMs: 0, toMs: 9 }]);
      expect(
        without(joined, [
          { fromMs: 3, toMs: 4 },
          { fromMs: 8, toMs: 20 },
        ]),
      ).to.deep.equal([
        { fromMs: 0, toMs: 3 },
        { fromMs: 4, toMs: 8 },
      ]);
    });
  });

  describe('presence', () => {
    class Store {
      readonly kept = new Map<string, string>();
      getItem(name: string): string | null {
        return this.kept.get(name) ?? null;
      }
      setItem(name: string, value: string): void {
        this.kept.set(name, value);
      }
      removeItem(name: string): void {
        this.kept.delete(name);
      }
    }

    it('is kept on the device until the server has kept it, also over a reload', async () => {
      const store = new Store();
      const beats: PresenceBeat[] = [];
      const away = new Presence('k1', store, (beat) => {
        beats.push(beat);
        return Promise.reject(new Error('away'));
      });
      away.start();
      for (const at of [0, 1_000, 2_000]) away.sample(at);
      away.stop();
      expect(readUntold(store, 'k1')).to.deep.equal([{ fromMs: 0, toMs: 2_000 }]);
      expect(readUntold(store, 'k2')).to.deep.equal([]);
      const back = new Presence('k1', store, (beat) => {
        beats.push(beat);
        return Promise.resolve({ nextBeatMs: 30_000 });
      });
      back.start();
      await until('it is told', () => readUntold(store, 'k1').length === 0);
      back.stop();
      expect(beats).to.deep.equal([{ played: [] }, { played: [{ fromMs: 0, toMs: 2_000 }] }]);
    });

    it('forgets what is days old, and takes spoilt memory for none', () => {
      const store = new Store();
      store.setItem('yuanjiao.presence.k1', JSON.stringify({ keptAt: 0, played: [{ fromMs: 0, toMs: 9 }] }));
      expect(readUntold(store, 'k1', 3 * 86_400_000)).to.deep.equal([]);
      expect(readUntold(store, 'k1', 1_000)).to.deep.equal([{ fromMs: 0, toMs: 9 }]);
      store.setItem('yuanjiao.presence.k1', '{"keptAt":');
      expect(readUntold(store, 'k1')).to.deep.equal([]);
    });

    it('beats when the server wants it, and by itself after a failure', () => {
      expect(beatPause({ nextBeatMs: 29_000 }, 0)).to.equal(29_000);
      expect(beatPause({ nextBeatMs: 0 }, 0)).to.equal(5_000);
      expect(beatPause({ nextBeatMs: null }, 0.5)).to.equal(60_000);
      expect(beatPause(undefined, 0)).to.equal(15_000);
      expect(beatPause(undefined, 1)).to.equal(25_000);
    });
  });

  it('names renditions by their height, and two of one height by their bitrate', () => {
    const variants = [
      { height: 720, bitrate: 2_000_000 },
      { height: 720, bitrate: 900_000 },
      { height: 0, bitrate: 64_000 },
    ];
    expect(renditionNames(variants)).to.deep.equal(['720p', '720p-900k', '64k']);
  });
});
