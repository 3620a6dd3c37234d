/** Where a class stands, by the class's own table of moves. */
export type LiveClassState =
  | 'draft'
  | 'scheduled'
  | 'announced'
  | 'rehearsing'
  | 'on_air'
  | 'interrupted'
  | 'ended'
  | 'recorded'
  | 'archived'
  | 'cancelled'
  | 'postponed';

/**
 * What covers the picture.
 *
 * - `lobby`: not begun; the viewer counts down to the planned start.
 * - `rehearsal`: an operator's rehearsal; only operators are ever given its playlist.
 * - `interrupted`: the encoder is gone and the class is not over.
 * - `ended`, `cancelled`, `postponed`: nothing comes today.
 * - `none`: the picture itself.
 */
export type SlateKind = 'lobby' | 'rehearsal' | 'interrupted' | 'ended' | 'cancelled' | 'postponed' | 'none';

/** What covers the picture, and what it says. */
export interface LiveSlate {
  readonly kind: SlateKind;
  /** The organiser's own words; empty when the page's words will do. */
  readonly text: string;
  readonly imageUrl?: string;
}

/** An organiser's message to everybody who watches. */
export interface LiveNotice {
  readonly id: string;
  readonly text: string;
  /** ISO 8601; when it was said, by the server's clock. */
  readonly at: string;
}

/** A page of the lecturer's slides, from its moment until the next one's. */
export interface LiveSlide {
  /** ISO 8601; compared with the picture's own `EXT-X-PROGRAM-DATE-TIME`. */
  readonly at: string;
  readonly title?: string;
  /** Absent where the slide is taken off the screen. */
  readonly imageUrl?: string;
}

/** Where a finished class can be seen again. */
export interface LiveReplay {
  readonly coursewareId: string;
  /** The page that plays it. */
  readonly url: string;
}

/**
 * All a viewer's page knows of a live class. One small cacheable document per class (`/live/class/<id>.json`), the same for
 * everybody, asked for again every few seconds; it answers before there is anything to play and when nothing plays any more,
 * so that no player ever asks for a playlist that is not there.
 */
export interface LiveStateDocument {
  readonly id: string;
  readonly title: string;
  readonly lecturers: readonly string[];
  readonly hostUnit?: string;
  readonly state: LiveClassState;
  /** ISO 8601. */
  readonly plannedStart: string;
  /** ISO 8601. */
  readonly plannedEnd: string;
  /** ISO 8601; the server's clock when it wrote this: a hall's own clock is never believed. */
  readonly now: string;
  readonly slate: LiveSlate;
  /** The multivariant playlist at the live edge; only while there is something to play. */
  readonly playlistUrl?: string;
  /** The multivariant playlist from the class's beginning; only while there is something to play. */
  readonly dvrUrl?: string;
  /** ISO 8601; when the first picture went out. */
  readonly onAirSince?: string;
  /** `low` plays two to three seconds behind the lecturer, `ordinary` six to eight and rides out worse lines. */
  readonly latency: 'low' | 'ordinary';
  /** Those in force, the newest first. */
  readonly notices: readonly LiveNotice[];
  /** The latest few, in order: enough for whoever watches at the live edge. */
  readonly slides: readonly LiveSlide[];
  /** A JSON array of all {@link LiveSlide}s in order, for whoever goes back. */
  readonly slidesUrl?: string;
  readonly replay?: LiveReplay;
  /** Whether viewers may send questions and raise hands. */
  readonly asksQuestions: boolean;
  /** Whether a viewer is asked to confirm that he takes part (收看回执). */
  readonly wantsReceipt: boolean;
}
