import { ifFound } from '../../catalogue/catalogue-error.ts';
import type { ClassBook } from '../class-book.ts';
import { isAnnounced } from '../live-class.ts';
import type { RoomClass, RoomClasses } from './room-class.ts';

/** What the room has to know of the classes in the book. */
export class BookedClasses implements RoomClasses {
  readonly #book: ClassBook;

  constructor(book: ClassBook) {
    this.#book = book;
  }

  find(classId: string): Promise<RoomClass | undefined> {
    return ifFound(this.#read(classId));
  }

  async #read(classId: string): Promise<RoomClass> {
    const found = await this.#book.get(classId);
    const notices = await this.#book.marks.list(found.id, 'notice');
    return {
      id: found.id,
      title: found.title,
      state: found.state,
      isAnnounced: isAnnounced(found),
      asksQuestions: found.asksQuestions,
      plannedStart: Date.parse(found.plannedStart),
      plannedEnd: Date.parse(found.plannedEnd),
      endedAt: found.endedAt === undefined ? undefined : Date.parse(found.endedAt),
      onAir: await this.#book.onAirIntervals(found.id),
      notices: notices
        .map(({ id, text = '', at }) => ({ id, text, at: Date.parse(at) }))
        .toSorted((left, right) => right.at - left.at),
    };
  }
}
