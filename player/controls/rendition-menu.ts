import type { PlayerState } from '../player-state.ts';
import { ChoiceMenu } from './choice-menu.ts';

/** The menu of picture sizes; there is none where there is nothing to choose. */
export class RenditionMenu extends ChoiceMenu {
  /** @param onChoose is given `auto` or a rendition's name */
  constructor(onChoose: (choice: string) => void) {
    super('清晰度', onChoose);
  }

  showRenditions({
    renditions,
    rendition,
    renditionChoice,
  }: Pick<PlayerState, 'renditions' | 'rendition' | 'renditionChoice'>): void {
    const isAutomatic = renditionChoice === 'auto';
    const choices = renditions.map(({ name }) => ({ value: name, label: name }));
    this.show(
      isAutomatic ? '自动' : renditionChoice,
      isAutomatic && rendition !== undefined ? `（${rendition}）` : '',
      choices.length < 2 ? [] : [{ value: 'auto', label: '自动' }].concat(choices),
      renditionChoice,
    );
  }
}
