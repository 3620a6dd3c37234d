/** A group of the API's description: what belongs together for who reads it. */
export interface ApiGroup {
  readonly name: string;
  readonly description: string;
  /** Which addresses; an address belongs to the first group that has it. */
  readonly has: RegExp;
}

/** Every group, from the special to the general; {@link groupOf} reads them in this order. */
export const API_GROUPS: readonly ApiGroup[] = [
  {
    name: 'Live room',
    description: 'What viewers of a live class do, and who was there.',
    has: /^\/(api\/v1\/live-classes|live\/class)\/\{id\}\/(presence|questions|receipts|halls|room\.json|invitations|attendance|events)/,
  },
  {
    name: 'Live classes',
    description: 'The timetable, the keys of encoders, what is on the air, slides and marks.',
    has: /^\/(api\/v1\/live-classes|live\/class|feeds\/live\.atom)/,
  },
  {
    name: 'Making',
    description: 'Files that are handed in, and what is made of them.',
    has: /^\/api\/v1\/(uploads|courseware\/\{id\}\/(production|captions|chapters|poster))/,
  },
  {
    name: 'Watching',
    description: 'Media of an item, and what viewers keep, without anybody signing in.',
    has: /^\/api\/v1\/(favourites|lists|courseware\/\{id\}\/(playback|plays|favourite|related|downloads))/,
  },
  {
    name: 'Finding',
    description: 'Search, and the front of the library.',
    has: /^\/api\/v1\/(search|synonyms|portal|courseware\/\{id\}\/moments)/,
  },
  {
    name: 'Other libraries and programs',
    description: 'Metadata, harvesting, feeds, podcasts, playlists, sitemaps.',
    has: /^\/(oai|sitemap|robots|feeds|podcasts|playlists|api\/v1\/courseware\/\{id\}\/metadata)/,
  },
  {
    name: 'Tables',
    description: 'The catalogue as workbooks and CSV, in and out.',
    has: /^\/api\/v1\/(imports|exports)/,
  },
  {
    name: 'Series and topics',
    description: 'What stands together, and in which order.',
    has: /^\/api\/v1\/(series|topics)/,
  },
  {
    name: 'Words of the catalogue',
    description: 'Tags, categories, presenters, units, regions.',
    has: /^\/api\/v1\/(tags|categories|presenters|units|regions)/,
  },
  {
    name: 'Courseware',
    description: 'Items of the catalogue and their publication.',
    has: /^\/api\/v1\/courseware/,
  },
  {
    name: 'Access',
    description: 'Signing in, and tokens for programs.',
    has: /^\/api\/v1\/(session|me|tokens)/,
  },
  {
    name: 'Operation',
    description: 'How the server stands, and this description.',
    has: /^\/(alive|ready|metrics|api\/v1\/openapi\.json)/,
  },
];

/**
 * The group of an address with its parameters in braces.
 *
 * @throws {Error} where no group has it
 */
export function groupOf(path: string): string {
  const group = API_GROUPS.find(({ has }) => has.test(path));
  if (group === undefined) throw new Error(`no group of the API's description has ${path}`);
  return group.name;
}
