import { objectKey, StorageError, type ObjectStore, type OpenObject } from '../../storage/index.ts';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { RepeatableRequest } from '../catalogue/repeated-creation.ts';
import { newId } from '../database/new-id.ts';
import type { ClassBook } from './class-book.ts';
import type { ClassLeftovers } from './live-class-writing.ts';
import { imageKey, type LiveClass } from './live-class.ts';
import { PICTURE_ENDINGS, readPicture, type PictureFacts } from './picture-file.ts';
import type { Slide } from './slide-deck.ts';

/** What the pictures of classes need of the rest. */
export interface ClassPicturesOptions {
  readonly store: ObjectStore;
  readonly classes: ClassBook;
  /** A picture that nobody needs any more stayed in the store. */
  readonly onLeftover: (key: string, error: unknown) => void;
}

const IMAGE_NAME = /^[a-z0-9]{12}\.(?<ending>jpg|png|webp)$/;

/**
 * The slides and slates of the classes, in the store: a picture is there before anything names it, and goes after nothing does.
 * Names are random and never used twice, so they may be cached for ever.
 */
export class ClassPictures {
  readonly #store: ObjectStore;
  readonly #classes: ClassBook;
  readonly #onLeftover: ClassPicturesOptions['onLeftover'];

  constructor({ store, classes, onLeftover }: ClassPicturesOptions) {
    this.#store = store;
    this.#classes = classes;
    this.#onLeftover = onLeftover;
  }

  /**
   * Adds a page behind a class's other slides.
   *
   * @param page - with the bytes of a JPEG, PNG or WebP file
   * @param request - whose sender may ask again: the same within a day gives the same slide
   * @throws {CatalogueError} `not-found`, `invalid-input`, `conflict`
   * @throws {StorageError}
   */
  async addSlide(
    actor: string,
    id: string,
    { bytes, title }: { readonly bytes: Buffer; readonly title?: string | undefined },
    request?: RepeatableRequest,
  ): Promise<Slide> {
    const { token } = await this.#classes.get(id);
    const { image, facts } = await this.#put(token, bytes);
    try {
      const slide = await this.#classes.as(actor).slides.add(id, { ...facts, image, title }, request);
      // It was there already, with the picture that came first.
      if (slide.image !== image) await this.#delete(token, [image]);
      return slide;
    } catch (error) {
      await this.#delete(token, [image]);
      throw error;
    }
  }

  /** @throws {CatalogueError} `not-found` */
  async removeSlide(actor: string, id: string, slideId: string): Promise<void> {
    const { token, image } = await this.#classes.as(actor).slides.remove(id, slideId);
    await this.#delete(token, [image]);
  }

  /**
   * Makes a picture the slate of a class; without one, the page's own slate is shown again.
   *
   * @throws {CatalogueError} `not-found`, `invalid-input`
   * @throws {StorageError}
   */
  async setSlate(actor: string, id: string, bytes: Buffer | undefined): Promise<LiveClass> {
    const { token } = await this.#classes.get(id);
    const image = bytes === undefined ? undefined : (await this.#put(token, bytes)).image;
    try {
      const { item, replaced } = await this.#classes.as(actor).setSlateImage(id, image);
      if (replaced !== undefined) await this.#delete(token, [replaced]);
      return item;
    } catch (error) {
      if (image !== undefined) await this.#delete(token, [image]);
      throw error;
    }
  }

  /**
   * Opens a picture of a class.
   *
   * @throws {CatalogueError} `not-found`
   * @throws {StorageError}
   */
  async open(
    { id, token }: Pick<LiveClass, 'id' | 'token'>,
    name: string,
  ): Promise<{ readonly object: OpenObject; readonly contentType: string }> {
    const ending = IMAGE_NAME.exec(name)?.groups?.['ending'];
    const contentType = Object.entries(PICTURE_ENDINGS).find(([, known]) => known === ending)?.[0];
    const missing = new CatalogueError('not-found', `Live class ${id} has no picture of that name`);
    if (contentType === undefined) throw missing;
    try {
      return { object: await this.#store.get(objectKey(imageKey(token, name))), contentType };
    } catch (error) {
      if (error instanceof StorageError && error.code === 'object-not-found') throw missing;
      throw error;
    }
  }

  /** Removes what a removed class has left. */
  removeAll({ token, images }: ClassLeftovers): Promise<void> {
    return this.#delete(token, images);
  }

  async #put(
    token: string,
    bytes: Buffer,
  ): Promise<{ readonly image: string; readonly facts: PictureFacts }> {
    const facts = readPicture(bytes);
    const image = `${newId()}.${PICTURE_ENDINGS[facts.contentType]}`;
    await this.#store.put(objectKey(imageKey(token, image)), bytes, { contentType: facts.contentType });
    return { image, facts };
  }

  async #delete(token: string, images: readonly string[]): Promise<void> {
    for (const image of images) {
      const key = imageKey(token, image);
      await this.#store.delete(objectKey(key)).catch((error: unknown) => this.#onLeftover(key, error));
    }
  }
}
