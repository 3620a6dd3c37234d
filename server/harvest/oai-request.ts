import { parseSetSpec, type OaiSet } from './oai-sets.ts';
import { readToken, type ListPosition } from './resumption-token.ts';

/** What is wrong with a request, in the protocol's words (OAI-PMH 2.0, 3.6). Sets exist and every item has every format,
 * so `noSetHierarchy` and `noMetadataFormats` cannot happen. */
export interface OaiFault {
  readonly code:
    | 'badArgument'
    | 'badResumptionToken'
    | 'badVerb'
    | 'cannotDisseminateFormat'
    | 'idDoesNotExist'
    | 'noRecordsMatch';
  readonly message: string;
}

/** The forms that records come in. */
export const METADATA_PREFIXES = ['oai_dc', 'oai_lom'] as const;
/** One of {@link METADATA_PREFIXES}. */
export type MetadataPrefix = (typeof METADATA_PREFIXES)[number];

/** Which records a list has. */
export interface OaiSelection {
  readonly prefix: MetadataPrefix;
  readonly set: OaiSet | undefined;
  /** Epoch milliseconds; inclusive. */
  readonly from: number | undefined;
  /** Epoch milliseconds; exclusive: the end of the second or day that was named. */
  readonly before: number | undefined;
}

/** A request that can be answered. */
export type OaiRequest =
  | { readonly verb: 'Identify' | 'ListSets' }
  | { readonly verb: 'ListMetadataFormats'; readonly identifier: string | undefined }
  | { readonly verb: 'GetRecord'; readonly identifier: string; readonly prefix: MetadataPrefix }
  | {
      readonly verb: 'ListIdentifiers' | 'ListRecords';
      readonly selection: OaiSelection;
      /** Where the list goes on; undefined for its beginning. */
      readonly position: ListPosition | undefined;
    };

/** One of the six verbs. */
export type OaiVerb = OaiRequest['verb'];

interface Grammar {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** An argument that stands alone. */
  readonly exclusive?: string;
}

const LIST: Grammar = {
  required: ['metadataPrefix'],
  optional: ['from', 'until', 'set'],
  exclusive: 'resumptionToken',
};

const GRAMMARS: Readonly<Record<OaiVerb, Grammar>> = {
  Identify: { required: [], optional: [] },
  ListMetadataFormats: { required: [], optional: ['identifier'] },
  ListSets: { required: [], optional: [], exclusive: 'resumptionToken' },
  GetRecord: { required: ['identifier', 'metadataPrefix'], optional: [] },
  ListIdentifiers: LIST,
  ListRecords: LIST,
};

/**
 * Reads a request; pure.
 *
 * @returns the request, or everything that is wrong with it
 */
export function parseOaiRequest(given: URLSearchParams): OaiRequest | readonly OaiFault[] {
  const verbs = given.getAll('verb');
  const verb = (Object.keys(GRAMMARS) as OaiVerb[]).find((known) => known === verbs[0]);
  if (verb === undefined || verbs.length !== 1) {
    return [
      {
        code: 'badVerb',
        message: `The argument "verb" must be given once and be one of ${Object.keys(GRAMMARS).join(', ')}.`,
      },
    ];
  }
  const faults = grammarFaults(verb, given);
  return faults.length > 0 ? faults : requestOf(verb, given);
}

function grammarFaults(verb: OaiVerb, given: URLSearchParams): readonly OaiFault[] {
  const { required, optional, exclusive } = GRAMMARS[verb];
  const names = [...given.keys()].filter((name) => name !== 'verb');
  const known = new Set([...required, ...optional, ...(exclusive === undefined ? [] : [exclusive])]);
  const faults: string[] = [];
  for (const name of new Set(names)) {
    if (!known.has(name)) faults.push(`${verb} does not take the argument "${name}".`);
    else if (given.getAll(name).length > 1) faults.push(`The argument "${name}" is given more than once.`);
  }
  if (exclusive !== undefined && given.has(exclusive)) {
    if (names.some((name) => name !== exclusive))
      faults.push(`"${exclusive}" must be given without other arguments.`);
  } else {
    for (const name of required) if (!given.has(name)) faults.push(`${verb} needs the argument "${name}".`);
  }
  return faults.map((message) => ({ code: 'badArgument', message }));
}

