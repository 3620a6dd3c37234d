import type { IncomingMessage } from 'node:http';

import { PublicSite } from '../harvest/public-site.ts';

/** The service's addresses as whoever sent a request can reach them. */
export type SiteOfRequest = (request: Pick<IncomingMessage, 'headers'>) => PublicSite;

const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Absolute addresses begin with the configured one. Where none is set, they begin with the host that was asked: in a house
 * without a name of its own that is how its readers reach it.
 */
export function siteOfRequests(config: {
  readonly publicUrl: string | undefined;
  readonly contactEmail: string | undefined;
}): SiteOfRequest {
  const { publicUrl, contactEmail } = config;
  if (publicUrl !== undefined) {
    const site = new PublicSite(publicUrl, contactEmail);
    return () => site;
  }
  return ({ headers: { host = '' } }) => {
    const origin = `http://${HOST.test(host) ? host : 'localhost'}`;
    return new PublicSite(URL.canParse(origin) ? new URL(origin).origin : 'http://localhost', contactEmail);
  };
}
