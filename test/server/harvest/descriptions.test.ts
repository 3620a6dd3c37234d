import { expect } from 'chai';

import type { Courseware, CoursewareId } from '../../../server/catalogue/courseware.ts';
import { dublinCoreOf } from '../../../server/harvest/dublin-core.ts';
import { atomFeed, rssFeed, type OfferedList } from '../../../server/harvest/feed.ts';
import { jsonForPage, jsonLdOf } from '../../../server/harvest/json-ld.ts';
import { learningObjectOf } from '../../../server/harvest/learning-object.ts';
import { m3uOf } from '../../../server/harvest/m3u.ts';
import { podcastFeed } from '../../../server/harvest/podcast.ts';
import { PublicSite } from '../../../server/harvest/public-site.ts';
import { sitemap } from '../../../server/harvest/sitemap.ts';
import { xmlDocument, xmlText } from '../../../server/harvest/xml.ts';
import { bareCourseware, sampleCourseware } from '../../support/sample-courseware.ts';
import { checkXml } from '../../support/xml-check.ts';

const site = new PublicSite('https://yuanjiao.example.cn');
const FILES = new Map([
  ['taoxingli01' as CoursewareId, { name: 'audio.m4a', sizeBytes: 16_840_221, contentType: 'audio/mp4' }],
]);

const listOf = (...items: readonly Courseware[]): OfferedList => ({
  ref: { kind: 'tag', key: '乡土' },
  title: '标签：乡土',
  description: '',
  items,
  updatedAt: Date.UTC(2011, 11, 30, 9, 10, 11),
  query: '',
  nextQuery: undefined,
});

describe('a description in Dublin Core', () => {
  const of = (item: Courseware) => checkXml(xmlDocument(dublinCoreOf(item, site)), 'oai-dc.xsd');

  it('says everything that is known', () => {
    const xml = of(sampleCourseware());
    const found = (name: string): readonly string[] => xml.texts(`/oai_dc:dc/dc:${name}`);
    expect(found('title')).to.deep.equal(['桃形李栽培技术']);
    expect(found('creator')).to.deep.equal(['张三', '李四']);
    expect(found('subject')).to.deep.equal(['乡土', '创业先锋', '果树种植', '水果']);
    expect(found('description')).to.deep.equal(['从选苗到采收。\n嵊州市农技站讲解。']);
    expect(found('publisher')).to.deep.equal(['嵊州市委组织部']);
    expect(found('date')).to.deep.equal(['2011-06-01T08:00:00Z']);
    expect(found('type')).to.deep.equal(['MovingImage', '乡土课件']);
    expect(found('format')).to.deep.equal(['application/vnd.apple.mpegurl', 'PT40M5S']);
    expect(found('identifier')).to.deep.equal([
      'https://yuanjiao.example.cn/watch/taoxingli01',
      'SX-XT-2011-0152',
    ]);
    expect(found('source')).to.deep.equal(['自制']);
    expect(found('language')).to.deep.equal(['zh-CN']);
    expect(found('relation')[0]).to.equal('乡土课堂');
    expect(found('coverage')).to.deep.equal(['甘霖镇', '2011']);
    expect(found('rights')[0]).to.contain('绍兴市远程办').and.to.contain('2030-12-31');
  });

  it('leaves out what is not known', () => {
    const xml = of(bareCourseware());
    expect(xml.texts('/oai_dc:dc/*[not(normalize-space())]')).to.deep.equal([]);
    for (const name of [
      'creator',
      'subject',
      'description',
      'date',
      'format',
      'relation',
      'coverage',
      'rights',
    ]) {
      expect(xml.texts(`/oai_dc:dc/dc:${name}`), name).to.deep.equal([]);
    }
  });
});

