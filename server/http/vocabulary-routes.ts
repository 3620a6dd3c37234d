import { z } from 'zod';

import { actorName, type Principal } from '../accounts/access.ts';
import type { Category } from '../catalogue/categories.ts';
import { UNIT_KINDS, type Unit } from '../catalogue/makers.ts';
import type { Region } from '../catalogue/regions.ts';
import type { Tag } from '../catalogue/tags.ts';
import type { Vocabulary } from '../catalogue/vocabulary.ts';
import type { WordView } from '../catalogue/word-view.ts';
import { defined } from './defined.ts';
import { route, type Route } from './route.ts';
import * as wire from './wire.ts';

const word = z.string().min(1).max(40);
const name = z.string().min(1).max(100);
const uses = z.number().int().describe('Items that have it, of those you may see.');

const tag = z
  .object({
    name: z.string(),
    facet: z.string().nullable().describe('The heading it stands under.'),
    aliases: z.array(z.string()).describe('Other words for it.'),
    uses,
  })
  .meta({ id: 'Tag' });
const tagPage = z.object({ items: z.array(tag) }).meta({ id: 'Tags' });
const tagFields = {
  facet: word.nullable().optional(),
  aliases: z.array(word).max(50).optional(),
};
const tagInput = z.strictObject({ name: word, ...tagFields }).meta({ id: 'TagInput' });
const tagPatch = z.strictObject({ name: word.optional(), ...tagFields }).meta({
  id: 'TagPatch',
  description: 'A new name reaches every item; the former one becomes an alias.',
});
const tagParams = z.strictObject({ name: word.describe('Of the tag.') });

const category = z
  .object({
    code: z.string(),
    name: z.string(),
    parent: z.string().nullable().describe('The code of the one it stands under.'),
    rank: z.number().int(),
    uses,
  })
  .meta({ id: 'Category' });
const categoryInput = z
  .strictObject({
    name,
    parent: word.nullable().optional(),
    rank: z.number().int().min(0).max(1_000_000).optional(),
  })
  .meta({ id: 'CategoryInput' });
const codeParams = z.strictObject({ code: word.describe('Of the category.') });

const presenter = wire.named.extend({ uses }).meta({ id: 'Presenter' });
const unit = wire.named
  .extend({ kind: z.enum(UNIT_KINDS).nullable(), region: wire.named.nullable(), uses })
  .meta({ id: 'Unit', description: 'A unit that makes courseware.' });
const unitPatch = z
  .strictObject({
    name: name.optional(),
    kind: z.enum(UNIT_KINDS).nullable().optional(),
    region: word.nullable().optional().describe('The id of a region.'),
  })
  .meta({ id: 'UnitPatch' });

const region = wire.named
  .extend({
    code: z.string(),
    level: z.enum(['city', 'county', 'town', 'village']),
    parentId: z.string().nullable(),
    path: z.string().describe('The ids from the root down to it.'),
    validFrom: wire.day.nullable(),
    validTo: wire.day.nullable(),
    successorId: z.string().nullable(),
    children: z.number().int().describe('How many stand right under it.'),
  })
  .meta({ id: 'Region' });
const regionQuery = z.strictObject({
  at: wire.day.optional().describe('The day whose tree is asked for; today by default.'),
  parent: word.optional().describe('Id or code of the one they stand under; the roots by default.'),
});

/** Whose words somebody may see. */
const viewOf = (principal: Principal): WordView => ({ onlyPublic: principal.kind === 'anonymous' });

const tagOf = (given: Tag): z.infer<typeof tag> => ({
  ...given,
  facet: given.facet ?? null,
  aliases: [...given.aliases],
});
const categoryOf = (given: Category): z.infer<typeof category> => ({
  ...given,
  parent: given.parent ?? null,
});
const unitOf = (given: Unit): z.infer<typeof unit> => ({
  ...given,
  kind: given.kind ?? null,
  region: given.region ?? null,
});
const regionOf = (given: Region): z.infer<typeof region> => ({
  ...given,
  parentId: given.parentId ?? null,
  validFrom: given.validFrom ?? null,
  validTo: given.validTo ?? null,
  successorId: given.successorId ?? null,
});

/** The words that items are described with. */
export function vocabularyRoutes(vocabulary: Vocabulary): readonly Route[] {
  return [
    ...tagRoutes(vocabulary),
    ...categoryRoutes(vocabulary),
    ...makerRoutes(vocabulary),
    route({
      method: 'GET',
      path: '/api/v1/regions',
      action: 'vocabulary.list',
      summary: 'The regions under one, as they were on a day',
      query: regionQuery,
      replies: {
        200: {
          description: 'By code.',
          schema: z.object({ items: z.array(region) }).meta({ id: 'Regions' }),
        },
      },
      refuses: ['not-found'],
      async handle({ query }) {
        return { status: 200, body: { items: (await vocabulary.regions(defined(query))).map(regionOf) } };
      },
    }),
  ];
}

