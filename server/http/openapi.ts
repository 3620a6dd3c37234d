import { z } from 'zod';

import { API_GROUPS, groupOf } from './api-groups.ts';
import { IDEMPOTENCY_KEY } from './idempotency-key.ts';
import { PROBLEMS, type ErrorCode } from './problem-kinds.ts';
import type { Route } from './route.ts';
import * as wire from './wire.ts';

type JsonObject = { [name: string]: unknown };

/** What every route may refuse with. */
const ALWAYS: readonly ErrorCode[] = ['internal'];

/** Describes the routes as an OpenAPI 3.1 document, from the same schemas that check their input. */
export function describeApi(routes: readonly Route[], version: string): JsonObject {
  const components = new Map<string, unknown>();
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    if (route.isHidden) continue;
    const path = (paths[route.path] ??= {});
    path[route.method.toLowerCase()] = operation(route, components);
  }
  toSchema(wire.problem, 'output', components);
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Yuanjiao (远教)',
      version,
      description: 'Courseware, its media and its making. Errors are RFC 9457 problems with a `code`.',
    },
    servers: [{ url: '/' }],
    tags: API_GROUPS.map(({ name, description }) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries(components),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token (yj_…).' },
        session: { type: 'apiKey', in: 'cookie', name: 'yuanjiao', description: 'A session after sign-in.' },
      },
    },
    security: [{}, { token: [] }, { session: [] }],
  };
}

function operation(route: Route, components: Map<string, unknown>): JsonObject {
  return {
    operationId: operationId(route),
    tags: [groupOf(route.path)],
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    'x-action': route.action,
    parameters: [
      ...parameters(route.params, 'path', components),
      ...parameters(route.query, 'query', components),
      ...headersOf(route).map(([name, description]) => ({
        name,
        in: 'header',
        description,
        schema: { type: 'string' },
      })),
    ],
    ...(route.body !== undefined && {
      requestBody: {
        required: !route.body.safeParse(undefined).success,
        content: { 'application/json': { schema: toSchema(route.body, 'input', components) } },
      },
    }),
    ...(route.file !== undefined && {
      requestBody: {
        required: true,
        description: route.file.description,
        content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
      },
    }),
    responses: responses(route, components),
  };
}

function headersOf({ headers = {}, isRepeatable }: Route): readonly (readonly [string, string])[] {
  const { name, description } = IDEMPOTENCY_KEY;
  return [...Object.entries(headers), ...(isRepeatable === true ? [[name, description] as const] : [])];
}

function operationId({ method, path }: Route): string {
  const words = path
    .replace(/^\/api\/v1/, '')
    .split(/[/{}.-]+/)
    .filter((word) => word !== '');
  return [method.toLowerCase(), ...words].join('_');
}

function parameters(
  schema: z.ZodType | undefined,
  place: 'path' | 'query',
  components: Map<string, unknown>,
): readonly JsonObject[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>).map(([name, part]) => {
    const described = toSchema(part, 'input', components) as { description?: string };
    const { description, ...rest } = described;
    return {
      name,
      in: place,
      required: place === 'path',
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}

function responses(route: Route, components: Map<string, unknown>): JsonObject {
  const all: JsonObject = {};
  for (const [status, { description, schema, contentType }] of Object.entries(route.replies)) {
    const type = contentType ?? 'application/json';
    all[status] = {
      description,
      ...(schema !== undefined && {
        content: { [type]: { schema: toSchema(schema, 'output', components) } },
      }),
      ...(schema === undefined && contentType !== undefined && { content: { [type]: {} } }),
    };
  }
  for (const [status, codes] of Object.entries(refusals(route))) {
    all[status] ??= {
      description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return all;
}

function refusals(route: Route): Readonly<Record<string, readonly ErrorCode[]>> {
  const isChange = !['GET', 'HEAD', 'OPTIONS'].includes(route.method);
  const codes: readonly ErrorCode[] = [
    ...(route.refuses ?? []),
    ...(route.params || route.query || route.body ? (['invalid-input'] as const) : []),
    ...(route.body ? (['malformed-request', 'body-too-large', 'unsupported-body'] as const) : []),
    ...(route.isRepeatable ? (['key-reused', 'malformed-request'] as const) : []),
    ...(route.file ? (['body-too-large'] as const) : []),
    ...(isChange ? (['cross-site-refused'] as const) : []),
    'unauthenticated',
    'forbidden',
    ...ALWAYS,
  ];
  const byStatus: Record<string, ErrorCode[]> = {};
  for (const code of new Set(codes)) (byStatus[PROBLEMS[code].status] ??= []).push(code);
  return byStatus;
}

/** The JSON schema of a shape; shapes with a name become components. */
function toSchema(schema: z.ZodType, io: 'input' | 'output', components: Map<string, unknown>): JsonObject {
  const made = z.toJSONSchema(schema, { target: 'draft-2020-12', io, reused: 'inline' }) as JsonObject;
  const { $schema: _, $defs, ...rest } = made;
  for (const [name, definition] of Object.entries(($defs as JsonObject | undefined) ?? {})) {
    components.set(name, withComponentRefs(definition));
  }
  const moved = withComponentRefs(rest) as JsonObject;
  const { id, ...plain } = moved;
  if (typeof id !== 'string') return moved;
  components.set(id, plain);
  return { $ref: `#/components/schemas/${id}` };
}

function withComponentRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withComponentRefs);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : withComponentRefs(inner),
    ]),
  );
}