describe('a description as a learning object', () => {
  const of = (item: Courseware) => checkXml(xmlDocument(learningObjectOf(item, site)), 'lom.xsd');

  it('has all nine categories when something is known for each', () => {
    const xml = of(sampleCourseware());
    for (const category of [
      'general',
      'lifeCycle',
      'metaMetadata',
      'technical',
      'educational',
      'rights',
      'relation',
      'annotation',
      'classification',
    ]) {
      expect(xml.texts(`/lom:lom/lom:${category}`), category).to.not.deep.equal([]);
    }
    expect(xml.text('//lom:general/lom:title/lom:string')).to.equal('桃形李栽培技术');
    expect(xml.texts('//lom:technical/lom:duration/lom:duration')).to.deep.equal(['PT40M5S']);
    expect(xml.texts('//lom:metadataSchema')).to.deep.equal(['LOMv1.0', 'CELTS-42']);
    const taxa = (source: string): readonly string[] =>
      xml.texts(`//lom:taxonPath[lom:source/lom:string='${source}']/lom:taxon/lom:entry/lom:string`);
    expect(taxa('课件分类')).to.deep.equal(['果树种植']);
    expect(taxa('CELTS-42 资源类型')).to.deep.equal(['课件']);
    expect(taxa('农时')).to.deep.equal(['3月', '11月']);
    expect(taxa('适用对象')).to.deep.equal(['种植户', '村干部']);
  });

  it('stays valid when nothing but the title is known', () => {
    const xml = of(bareCourseware());
    expect(xml.texts('/lom:lom/lom:relation')).to.deep.equal([]);
    expect(xml.texts('/lom:lom/lom:classification')).to.have.length(1);
  });

  it('keeps a name with the marks of a vCard in one piece', () => {
    const xml = of(sampleCourseware({ presenters: [{ id: 'p', name: '张;三,\\四' }] }));
    expect(xml.texts('//lom:lifeCycle/lom:contribute/lom:entity')[0]).to.contain('FN:张\\;三\\,\\\\四\n');
  });
});

describe('a description for search engines', () => {
  it('is a video and a learning resource with all that is known', () => {
    const chapters = [
      { start: 0, title: '选苗' },
      { start: 600.5, title: '修剪' },
    ];
    expect(jsonLdOf(sampleCourseware(), site, chapters)).to.deep.include({
      '@type': ['VideoObject', 'LearningResource'],
      name: '桃形李栽培技术',
      duration: 'PT40M5S',
      uploadDate: '2011-06-01T08:00:00Z',
      dateModified: '2011-12-30T09:10:11Z',
      contentUrl: 'https://yuanjiao.example.cn/v/making1/index.m3u8',
      thumbnailUrl: 'https://yuanjiao.example.cn/v/making1/poster.jpg',
      author: [
        { '@type': 'Person', name: '张三' },
        { '@type': 'Person', name: '李四' },
      ],
      hasPart: [
        {
          '@type': 'Clip',
          name: '选苗',
          startOffset: 0,
          endOffset: 600,
          url: 'https://yuanjiao.example.cn/watch/taoxingli01?t=0',
        },
        {
          '@type': 'Clip',
          name: '修剪',
          startOffset: 600,
          endOffset: 2405,
          url: 'https://yuanjiao.example.cn/watch/taoxingli01?t=600',
        },
      ],
    });
  });

  it('cannot end the element it stands in', () => {
    const title = '</script><script>alert(1)</script><!-- \u2028';
    const text = jsonForPage(jsonLdOf(sampleCourseware({ title }), site));
    expect(text).to.not.match(/[<>&\u2028]/);
    expect((JSON.parse(text) as { readonly name: string }).name).to.equal(title);
  });
});

/** Titles that break what is put together carelessly. The catalogue refuses some; old rows and imports are no excuse. */
const TITLES = [
  '<script>alert("x")</script>',
  ']]> &amp; &#x0; %00 \'q\' "qq" <![CDATA[',
  'a\u0000b\u0001c\u0008d\u000be\u001ff\u007fg\u0085h',
  'tab\tline\nreturn\r\nend',
  '\u{1F600} 杨梅 \u{20BB7}野家 👨‍👩‍👧‍👦',
  '\u200f\u202eabc\u202c\u2067标题\u2069',
  'lone \uD800 pair \uDC00 end \uFFFE\uFFFF',
  '\u2028\u2029 line separators',
  ', "group-title="x", #EXTINF:-1,fake',
  '#EXTM3U\nhttp://evil.example/',
  '-->]]><?xml version="1.0"?>',
  ' '.repeat(5) + '　全角　',
];

