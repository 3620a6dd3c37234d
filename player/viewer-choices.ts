import type { ResumeStorage } from './resume-point.ts';

/** What a viewer chose once and finds again with the next lecture. Speed is not kept: a hall expects 1×. */
export interface ViewerChoices {
  /** 0 to 1. */
  readonly volume: number;
  /** The language of the captions; undefined when off. */
  readonly captionLanguage: string | undefined;
}

const KEY = 'yuanjiao.choices';

/** Reads what was kept; whatever is missing or spoilt becomes the default: full volume, captions off. */
export function readChoices(storage: Pick<ResumeStorage, 'getItem'> | undefined): ViewerChoices {
  let kept: { volume?: unknown; captionLanguage?: unknown } = {};
  try {
    const value: unknown = JSON.parse(storage?.getItem(KEY) ?? '{}');
    if (typeof value === 'object' && value !== null) kept = value;
  } catch {
    // Spoilt or forbidden: the defaults.
  }
  const { volume, captionLanguage } = kept;
  return {
    volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : 1,
    captionLanguage: typeof captionLanguage === 'string' ? captionLanguage : undefined,
  };
}

/** Keeps them; full or forbidden storage is no failure. */
export function keepChoices(
  storage: Pick<ResumeStorage, 'setItem'> | undefined,
  choices: ViewerChoices,
): void {
  try {
    storage?.setItem(KEY, JSON.stringify(choices));
  } catch {
    // The lecture plays all the same.
  }
}
