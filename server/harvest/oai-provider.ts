import { dublinCoreOf } from './dublin-core.ts';
import { learningObjectOf } from './learning-object.ts';
import {
  faultAnswer,
  formatsAnswer,
  identifyAnswer,
  listAnswer,
  recordAnswer,
  setsAnswer,
  type OaiEnvelope,
  type OaiRecord,
} from './oai-answer.ts';
import { idOfIdentifier } from './oai-identifier.ts';
import {
  listArguments,
  parseOaiRequest,
  type MetadataPrefix,
  type OaiFault,
  type OaiRequest,
} from './oai-request.ts';
import type { PublicSite } from './public-site.ts';
import type { HarvestRecord, RecordList } from './record-list.ts';
import { writeToken } from './resumption-token.ts';

/** Records in one part of a list. */
const PART = 100;

const FORMS = { oai_dc: dublinCoreOf, oai_lom: learningObjectOf } as const;

type ListRequest = Extract<OaiRequest, { readonly verb: 'ListIdentifiers' | 'ListRecords' }>;

/**
 * A data provider of OAI-PMH 2.0 over the published items: what is withdrawn or removed stays as a deleted record for good,
 * and comes back to life when it is published again.
 *
 * Its `responseDate` is not the time of day but the moment up to which the answer is complete, at most as old as the longest
 * transaction that is still open: a harvester that comes back with `from` at that date misses nothing.
 */
export class OaiProvider {
  readonly #records: RecordList;
  readonly #partSize: number;

  constructor(records: RecordList, options: { readonly partSize?: number } = {}) {
    this.#records = records;
    this.#partSize = options.partSize ?? PART;
  }

  /**
   * Answers a request with a document; also what is wrong with it is one (3.6).
   *
   * @throws {DatabaseError}
   */
  async answer(asked: URLSearchParams, site: PublicSite): Promise<string> {
    const envelope: OaiEnvelope = { site, asked, answeredAt: Date.now() };
    const request = parseOaiRequest(asked);
    if (isFaulty(request)) return faultAnswer(envelope, request);
    switch (request.verb) {
      case 'Identify':
        return identifyAnswer(envelope, (await this.#records.earliest()) ?? envelope.answeredAt);
      case 'ListSets':
        return setsAnswer(envelope, await this.#records.sets());
      case 'ListMetadataFormats':
        return request.identifier === undefined || (await this.#find(request.identifier, site)) !== undefined
          ? formatsAnswer(envelope)
          : faultAnswer(envelope, [unknownIdentifier(request.identifier)]);
      case 'GetRecord': {
        const record = await this.#find(request.identifier, site);
        return record === undefined
          ? faultAnswer(envelope, [unknownIdentifier(request.identifier)])
          : recordAnswer(envelope, oaiRecord(record, request.prefix, site));
      }
      case 'ListIdentifiers':
      case 'ListRecords':
        return this.#list(request, envelope);
    }
  }

  async #find(identifier: string, site: PublicSite): Promise<HarvestRecord | undefined> {
    const id = idOfIdentifier(site, identifier);
    return id === undefined ? undefined : this.#records.find(id);
  }

  async #list({ verb, selection, position }: ListRequest, envelope: OaiEnvelope): Promise<string> {
    const { site } = envelope;
    const part = await this.#records.part(selection, position, this.#partSize);
    const answered = { ...envelope, answeredAt: part.horizon };
    if (part.records.length === 0) {
      return faultAnswer(answered, [{ code: 'noRecordsMatch', message: 'No record fits these arguments.' }]);
    }
    const records = part.records.map((record) => oaiRecord(record, selection.prefix, site));
    if (position === undefined && part.next === undefined) {
      return listAnswer(answered, verb, { records, continuation: undefined });
    }
    const cursor = position?.delivered ?? 0;
    const delivered = cursor + records.length;
    // What was added meanwhile makes the list longer than it was promised to be.
    const promised = position?.size ?? (await this.#records.count(selection));
    const size = Math.max(promised, delivered + (part.next === undefined ? 0 : 1));
    const token =
      part.next === undefined
        ? undefined
        : writeToken({
            verb,
            asked: position?.asked ?? listArguments(envelope.asked),
            ...part.next,
            delivered,
            size,
          });
    return listAnswer(answered, verb, { records, continuation: { token, cursor, size } });
  }
}

function isFaulty(request: OaiRequest | readonly OaiFault[]): request is readonly OaiFault[] {
  return Array.isArray(request);
}

const unknownIdentifier = (identifier: string): OaiFault => ({
  code: 'idDoesNotExist',
  message: `There is no record "${identifier}" here, and there never was.`,
});

function oaiRecord(
  { id, datestamp, sets, item }: HarvestRecord,
  prefix: MetadataPrefix,
  site: PublicSite,
): OaiRecord {
  return { id, datestamp, sets, metadata: item === undefined ? undefined : FORMS[prefix](item, site) };
}
