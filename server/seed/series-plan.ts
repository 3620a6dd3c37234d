import type { CoursewareKind, CoursewareOrigin } from '../catalogue/courseware.ts';
import type { Family } from './produce.ts';
import type { THEMES } from './themes.ts';
import type { AUDIENCES } from './vocabulary.ts';

/** What the items of a series are about. */
export type Content =
  | { readonly of: 'produce'; readonly families: readonly Family[]; readonly technique?: RegExp }
  | { readonly of: 'themes'; readonly themes: keyof typeof THEMES }
  /** A weekly column: its titles carry year and issue. */
  | { readonly of: 'column' }
  | { readonly of: 'local' | 'pioneer' | 'story' | 'micro' | 'live' | 'trailer' };

/** A series and what its items have in common. */
export interface SeriesPlan {
  readonly title: string;
  readonly description: string;
  readonly kind: CoursewareKind;
  readonly category: string;
  /** Exactly so many, however large the library is. */
  readonly fixed?: number;
  /** So many of 10,500, and as large a share of a smaller library. */
  readonly weight?: number;
  /** The shortest and the longest, in minutes. */
  readonly minutes: readonly [number, number];
  readonly origins: readonly CoursewareOrigin[];
  readonly producers: readonly string[];
  readonly tags: readonly string[];
  readonly audience: keyof typeof AUDIENCES;
  readonly content: Content;
}

const CENTRAL = '中央远程教育资源库';
const PROVINCE = '浙江省远程教育资源库';
const FARMING = '农业科教音像资料库';
const CITY = '绍兴市远程教育办公室';
const TELEVISION = '绍兴广播电视台';
const STUDIOS = ['稽山影视工作室', '剡溪音像制作社', '乌篷数码制作中心'];

const FIELD_FAMILIES = [
  'fruit',
  'vegetable',
  'grain',
  'tea',
  'forest',
  'mushroom',
  'flower',
  'herb',
] as const;
const STALL_FAMILIES = ['livestock', 'poultry', 'aquatic', 'silk'] as const;

/** All the local pieces (乡土课件) of a full library, in four series. */
export const LOCAL_ITEMS = 152;
/** Contestants whose lessons were made into courseware. */
export const WINNERS = 11;
/** Clips that are really encoded; all items play one of them. */
export const TRAILERS = 12;

