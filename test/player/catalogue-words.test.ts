import { expect } from 'chai';
import { newUuid } from '../../player/page/api.ts';
import { nextBox } from '../../player/page/arrow-walk.ts';
import { countText, groupText, hoursText } from '../../player/page/count-text.ts';
import { readExtra } from '../../player/page/courseware-details.ts';
import { tintOf, watchAddress } from '../../player/page/courseware-card.ts';
import { treeOrder } from '../../player/page/library/category-part.ts';
import { FACET_WORDS, KIND_WORDS, ORIGIN_WORDS, valueWords } from '../../player/page/search/facets.ts';
import { takeawaysOf } from '../../player/page/search/list-links.ts';
import { suggestionAddress } from '../../player/page/search/search-box.ts';
import {
  EMPTY_QUERY,
  browseAddress,
  conditionsOf,
  readQuery,
  toggleValue,
} from '../../player/page/search/search-query.ts';
import { periodText } from '../../player/page/shelf.ts';
import { readNames } from '../../player/page/tag-text.ts';
import { PlayCount } from '../../player/page/watch/play-count.ts';
import { readStart } from '../../player/page/watch/start-time.ts';
import { KIND_NAMES, ORIGIN_NAMES } from '../../server/catalogue/kind-words.ts';

describe('the address of a search', () => {
  it('holds all that was typed and chosen, and reads back the same', () => {
    const search = '?q=桃形李+栽培&tag=乡土&tag=水果&kind=local&region=r1&month=3&since=week&sort=plays';
    const query = readQuery(search);
    expect(query.text).to.equal('桃形李 栽培');
    expect(query.chosen).to.deep.equal({
      tag: ['乡土', '水果'],
      kind: ['local'],
      region: ['r1'],
      month: ['3'],
    });
    expect(readQuery(new URL(browseAddress(query), 'http://x').search)).to.deep.equal(query);
  });

  it('leaves out what is empty, doubled or unknown', () => {
    const query = readQuery('?q=+&tag=&tag=a&tag=a&sort=constructor&since=yesterday&colour=red');
    expect(query).to.deep.equal({ text: '', chosen: { tag: ['a'] }, sort: undefined, since: '' });
    expect(browseAddress(EMPTY_QUERY)).to.equal('/browse');
  });

  it('gains a value and loses it again', () => {
    const once = toggleValue(EMPTY_QUERY, 'tag', '乡土');
    expect(browseAddress(once)).to.equal(`/browse?tag=${encodeURIComponent('乡土')}`);
    expect(browseAddress(toggleValue(once, 'tag', '乡土'))).to.equal('/browse');
  });

  it('tells each condition in words, with the way to drop it', () => {
    const query = readQuery('?q=茶&kind=local&series=s1&since=week');
    const label = (facet: string): string | undefined => (facet === 'series' ? '农技讲堂' : undefined);
    const conditions = conditionsOf(query, label, FACET_WORDS);
    expect(conditions.map(({ name, words }) => `${name}：${words}`)).to.deep.equal([
      '搜索词：茶',
      '时间：本周新增',
      '系列：农技讲堂',
      '类别：乡土课件',
    ]);
    expect(browseAddress(conditions[2]?.rest ?? EMPTY_QUERY)).not.to.include('series');
  });
});

describe('words of the catalogue', () => {
  it('names kinds and origins as the server does', () => {
    expect(KIND_WORDS).to.deep.equal(KIND_NAMES);
    expect(ORIGIN_WORDS).to.deep.equal(ORIGIN_NAMES);
  });

  it('says values as people say them', () => {
    expect(valueWords('length', 'under-10')).to.equal('10 分钟以内');
    expect(valueWords('month', '3')).to.equal('3 月');
    expect(valueWords('region', 'r1', '石璜镇')).to.equal('石璜镇');
  });

  for (const [count, text] of [
    [0, '0 '],
    [9_999, '9,999 '],
    [10_000, '1 万'],
    [12_345, '1.2 万'],
    [99_999_999, '9999 万'],
    [123_456_789, '1.2 亿'],
  ] as const) {
    it(`counts ${count} as “${text}”`, () => expect(countText(count)).to.equal(text));
  }

  it('groups digits and rounds hours down', () => {
    expect(groupText(1_234_567)).to.equal('1,234,567');
    expect(hoursText(25_200_000)).to.equal('7,000 小时');
    expect(hoursText(25_199_999)).to.equal('6,999 小时');
    expect(hoursText(5_400)).to.equal('1.5 小时');
    expect(hoursText(1_110)).to.equal('19 分钟');
  });

  it('tells when a topic is open', () => {
    const none = { id: '', title: '', description: '', itemCount: 0, seconds: 0, rank: 0, revision: 1 };
    const topic = { ...none, state: 'open' as const };
    expect(periodText(topic)).to.equal('');
    expect(periodText({ ...topic, opensOn: '2011-06-01' })).to.equal('2011 年 6 月 1 日起');
    expect(periodText({ ...topic, opensOn: '2011-06-01', closesOn: '2011-07-31' })).to.equal(
      '2011 年 6 月 1 日 – 2011 年 7 月 31 日',
    );
  });

  it('reads names with spaces in them, and the library’s own facts', () => {
    expect(readNames('John Smith、李梅，李梅； ')).to.deep.equal(['John Smith', '李梅']);
    expect(readExtra('拍摄地点：石璜镇\n没有冒号\n备注: a：b')).to.deep.equal({
      拍摄地点: '石璜镇',
      备注: 'a：b',
    });
  });

  it('gives the same title the same colour', () => {
    expect(tintOf('桃形李栽培')).to.equal(tintOf('桃形李栽培'));
    expect(tintOf('')).to.equal(0);
  });

  it('puts categories under their parents, also those whose parent is gone', () => {
    const category = (code: string, rank: number, parent: string | null = null): object => ({
      ...{ code, name: code, rank, parent },
    });
    const all = [category('B', 2), category('A1', 1, 'A'), category('A', 1), category('X', 9, 'gone')];
    const placed = treeOrder(all as Parameters<typeof treeOrder>[0]);
    expect(placed.map(({ category: { code }, depth }) => `${depth} ${code}`)).to.deep.equal([
      '0 A',
      '1 A1',
      '0 B',
      '0 X',
    ]);
  });
});

