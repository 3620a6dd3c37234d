/** A tag with its heading and the other words people type for it. */
export interface TagRecord {
  readonly name: string;
  readonly facet: string;
  readonly aliases: readonly string[];
}

function tags(facet: string, text: string): readonly TagRecord[] {
  return text
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [name = '', ...aliases] = entry.split('=');
      return { name, facet, aliases };
    });
}

/** The tags, by their headings; `name=alias=alias`. */
export const TAGS: readonly TagRecord[] = [
  ...tags(
    '题材',
    `乡土=乡土课件=乡土教材 创业先锋 党员故事 微型党课=微党课 农业技术=农技=农业科技 生活百科 政策法规=法规 村务管理
     政治理论 党务知识 党史 时事 卫生健康 科普=科学普及 就业技能=职业技能 市场信息 安全生产 反诈=防骗 地方文化 戏曲=越剧 家庭教育`,
  ),
  ...tags(
    '产业',
    '茶叶 果业=水果 蔬菜 粮油 香榧 竹木 食用菌 花木 中药材 畜禽 水产 珍珠 蚕桑 黄酒 农产品加工=加工',
  ),
  ...tags('对象', '村干部 大学生村官=村官 入党积极分子 流动党员 专业大户'),
  ...tags('形式', '直播课堂=直播 专家讲座 田间实拍 课件片花'),
  ...tags('活动', '创先争优 建党90周年 远程充电 双带致富 科技专家助双创 远教创业富民'),
];

/** Categories: code, name; the first two digits are the parent's code. */
export const CATEGORIES: readonly { readonly code: string; readonly name: string }[] = [
  ...`01 党的建设
0101 政治理论
0102 党务知识
0103 典型经验
0104 微型党课
0105 党史
02 政策法规
0201 惠农政策
0202 法律知识
0203 村务管理
03 农村实用技术
0301 种植
0302 养殖
0303 加工
0304 植保
0305 农机
0306 设施农业
04 农村经济与市场
05 就业技能
06 科学普及
0601 科普
0602 安全
07 卫生健康
08 时事
09 文化生活
0901 戏曲
0902 地方文化
0903 家庭教育`
    .split('\n')
    .map((line) => {
      const [code = '', name = ''] = line.split(' ');
      return { code, name };
    }),
];

/** Who courseware is made for. */
export const AUDIENCES = {
  growers: ['农民', '专业大户', '大学生村官'],
  members: ['党员', '入党积极分子'],
  cadres: ['村干部', '党员'],
  everybody: ['党员', '群众'],
  families: ['社区居民', '妇女', '老年人'],
  workers: ['农民', '企业职工', '流动党员'],
} as const;

/** The units of the “1+x+y” system, and where the rest comes from. The contractors are invented. */
export const UNITS: readonly {
  readonly name: string;
  readonly kind: 'coordinator' | 'department' | 'contractor' | 'site_host' | 'media';
  readonly region?: string;
}[] = [
  { name: '绍兴市远程教育办公室', kind: 'coordinator', region: '330600' },
  ...[
    '农业局',
    '林业局',
    '科技局',
    '水利局',
    '卫生局',
    '司法局',
    '文广局',
    '人力社保局',
    '安监局',
    '妇联',
    '委党校',
  ].map((name) => ({ name: `绍兴市${name}`, kind: 'department' as const, region: '330600' })),
  ...[
    ['越城区', '330602'],
    ['绍兴县', '330621'],
    ['上虞市', '330682'],
    ['诸暨市', '330681'],
    ['嵊州市', '330683'],
    ['新昌县', '330624'],
  ].flatMap(([name = '', region = '']) => [
    { name: `${name}远程教育办公室`, kind: 'coordinator' as const, region },
    { name: `${name}农业局`, kind: 'department' as const, region },
  ]),
  ...['稽山影视工作室', '剡溪音像制作社', '乌篷数码制作中心'].map((name) => ({
    name,
    kind: 'contractor' as const,
    region: '330600',
  })),
  ...['石璜红茶专业合作社', '山下湖珍珠合作社', '赵家香榧专业合作社', '盖北葡萄专业合作社'].map((name) => ({
    name,
    kind: 'site_host' as const,
  })),
  ...['中央远程教育资源库', '浙江省远程教育资源库', '绍兴广播电视台', '农业科教音像资料库'].map((name) => ({
    name,
    kind: 'media' as const,
  })),
];

