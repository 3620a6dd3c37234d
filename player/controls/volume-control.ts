import { element } from './element.ts';
import { IconButton } from './icon-button.ts';

/** What it does. */
export interface VolumeActions {
  /** @param volume 0 to 1 */
  setVolume(volume: number): void;
  toggleMuted(): void;
}

/** How loud it is: a button that mutes, and a slider beside it. */
export class VolumeControl {
  readonly button: IconButton;
  readonly slider: HTMLInputElement;

  constructor(actions: VolumeActions) {
    this.button = new IconButton('yj-mute', () => actions.toggleMuted());
    this.slider = element('input', {
      class: 'yj-volume',
      type: 'range',
      min: '0',
      max: '1',
      step: '0.05',
      'aria-label': '音量',
    });
    this.slider.addEventListener('input', () => actions.setVolume(this.slider.valueAsNumber));
  }

  show({ volume, isMuted }: { readonly volume: number; readonly isMuted: boolean }): void {
    const isSilent = isMuted || volume === 0;
    this.button.show(isSilent ? 'muted' : 'volume', isSilent ? '取消静音' : '静音');
    this.slider.value = String(isMuted ? 0 : volume);
  }
}
