import { z } from 'zod';

import type { Catalogue } from '../catalogue/catalogue.ts';
import { RequestError } from '../errors.ts';
import type { HarvestShelf } from '../harvest/harvest-shelf.ts';
import { describeItem } from '../harvest/item-description.ts';
import type { OaiProvider } from '../harvest/oai-provider.ts';
import { METADATA_FORMATS, type MetadataFormat, type PublicSite } from '../harvest/public-site.ts';
import { robotsText, sitemap, sitemapIndex, SITEMAP_ITEMS } from '../harvest/sitemap.ts';
import type { SiteOfRequest } from './public-origin.ts';
import { aboutCourseware, route, type Route } from './route.ts';
import { sendText } from './text-reply.ts';
import * as wire from './wire.ts';

/** What the routes for other libraries and for search engines need of the rest. */
export interface HarvestRoutesOptions {
  readonly catalogue: Catalogue;
  readonly shelf: HarvestShelf;
  readonly oai: OaiProvider;
  readonly siteOf: SiteOfRequest;
}

const XML = 'application/xml; charset=utf-8';
/** Requests of the protocol are short; the longest part is a token. */
const OAI_BODY_LIMIT = 16_384;

/** What other libraries and search engines read: descriptions, OAI-PMH, the sitemap. */
export function harvestRoutes(options: HarvestRoutesOptions): readonly Route[] {
  return [...metadataRoutes(options), ...oaiRoutes(options), ...sitemapRoutes(options)];
}

const FORMS: Readonly<Record<MetadataFormat, { readonly summary: string; readonly contentType: string }>> = {
  dc: { summary: 'An item’s description in unqualified Dublin Core', contentType: 'application/xml' },
  lom: {
    summary: 'An item’s description as IEEE LOM 1.0, with its CELTS-42 type as a classification',
    contentType: 'application/xml',
  },
  'json-ld': { summary: 'An item’s description in JSON-LD (schema.org)', contentType: 'application/ld+json' },
};

function metadataRoutes({ catalogue, siteOf }: HarvestRoutesOptions): readonly Route[] {
  return METADATA_FORMATS.map((format) => {
    const { summary, contentType } = FORMS[format];
    return route({
      method: 'GET',
      path: `/api/v1/courseware/{id}/metadata/${format}`,
      action: 'courseware.read',
      summary,
      params: wire.idParams,
      subject: async ({ params }) => aboutCourseware(await catalogue.get(params.id)),
      replies: { 200: { description: 'The description.', contentType } },
      refuses: ['not-found'],
      async handle({ params, request, response }) {
        const item = await catalogue.get(params.id);
        const chapters = format === 'json-ld' ? (await catalogue.chapters(item.id)).chapters : [];
        await sendText(request, response, {
          contentType: `${contentType}; charset=utf-8`,
          text: describeItem(format, item, siteOf(request), chapters),
          isPublic: item.publication === 'published',
        });
        return 'sent' as const;
      },
    });
  });
}

function oaiRoutes({ oai, siteOf }: HarvestRoutesOptions): readonly Route[] {
  const summary = 'OAI-PMH 2.0: the published items for harvesters';
  const description =
    'The six verbs, with `oai_dc` and `oai_lom`. What is wrong with a request is told in a document with status 200, as the protocol has it.';
  const replies = { 200: { description: 'The answer.', contentType: 'text/xml' } };
  const contentType = 'text/xml; charset=utf-8';
  return [
    route({
      method: 'GET',
      path: '/oai',
      action: 'catalogue.harvest',
      summary,
      description,
      replies,
      async handle({ request, response }) {
        const text = await oai.answer(argumentsOf(request.url ?? ''), siteOf(request));
        await sendText(request, response, { contentType, text });
        return 'sent' as const;
      },
    }),
    route({
      method: 'POST',
      path: '/oai',
      action: 'catalogue.harvest',
      summary,
      description,
      file: {
        description: 'The arguments as a form (application/x-www-form-urlencoded).',
        limitBytes: OAI_BODY_LIMIT,
      },
      replies,
      refuses: ['body-too-large', 'unsupported-body'],
      async handle({ request, response, bytes }) {
        const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
        if (type !== 'application/x-www-form-urlencoded') {
          throw new RequestError('unsupported-body', 'The body must be application/x-www-form-urlencoded.');
        }
        const text = await oai.answer(new URLSearchParams(bytes.toString()), siteOf(request));
        await sendText(request, response, { contentType, text });
        return 'sent' as const;
      },
    }),
  ];
}

function argumentsOf(url: string): URLSearchParams {
  const query = url.indexOf('?');
  return new URLSearchParams(query < 0 ? '' : url.slice(query + 1));
}

function sitemapRoutes({ shelf, siteOf }: HarvestRoutesOptions): readonly Route[] {
  const partOf = async (part: number, site: PublicSite): Promise<string> => {
    const first = part * SITEMAP_ITEMS + 1;
    return sitemap(await shelf.numbered(first, first + SITEMAP_ITEMS), site);
  };
  return [
    route({
      method: 'GET',
      path: '/sitemap.xml',
      action: 'catalogue.harvest',
      summary: 'The published items for search engines, or the list of the files that have them',
      replies: { 200: { description: 'The sitemap.', contentType: 'application/xml' } },
      async handle({ request, response }) {
        const site = siteOf(request);
        const parts = await shelf.numberedParts(SITEMAP_ITEMS);
        const text =
          parts.length > 1
            ? sitemapIndex(
                parts.map(({ part, changedAt }) => ({ address: site.at(`/sitemap-${part}.xml`), changedAt })),
              )
            : await partOf(parts[0]?.part ?? 0, site);
        await sendText(request, response, { contentType: XML, text });
        return 'sent' as const;
      },
    }),
    route({
      method: 'GET',
      path: '/sitemap-{part}.xml',
      action: 'catalogue.harvest',
      summary: 'A part of the sitemap',
      params: z.strictObject({
        part: z
          .string()
          .regex(/^\d{1,6}$/)
          .describe('As the sitemap of sitemaps has it.'),
      }),
      replies: { 200: { description: 'The part.', contentType: 'application/xml' } },
      refuses: ['no-such-address'],
      async handle({ params, request, response }) {
        const part = Number(params.part);
        if (!(await shelf.numberedParts(SITEMAP_ITEMS)).some((known) => known.part === part)) {
          throw new RequestError('no-such-address', 'There is no such part of the sitemap.');
        }
        await sendText(request, response, { contentType: XML, text: await partOf(part, siteOf(request)) });
        return 'sent' as const;
      },
    }),
    route({
      method: 'GET',
      path: '/robots.txt',
      action: 'catalogue.harvest',
      summary: 'What robots may read',
      replies: { 200: { description: 'The rules.', contentType: 'text/plain' } },
      async handle({ request, response }) {
        const contentType = 'text/plain; charset=utf-8';
        await sendText(request, response, { contentType, text: robotsText(siteOf(request)) });
        return 'sent' as const;
      },
    }),
  ];
}
