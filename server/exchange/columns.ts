import { KIND_WORDS, ORIGIN_WORDS } from '../catalogue/kind-words.ts';
import { listColumn, textColumn, wholeColumn, wordColumn, type Column } from './column.ts';
import {
  durationText,
  listText,
  monthsText,
  readDay,
  readDuration,
  readList,
  readMonths,
  shown,
  textOf,
} from './reading.ts';
import { LANGUAGE_WORDS, valueOfWord, wordsOf } from './closed-list.ts';

const nonEmpty = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined);

/** The columns of the table, in the order they are written. */
export const COLUMNS: readonly Column[] = [
  textColumn({
    key: 'code',
    heading: '编号',
    aliases: ['课件编号', '编码', '代码', 'code'],
    help: '单位自己的课件编号，每条不同，导入时靠它认出同一条课件：编号已有的修改，没有的新增。最多 60 字。',
    example: 'SX-XT-2011-0152',
    width: 20,
    atMost: 60,
    of: ({ code }) => code,
  }),
  textColumn({
    key: 'title',
    heading: '标题',
    aliases: ['题名', '片名', '名称', '课件名称', '节目名称', 'title'],
    help: '课件名称，最多 200 字。新增时必填。',
    example: '嵊州桃形李栽培技术',
    width: 36,
    atMost: 200,
    isRequired: true,
    of: ({ title }) => title,
  }),
  textColumn({
    key: 'description',
    heading: '简介',
    aliases: ['内容简介', '说明', '摘要', '内容', 'description'],
    help: '讲了什么，最多 5,000 字，可以分行。',
    example: '从选苗、定植到整形修剪、病虫防治，讲透桃形李一年的管理。',
    width: 50,
    atMost: 5000,
    mayHaveLines: true,
    of: ({ description }) => description || undefined,
  }),
  wordColumn({
    key: 'kind',
    heading: '类型',
    aliases: ['课件类型', '种类', '类别', 'kind'],
    help: '从列表中选一个。',
    example: '乡土课件',
    width: 12,
    words: KIND_WORDS,
    of: ({ kind }) => kind,
  }),
  {
    key: 'category',
    heading: '分类',
    aliases: ['分类号', '分类代码', 'category'],
    help: '写分类的名称或代码，或“名称（代码）”。分类要先有。',
    example: '',
    width: 18,
    read: (cell, references) => references.category(textOf(cell)),
    write: (value, references) => references.categoryText(String(value)),
    of: ({ category }) => category?.code,
  },
  textColumn({
    key: 'series',
    heading: '系列',
    aliases: ['系列名称', '丛书', '栏目', 'series'],
    help: '所属系列的名称，最多 100 字；没有的系列会新建。',
    example: '乡土课堂',
    width: 18,
    atMost: 100,
    of: ({ series }) => series,
  }),
  wholeColumn({
    key: 'seriesPosition',
    heading: '集数',
    aliases: ['系列序号', '第几集', '集'],
    help: '在系列中排第几。不写就排在最后。',
    example: '3',
    width: 8,
    from: 1,
    to: 1_000_000,
    units: /[第集]/g,
    of: ({ seriesPosition }) => seriesPosition,
  }),
  {
    key: 'tags',
    heading: '标签',
    aliases: ['关键词', '主题词', 'tags'],
    help: '从已有标签中选，多个用顿号分开。',
    example: '乡土、农业技术',
    width: 24,
    read(cell, references) {
      const list = readList(cell, { atMost: 40, items: 50 });
      if (list.problem !== undefined) return list;
      const tags = new Set<string>();
      for (const name of list.value) {
        const tag = references.tag(name);
        if (tag.problem !== undefined) return tag;
        tags.add(tag.value);
      }
      return { value: [...tags] };
    },
    write: (value) => listText(value as readonly string[]),
    of: ({ tags }) => nonEmpty(tags),
  },
  listColumn({
    key: 'presenters',
    heading: '主讲人',
    aliases: ['主讲', '讲师', '授课人', '主讲教师', 'presenters'],
    help: '多人用顿号分开。',
    example: '张农艺',
    width: 16,
    of: ({ presenters }) => nonEmpty(presenters.map(({ name }) => name)),
  }),
  textColumn({
    key: 'producer',
    heading: '制作单位',
    aliases: ['摄制单位', '选送单位', '出品单位', 'producer'],
    help: '一个单位的全称，最多 100 字；没有的单位会新建。',
    example: '嵊州市农业局',
    width: 20,
    atMost: 100,
    of: ({ producer }) => producer?.name,
  }),
  {
    key: 'region',
    heading: '地区',
    aliases: ['地域', '所属地区', 'region'],
    help: '讲的是哪里：写地名（同名的前面加上级，如 嵊州市石璜镇）、行政区划代码，或“名称（代码）”。',
    example: '',
    width: 20,
    read: (cell, references) => references.region(textOf(cell)),
    write: (value, references) => references.regionText(String(value)),
    of: ({ region }) => region?.id,
  },
  wholeColumn({
    key: 'year',
    heading: '年份',
    aliases: ['年度', '制作年份', 'year'],
    help: '制作年份，四位数字。',
    example: '2011',
    width: 8,
    from: 1900,
    to: 2200,
    units: /年/g,
    of: ({ year }) => year,
  }),
  wordColumn({
    key: 'origin',
    heading: '来源',
    aliases: ['来源库', 'origin'],
    help: '从列表中选一个。',
    example: '自制',
    width: 10,
    words: ORIGIN_WORDS,
    of: ({ origin }) => origin,
  }),
  {
    key: 'language',
    heading: '语言',
    aliases: ['语种', 'language'],
    help: '中文、英语、吴语，或语言标签（如 zh-CN）。不写就是中文。',
    example: '中文',
    width: 8,
    choices: wordsOf(LANGUAGE_WORDS),
    read(cell) {
      const text = textOf(cell);
      const known = valueOfWord(LANGUAGE_WORDS, text);
      if (known !== undefined) return { value: known };
      const isTag = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$/.test(text);
      return isTag
        ? { value: canonicalLanguage(text) ?? text }
        : { problem: `看不懂语言“${shown(cell)}”；请写 中文、英语、吴语，或 zh-CN 这样的标签` };
    },
    write: (value) => LANGUAGE_WORDS[value as keyof typeof LANGUAGE_WORDS]?.[0] ?? String(value),
    of: ({ language }) => language,
  },
  textColumn({
    key: 'dialect',
    heading: '方言',
    aliases: ['dialect'],
    help: '用方言讲的写明，如 绍兴话。',
    example: '绍兴话',
    width: 10,
    atMost: 40,
    of: ({ dialect }) => dialect,
  }),
  listColumn({
    key: 'audience',
    heading: '适用对象',
    aliases: ['对象', '适合对象', '适用人群', 'audience'],
    help: '给谁看，多个用顿号分开。',
    example: '种植户、大学生村官',
    width: 18,
    of: ({ audience }) => nonEmpty(audience),
  }),
  listColumn({
    key: 'trades',
    heading: '产业',
    aliases: ['行业', '主导产业', 'trade'],
    help: '和什么产业有关，多个用顿号分开。',
    example: '水果',
    width: 14,
    of: ({ trades }) => nonEmpty(trades),
  }),
  {
    key: 'months',
    heading: '农时',
    aliases: ['月份', '农时月份', '适用月份', 'month'],
    help: '用得上的月份：3、4月 或 3-5 或 11-2 或 全年。',
    example: '2、3、11',
    width: 12,
    read: (cell) => readMonths(cell),
    write: (value) => monthsText(value as readonly number[]),
    of: ({ months }) => nonEmpty(months),
  },
  listColumn({
    key: 'awards',
    heading: '荣誉',
    aliases: ['获奖', '获奖情况', 'awards'],
    help: '得过的奖，多个用顿号分开。',
    example: '',
    width: 18,
    of: ({ awards }) => nonEmpty(awards),
  }),
  {
    key: 'duration',
    heading: '时长',
    aliases: ['片长', '播放时长', 'duration'],
    help: '18:30（分:秒）、1:05:00 或 18分30秒。已有视频的以视频为准。',
    example: '0:18:30',
    width: 10,
    read: (cell) => readDuration(cell),
    write: (value) => durationText(Number(value)),
    of: ({ duration }) => duration,
  },
  textColumn({
    key: 'rights.holder',
    heading: '版权方',
    aliases: ['版权所有', '版权人'],
    help: '版权属于谁，最多 200 字。',
    example: '嵊州市农业局',
    width: 18,
    atMost: 200,
    of: ({ rights }) => rights?.holder,
  }),
  textColumn({
    key: 'rights.scope',
    heading: '使用范围',
    aliases: ['授权范围'],
    help: '可以用在哪里，最多 200 字。',
    example: '全市远教站点',
    width: 18,
    atMost: 200,
    of: ({ rights }) => rights?.scope,
  }),
  {
    key: 'rights.until',
    heading: '版权到期',
    aliases: ['授权到期', '到期日', '版权截止'],
    help: '最后一个可以播放的日子，如 2030-12-31；第二天自动撤下。',
    example: '2030-12-31',
    width: 12,
    read: (cell) => readDay(cell),
    write: (value) => String(value),
    of: ({ rights }) => rights?.until,
  },
];

/** The item's own id, for items without a code; only written by exports. */
export const ID_HEADING = '系统编号';

/** How headings of what a library keeps besides begin. */
export const EXTRA_PREFIX = '附加：';

/** The column of something a library keeps besides. */
export function extraColumn(name: string): Column {
  return textColumn({
    key: `extra.${name}`,
    heading: EXTRA_PREFIX + name,
    aliases: [],
    help: '附加信息，最多 1,000 字。',
    example: '',
    width: 16,
    atMost: 1000,
    of: ({ extra }) => extra[name],
  });
}

function canonicalLanguage(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