/** 200 more, the same in every run. */
function* strangeTexts(): Generator<string> {
  let state = 20_111_230;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const letters = '<>&"\'%;:#,/\\]['
    .split('')
    .concat('\u0000', '\u000c', '\uFFFE', '\uD83D', '\u202e', '\u200f', '\n', '\r', '😀', '乡', '土');
  for (let round = 0; round < 200; round++) {
    yield Array.from({ length: 1 + next(30) }, () =>
      next(4) === 0 ? String.fromCodePoint(next(0x3000)) : (letters[next(letters.length)] ?? ''),
    ).join('');
  }
}

describe('whatever a title is made of', () => {
  for (const [name, write] of Object.entries({
    'Dublin Core': (item: Courseware) => ({
      text: xmlDocument(dublinCoreOf(item, site)),
      path: '//dc:title',
    }),
    LOM: (item: Courseware) => ({
      text: xmlDocument(learningObjectOf(item, site)),
      path: '//lom:general/lom:title/lom:string',
    }),
    Atom: (item: Courseware) => ({ text: atomFeed(listOf(item), site), path: '//atom:entry/atom:title' }),
    RSS: (item: Courseware) => ({ text: rssFeed(listOf(item), site), path: '//item/title' }),
    'the podcast': (item: Courseware) => ({
      text: podcastFeed(listOf(item), FILES, site),
      path: '//item/itunes:title',
    }),
  })) {
    it(`${name} is read as the same text, without what XML cannot hold`, () => {
      for (const title of [...TITLES, ...strangeTexts()]) {
        const { text, path } = write(sampleCourseware({ title, tags: [title], description: title }));
        expect(checkXml(text).text(path), JSON.stringify(title)).to.equal(xmlText(title));
      }
    });
  }

  it('an RSS reader, which takes descriptions for HTML, shows the text and runs none of it', () => {
    const description = '<img src=x onerror=alert(1)> & <b>粗</b>\n第二行';
    const xml = checkXml(rssFeed(listOf(sampleCourseware({ description })), site));
    expect(xml.text('//item/description')).to.equal(
      '&lt;img src=x onerror=alert(1)&gt; &amp; &lt;b&gt;粗&lt;/b&gt;<br>\n第二行',
    );
  });

  it('the sitemap keeps its first hundred characters', () => {
    for (const title of [...TITLES, ...strangeTexts()]) {
      const xml = checkXml(sitemap([sampleCourseware({ title })], site));
      expect(xml.text('//video:title'), JSON.stringify(title)).to.equal(xmlText(title.slice(0, 100)));
    }
  });

  it('the description for search engines is read as the same text', () => {
    for (const title of [...TITLES, ...strangeTexts()]) {
      const read = JSON.parse(jsonForPage(jsonLdOf(sampleCourseware({ title }), site))) as {
        readonly name: string;
      };
      expect(read.name).to.equal(title);
    }
  });

  it('a playlist has one entry of two lines for each item', () => {
    for (const title of [...TITLES, ...strangeTexts()]) {
      const lines = m3uOf(title, [sampleCourseware({ title, series: title })], site).split('\n');
      expect(lines, JSON.stringify(title)).to.have.length(5);
      expect(lines[2]).to.match(
        /^#EXTINF:2405 tvg-id="taoxingli01" tvg-name="[^",]*" tvg-logo="[^",]*" group-title="[^",]*",/,
      );
      expect(lines[3]).to.equal('https://yuanjiao.example.cn/v/making1/index.m3u8');
    }
  });
});
