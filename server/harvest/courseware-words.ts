import type { Courseware } from '../catalogue/courseware.ts';

/** `2011-06-01T08:00:00Z`: UTC, to the second. */
export function utcSecond(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** A length of time in ISO 8601: `PT1H2M3S`. */
export function isoDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = whole % 60;
  const parts = [
    hours > 0 ? `${hours}H` : '',
    minutes > 0 ? `${minutes}M` : '',
    rest > 0 || whole === 0 ? `${rest}S` : '',
  ];
  return `PT${parts.join('')}`;
}

/** What everybody may read of an item's rights, in one sentence; empty when nothing is known. */
export function rightsSentence({ rights }: Pick<Courseware, 'rights'>): string {
  if (rights === undefined) return '';
  const { holder, scope, until } = rights;
  return [
    ...(holder === undefined ? [] : [`版权所有：${holder}`]),
    ...(scope === undefined ? [] : [`使用范围：${scope}`]),
    ...(until === undefined ? [] : [`有效期至：${until}`]),
  ].join('；');
}

/** The making that is on the air, when it can be played. */
export function playable({ current }: Pick<Courseware, 'current'>):
  | (NonNullable<Courseware['current']> & {
      readonly generation: NonNullable<NonNullable<Courseware['current']>['generation']>;
    })
  | undefined {
  const generation = current?.generation;
  if (current === undefined || generation === undefined) return undefined;
  return current.isPlayable || current.production === 'ready' ? { ...current, generation } : undefined;
}
