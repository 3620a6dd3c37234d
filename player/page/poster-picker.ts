import { button, element } from '../controls/element.ts';
import type { PlaybackDescriptor } from '../descriptor.ts';
import { clockText } from '../duration-text.ts';
import { readStoryboard } from '../storyboard.ts';
import type { StoryboardTile } from '../storyboard.ts';
import { apiPath, callApi } from './api.ts';
import type { CoursewareRecord } from './api.ts';
import { problemWords } from './problem-words.ts';

/** More pictures than this nobody looks through; of a longer lecture they lie further apart. */
const MOST_SHOWN = 60;

/** What a {@link PosterPicker} tells. */
export interface PosterPickerEvents {
  onChosen(courseware: CoursewareRecord): void;
  onClosed(): void;
}

/** Small pictures of a lecture; the one that is clicked becomes its poster. */
export class PosterPicker {
  readonly root: HTMLElement;
  readonly #coursewareId: string;
  readonly #events: PosterPickerEvents;
  readonly #tiles = element('div', { class: 'poster-tiles' });
  readonly #hint = element('p', { class: 'hint', role: 'status' }, '加载中…');
  readonly #failure = element('p', { class: 'failure', role: 'alert' });

  constructor(item: { readonly id: string; readonly title: string }, events: PosterPickerEvents) {
    this.#coursewareId = item.id;
    this.#events = events;
    const close = button({ class: 'button is-small' }, '不改了');
    close.addEventListener('click', () => events.onClosed());
    this.root = element(
      'div',
      { role: 'group', 'aria-label': `选择《${item.title}》的封面` },
      this.#hint,
      this.#tiles,
      this.#failure,
      element('div', { class: 'actions' }, close),
    );
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      const path = apiPath('courseware', this.#coursewareId, 'playback');
      const { storyboardUrl } = await callApi<PlaybackDescriptor>(path);
      const tiles = storyboardUrl === undefined ? [] : await fetchTiles(storyboardUrl);
      const step = Math.max(1, Math.ceil(tiles.length / MOST_SHOWN));
      tiles.filter((_, place) => place % step === 0).forEach((tile) => this.#add(tile));
      this.#hint.textContent = tiles.length === 0 ? '这一课没有可选的画面。' : '点一幅画面作为封面。';
    } catch (error) {
      this.#hint.textContent = '';
      this.#failure.textContent = problemWords(error);
    }
  }

  #add(tile: StoryboardTile): void {
    const image = element('img', { src: tile.url, alt: '' });
    image.style.transform = `translate(${-tile.x}px, ${-tile.y}px)`;
    const frame = element('span', { class: 'poster-tile-frame' }, image);
    frame.style.width = `${tile.width}px`;
    frame.style.height = `${tile.height}px`;
    const time = clockText(tile.start);
    const made = button({ class: 'poster-tile', 'aria-label': `${time} 的画面` }, frame, time);
    made.addEventListener('click', () => void this.#choose(tile.start));
    this.#tiles.append(made);
  }

  async #choose(atSeconds: number): Promise<void> {
    this.#failure.textContent = '';
    this.#hint.textContent = '正在制作封面…';
    try {
      const path = apiPath('courseware', this.#coursewareId, 'poster');
      this.#events.onChosen(await callApi<CoursewareRecord>(path, { method: 'PUT', body: { atSeconds } }));
    } catch (error) {
      this.#hint.textContent = '';
      this.#failure.textContent = problemWords(error);
    }
  }
}

async function fetchTiles(url: string): Promise<readonly StoryboardTile[]> {
  const address = new URL(url, location.href).href;
  const reply = await fetch(address, { credentials: 'same-origin' });
  return reply.ok ? readStoryboard(await reply.text(), address) : [];
}
