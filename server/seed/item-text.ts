import type { Draw } from './draw.ts';
import type { Produce, Technique } from './produce.ts';
import type { Theme } from './themes.ts';

/** What an item is about, as its texts need it. */
export type Matter = { readonly produce: Produce; readonly technique: Technique } | { readonly theme: Theme };

/** What else is said of it. */
export interface TextFacts {
  readonly place: string;
  readonly presenter: string | undefined;
  readonly audience: readonly string[];
  readonly months: readonly number[];
}

/** Ways to call a lecture about a technique; `P` is the produce, `T` the technique. */
export const PRODUCE_FORMS: readonly string[] = [
  'PT技术',
  'PT',
  'PT要点',
  '专家讲PT',
  'PT百问',
  'PT实例',
  'PT（上）',
  'PT（下）',
  'P生产中的T',
  'PT十问十答',
  'PT现场教学',
  'P增收：T',
  'PT新模式',
  '跟我学：PT',
  'PT答疑',
  'PT常见误区',
];

/** Ways to call a lecture about a theme, `S`. */
export const THEME_FORMS: readonly string[] = [
  'S',
  'S（上）',
  'S（下）',
  'S专题辅导',
  'S问答',
  '走近S',
  'S案例解析',
  'S知识讲座',
  '一刻钟讲清S',
  'S与基层实践',
  'S要点',
  '说说S',
  'S系列谈（一）',
  'S系列谈（二）',
  'S系列谈（三）',
  '大家谈：S',
  'S微课堂',
];

/** A description of some 140 characters. */
export function descriptionOf(matter: Matter, facts: TextFacts, draw: Draw): string {
  return 'produce' in matter
    ? describeTechnique(matter.produce, matter.technique, facts, draw)
    : describeTheme(matter.theme, facts, draw);
}

function describeTechnique(produce: Produce, technique: Technique, facts: TextFacts, draw: Draw): string {
  const [first, second, third] = technique.steps;
  const { place, presenter, audience, months } = facts;
  const who = presenter === undefined ? '本课' : `${presenter}主讲，`;
  const opening = draw.one([
    `${produce.name}是${place}农民增收的一项主导产业，也是山乡的一张名片。`,
    `${place}一带做${produce.name}已有多年，经验攒下不少，弯路也走过不少。`,
    `怎样做好${produce.name}的${technique.name}？这是不少乡亲在需求调查表上填得最多的问题。`,
  ]);
  const body = draw.one([
    `${who}围绕${technique.name}，依次讲清“${first}、${second}、${third}”三个环节，并提醒${technique.caution}。`,
    `${who}从${first}讲起，接着示范${second}，最后落到${third}，特别交代${technique.caution}。`,
  ]);
  const use = draw.one([
    `课件在田头实拍，配有操作特写和答疑，${monthsText(months)}前后收看最合农时，适合${audience.join('、')}集中收看，也可以个别点播。`,
    `全片边讲边做，步步有字幕，${monthsText(months)}里对照着学最管用，可供${audience.join('、')}在站点集中学习、讨论和现场实践。`,
  ]);
  return opening + body + use;
}

function describeTheme({ subject, points }: Theme, facts: TextFacts, draw: Draw): string {
  const { place, presenter, audience } = facts;
  const opening = draw.one([
    `${subject}，说的是${points}。`,
    `本课讲${subject}，内容包括${points}。`,
    `${points}，这些都是大家关心的话题。`,
  ]);
  const body = draw.one([
    `${presenter ?? '主讲人'}结合${place}的实际，用身边的人和事来说明，听得懂、记得住、用得上。`,
    `${presenter ?? '片子'}从${place}的几个小例子说起，由浅入深，把道理讲到大家心里。`,
    `课中穿插${place}的做法和群众的提问，${presenter ?? '主持人'}一一作了回答。`,
  ]);
  const use = draw.one([
    `全课分三个部分，每部分之后都有思考题，适合${audience.join('、')}在站点集中收看和讨论，也可以作为支部学习的辅导材料，供个人点播自学；画面清楚，配有字幕，可下载反复播放。`,
    `建议先集中收看，再分组讨论，最后由站点管理员记录反馈；适合${audience.join('、')}收看。片长适中，配有字幕，便于穿插在月度学习计划里，也可以下载到站点的硬盘反复播放。`,
  ]);
  return opening + body + use;
}

/** A story has no steps; it is told. */
export function describeStory({ points }: Theme, place: string, draw: Draw): string {
  return (
    `${points}。` +
    draw.one([
      `镜头跟着主人公在${place}走了整整一年，春种秋收、人来客往，没有一句旁白是摆拍。`,
      `片子在${place}拍摄，邻里、同事和家里人都开了口，把一个普通人的坚持说得真真切切。`,
    ]) +
    draw.one([
      '全市自制，市远程办统筹，部门协作，市场化单位摄制；播后可以围绕“他做到的，我能做什么”组织讨论，适合党员、入党积极分子和大学生村官收看。',
      '本片由基层推荐、集体评议后摄制完成，适合作支部主题党日的开场片，播后请党员谈感受、作承诺，由站点管理员记入教学活动记录。',
    ])
  );
}

function monthsText(months: readonly number[]): string {
  return months.length === 0 ? '农闲' : `${months.slice(0, 2).join('、')}月`;
}
