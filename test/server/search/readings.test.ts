import { expect } from 'chai';
import { nameSyllablesOf, syllablesOf } from '../../../server/search/pinyin.ts';
import { placeNameOf } from '../../../server/seed/subject.ts';
import { SHAOXING } from '../../../server/seed/shaoxing-regions.ts';

/** Towns, sub-districts and counties of Shaoxing since 2006, as people there read them. */
const TOWNS = `
越城 yue cheng, 柯桥 ke qiao, 上虞 shang yu, 诸暨 zhu ji, 嵊州 sheng zhou, 新昌 xin chang, 绍兴 shao xing,
塔山 ta shan, 府山 fu shan, 蕺山 ji shan, 北海 bei hai, 城南 cheng nan, 稽山 ji shan, 迪荡 di dang, 东湖 dong hu,
灵芝 ling zhi, 东浦 dong pu, 鉴湖 jian hu, 斗门 dou men, 皋埠 gao bu, 马山 ma shan, 孙端 sun duan, 陶堰 tao yan,
沥海 li hai, 富盛 fu sheng, 柯岩 ke yan, 华舍 hua she, 湖塘 hu tang, 齐贤 qi xian, 福全 fu quan, 安昌 an chang,
兰亭 lan ting, 钱清 qian qing, 杨汛桥 yang xun qiao, 马鞍 ma an, 平水 ping shui, 王坛 wang tan, 稽东 ji dong,
漓渚 li zhu, 夏履 xia lv, 百官 bai guan, 曹娥 cao e, 东关 dong guan, 道墟 dao xu, 梁湖 liang hu, 小越 xiao yue,
崧厦 song xia, 长塘 chang tang, 上浦 shang pu, 汤浦 tang pu, 章镇 zhang zhen, 下管 xia guan, 丰惠 feng hui,
永和 yong he, 驿亭 yi ting, 谢塘 xie tang, 盖北 gai bei, 岭南 ling nan, 陈溪 chen xi, 丁宅 ding zhai,
暨阳 ji yang, 浣东 huan dong, 陶朱 tao zhu, 暨南 ji nan, 大唐 da tang, 应店街 ying dian jie, 次坞 ci wu, 店口 dian kou,
阮市 ruan shi, 直埠 zhi bu, 姚江 yao jiang, 江藻 jiang zao, 山下湖 shan xia hu, 枫桥 feng qiao, 赵家 zhao jia,
马剑 ma jian, 五泄 wu xie, 草塔 cao ta, 王家井 wang jia jing, 牌头 pai tou, 同山 tong shan, 安华 an hua,
街亭 jie ting, 璜山 huang shan, 陈宅 chen zhai, 岭北 ling bei, 浬浦 li pu, 东白湖 dong bai hu, 东和 dong he,
剡湖 shan hu, 三江 san jiang, 鹿山 lu shan, 浦口 pu kou, 甘霖 gan lin, 长乐 chang le, 崇仁 chong ren, 黄泽 huang ze,
三界 san jie, 石璜 shi huang, 谷来 gu lai, 仙岩 xian yan, 金庭 jin ting, 北漳 bei zhang, 下王 xia wang,
贵门 gui men, 里南 li nan, 竹溪 zhu xi, 雅璜 ya huang, 王院 wang yuan, 通源 tong yuan, 羽林 yu lin, 南明 nan ming,
七星 qi xing, 澄潭 cheng tan, 梅渚 mei zhu, 回山 hui shan, 大市聚 da shi ju, 小将 xiao jiang, 沙溪 sha xi,
镜岭 jing ling, 儒岙 ru ao, 沃洲 wo zhou, 东茗 dong ming, 双彩 shuang cai, 新林 xin lin, 巧英 qiao ying`;

