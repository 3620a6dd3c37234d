import { expect } from 'chai';
import { planLibrary, type PlannedItem } from '../../../server/seed/item-plan.ts';
import { PRODUCE, TECHNIQUES, UNSUITED } from '../../../server/seed/produce.ts';
import { SHAOXING } from '../../../server/seed/shaoxing-regions.ts';
import { CATEGORIES, TAGS, TRAPS } from '../../../server/seed/vocabulary.ts';

const sum = (items: readonly PlannedItem[]): number =>
  items.reduce((total, { input }) => total + input.duration, 0);
const inSeries = (items: readonly PlannedItem[], title: string): readonly PlannedItem[] =>
  items.filter(({ input }) => input.series === title);

describe('The plan of the library', () => {
  const full = planLibrary(10_500);

  it('has 10,500 items of 7,000 hours to the second, 152 local pieces and 11 winners', () => {
    expect(full).to.have.length(10_500);
    expect(sum(full)).to.equal(25_200_000);
    const local = full.filter(({ input }) => input.kind === 'local');
    expect(local).to.have.length(152);
    expect(full.filter(({ input }) => input.tags?.includes('乡土'))).to.deep.equal(local);
    expect(local.every(({ input }) => input.origin === 'self')).to.equal(true);
    const winners = inSeries(full, '微型党课');
    expect(winners).to.have.length(11);
    expect(full.filter(({ input }) => input.kind === 'micro_lecture')).to.deep.equal(winners);
    for (const { input } of winners) {
      expect(input.awards).to.deep.equal(['全市支部书记电视党课大赛获奖']);
      expect(input.duration).to.be.within(300, 480);
    }
    for (const title of ['创业先锋', '党员故事', '直播课堂'])
      expect(inSeries(full, title), title).to.not.be.empty;
  });

  for (const count of [120, 121, 300, 1_000, 10_501, 15_000]) {
    it(`adds up to the second with ${count.toLocaleString('en-US')} items, and leaves no series empty`, () => {
      const items = planLibrary(count);
      expect(items).to.have.length(count);
      expect(sum(items)).to.equal(count * 2_400);
      expect(new Set(items.map(({ input }) => input.series))).to.have.property('size', 35);
      expect(inSeries(items, '微型党课')).to.have.length(11);
    });
  }

  it('is the same every time', () => {
    expect(planLibrary(300)).to.deep.equal(planLibrary(300));
  });

  it('gives every item a title, a code and an id of its own, and a description of about 140 characters', () => {
    for (const of of ['title', 'code'] as const) {
      expect(new Set(full.map(({ input }) => input[of])).size, of).to.equal(full.length);
    }
    expect(new Set(full.map(({ id }) => id)).size).to.equal(full.length);
    const lengths = full.map(({ input }) => Array.from(input.description ?? '').length);
    expect(lengths.reduce((left, right) => left + right) / full.length).to.be.within(125, 155);
    expect(Math.min(...lengths)).to.be.greaterThan(80);
    expect(full.every(({ input }) => !/undefined|NaN/.test(JSON.stringify(input)))).to.equal(true);
  });

  it('has the pieces the city is known by, the last of them with the code that ends in 0152', () => {
    const famous = [
      '香榧嫁接与授粉',
      '盖北葡萄避雨栽培',
      '大佛龙井手工炒制',
      '红茶加工关键技术',
      '嵊州桃形李栽培技术',
    ];
    const found = full.filter(({ input }) => famous.includes(input.title));
    expect(found.map(({ input }) => input.title)).to.have.members(famous);
    expect(found.every(({ input }) => input.kind === 'local')).to.equal(true);
    const plum = found.find(({ input }) => input.title === '嵊州桃形李栽培技术');
    expect(plum?.input).to.include({ code: 'SX-XT-2011-0152', region: '330683105' });
  });

  it('dates everything into the years from 2006 to 2011, oldest first', () => {
    const days = full.map(({ publishedAt }) => publishedAt);
    expect(days).to.deep.equal(days.toSorted((left, right) => left - right));
    for (const { input, publishedAt } of full) {
      expect(input.year).to.equal(new Date(publishedAt).getUTCFullYear());
      expect(input.year).to.be.within(2006, 2011);
    }
  });

  it('refers to nothing that is not there', () => {
    const then = new Set(
      SHAOXING.filter(({ from, to }) => (from ?? '') <= '2006-06-01' && (to ?? '9') > '2011-12-31').map(
        ({ id }) => id,
      ),
    );
    const tags = new Set(TAGS.map(({ name }) => name));
    const categories = new Set(CATEGORIES.map(({ code }) => code));
    for (const { input } of full) {
      if (input.region !== undefined) expect(then.has(input.region ?? ''), input.title).to.equal(true);
      expect((input.tags ?? []).filter((tag) => !tags.has(tag))).to.deep.equal([]);
      expect(categories.has(input.category ?? '')).to.equal(true);
    }
    for (const { name, places } of PRODUCE) {
      expect(
        places.filter((place) => !then.has(place)),
        name,
      ).to.deep.equal([]);
    }
    const taught = new Set(
      PRODUCE.flatMap(({ name, family }) => TECHNIQUES[family].map((one) => name + one.name)),
    );
    expect([...UNSUITED].filter((pair) => !taught.has(pair) && !/西瓜间作套种/.test(pair))).to.deep.equal([]);
  });

  it('sets traps: words that a text seems to hold and that its item is not about', () => {
    const trapped = full.filter(({ trap }) => trap !== undefined);
    expect(trapped.length / full.length).to.be.within(0.03, 0.05);
    expect(new Set(trapped.map(({ trap }) => trap)).size).to.equal(TRAPS.length);
    for (const { input, trap = '' } of trapped) {
      const sentence = TRAPS.find(({ word }) => word === trap)?.sentence ?? '';
      expect(sentence).to.contain(trap);
      expect(input.description).to.contain(sentence);
      const rest = [input.title, input.description?.replace(sentence, ''), input.tags, input.series].join(
        ' ',
      );
      expect(rest, input.title).to.not.contain(trap);
    }
  });
});
