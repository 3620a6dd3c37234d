import { element } from '../controls/element.ts';

/** What a producer may ask of the renditions; the names are the server's. */
export interface LadderWishes {
  readonly includes1080p: boolean;
  readonly includesFloor: boolean;
  readonly keepsFullRate: boolean;
}

const WORDS: readonly (readonly [wish: keyof LadderWishes, words: string])[] = [
  ['includes1080p', '加做全画质的 1080p（原片够清晰时）：小字多、线路好的站点更清楚'],
  ['includesFloor', '保证最低一档不超过 400 kbit/s：给线路最差的站点'],
  ['keepsFullRate', '保留每秒 50 或 60 帧：舞蹈、体育、机械操作'],
];
let choices = 0;

/** Check boxes for what may be asked of a lecture's renditions, folded away because most lectures need none of it. */
export class LadderChoice {
  readonly root: HTMLElement;
  readonly #boxes: ReadonlyMap<keyof LadderWishes, HTMLInputElement>;
  #isTouched = false;

  constructor() {
    choices += 1;
    const rows = WORDS.map(([wish, words]) => {
      const id = `ladder-${choices}-${wish}`;
      const box = element('input', { id, type: 'checkbox' });
      const row = element('div', { class: 'check' }, box, element('label', { for: id }, words));
      return { wish, box, row };
    });
    this.#boxes = new Map(rows.map(({ wish, box }) => [wish, box]));
    this.root = element(
      'details',
      { class: 'ladder' },
      element('summary', {}, '画质选项'),
      ...rows.map(({ row }) => row),
    );
    this.root.addEventListener('change', () => {
      this.#isTouched = true;
    });
  }

  /** What is ticked. */
  get wishes(): LadderWishes {
    const isTicked = (wish: keyof LadderWishes): boolean => this.#boxes.get(wish)?.checked === true;
    return {
      includes1080p: isTicked('includes1080p'),
      includesFloor: isTicked('includesFloor'),
      keepsFullRate: isTicked('keepsFullRate'),
    };
  }

  /** Ticks what is wished, and shows the choice. What somebody has ticked by then stays. */
  show(wishes: LadderWishes | undefined): void {
    this.root.setAttribute('open', '');
    if (this.#isTouched) return;
    for (const [wish, box] of this.#boxes) box.checked = wishes?.[wish] === true;
  }

  /** Unticks everything. */
  clear(): void {
    this.#isTouched = false;
    for (const box of this.#boxes.values()) box.checked = false;
  }
}

/** The wishes as an upload's metadata says them. */
export function ladderMetadata(wishes: LadderWishes): Readonly<Record<string, string>> {
  const said: Record<string, string> = {};
  for (const [wish, isWished] of Object.entries(wishes)) if (isWished === true) said[wish] = 'true';
  return said;
}
