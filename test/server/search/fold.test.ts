import { expect } from 'chai';

import { fold, foldText } from '../../../server/search/fold.ts';
import { parseQuery, placeOfTerm, runsOf } from '../../../server/search/parse-query.ts';
import { marksOf } from '../../../server/search/spoken-minutes.ts';

describe('Folding a text', () => {
  it('makes one form of what is written in several', () => {
    expect(foldText('鄉土課件')).to.equal('乡土课件');
    expect(foldText('Ａ４纸 ㎏')).to.equal('a4纸 kg');
    expect(foldText('（一）①Ⅳ')).to.equal('一 1iv');
    expect(foldText('Café E\u0301cole')).to.equal('cafe ecole');
    expect(foldText('〇九年')).to.equal('〇九年');
  });

  it('parts where there is neither letter nor digit, and nowhere else', () => {
    expect(foldText('  枫桥经验：“反诈”——进村!! ')).to.equal('枫桥经验 反诈 进村');
    expect(foldText('杨\u200b梅')).to.equal('杨梅');
    expect(foldText('喜😀庆')).to.equal('喜 庆');
    expect(foldText('𠮷野')).to.equal('𠮷野');
    expect(foldText('')).to.equal('');
  });

  it('knows where each folded character came from, though lengths change', () => {
    const text = '㈱½鄉é!';
    const folded = fold(text);
    expect(folded.text).to.equal(foldText(text));
    const origins = Array.from(folded.text, (_, at) => text.slice(folded.starts[at], folded.ends[at]));
    expect(folded.text).to.equal('株 1 2乡e');
    expect(origins).to.deep.equal(['㈱', '㈱', '½', '½', '½', '鄉', 'é']);
  });

  it('folds what is folded to itself', () => {
    for (const text of ['鄉土 ㈱½', 'ＡＢ①', '茶叶，Café', '𠮷']) {
      expect(foldText(foldText(text))).to.equal(foldText(text));
    }
  });

  it('folds long texts whole', () => {
    const text = '浙江省绍兴市'.repeat(5000);
    expect(foldText(text)).to.equal(text);
    expect(fold(text).text).to.equal(text);
  });
});

describe('Reading a query', () => {
  const texts = (query: string): readonly string[] => parseQuery(query).map(({ text }) => text);

  it('parts terms at blanks and punctuation, and keeps quoted words together', () => {
    expect(texts('桃形李　栽培，修剪')).to.deep.equal(['桃形李', '栽培', '修剪']);
    expect(parseQuery('“A4 纸” 打印')).to.deep.equal([
      { text: 'a4 纸', isQuoted: true },
      { text: '打印', isQuoted: false },
    ]);
  });

  it('takes a quote that is never closed for none', () => {
    expect(parseQuery('"桃形李')).to.deep.equal([{ text: '桃形李', isQuoted: false }]);
  });

  it('looks at a term once, and at ten at most', () => {
    expect(texts('茶 茶 茶叶')).to.deep.equal(['茶', '茶叶']);
    expect(texts(Array.from({ length: 30 }, (_, index) => `词${index}`).join(' '))).to.have.length(10);
    expect(texts('!!! ，。')).to.deep.equal([]);
  });

  it('sees runs of ideographs, letters and digits', () => {
    expect(runsOf('a4纸 第12讲').map(({ text }) => text)).to.deep.equal(['a', '4', '纸', '第', '12', '讲']);
  });

  it('finds letters and digits only where their run begins', () => {
    expect(placeOfTerm('happt ppt', 'ppt')).to.equal(6);
    expect(placeOfTerm('第2016年', '016')).to.equal(-1);
    expect(placeOfTerm('新乡土地', '乡土')).to.equal(1);
  });

  it('marks finds in the text as it was written, and joins those that touch', () => {
    expect(marksOf('㈱鄉土課件', ['乡土', '课件'])).to.deep.equal([[1, 5]]);
    expect(marksOf('茶叶与茶叶', ['茶叶'])).to.deep.equal([
      [0, 2],
      [3, 5],
    ]);
    expect(marksOf('茶叶', [])).to.deep.equal([]);
  });
});
