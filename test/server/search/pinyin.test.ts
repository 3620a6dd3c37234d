import { expect } from 'chai';

import { foldText } from '../../../server/search/fold.ts';
import { LOCAL_READINGS } from '../../../server/search/local-names.ts';
import { initialsOf, spelledSyllables, syllablesOf, titleSortKey } from '../../../server/search/pinyin.ts';
import { spells } from '../../../server/search/spelling.ts';

describe('Pinyin', () => {
  it('reads the names of the place as its people do', () => {
    const wrong = Object.entries(LOCAL_READINGS).filter(([word, reading]) => syllablesOf(word) !== reading);
    expect(wrong).to.deep.equal([]);
  });

  it('reads them inside sentences too', () => {
    expect(syllablesOf(foldText('会稽山与崧厦、剡溪'))).to.equal('kuai ji shan yu song xia|shan xi');
    expect(syllablesOf('处长率先到乐清')).to.equal('chu zhang shuai xian dao yue qing');
  });

  it('reads polyphones by their word', () => {
    for (const [word, reading] of [
      ['银行', 'yin hang'],
      ['行走', 'xing zou'],
      ['音乐', 'yin yue'],
      ['快乐', 'kuai le'],
      ['重庆', 'chong qing'],
      ['重要', 'zhong yao'],
      ['绿化', 'lv hua'],
    ] as const) {
      expect(syllablesOf(word), word).to.equal(reading);
    }
  });

  it('keeps runs apart', () => {
    expect(syllablesOf('杨梅 4k 嫁接')).to.equal('yang mei|jia jie');
    expect(initialsOf('yang mei|jia jie')).to.equal('ym|jj');
  });

  it('is spelled from the beginning of a syllable, the last of which may be incomplete', () => {
    expect(spells('yang mei jia jie', 'yangmeij')).to.equal(true);
    expect(spells('yang mei jia jie', 'meijia')).to.equal(true);
    expect(spells('fang yan gong', 'angyan')).to.equal(false);
    expect(spells('yang mei|jia jie', 'meijia')).to.equal(false);
    expect(spelledSyllables('yangm', ['yang', 'mei'])).to.equal(2);
    expect(spelledSyllables('ymei', ['yang', 'mei'], true)).to.equal(2);
    expect(spelledSyllables('ymei', ['yang', 'mei'])).to.equal(0);
  });

  it('sorts titles by sound and numbers by value', () => {
    const titles = ['重阳敬老', '杨梅第10讲', '茶叶加工', '杨梅第9讲', '长乐农民画', 'ABC 入门', '安全用电'];
    const sorted = titles.toSorted((left, right) => {
      const [a, b] = [titleSortKey(foldText(left)), titleSortKey(foldText(right))];
      return a < b ? -1 : a > b ? 1 : 0;
    });
    expect(sorted).to.deep.equal([
      'ABC 入门',
      '安全用电',
      '茶叶加工',
      '长乐农民画',
      '重阳敬老',
      '杨梅第9讲',
      '杨梅第10讲',
    ]);
  });
});
