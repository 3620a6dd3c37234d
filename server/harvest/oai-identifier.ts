import type { PublicSite } from './public-site.ts';

const PLAIN = 'urn:yuanjiao:courseware:';
const ID = /^[a-z0-9-]{1,40}$/;

/**
 * What an item is called in exchange with other libraries; pure. With a domain name it has the `oai` scheme (Guidelines,
 * oai-identifier); a server that has none yet names its items by a URN, because an address of today is nothing to keep.
 */
export function oaiIdentifier({ domain }: Pick<PublicSite, 'domain'>, id: string): string {
  return domain === undefined ? `${PLAIN}${id}` : `oai:${domain}:${id}`;
}

/** The item's id in its identifier; undefined when it is none of ours. Pure. */
export function idOfIdentifier(
  { domain }: Pick<PublicSite, 'domain'>,
  identifier: string,
): string | undefined {
  const prefix = domain === undefined ? PLAIN : `oai:${domain}:`;
  const id = identifier.startsWith(prefix) ? identifier.slice(prefix.length) : '';
  return ID.test(id) ? id : undefined;
}
