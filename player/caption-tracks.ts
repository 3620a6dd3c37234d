import type { CaptionTrack } from './descriptor.ts';
import { element } from './controls/element.ts';
import { readsCaptionsFromPlaylist } from './playback.ts';

/** The captions of a video element: which there are, which are shown, and whether one stands at the top just now. */
export class CaptionTracks {
  readonly #video: HTMLVideoElement;
  #language: string | undefined;

  /** @param onPlace called when a caption appears at the top of the picture, or the last one there goes */
  constructor(video: HTMLVideoElement, onPlace: (isAtTop: boolean) => void) {
    this.#video = video;
    video.textTracks.addEventListener('addtrack', ({ track }) => {
      track?.addEventListener('cuechange', () => onPlace(this.#isAtTop()));
      this.#apply();
    });
  }

  /** Puts a lecture's captions on the element. */
  load(captions: readonly CaptionTrack[]): void {
    // A browser that plays HLS itself finds them in the playlist, and would show each twice in its own menu.
    if (readsCaptionsFromPlaylist()) return;
    for (const { language, label, url } of captions) {
      this.#video.append(element('track', { kind: 'subtitles', srclang: language, label, src: url }));
    }
  }

  /** Shows the captions of one language and no others; undefined shows none. */
  show(language: string | undefined): void {
    this.#language = language;
    this.#apply();
  }

  #apply(): void {
    for (const track of this.#shown()) {
      const mode = track.language === this.#language ? 'showing' : 'disabled';
      // Setting it anew, even to the same, makes some browsers load the file again.
      if (track.mode !== mode) track.mode = mode;
    }
  }

  #shown(): readonly TextTrack[] {
    return Array.from(this.#video.textTracks).filter(
      ({ kind }) => kind === 'subtitles' || kind === 'captions',
    );
  }

  // Written with `line:0`; every other stands where the browser puts it, at the bottom.
  #isAtTop(): boolean {
    return this.#shown().some(({ mode, activeCues }) => {
      return mode === 'showing' && Array.from(activeCues ?? []).some((cue) => (cue as VTTCue).line === 0);
    });
  }
}
