import { classPath } from './live-records.ts';
import type {
  AttendanceCountsRecord,
  EncoderRecord,
  HeadCountRecord,
  QuestionRecord,
} from './live-records.ts';

/** Who is there, as the desk hears it. */
export interface PresenceNews extends AttendanceCountsRecord {
  readonly onAirSeconds: number;
  readonly receipts: readonly {
    readonly name: string;
    readonly at: number | null;
    readonly headCount: HeadCountRecord | null;
  }[];
}

/** The questions and hands an operator has to decide on. */
export interface QuestionNews {
  readonly waiting: readonly QuestionRecord[];
  readonly accepted: readonly QuestionRecord[];
}

/** What the desk is told. */
export interface ConsoleListener {
  onPresence(news: PresenceNews): void;
  onQuestions(news: QuestionNews): void;
  /** Undefined while no encoder sends. */
  onLight(news: EncoderRecord | undefined): void;
  /** The line to the server is gone (false) or back (true). */
  onLine(isThere: boolean): void;
}

const COME_BACK_MS = 5_000;

/** Hears what happens in the room of a class, and comes back by itself after an outage. */
export class ConsoleFeed {
  readonly #classId: string;
  readonly #listener: ConsoleListener;
  #source: EventSource | undefined;

  constructor(classId: string, listener: ConsoleListener) {
    this.#classId = classId;
    this.#listener = listener;
  }

  start(): void {
    const source = new EventSource(classPath(this.#classId, 'events'));
    this.#source = source;
    const on = (event: string, hear: (news: unknown) => void): void => {
      source.addEventListener(event, (message) => {
        hear(JSON.parse((message as MessageEvent<string>).data));
      });
    };
    on('presence', (news) => this.#listener.onPresence(news as PresenceNews));
    on('questions', (news) => this.#listener.onQuestions(news as QuestionNews));
    on('light', (news) => this.#listener.onLight((news ?? undefined) as EncoderRecord | undefined));
    source.addEventListener('open', () => this.#listener.onLine(true));
    source.addEventListener('error', () => {
      this.#listener.onLine(false);
      // CONNECTING: it comes back by itself. CLOSED: it was refused, as while the server starts.
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(
        () => {
          if (this.#source === source) this.start();
        },
        COME_BACK_MS * (0.5 + Math.random()),
      );
    });
  }
}
