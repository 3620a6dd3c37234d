import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { lineOf } from '../catalogue/courseware-text.ts';
import { once, type RepeatableRequest } from '../catalogue/repeated-creation.ts';
import { newId } from '../database/new-id.ts';
import type { Database, Statements, Transaction } from '../database/transaction.ts';
import type { ClassListener } from './class-listener.ts';
import { recordLiveChanges } from './live-history.ts';
import { getClass, lockClass } from './live-class-rows.ts';
import type { LiveClassId, SlideId } from './live-class.ts';
import type { PictureFacts } from './picture-file.ts';

/** A page of the slides of a class. */
export interface Slide extends PictureFacts {
  readonly id: SlideId;
  /** Its place among the others, from 1. */
  readonly position: number;
  readonly title: string | undefined;
  /** The name of its picture, under `imagePath` and `imageKey`. */
  readonly image: string;
}

/** Slides a class may have. */
export const MOST_SLIDES = 500;

interface SlideRow {
  readonly id: SlideId;
  readonly position: number;
  readonly title: string | null;
  readonly image: string;
  readonly content_type: PictureFacts['contentType'];
  readonly width: number;
  readonly height: number;
  readonly size_bytes: number;
}

/** The slides of the classes: pictures that can be shown, and are when a mark says so. */
export class SlideDeck {
  readonly #database: Database;
  readonly #actor: string;
  readonly #tell: ClassListener;

  constructor(database: Database, options: { readonly actor: string; readonly tell: ClassListener }) {
    this.#database = database;
    this.#actor = options.actor;
    this.#tell = options.tell;
  }

  /** The slides of a class in their order. @throws {CatalogueError} `not-found` */
  list(id: string): Promise<readonly Slide[]> {
    return this.#database.read(async (statements) => {
      const found = await getClass(statements, id);
      return selectSlides(statements, found.id);
    });
  }

  /**
   * Adds a page behind the others; its picture lies in the store already.
   *
   * @param request - whose sender may ask again: the same within a day gives the same slide, with the picture it has
   * @throws {CatalogueError} `not-found`, `invalid-input`, `conflict` when there are too many
   */
  async add(
    id: string,
    slide: PictureFacts & { readonly image: string; readonly title?: string | undefined },
    request?: RepeatableRequest,
  ): Promise<Slide> {
    const title = slide.title === undefined ? undefined : lineOf(slide.title, 'title', 100);
    const { made, classId } = await this.#database.write(async (transaction) => {
      const before = await lockClass(transaction, id);
      const one = await once<Slide>(transaction, request, {
        make: () => this.#make(transaction, before.id, { ...slide, title }),
        idOf: (made) => made.id,
        again: (slideId) => getSlide(transaction, before.id, slideId),
      });
      return { made: one, classId: before.id };
    });
    this.#tell(classId, 'slides');
    return made;
  }

  async #make(
    transaction: Transaction,
    id: LiveClassId,
    slide: PictureFacts & { readonly image: string; readonly title: string | undefined },
  ): Promise<Slide> {
    const known = await selectSlides(transaction, id);
    if (known.length >= MOST_SLIDES) {
      throw new CatalogueError(
        'conflict',
        `Live class ${id} has ${MOST_SLIDES} slides already; remove some first`,
      );
    }
    const slideId = newId() as SlideId;
    await transaction.rows(
      `INSERT INTO live_slide (id, class_id, position, title, image, content_type, width, height, size_bytes, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, ${transaction.words.now})`,
      slideId,
      id,
      (known.at(-1)?.position ?? 0) + 1,
      slide.title,
      slide.image,
      slide.contentType,
      slide.width,
      slide.height,
      slide.sizeBytes,
    );
    await recordLiveChanges(transaction, id, this.#actor, [
      { field: 'slides', after: slide.title ?? slideId },
    ]);
    return getSlide(transaction, id, slideId);
  }

  /**
   * Takes a page out, and every mark that showed it.
   *
   * @returns the name of its picture, which is needed no longer
   * @throws {CatalogueError} `not-found`
   */
  async remove(id: string, slideId: string): Promise<{ readonly token: string; readonly image: string }> {
    const gone = await this.#database.write(async (transaction) => {
      const before = await lockClass(transaction, id);
      const [row] = await transaction.rows<{ image: string; title: string | null }>(
        'DELETE FROM live_slide WHERE id = $1 AND class_id = $2 RETURNING image, title',
        slideId.slice(0, 40),
        before.id,
      );
      if (row === undefined) throw noSlide(before.id, slideId);
      await recordLiveChanges(transaction, before.id, this.#actor, [
        { field: 'slides', before: row.title ?? slideId },
      ]);
      return { classId: before.id, token: before.token, image: row.image };
    });
    this.#tell(gone.classId, 'slides');
    return { token: gone.token, image: gone.image };
  }
}

async function getSlide(statements: Statements, id: LiveClassId, slideId: string): Promise<Slide> {
  const found = (await selectSlides(statements, id)).find((slide) => slide.id === slideId);
  if (found === undefined) throw noSlide(id, slideId);
  return found;
}

function noSlide(id: LiveClassId, slideId: string): CatalogueError {
  return new CatalogueError(
    'not-found',
    `Live class ${id} has no slide ${JSON.stringify(slideId.slice(0, 40))}`,
  );
}

async function selectSlides(statements: Statements, id: LiveClassId): Promise<readonly Slide[]> {
  const rows = await statements.rows<SlideRow>(
    `SELECT id, position, title, image, content_type, width, height, size_bytes FROM live_slide
      WHERE class_id = $1 ORDER BY position, id`,
    id,
  );
  return rows.map((row) => ({
    id: row.id,
    position: row.position,
    title: row.title ?? undefined,
    image: row.image,
    contentType: row.content_type,
    width: row.width,
    height: row.height,
    sizeBytes: row.size_bytes,
  }));
}
