import { utcSecond } from './courseware-words.ts';
import { OAI_DC_FORM } from './dublin-core.ts';
import { LOM_FORM } from './learning-object.ts';
import { oaiIdentifier } from './oai-identifier.ts';
import type { MetadataPrefix, OaiFault, OaiVerb } from './oai-request.ts';
import { setSpecOf, type OaiSet } from './oai-sets.ts';
import { SITE_NAME, type PublicSite } from './public-site.ts';
import { xmlDocument, type XmlElement } from './xml.ts';

/** One record of a list: what is said of it, or that it is gone. */
export interface OaiRecord {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly datestamp: number;
  readonly sets: readonly OaiSet[];
  /** Undefined for what is gone. */
  readonly metadata: XmlElement | undefined;
}

/** A part of a list, as it is written. */
export interface OaiPage {
  readonly records: readonly OaiRecord[];
  /** What continues the list, and how far it has come; undefined for a list of one part. */
  readonly continuation:
    | {
        /** Undefined on the last part. */
        readonly token: string | undefined;
        readonly cursor: number;
        readonly size: number;
      }
    | undefined;
}

/** What a request was, and when and where it is answered. */
export interface OaiEnvelope {
  readonly site: PublicSite;
  /** Epoch milliseconds: up to here the answer is complete. */
  readonly answeredAt: number;
  /** The arguments, repeated in the answer unless they were wrong. */
  readonly asked: URLSearchParams;
}

const OAI = 'http://www.openarchives.org/OAI/2.0/';

const FORMS: Readonly<Record<MetadataPrefix, { readonly namespace: string; readonly schema: string }>> = {
  oai_dc: OAI_DC_FORM,
  oai_lom: LOM_FORM,
};

function document({ site, answeredAt, asked }: OaiEnvelope, body: XmlElement, echoes: boolean): string {
  const echoed = echoes && isAddressLike(asked.get('identifier')) ? [...asked] : [];
  return xmlDocument({
    'OAI-PMH': {
      '@_xmlns': OAI,
      '@_xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      '@_xsi:schemaLocation': `${OAI} ${OAI}OAI-PMH.xsd`,
      responseDate: utcSecond(answeredAt),
      request: {
        ...Object.fromEntries(echoed.map(([name, value]) => [`@_${name}`, value])),
        '#text': site.at('/oai'),
      },
      ...body,
    },
  });
}

/** Whether an identifier may be repeated: the schema takes addresses there and nothing else. */
function isAddressLike(identifier: string | null): boolean {
  return identifier === null || /^[A-Za-z][A-Za-z0-9+.-]*:[\w\-.~:/?#@!$&'()*+,;=]+$/.test(identifier);
}

/** The answer to a request that is wrong. */
export function faultAnswer(envelope: OaiEnvelope, faults: readonly OaiFault[]): string {
  const isUnreadable = faults.some(({ code }) => code === 'badVerb' || code === 'badArgument');
  return document(
    envelope,
    { error: faults.map(({ code, message }) => ({ '@_code': code, '#text': message })) },
    !isUnreadable,
  );
}

/** `Identify`: who we are. */
export function identifyAnswer(envelope: OaiEnvelope, earliest: number): string {
  const { site } = envelope;
  const { domain } = site;
  return document(
    envelope,
    {
      Identify: {
        repositoryName: SITE_NAME,
        baseURL: site.at('/oai'),
        protocolVersion: '2.0',
        adminEmail: site.contact,
        earliestDatestamp: utcSecond(earliest),
        deletedRecord: 'persistent',
        granularity: 'YYYY-MM-DDThh:mm:ssZ',
        compression: 'gzip',
        description: domain === undefined ? undefined : schemeOf(site, domain),
      },
    },
    true,
  );
}

function schemeOf(site: PublicSite, domain: string): XmlElement {
  const namespace = `${OAI}oai-identifier`;
  return {
    'oai-identifier': {
      '@_xmlns': namespace,
      '@_xsi:schemaLocation': `${namespace} ${namespace}.xsd`,
      scheme: 'oai',
      repositoryIdentifier: domain,
      delimiter: ':',
      sampleIdentifier: oaiIdentifier(site, 'a2b3c4d5e6f7'),
    },
  };
}

/** `ListMetadataFormats`: the same for every item. */
export function formatsAnswer(envelope: OaiEnvelope): string {
  const formats = Object.entries(FORMS).map(([metadataPrefix, { schema, namespace }]) => ({
    metadataPrefix,
    schema,
    metadataNamespace: namespace,
  }));
  return document(envelope, { ListMetadataFormats: { metadataFormat: formats } }, true);
}

/** `ListSets`, whole. */
export function setsAnswer(
  envelope: OaiEnvelope,
  sets: readonly { readonly set: OaiSet; readonly name: string }[],
): string {
  const set = sets.map(({ set: given, name }) => ({ setSpec: setSpecOf(given), setName: name }));
  return document(envelope, { ListSets: { set } }, true);
}

/** `GetRecord`. */
export function recordAnswer(envelope: OaiEnvelope, record: OaiRecord): string {
  return document(envelope, { GetRecord: { record: recordElement(envelope.site, record) } }, true);
}

/** A part of `ListRecords` or `ListIdentifiers`; it has at least one record. */
export function listAnswer(
  envelope: OaiEnvelope,
  verb: OaiVerb & `List${'Identifiers' | 'Records'}`,
  { records, continuation }: OaiPage,
): string {
  const { site } = envelope;
  const part =
    verb === 'ListRecords'
      ? { record: records.map((record) => recordElement(site, record)) }
      : { header: records.map((record) => headerElement(site, record)) };
  const resumptionToken =
    continuation === undefined
      ? undefined
      : {
          '@_completeListSize': continuation.size,
          '@_cursor': continuation.cursor,
          '#text': continuation.token ?? '',
        };
  return document(envelope, { [verb]: { ...part, resumptionToken } }, true);
}

function recordElement(site: PublicSite, record: OaiRecord): XmlElement {
  return { header: headerElement(site, record), metadata: record.metadata };
}

function headerElement(site: PublicSite, { id, datestamp, sets, metadata }: OaiRecord): XmlElement {
  return {
    ...(metadata === undefined && { '@_status': 'deleted' }),
    identifier: oaiIdentifier(site, id),
    datestamp: utcSecond(datestamp),
    setSpec: sets.map(setSpecOf),
  };
}
