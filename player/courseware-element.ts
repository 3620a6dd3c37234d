import { CoursewarePlayer } from './courseware-player.ts';
import type { CoursewarePlayerOptions } from './courseware-player.ts';
import type { PlaybackDescriptor } from './descriptor.ts';

/** `<courseware-player>`: give it a `descriptor`, and it plays while it is on the page. */
export interface CoursewareElement extends HTMLElement {
  /** Setting it loads the lecture; undefined unloads. */
  descriptor: PlaybackDescriptor | undefined;
  /** The player behind it; undefined while the element is not on the page. */
  readonly player: CoursewarePlayer | undefined;
}

/**
 * Registers the element. A call, not an import, so that this library can be loaded where there is no DOM; calling it twice
 * changes nothing.
 *
 * @param options for every player made by the element
 * @param name of the tag; default `courseware-player`
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
