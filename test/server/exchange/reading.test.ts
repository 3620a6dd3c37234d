import { expect } from 'chai';

import {
  durationText,
  listText,
  monthsText,
  readDay,
  readDuration,
  readList,
  readMonths,
  readText,
  readWhole,
} from '../../../server/exchange/reading.ts';
import { KIND_WORDS, ORIGIN_WORDS } from '../../../server/catalogue/kind-words.ts';
import { valueOfWord } from '../../../server/exchange/closed-list.ts';

const LIST = { atMost: 40, items: 50 };

/** A time of the day as a spreadsheet's reader gives it. */
function timeOfDay(hours: number, minutes: number, seconds: number): Date {
  return new Date(Date.UTC(1899, 11, 30, hours, minutes, seconds));
}

describe('The reading of cells', () => {
  it('splits lists at every separator that Chinese tables use, and drops repetitions', () => {
    expect(readList('乡土、农业技术，水果, 乡土；茶叶;竹笋\n杨梅', LIST).value).to.deep.equal([
      '乡土',
      '农业技术',
      '水果',
      '茶叶',
      '竹笋',
      '杨梅',
    ]);
  });

  it('reads back every list as it was written, whatever is in its entries', () => {
    for (const list of [['甲、乙', '丙'], ['说“好”', '"quoted"'], ['a,b', 'c;d', '"'], ['单独']]) {
      expect(readList(listText(list), LIST).value, listText(list)).to.deep.equal(list);
    }
  });

  it('reads months one by one, as ranges, over the turn of the year, and as the whole year', () => {
    const cases: readonly (readonly [string, readonly number[]])[] = [
      ['3、4月', [3, 4]],
      ['3-5', [3, 4, 5]],
      ['3月-5月', [3, 4, 5]],
      ['3月至5月、9月份', [3, 4, 5, 9]],
      ['３～５月', [3, 4, 5]],
      ['11-2', [1, 2, 11, 12]],
      ['全年', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    ];
    for (const [text, months] of cases) {
      expect(readMonths(text).value, text).to.deep.equal(months);
      expect(readMonths(monthsText(months)).value, text).to.deep.equal(months);
    }
    expect(readMonths('13月').problem).to.include('看不懂');
    expect(readMonths('春天').problem).to.include('3-5');
  });

  it('tells when a spreadsheet made a date of months', () => {
    expect(readMonths(new Date('2026-03-05T00:00:00Z')).problem).to.include('“3-5”被表格软件当成了日期');
  });

  it('reads durations in every usual form, and asks back where a spreadsheet took minutes for hours', () => {
    expect(readDuration('18:30').value).to.equal(1110);
    expect(readDuration('1:05:00').value).to.equal(3900);
    expect(readDuration('18分30秒').value).to.equal(1110);
    expect(readDuration('1小时5分').value).to.equal(3900);
    expect(readDuration(1110).value).to.equal(1110);
    expect(readDuration('１８：３０').value).to.equal(1110);
    expect(readDuration(timeOfDay(0, 18, 30)).value).to.equal(1110);
    expect(readDuration(timeOfDay(18, 30, 0)).problem).to.include('18分30秒');
    expect(readDuration(new Date('2011-11-16T00:00:00Z')).problem).to.include('这是日期');
    for (const wrong of ['', '很长', '0', '25:00:00:00', '-5']) {
      expect(readDuration(wrong).problem, wrong).to.be.a('string');
    }
    expect(durationText(1110.04)).to.equal('0:18:30');
  });

  it('reads days in every usual form, and none that the calendar does not have', () => {
    for (const text of ['2027-12-31', '2027/12/31', '2027.12.31', '2027年12月31日', '20271231']) {
      expect(readDay(text).value, text).to.equal('2027-12-31');
    }
    expect(readDay(new Date('2027-12-31T00:00:00Z')).value).to.equal('2027-12-31');
    expect(readDay('2027-2-30').problem).to.include('不是日期');
    expect(readDay('明年').problem).to.include('2027-12-31');
  });

  it('reads whole numbers with their units, and refuses all else', () => {
    const year = { from: 1900, to: 2200, units: /年/g, example: '2011' };
    expect(readWhole('2011年', year).value).to.equal(2011);
    expect(readWhole('２０１１', year).value).to.equal(2011);
    expect(readWhole(2011, year).value).to.equal(2011);
    for (const wrong of ['11', '2011.5', '二〇一一', new Date(0), '1e3']) {
      expect(readWhole(wrong, year).problem).to.include('1900 到 2200');
    }
  });

  it('refuses control characters and line breaks where they do not belong', () => {
    expect(readText('两\n行', { atMost: 10 }).problem).to.include('换行');
    expect(readText('两\n行', { atMost: 10, mayHaveLines: true }).value).to.equal('两\n行');
    expect(readText('反\u202E转', { atMost: 10, mayHaveLines: true }).problem).to.include('控制字符');
    expect(readText('一二三四五六', { atMost: 5 }).problem).to.include('最多 5 个');
  });

  it('knows every kind and origin by its words, by other words for it, and by itself', () => {
    expect(valueOfWord(KIND_WORDS, '乡土课件')).to.equal('local');
    expect(valueOfWord(KIND_WORDS, '微党课')).to.equal('micro_lecture');
    expect(valueOfWord(KIND_WORDS, 'live_replay')).to.equal('live_replay');
    expect(valueOfWord(ORIGIN_WORDS, '省库')).to.equal('province');
    expect(valueOfWord(KIND_WORDS, '别的')).to.equal(undefined);
    const words = Object.values(KIND_WORDS).flat();
    expect(new Set(words).size, 'a word that means two kinds').to.equal(words.length);
  });
});