describe('ways out of the catalogue', () => {
  it('lead to the lecture, to a second of it, or to a list', () => {
    expect(watchAddress('a b', 751.9)).to.equal('/watch/a%20b?t=751');
    const of = (kind: Parameters<typeof suggestionAddress>[0]['kind']): string =>
      suggestionAddress({ kind, value: 'v', text: '茶', marks: [] });
    expect(of('title')).to.equal('/watch/v');
    expect(of('series')).to.equal('/series/v');
    expect(of('place')).to.equal('/browse?region=v');
    expect(of('tag')).to.equal('/browse?tag=v');
  });

  it('offer the list’s own feed where it has one, and the search’s otherwise', () => {
    const hrefs = (search: string): readonly string[] =>
      takeawaysOf(readQuery(search), true, 604_800_000).map(({ href }) => href);
    expect(hrefs('')).to.deep.equal([
      '/api/v1/exports/search.xlsx',
      '/feeds/newest.atom',
      '/playlists/newest.m3u',
    ]);
    expect(hrefs('?series=s1')[1]).to.equal('/feeds/series/s1.atom');
    expect(hrefs('?series=s1&year=2011')[2]).to.equal('/playlists/search.m3u?series=s1&year=2011');
    expect(hrefs('?year=2011')[1]).to.equal('/feeds/search.atom?year=2011');
    expect(hrefs('?since=week')[2]).to.equal('/playlists/search.m3u?since=0');
    expect(takeawaysOf(readQuery(''), false, 0)).to.have.lengthOf(2);
  });
});

describe('arrows of a remote control', () => {
  const box = (
    column: number,
    row: number,
  ): { left: number; top: number; right: number; bottom: number } => ({
    left: column * 100,
    right: column * 100 + 90,
    top: row * 100,
    bottom: row * 100 + 90,
  });
  // Two rows of three, and one more below on the left.
  const grid = [box(0, 0), box(1, 0), box(2, 0), box(0, 1), box(1, 1), box(2, 1), box(0, 2)];

  it('go to the neighbour in the row and in the column', () => {
    expect(nextBox(grid, box(1, 0), 'right')).to.equal(2);
    expect(nextBox(grid, box(1, 0), 'down')).to.equal(4);
    expect(nextBox(grid, box(1, 1), 'left')).to.equal(3);
    expect(nextBox(grid, box(1, 1), 'up')).to.equal(1);
  });

  it('stop at the end of a row, and reach the last row from any column', () => {
    expect(nextBox(grid, box(2, 0), 'right')).to.equal(undefined);
    expect(nextBox(grid, box(2, 1), 'down')).to.equal(6);
    expect(nextBox(grid, box(0, 0), 'up')).to.equal(undefined);
  });

  it('can reach everything from everywhere', () => {
    for (const start of grid.keys()) {
      const seen = new Set([start]);
      for (const place of seen) {
        for (const direction of ['up', 'down', 'left', 'right'] as const) {
          const next = nextBox(grid, grid[place] ?? box(0, 0), direction);
          if (next !== undefined) seen.add(next);
        }
      }
      expect(seen.size).to.equal(grid.length);
    }
  });
});

describe('the count of plays', () => {
  function played(
    ...moments: readonly (readonly [phase: string, position: number, speed?: number])[]
  ): number {
    let counted = 0;
    const count = new PlayCount(() => (counted += 1));
    for (const [phase, position, speed = 1] of moments) count.follow({ phase, position, speed });
    return counted;
  }
  const seconds = (from: number, to: number): (readonly [string, number])[] =>
    Array.from({ length: to - from + 1 }, (_, step) => ['playing', from + step] as const);

  it('begins after ten seconds of picture, and counts once', () => {
    expect(played(...seconds(0, 9))).to.equal(0);
    expect(played(...seconds(0, 10))).to.equal(1);
    expect(played(...seconds(0, 60))).to.equal(1);
    expect(played(...seconds(700, 710))).to.equal(1);
  });

  it('is not fooled by jumps, pauses and waiting', () => {
    expect(played(['playing', 0], ['playing', 500], ['playing', 1000])).to.equal(0);
    expect(played(['paused', 0], ['paused', 2], ['stalled', 4], ['paused', 12])).to.equal(0);
    expect(played(...seconds(0, 6), ['playing', 300], ...seconds(301, 304))).to.equal(1);
  });

  it('counts a lecture of a few seconds at its end', () => {
    expect(played(...seconds(0, 6), ['ended', 7])).to.equal(1);
    expect(played(['playing', 0], ['playing', 60], ['ended', 61])).to.equal(0);
  });

  it('has an id that a server takes for a UUID', () => {
    expect(newUuid()).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('the second a lecture begins at', () => {
  for (const [search, second] of [
    ['?t=751', 751],
    ['?t=12:31', 751],
    ['?t=1:02:31', 3751],
    ['?t=12m31s', 751],
    ['?t=1h', 3600],
    ['?t=0', 0],
    ['', undefined],
    ['?t=', undefined],
    ['?t=-5', undefined],
    ['?t=soon', undefined],
  ] as const) {
    it(`of “${search}” is ${second}`, () => expect(readStart(search)).to.equal(second));
  }
});
