import {
  listCategories,
  putCategory,
  removeCategory,
  type Category,
  type CategoryInput,
} from './categories.ts';
import {
  changeUnit,
  listPresenters,
  listUnits,
  removeMaker,
  renamePresenter,
  type Presenter,
  type Unit,
  type UnitFields,
} from './makers.ts';
import { listRegions, type Region, type RegionQuery } from './regions.ts';
import { addTag, changeTag, listTags, removeTag, type Tag, type TagFields } from './tags.ts';
import type { Database } from '../database/transaction.ts';
import type { WordView } from './word-view.ts';

/**
 * The words that items are described with: tags, categories, presenters, units and regions. What changes of a word changes in
 * every item that has it, in the same transaction and with a line in the history of each. Every method may throw a
 * `DatabaseError` too.
 */
export class Vocabulary {
  readonly #database: Database;
  readonly #actor: string;

  constructor(database: Database, options: { readonly actor?: string } = {}) {
    this.#database = database;
    this.#actor = options.actor ?? 'system';
  }

  /** The same, whose changes are recorded as made by `actor`. */
  as(actor: string): Vocabulary {
    return new Vocabulary(this.#database, { actor });
  }

  /** All tags in the order they were added, with the number of items that carry them. */
  tags(view: WordView = {}): Promise<readonly Tag[]> {
    return this.#database.read((statements) => listTags(statements, view));
  }

  /**
   * Adds a tag of 1 to 40 characters, and says about it what is given; one that exists is left as it is but for that.
   *
   * @throws {CatalogueError} `invalid-input`, `conflict` for a word that means another tag
   */
  addTag(name: string, fields: Omit<TagFields, 'name'> = {}): Promise<Tag> {
    return this.#database.write(async (transaction) => {
      await addTag(transaction, name);
      return changeTag(transaction, this.#actor, name, fields);
    });
  }

  /** @throws {CatalogueError} `not-found`, `invalid-input`, `conflict` for a word that means another tag */
  changeTag(name: string, fields: TagFields): Promise<Tag> {
    return this.#database.write((transaction) => changeTag(transaction, this.#actor, name, fields));
  }

  /** @throws {CatalogueError} `not-found`, `conflict` while items carry it */
  removeTag(name: string): Promise<void> {
    return this.#database.write((transaction) => removeTag(transaction, name));
  }

  /** All categories, by rank. */
  categories(view: WordView = {}): Promise<readonly Category[]> {
    return this.#database.read((statements) => listCategories(statements, view));
  }

  /** @throws {CatalogueError} `invalid-input`, also when it would stand under itself */
  putCategory(code: string, input: CategoryInput): Promise<Category> {
    return this.#database.write((transaction) => putCategory(transaction, this.#actor, code, input));
  }

  /** @throws {CatalogueError} `not-found`, `conflict` while items or other categories are under it */
  removeCategory(code: string): Promise<void> {
    return this.#database.write((transaction) => removeCategory(transaction, code));
  }

  /** Everybody who presents, by name; with `onlyPublic` those of published items. */
  presenters(view: WordView = {}): Promise<readonly Presenter[]> {
    return this.#database.read((statements) => listPresenters(statements, view));
  }

  /** @throws {CatalogueError} `not-found`, `invalid-input`, `conflict` when somebody else has the name */
  renamePresenter(id: string, name: string): Promise<Presenter> {
    return this.#database.write((transaction) => renamePresenter(transaction, this.#actor, id, name));
  }

  /** @throws {CatalogueError} `not-found`, `conflict` while items name the presenter */
  removePresenter(id: string): Promise<void> {
    return this.#database.write((transaction) => removeMaker(transaction, 'person', id));
  }

  /** Every unit that makes courseware, by name; with `onlyPublic` those of published items. */
  units(view: WordView = {}): Promise<readonly Unit[]> {
    return this.#database.read((statements) => listUnits(statements, view));
  }

  /** @throws {CatalogueError} `not-found`, `invalid-input`, `conflict` when another one has the name */
  changeUnit(id: string, fields: UnitFields): Promise<Unit> {
    return this.#database.write((transaction) => changeUnit(transaction, this.#actor, id, fields));
  }

  /** @throws {CatalogueError} `not-found`, `conflict` while items name the unit */
  removeUnit(id: string): Promise<void> {
    return this.#database.write((transaction) => removeMaker(transaction, 'unit', id));
  }

  /** @throws {CatalogueError} `not-found`, `invalid-input` */
  regions(query: RegionQuery = {}): Promise<readonly Region[]> {
    return this.#database.read((statements) => listRegions(statements, query));
  }
}