/** Topics (学习专题) and the campaigns of the article: which items belong is said by kind, tag or series. */
export const TOPICS: readonly {
  readonly title: string;
  readonly description: string;
  readonly audience?: string;
  readonly opensOn: string;
  readonly closesOn?: string;
  readonly state: 'draft' | 'open' | 'closed';
  readonly size: number;
  readonly series: readonly string[];
}[] = [
  {
    title: '建党90周年',
    description: '重温党史、聆听微型党课、学习身边的党员故事，纪念中国共产党成立九十周年。',
    audience: '党员',
    opensOn: '2011-05-01',
    state: 'open',
    size: 40,
    series: ['微型党课', '党史天天读', '党员故事'],
  },
  {
    title: '村干部远程充电',
    description: '为换届后的村干部开设的学习专题：村务管理、惠农政策、法律知识和群众工作方法。',
    audience: '村干部',
    opensOn: '2011-03-01',
    state: 'open',
    size: 36,
    series: ['村务管理实务', '惠农政策讲堂', '法律进乡村', '党务工作实务'],
  },
  {
    title: '远教助转型·学用出效益',
    description: '“远教+基地+大户”：把学到的技术用到田头，一部课件带动一片产业。',
    audience: '专业大户',
    opensOn: '2010-04-01',
    state: 'open',
    size: 48,
    series: ['越乡种植', '水乡养殖', '山里加工', '设施农业'],
  },
  {
    title: '远教创业富民',
    description: '看创业先锋怎样起步、怎样过坎、怎样带着乡亲一起富。',
    audience: '大学生村官',
    opensOn: '2009-06-01',
    state: 'open',
    size: 40,
    series: ['创业先锋', '农村经济与市场'],
  },
  {
    title: '远教双带致富',
    description: '党员带头致富、带领群众致富的典型和技术。',
    opensOn: '2009-03-01',
    closesOn: '2011-12-31',
    state: 'closed',
    size: 30,
    series: ['创业先锋', '现代农业·种植篇', '现代农业·养殖篇'],
  },
  {
    title: '科技专家助双创',
    description: '专家服务团点企对接、点校联动、创业夜校的讲座。',
    opensOn: '2010-01-01',
    closesOn: '2011-06-30',
    state: 'closed',
    size: 32,
    series: ['植物医生', '特种种养', '农机课堂'],
  },
  {
    title: '创先争优',
    description: '公开承诺、领导点评、群众评议，基层组织和党员在行动。',
    opensOn: '2010-05-01',
    state: 'open',
    size: 24,
    series: ['党员故事', '绍兴党建', '党务工作实务'],
  },
  {
    title: '学习十七届五中全会精神',
    description: '专题辅导与直播课堂回放。',
    audience: '党员',
    opensOn: '2010-11-01',
    closesOn: '2011-10-31',
    state: 'closed',
    size: 20,
    series: ['五中全会专题', '直播课堂'],
  },
  {
    title: '防汛抗台应急课堂',
    description: '台风季节前后的防灾、自救和恢复生产。',
    opensOn: '2012-06-01',
    state: 'draft',
    size: 16,
    series: ['平安生活', '现代农业·种植篇'],
  },
];

/**
 * Sentences in which the characters of a word meet though the word is not meant: 出嫁接亲 holds 嫁接. Four items in a hundred have one,
 * so that the precision of a search can be seen.
 */
export const TRAPS: readonly { readonly word: string; readonly sentence: string }[] = [
  { word: '乡土', sentence: '片中展示了各乡土地整理后的新貌。' },
  { word: '创业', sentence: '班子齐心，开创业绩新高。' },
  { word: '茶叶', sentence: '显微镜下可以看清红茶叶片的脉络。' },
  { word: '村官', sentence: '资料已上传到全村官方网页。' },
  { word: '嫁接', sentence: '村里出嫁接亲的旧俗也一并作了介绍。' },
  { word: '栽培', sentence: '移栽培土的一段由村民自己拍摄。' },
  { word: '加工', sentence: '欢迎参加工会组织的观看。' },
  { word: '防治', sentence: '片尾附有消防治安常用电话。' },
  { word: '管理', sentence: '先把水管理顺，再谈用水。' },
  { word: '故事', sentence: '另有一段讲交通事故事后的处理。' },
  { word: '党员', sentence: '对照了各县参政党员额的变化。' },
  { word: '学习', sentence: '新开学习惯养成一节供家长参考。' },
  { word: '经营', sentence: '医生还讲了神经营养的常识。' },
  { word: '市场', sentence: '拍摄得到城市场馆的支持。' },
  { word: '村务', sentence: '记录了全村务农人口的变化。' },
  { word: '生产', sentence: '附有新生产妇的护理提示。' },
  { word: '龙井', sentence: '注意地龙井喷式繁殖带来的变化。' },
  { word: '杨梅', sentence: '由杨梅芳整理成文。' },
  { word: '水产', sentence: '汛期进水产生的影响另有说明。' },
  { word: '反诈', sentence: '遇事违反诈降的古训也被提到。' },
];
