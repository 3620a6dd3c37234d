import { z } from 'zod';

import type { Accounts } from '../accounts/accounts.ts';
import { AccountError } from '../accounts/account-error.ts';
import type { Metrics } from '../metrics.ts';
import type { Gate } from './gate.ts';
import { route, type Route } from './route.ts';
import * as wire from './wire.ts';

/** What the routes about who is asking need of the rest. */
export interface AccountRoutesOptions {
  readonly accounts: Accounts;
  readonly gate: Gate;
  readonly metrics: Metrics;
}

/** Signing in and out, and API tokens. */
export function accountRoutes({ accounts, gate, metrics }: AccountRoutesOptions): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/session',
      action: 'session.sign-in',
      summary: 'Sign in; the session is kept in a cookie',
      body: wire.signInInput,
      replies: { 201: { description: 'Signed in.', schema: wire.me } },
      refuses: ['unauthenticated', 'too-many-attempts'],
      async handle({ body, request, response }) {
        try {
          const session = await accounts.signIn(body.password, { address: gate.addressOf(request) });
          gate.setSession(response, session);
        } catch (error) {
          if (error instanceof AccountError) metrics.signInFailures.inc();
          throw error;
        }
        return { status: 201, body: wire.meOf({ kind: 'admin', via: 'session' }) };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/session',
      action: 'session.sign-out',
      summary: 'Sign out',
      replies: { 204: { description: 'Signed out.' } },
      async handle({ request, response }) {
        const session = gate.sessionOf(request);
        if (session !== undefined) await accounts.signOut(session);
        gate.setSession(response, undefined);
        return { status: 204 };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/me',
      action: 'session.see-own',
      summary: 'Who is asking',
      replies: { 200: { description: 'You.', schema: wire.me } },
      handle: ({ principal }) => ({ status: 200, body: wire.meOf(principal) }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/tokens',
      action: 'token.list',
      summary: 'List API tokens',
      replies: { 200: { description: 'Without their secrets.', schema: wire.tokenPage } },
      async handle() {
        const items = (await accounts.tokens()).map(({ lastUsedAt, ...token }) => ({
          ...token,
          ...(lastUsedAt !== undefined && { lastUsedAt }),
        }));
        return { status: 200, body: { items } };
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/tokens',
      action: 'token.create',
      summary: 'Make an API token; its secret is shown this once',
      body: wire.tokenInput,
      replies: { 201: { description: 'The token.', schema: wire.newToken } },
      async handle({ body }) {
        const { id, name, createdAt, token } = await accounts.createToken(body.name);
        return { status: 201, body: { id, name, createdAt, token } };
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/tokens/{id}',
      action: 'token.revoke',
      summary: 'Revoke an API token',
      params: z.strictObject({
        id: z
          .string()
          .regex(/^[0-9a-f]{1,64}$/)
          .describe('Of the token; not its secret.'),
      }),
      replies: { 204: { description: 'It is worth nothing any more.' } },
      refuses: ['not-found'],
      async handle({ params }) {
        await accounts.revokeToken(params.id);
        return { status: 204 };
      },
    }),
  ];
}