/** Mountains, waters, produce and words of the trade whose characters are often read otherwise. */
const WORDS = `
会稽山 kuai ji shan, 会稽 kuai ji, 稽山中学 ji shan zhong xue, 剡溪 shan xi, 剡溪九曲 shan xi jiu qu, 天姥山 tian mu shan,
天台山 tian tai shan, 若耶溪 ruo ye xi, 浣纱 huan sha, 覆卮山 fu zhi shan, 长诏水库 chang zhao shui ku, 蕺山书院 ji shan shu yuan,
乐清 yue qing, 台州 tai zhou, 丽水 li shui, 鄞州 yin zhou, 种植 zhong zhi, 播种 bo zhong, 种子 zhong zi, 行业 hang ye,
银行 yin hang, 行政 xing zheng, 处长 chu zhang, 村长 cun zhang, 校长 xiao zhang, 成长 cheng zhang, 长势 zhang shi, 率先 shuai xian,
重阳 chong yang, 重点 zhong dian, 越剧 yue ju, 调腔 diao qiang, 调解 tiao jie, 调查 diao cha, 党参 dang shen, 参加 can jia,
参差 cen ci, 出差 chu chai, 薄荷 bo he, 落苏 luo su, 莲花落 lian hua lao, 角色 jue se, 畜牧 xu mu, 畜禽 chu qin, 石磨 shi mo, 作坊 zuo fang,
白术 bai zhu, 铁皮石斛 tie pi shi hu, 鳜鱼 jue yu, 香榧 xiang fei, 茭白 jiao bai, 桃形李 tao xing li, 长毛兔 chang mao tu, 单季稻 dan ji dao,
霉干菜 mei gan cai, 乌毡帽 wu zhan mao, 乌篷船 wu peng chuan, 女儿红 nv er hong, 沼气 zhao qi, 间作 jian zuo, 间苗 jian miao, 包扎 bao za,
载重 zai zhong, 记载 ji zai, 供给 gong ji, 囤积 tun ji, 曲艺 qu yi, 传记 zhuan ji, 音乐 yin yue, 快乐 kuai le`;

/** Surnames that are other words' characters. */
const PEOPLE = `
单莲田 shan lian tian, 仇小明 qiu xiao ming, 解大伯 xie da bo, 查书田 zha shu tian, 区小红 ou xiao hong, 曾芷青 zeng zhi qing,
任芷生 ren zhi sheng, 尉迟林 yu chi lin, 缪师傅 miao shi fu, 乐稻远 yue dao yuan, 朴荷春 piao he chun, 员芳林 yun fang lin,
盖青山 ge qing shan, 翟主任 zhai zhu ren, 令狐青 ling hu qing, 柏岚舟 bai lan zhou, 华耘生 hua yun sheng, 郦苇芳 li wei fang,
裘棠华 qiu tang hua, 竺梅川 zhu mei chuan, 娄樵兰 lou qiao lan, 斯樵芳 si qiao fang, 寿莲芳 shou lian fang, 宣霖禾 xuan lin he`;

function entriesOf(list: string): readonly (readonly [text: string, reading: string])[] {
  return list
    .trim()
    .split(/,\s*/)
    .map((entry) => {
      const [text = '', ...reading] = entry.trim().split(' ');
      return [text, reading.join(' ')];
    });
}

function wrong(list: string, read: (text: string) => string): readonly string[] {
  return entriesOf(list).flatMap(([text, reading]) =>
    read(text) === reading ? [] : [`${text}: ${read(text)} and not ${reading}`],
  );
}

describe('Readings of local names', () => {
  it('has every town of Shaoxing in the list', () => {
    const listed = new Set(entriesOf(TOWNS).map(([text]) => text));
    const names = SHAOXING.map(({ id }) => placeNameOf(id));
    expect(
      [...new Set(names)].filter((name) => !listed.has(name.replace(/镇$/, '')) && !listed.has(name)),
    ).to.deep.equal([]);
  });

  it('reads every town right', () => {
    expect(wrong(TOWNS, syllablesOf)).to.deep.equal([]);
  });

  it('reads polyphones and the words of the trade right, in a list of more than 150 with the towns', () => {
    expect(entriesOf(`${TOWNS}, ${WORDS}`)).to.have.length.greaterThan(150);
    expect(wrong(WORDS, syllablesOf)).to.deep.equal([]);
  });

  it('reads a surname as a surname, and the same character elsewhere as it is', () => {
    expect(wrong(PEOPLE, nameSyllablesOf)).to.deep.equal([]);
    expect(syllablesOf('单季稻')).to.equal('dan ji dao');
    expect(syllablesOf('仇恨')).to.equal('chou hen');
  });
});
