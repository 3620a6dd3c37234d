/** A text track that a player may offer. */
export interface CaptionTrack {
  /** BCP 47, such as `zh-Hans`. */
  readonly language: string;
  /** What the viewer reads in the menu, such as `中文字幕`. */
  readonly label: string;
  /** A WebVTT file. */
  readonly url: string;
}

/** A part of a lecture with a heading. It lasts until the next one begins. */
export interface Chapter {
  /** Seconds. */
  readonly start: number;
  readonly title: string;
}

/** A page that the lecturer showed. It lasts until the next one's moment. */
export interface ShownSlide {
  /** Seconds. */
  readonly start: number;
  readonly title?: string;
  /** Absent where the slide was taken off the screen. */
  readonly imageUrl?: string;
}

/** All a player is given: it knows nothing of accounts, catalogues or servers beyond these addresses. */
export interface PlaybackDescriptor {
  /** Names the lecture in the viewer's own resume memory. */
  readonly coursewareId: string;
  readonly title: string;
  /** The multivariant playlist. */
  readonly playlistUrl: string;
  /** `growing` while the lecture is still being encoded (EVENT), `complete` when it has an end (VOD). */
  readonly extent: 'growing' | 'complete';
  /** Seconds; of the whole lecture, also while it is growing. */
  readonly duration: number;
  readonly captions: readonly CaptionTrack[];
  /** In order; none when absent. */
  readonly chapters?: readonly Chapter[];
  /** A WebVTT file whose cues name small pictures (`sheet.jpg#xywh=…`), shown while the viewer looks for a place. */
  readonly storyboardUrl?: string;
  /** Of the recording of a live class, in order: what stood beside the picture; none when absent. */
  readonly slides?: readonly ShownSlide[];
}