function requestOf(verb: OaiVerb, given: URLSearchParams): OaiRequest | readonly OaiFault[] {
  switch (verb) {
    case 'Identify':
      return { verb };
    case 'ListSets':
      // The list of sets is given whole, so no token of it exists.
      return given.has('resumptionToken') ? [tokenFault()] : { verb };
    case 'ListMetadataFormats':
      return { verb, identifier: given.get('identifier') ?? undefined };
    case 'GetRecord': {
      const prefix = prefixOf(given.get('metadataPrefix') ?? '');
      return typeof prefix === 'string'
        ? { verb, identifier: given.get('identifier') ?? '', prefix }
        : [prefix];
    }
    case 'ListIdentifiers':
    case 'ListRecords':
      return listRequest(verb, given);
  }
}

function listRequest(
  verb: 'ListIdentifiers' | 'ListRecords',
  given: URLSearchParams,
): OaiRequest | readonly OaiFault[] {
  const token = given.get('resumptionToken');
  if (token !== null) {
    const position = readToken(token);
    if (position === undefined || position.verb !== verb) return [tokenFault()];
    const selection = selectionOf(new URLSearchParams(position.asked));
    return 'prefix' in selection ? { verb, selection, position } : [tokenFault()];
  }
  const selection = selectionOf(given);
  return 'prefix' in selection ? { verb, selection, position: undefined } : selection;
}

/** The arguments that a list's later parts are asked with, as they were given for the first. */
export function listArguments(given: URLSearchParams): string {
  const kept = new URLSearchParams();
  for (const name of ['metadataPrefix', 'set', 'from', 'until']) {
    const value = given.get(name);
    if (value !== null) kept.set(name, value);
  }
  return kept.toString();
}

const tokenFault = (): OaiFault => ({
  code: 'badResumptionToken',
  message: 'This resumption token is none of this list. Begin the list again.',
});

function prefixOf(text: string): MetadataPrefix | OaiFault {
  if (!/^[A-Za-z0-9\-_.!~*'()]+$/.test(text)) {
    return { code: 'badArgument', message: '"metadataPrefix" is not the name of a format.' };
  }
  return (
    METADATA_PREFIXES.find((known) => known === text) ?? {
      code: 'cannotDisseminateFormat',
      message: `Records come as ${METADATA_PREFIXES.join(' and ')}, not as "${text}".`,
    }
  );
}

function selectionOf(given: URLSearchParams): OaiSelection | readonly OaiFault[] {
  const faults: OaiFault[] = [];
  const prefix = prefixOf(given.get('metadataPrefix') ?? '');
  if (typeof prefix !== 'string') faults.push(prefix);
  const from = spanOf(given, 'from', faults);
  const until = spanOf(given, 'until', faults);
  if (from !== undefined && until !== undefined) {
    if (from.isDay !== until.isDay) {
      faults.push({ code: 'badArgument', message: '"from" and "until" must be of the same granularity.' });
    } else if (from.start > until.start) {
      faults.push({ code: 'badArgument', message: '"from" must not be later than "until".' });
    }
  }
  const spec = given.get('set');
  const set = spec === null ? undefined : parseSetSpec(spec);
  if (set === 'malformed')
    faults.push({ code: 'badArgument', message: `"${spec}" is not the name of a set.` });
  if (set === 'unknown') faults.push({ code: 'noRecordsMatch', message: `There is no set "${spec}".` });
  if (faults.length > 0 || typeof prefix !== 'string' || typeof set === 'string') return faults;
  return { prefix, set, from: from?.start, before: until?.end };
}

/** The second or the day that a datestamp names. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly isDay: boolean;
}

function spanOf(given: URLSearchParams, name: string, faults: OaiFault[]): Span | undefined {
  const text = given.get(name);
  if (text === null) return undefined;
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const full = isDay ? `${text}T00:00:00Z` : text;
  const start = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(full) ? Date.parse(full) : Number.NaN;
  // The 30th of February is taken for the 2nd of March by some; the text must come out as it went in.
  if (Number.isNaN(start) || new Date(start).toISOString().slice(0, 19) !== full.slice(0, 19)) {
    faults.push({
      code: 'badArgument',
      message: `"${name}" must be a day such as 2011-12-30 or a second such as 2011-12-30T08:00:00Z in UTC.`,
    });
    return undefined;
  }
  return { start, end: start + (isDay ? 86_400_000 : 1000), isDay };
}
