import { CoursewarePlayer } from './courseware-player.ts';
import type { CoursewarePlayerOptions } from './courseware-player.ts';
import type { PlaybackDescriptor } from './descriptor.ts';

/**
 * `<courseware-player>`: give it a `descriptor`, and it plays while it is on the page. One that was given before the element was
 * defined is taken up then.
 */
export interface CoursewareElement extends HTMLElement {
  /** Setting it loads the lecture; undefined unloads. */
  descriptor: PlaybackDescriptor | undefined;
  /** The player behind it; undefined while the element is not on the page. */
  readonly player: CoursewarePlayer | undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    'courseware-player': CoursewareElement;
  }
}

/**
 * Registers the element. A call, not an import, so that this library can be loaded where there is no DOM; calling it twice
 * changes nothing.
 *
 * @param options for every player made by the element
 * @param name of the tag; default `courseware-player`
 *
 * @example
 * import { defineCoursewareElement } from 'yuanjiao/player';
 * import 'yuanjiao/player/player.css';
 *
 * defineCoursewareElement();
 * const element = document.createElement('courseware-player');
 * element.descriptor = { coursewareId: '7', title: '杨梅嫁接四步', playlistUrl: '/lecture/index.m3u8', extent: 'complete', duration: 540, captions: [] };
 * document.body.append(element);
 */
export function defineCoursewareElement(
  options: CoursewarePlayerOptions = {},
  name: string = 'courseware-player',
): void {
  if (customElements.get(name) !== undefined) return;
  customElements.define(
    name,
    class extends HTMLElement implements CoursewareElement {
      #descriptor: PlaybackDescriptor | undefined;
      #player: CoursewarePlayer | undefined;

      get player(): CoursewarePlayer | undefined {
        return this.#player;
      }

      get descriptor(): PlaybackDescriptor | undefined {
        return this.#descriptor;
      }

      set descriptor(descriptor: PlaybackDescriptor | undefined) {
        this.#descriptor = descriptor;
        if (descriptor === undefined) this.#player?.unload();
        else this.#player?.load(descriptor);
      }

      connectedCallback(): void {
        // A property that was set before the definition hides the one of the class.
        if (Object.hasOwn(this, 'descriptor')) {
          const { descriptor } = this;
          Reflect.deleteProperty(this, 'descriptor');
          this.#descriptor = descriptor;
        }
        this.#player = new CoursewarePlayer(this, options);
        if (this.#descriptor !== undefined) this.#player.load(this.#descriptor);
      }

      disconnectedCallback(): void {
        this.#player?.destroy();
        this.#player = undefined;
      }
    },
  );
}