function tagRoutes(vocabulary: Vocabulary): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/tags',
      action: 'tag.list',
      summary: 'List the tags an item may carry',
      replies: { 200: { description: 'All tags.', schema: tagPage } },
      async handle({ principal }) {
        return { status: 200, body: { items: (await vocabulary.tags(viewOf(principal))).map(tagOf) } };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/tags',
      action: 'tag.edit',
      summary: 'Add a tag; one that exists stays as it is but for what is said of it',
      body: tagInput,
      replies: { 204: { description: 'It is there.' } },
      refuses: ['conflict'],
      async handle({ body: { name: wanted, ...fields }, principal }) {
        await vocabulary.as(actorName(principal)).addTag(wanted, defined(fields));
        return { status: 204 };
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/v1/tags/{name}',
      action: 'tag.edit',
      summary: 'Change a tag: its name, its heading, its other words',
      params: tagParams,
      body: tagPatch,
      replies: { 200: { description: 'The tag.', schema: tag } },
      refuses: ['not-found', 'conflict'],
      async handle({ params, body, principal }) {
        const changed = await vocabulary.as(actorName(principal)).changeTag(params.name, defined(body));
        return { status: 200, body: tagOf(changed) };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/tags/{name}',
      action: 'tag.edit',
      summary: 'Remove a tag that no item carries',
      params: tagParams,
      replies: { 204: { description: 'It is gone.' } },
      refuses: ['not-found', 'conflict'],
      async handle({ params }) {
        await vocabulary.removeTag(params.name);
        return { status: 204 };
      },
    }),
  ];
}

function categoryRoutes(vocabulary: Vocabulary): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/categories',
      action: 'vocabulary.list',
      summary: 'The classification of the library',
      replies: {
        200: {
          description: 'All categories, by rank.',
          schema: z.object({ items: z.array(category) }).meta({ id: 'Categories' }),
        },
      },
      async handle({ principal }) {
        return {
          status: 200,
          body: { items: (await vocabulary.categories(viewOf(principal))).map(categoryOf) },
        };
      },
    }),
    route({
      method: 'PUT',
      path: '/api/v1/categories/{code}',
      action: 'vocabulary.edit',
      summary: 'Add a category, or change the one of this code',
      params: codeParams,
      body: categoryInput,
      replies: { 200: { description: 'The category.', schema: category } },
      async handle({ params, body, principal }) {
        const kept = await vocabulary.as(actorName(principal)).putCategory(params.code, {
          ...defined(body),
          name: body.name,
        });
        return { status: 200, body: categoryOf(kept) };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/categories/{code}',
      action: 'vocabulary.edit',
      summary: 'Remove a category that nothing is filed under',
      params: codeParams,
      replies: { 204: { description: 'It is gone.' } },
      refuses: ['not-found', 'conflict'],
      async handle({ params }) {
        await vocabulary.removeCategory(params.code);
        return { status: 204 };
      },
    }),
  ];
}

function makerRoutes(vocabulary: Vocabulary): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/presenters',
      action: 'vocabulary.list',
      summary: 'Everybody who presents lectures',
      replies: {
        200: {
          description: 'By name.',
          schema: z.object({ items: z.array(presenter) }).meta({ id: 'Presenters' }),
        },
      },
      async handle({ principal }) {
        return { status: 200, body: { items: await vocabulary.presenters(viewOf(principal)) } };
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/v1/presenters/{id}',
      action: 'vocabulary.edit',
      summary: 'Give a presenter another name, in every item',
      params: wire.idParams,
      body: z.strictObject({ name }).meta({ id: 'PresenterPatch' }),
      replies: { 200: { description: 'The presenter.', schema: presenter } },
      refuses: ['not-found', 'conflict'],
      async handle({ params, body, principal }) {
        const changed = await vocabulary.as(actorName(principal)).renamePresenter(params.id, body.name);
        return { status: 200, body: changed };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/presenters/{id}',
      action: 'vocabulary.edit',
      summary: 'Remove a presenter that no item names',
      params: wire.idParams,
      replies: { 204: { description: 'It is gone.' } },
      refuses: ['not-found', 'conflict'],
      async handle({ params }) {
        await vocabulary.removePresenter(params.id);
        return { status: 204 };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/units',
      action: 'vocabulary.list',
      summary: 'Every unit that makes courseware',
      replies: {
        200: { description: 'By name.', schema: z.object({ items: z.array(unit) }).meta({ id: 'Units' }) },
      },
      async handle({ principal }) {
        return { status: 200, body: { items: (await vocabulary.units(viewOf(principal))).map(unitOf) } };
      },
    }),
    route({
      method: 'PATCH',
      path: '/api/v1/units/{id}',
      action: 'vocabulary.edit',
      summary: 'Change a unit; a new name reaches every item',
      params: wire.idParams,
      body: unitPatch,
      replies: { 200: { description: 'The unit.', schema: unit } },
      refuses: ['not-found', 'conflict'],
      async handle({ params, body, principal }) {
        const changed = await vocabulary.as(actorName(principal)).changeUnit(params.id, defined(body));
        return { status: 200, body: unitOf(changed) };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/units/{id}',
      action: 'vocabulary.edit',
      summary: 'Remove a unit that no item names',
      params: wire.idParams,
      replies: { 204: { description: 'It is gone.' } },
      refuses: ['not-found', 'conflict'],
      async handle({ params }) {
        await vocabulary.removeUnit(params.id);
        return { status: 204 };
      },
    }),
  ];
}