/** The series of the library, those of the article first. */
export const SERIES: readonly SeriesPlan[] = [
  {
    title: '创业先锋',
    description: '全市自制系列片：党员、大学生村官和返乡青年带头创业、带领致富的故事。',
    kind: 'pioneer',
    category: '0103',
    weight: 96,
    minutes: [12, 25],
    origins: ['self'],
    producers: [CITY, ...STUDIOS],
    tags: ['创业先锋'],
    audience: 'growers',
    content: { of: 'pioneer' },
  },
  {
    title: '党员故事',
    description: '全市自制系列片：普通党员在平凡岗位上的不平凡。',
    kind: 'story',
    category: '0103',
    weight: 84,
    minutes: [10, 22],
    origins: ['self'],
    producers: [CITY, TELEVISION, ...STUDIOS],
    tags: ['党员故事'],
    audience: 'members',
    content: { of: 'story' },
  },
  {
    title: '微型党课',
    description: '支部书记电视党课大赛中脱颖而出的十一堂获奖党课。',
    kind: 'micro_lecture',
    category: '0104',
    fixed: WINNERS,
    minutes: [5, 8],
    origins: ['self'],
    producers: [CITY],
    tags: ['微型党课', '建党90周年'],
    audience: 'members',
    content: { of: 'micro' },
  },
  {
    title: '越乡种植',
    description: '乡土课件：田头果园里的本地经验，由县乡农技人员和种植大户讲给乡亲听。',
    kind: 'local',
    category: '0301',
    weight: 70,
    minutes: [10, 30],
    origins: ['self'],
    producers: ['绍兴市农业局'],
    tags: ['乡土', '农业技术'],
    audience: 'growers',
    content: { of: 'local' },
  },
  {
    title: '水乡养殖',
    description: '乡土课件：河港、山塘和栏舍里的本地养法。',
    kind: 'local',
    category: '0302',
    weight: 40,
    minutes: [10, 30],
    origins: ['self'],
    producers: ['绍兴市农业局'],
    tags: ['乡土', '农业技术'],
    audience: 'growers',
    content: { of: 'local' },
  },
  {
    title: '山里加工',
    description: '乡土课件：炒、酿、腌、晒，把山货水产做成好东西。',
    kind: 'local',
    category: '0303',
    weight: 42,
    minutes: [10, 25],
    origins: ['self'],
    producers: ['绍兴市科技局'],
    tags: ['乡土'],
    audience: 'growers',
    content: { of: 'local' },
  },
  {
    title: '直播课堂',
    description: '面向全部站点的直播课，课后剪成回放。',
    kind: 'live_replay',
    category: '0101',
    weight: 12,
    minutes: [80, 120],
    origins: ['live'],
    producers: [CITY],
    tags: ['直播课堂'],
    audience: 'cadres',
    content: { of: 'live' },
  },
  {
    title: '课件片花',
    description: '各类课件的半分钟片花，供预告和试机使用。',
    kind: 'culture',
    category: '09',
    fixed: TRAILERS,
    minutes: [0.5, 0.5],
    origins: ['self'],
    producers: [CITY],
    tags: ['课件片花'],
    audience: 'everybody',
    content: { of: 'trailer' },
  },
  farming('现代农业·种植篇', '0301', 1300, '大田、果园、茶山和菜地的实用技术。', FIELD_FAMILIES),
  farming('现代农业·养殖篇', '0302', 700, '畜禽、水产、蚕桑的健康养殖技术。', STALL_FAMILIES),
  farming('农产品加工与保鲜', '0303', 260, '加工、包装、贮藏和营销。', ['processed']),
  {
    ...farming('植物医生', '0304', 420, '病虫害的识别和防治。', FIELD_FAMILIES),
    content: { of: 'produce', families: FIELD_FAMILIES, technique: /病虫害|测土|防冻|防台/ },
  },
  {
    ...farming('设施农业', '0306', 380, '大棚、避雨、滴灌和育苗。', ['vegetable', 'fruit', 'flower']),
    content: {
      of: 'produce',
      families: ['vegetable', 'fruit', 'flower'],
      technique: /大棚|育苗|避雨|水肥|套袋|花期|无公害/,
    },
  },
  farming('特种种养', '0302', 230, '菌、药、花、蚌，小品种里的大文章。', [
    'mushroom',
    'herb',
    'flower',
    'aquatic',
  ]),
  themed(
    '农机课堂',
    'skill',
    '0305',
    180,
    'machines',
    '农机的操作、保养和安全。',
    [FARMING, CENTRAL],
    ['农业技术'],
    'growers',
  ),
  themed(
    '就业技能培训',
    'skill',
    '05',
    480,
    'jobs',
    '一技在手，就业不愁。',
    [CENTRAL, PROVINCE, '绍兴市人力社保局'],
    ['就业技能'],
    'workers',
  ),
  themed(
    '农村经济与市场',
    'skill',
    '04',
    430,
    'market',
    '合作社、品牌、市场和经营。',
    [CENTRAL, PROVINCE],
    ['市场信息'],
    'growers',
  ),
  themed(
    '健康进万家',
    'skill',
    '07',
    560,
    'health',
    '常见病的预防和家庭急救。',
    [CENTRAL, PROVINCE, '绍兴市卫生局'],
    ['卫生健康', '生活百科'],
    'families',
  ),
  themed(
    '科普之窗',
    'skill',
    '0601',
    420,
    'science',
    '身边的科学。',
    [CENTRAL, PROVINCE, '绍兴市科技局'],
    ['科普', '生活百科'],
    'everybody',
  ),
  themed(
    '平安生活',
    'skill',
    '0602',
    340,
    'safety',
    '反诈、防火、防溺水，平平安安过日子。',
    [PROVINCE, '绍兴市安监局'],
    ['安全生产', '生活百科'],
    'everybody',
  ),
  themed(
    '党的理论大讲堂',
    'theory',
    '0101',
    520,
    'theory',
    '党的创新理论专题辅导。',
    [CENTRAL, PROVINCE, '绍兴市委党校'],
    ['政治理论'],
    'members',
    [40, 90],
  ),
  themed(
    '五中全会专题',
    'theory',
    '0101',
    60,
    'congress',
    '党的十七届五中全会精神辅导。',
    [CENTRAL, PROVINCE],
    ['政治理论'],
    'members',
    [40, 90],
  ),
  themed(
    '党史天天读',
    'theory',
    '0105',
    420,
    'history',
    '一天一段党史。',
    [CENTRAL, PROVINCE, TELEVISION],
    ['党史'],
    'members',
  ),
  themed(
    '党务工作实务',
    'theory',
    '0102',
    460,
    'affairs',
    '基层党务工作的程序和方法。',
    [PROVINCE, '绍兴市委党校', CITY],
    ['党务知识'],
    'cadres',
  ),
  themed(
    '惠农政策讲堂',
    'policy',
    '0201',
    480,
    'policy',
    '政策讲到田头，实惠算到户头。',
    [CENTRAL, PROVINCE],
    ['政策法规'],
    'cadres',
  ),
  themed(
    '村务管理实务',
    'policy',
    '0203',
    420,
    'village',
    '村里的事怎么议、怎么办、怎么公开。',
    [PROVINCE, CITY],
    ['村务管理', '村干部'],
    'cadres',
  ),
  themed(
    '法律进乡村',
    'policy',
    '0202',
    380,
    'law',
    '以案说法。',
    [PROVINCE, '绍兴市司法局'],
    ['政策法规'],
    'everybody',
  ),
  {
    title: '远教天地',
    description: '“远教天地”数字频道的周播栏目。',
    kind: 'news',
    category: '08',
    weight: 270,
    minutes: [20, 40],
    origins: ['city'],
    producers: [TELEVISION, CITY],
    tags: ['时事'],
    audience: 'everybody',
    content: { of: 'column' },
  },
  {
    title: '绍兴党建',
    description: '“绍兴党建”电视栏目。',
    kind: 'news',
    category: '08',
    weight: 150,
    minutes: [15, 25],
    origins: ['city'],
    producers: [TELEVISION],
    tags: ['时事', '创先争优'],
    audience: 'members',
    content: { of: 'column' },
  },
  themed(
    '时事报告',
    'news',
    '08',
    260,
    'lectures',
    '形势与政策报告。',
    [CENTRAL, PROVINCE],
    ['时事'],
    'cadres',
    [50, 100],
  ),
  themed(
    '越乡戏台',
    'culture',
    '0901',
    460,
    'opera',
    '越剧、绍剧、莲花落的欣赏和教唱。',
    ['绍兴市文广局', TELEVISION],
    ['戏曲'],
    'everybody',
    [30, 120],
  ),
  themed(
    '水乡风物',
    'culture',
    '0902',
    400,
    'places',
    '山水、古镇和老桥。',
    ['绍兴市文广局', TELEVISION],
    ['地方文化'],
    'everybody',
  ),
  themed(
    '老底子的年节',
    'culture',
    '0902',
    360,
    'customs',
    '民俗、手艺和乡情。',
    ['绍兴市文广局', TELEVISION],
    ['地方文化'],
    'families',
  ),
  themed(
    '家和万事兴',
    'culture',
    '0903',
    310,
    'family',
    '家庭、教育和文明乡风。',
    [PROVINCE, '绍兴市妇联'],
    ['家庭教育', '生活百科'],
    'families',
  ),
  {
    ...themed(
      '名师讲坛',
      'theory',
      '0101',
      200,
      'lectures',
      '各方捐赠的讲座。',
      [PROVINCE],
      ['专家讲座'],
      'cadres',
      [60, 110],
    ),
    origins: ['donated'],
  },
];

function farming(
  title: string,
  category: string,
  weight: number,
  description: string,
  families: readonly Family[],
): SeriesPlan {
  return {
    title,
    description,
    kind: 'skill',
    category,
    weight,
    minutes: [20, 60],
    origins: ['central', 'central', 'province', 'city', 'county'],
    producers: [FARMING, CENTRAL, PROVINCE],
    tags: ['农业技术'],
    audience: 'growers',
    content: { of: 'produce', families },
  };
}

function themed(
  title: string,
  kind: CoursewareKind,
  category: string,
  weight: number,
  list: keyof typeof THEMES,
  description: string,
  producers: readonly string[],
  tags: readonly string[],
  audience: keyof typeof AUDIENCES,
  minutes: readonly [number, number] = [20, 60],
): SeriesPlan {
  return {
    title,
    description,
    kind,
    category,
    weight,
    minutes,
    origins: ['central', 'central', 'province', 'city'],
    producers,
    tags,
    audience,
    content: { of: 'themes', themes: list },
  };
}
