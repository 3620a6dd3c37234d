import { drawFor } from './draw.ts';

/** As many as the article counts in its group of experts (专家服务团). */
const EXPERTS = 420;

const SURNAMES =
  '陈王章徐周张俞金沈马李赵钱孙吴郑冯褚卫蒋韩杨朱秦尤许何吕施孔曹严华陶姜戚谢邹喻柏水窦云苏潘葛范彭郎鲁韦昌苗凤花方任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹单裘竺斯寿楼娄宣郦骆阮石丁';
const FIRST = '柏梅稻桑荷榧溪岚畈舟棠榆芷苇樵耘穗霖渚曦湖桥莲茗';
const SECOND = '芳耕田生根华林舟庭岩青川平和兰秋春禾源清宁远朴实';

/**
 * The people who speak in the lectures: invented, with names put together from the words of fields and waters. That somebody
 * is called so by chance cannot be ruled out; nobody is meant.
 */
export const PRESENTERS: readonly string[] = (() => {
  const names = new Set<string>(['杨梅芳']);
  const draw = drawFor('presenters');
  while (names.size < EXPERTS) {
    names.add([SURNAMES, FIRST, SECOND].map((words) => draw.one(Array.from(words))).join(''));
  }
  return [...names];
})();
