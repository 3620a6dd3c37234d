import { chapterIndexAt } from '../chapters.ts';
import type { Chapter } from '../descriptor.ts';
import { clockText } from '../duration-text.ts';
import type { PlayerState } from '../player-state.ts';
import { ChoiceMenu } from './choice-menu.ts';
import { element } from './element.ts';
import { IconButton, walkControls } from './icon-button.ts';
import { RenditionMenu } from './rendition-menu.ts';
import { SeekBar } from './seek-bar.ts';
import { VolumeControl } from './volume-control.ts';
import { speedText } from './words.ts';

/** What the controls do. */
export interface ControlActions {
  togglePlaying(): void;
  seekTo(position: number): void;
  setVolume(volume: number): void;
  toggleMuted(): void;
  /** @param language undefined turns them off */
  setCaptions(language: string | undefined): void;
  setSpeed(speed: number): void;
  setRendition(choice: string): void;
  setSoundTrack(name: string): void;
  toggleFullscreen(): void;
}

/** No language has this name. */
const NO_CAPTIONS = 'off';

/** The row of controls under the picture. The arrows walk along it, so a remote control reaches everything. */
export class ControlBar {
  readonly root: HTMLElement;
  readonly #play: IconButton;
  readonly #captions: ChoiceMenu;
  readonly #fullscreen: IconButton;
  readonly #volume: VolumeControl;
  readonly #time: HTMLElement;
  readonly #seek: SeekBar;
  readonly #chapter: ChoiceMenu;
  readonly #speed: ChoiceMenu;
  readonly #rendition: RenditionMenu;
  readonly #sound: ChoiceMenu;
  readonly #speeds: readonly number[];
  #chapters: readonly Chapter[] = [];
  #chapterIndex: number | undefined;

  constructor(actions: ControlActions, speeds: readonly number[]) {
    this.#speeds = speeds;
    this.#seek = new SeekBar((position) => actions.seekTo(position));
    this.#play = new IconButton('yj-play', () => actions.togglePlaying());
    this.#captions = new ChoiceMenu(
      '字幕',
      (value) => actions.setCaptions(value === NO_CAPTIONS ? undefined : value),
      'captions',
    );
    this.#captions.root.classList.add('yj-captions');
    this.#fullscreen = new IconButton('yj-fullscreen', () => actions.toggleFullscreen());
    this.#chapter = new ChoiceMenu('章节', (value) => actions.seekTo(Number(value)));
    this.#chapter.root.classList.add('yj-chapters');
    this.#speed = new ChoiceMenu('播放速度', (value) => actions.setSpeed(Number(value)));
    this.#rendition = new RenditionMenu((choice) => actions.setRendition(choice));
    this.#sound = new ChoiceMenu('声音', (value) => actions.setSoundTrack(value));
    this.#sound.root.classList.add('yj-sounds');
    this.#time = element('span', { class: 'yj-time' });
    this.#volume = new VolumeControl(actions);
    const row = element(
      'div',
      { class: 'yj-row' },
      this.#play.root,
      this.#volume.button.root,
      this.#volume.slider,
      this.#time,
      element('span', { class: 'yj-gap' }),
      this.#chapter.root,
      this.#captions.root,
      this.#sound.root,
      this.#speed.root,
      this.#rendition.root,
      this.#fullscreen.root,
    );
    this.root = element('div', { class: 'yj-bar' }, this.#seek.root, row);
    this.root.addEventListener('keydown', (event) => {
      walkControls(this.root, this.#seek.input, this.#volume.slider, () => this.focus(), event);
    });
  }

  get isMenuOpen(): boolean {
    const menus = [this.#captions, this.#chapter, this.#sound, this.#speed, this.#rendition];
    return menus.some((menu) => menu.isOpen);
  }

  /** Puts the focus where a remote control starts. */
  focus(): void {
    this.#play.root.focus();
  }

  /** Takes another lecture's small pictures; undefined for a lecture without. */
  setStoryboard(url: string | undefined): void {
    this.#seek.setStoryboard(url);
  }

  /** Shows for a moment what lies at a second, as a key has just led there. */
  glance(position: number): void {
    this.#seek.glance(position);
  }

  show(state: PlayerState, isFullscreen: boolean): void {
    const isRunning =
      state.phase === 'playing' || state.phase === 'stalled' || state.phase === 'awaiting-encode';
    this.#play.show(
      isRunning ? 'pause' : state.phase === 'ended' ? 'replay' : 'play',
      isRunning ? '暂停' : '播放',
    );
    this.#volume.show(state);
    this.#showCaptions(state);
    this.#fullscreen.show(isFullscreen ? 'window' : 'fullscreen', isFullscreen ? '退出全屏' : '全屏');
    const time = `${clockText(state.position)} / ${clockText(state.duration)}`;
    if (this.#time.textContent !== time) this.#time.textContent = time;
    this.#seek.show(state);
    this.#showChapters(state);
    this.#showMenus(state);
  }

  #showMenus(state: PlayerState): void {
    this.#speed.show(
      speedText(state.speed),
      '',
      this.#speeds.map((speed) => ({ value: String(speed), label: `${speed}×` })),
      String(state.speed),
    );
    const sounds = state.soundTracks.map(({ name }) => ({ value: name, label: name }));
    this.#sound.show(
      '音轨',
      state.soundTrack === undefined ? '' : `（${state.soundTrack}）`,
      sounds.length < 2 ? [] : sounds,
      state.soundTrack ?? '',
    );
    this.#rendition.showRenditions(state);
  }

  // There may be two hundred, and the clock ticks four times a second.
  #showChapters({ chapters, position }: PlayerState): void {
    const index = chapterIndexAt(chapters, position);
    if (chapters === this.#chapters && index === this.#chapterIndex) return;
    this.#chapters = chapters;
    this.#chapterIndex = index;
    this.#chapter.show(
      '章节',
      '',
      chapters.map(({ start, title }) => ({
        value: String(start),
        label: `${clockText(start)} ${title}`,
      })),
      String(chapters[index]?.start),
    );
  }

  #showCaptions(state: PlayerState): void {
    const chosen = state.captions.find(({ language }) => language === state.captionLanguage);
    const captions = state.captions.map(({ language, label }) => ({ value: language, label }));
    this.#captions.show(
      chosen?.label ?? '关闭',
      '',
      captions.length === 0 ? [] : [{ value: NO_CAPTIONS, label: '关闭' }].concat(captions),
      chosen?.language ?? NO_CAPTIONS,
    );
  }
}
