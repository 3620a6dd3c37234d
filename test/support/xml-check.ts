import { join, resolve } from 'node:path';
import { readFileSync } from 'node:fs';

import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';

const SCHEMAS = resolve(import.meta.dirname, '../../../test/support/schemas');

/** Prefixes that paths may use. */
const NAMESPACES = {
  oai: 'http://www.openarchives.org/OAI/2.0/',
  oai_dc: 'http://www.openarchives.org/OAI/2.0/oai_dc/',
  dc: 'http://purl.org/dc/elements/1.1/',
  lom: 'http://ltsc.ieee.org/xsd/LOM',
  atom: 'http://www.w3.org/2005/Atom',
  itunes: 'http://www.itunes.com/dtds/podcast-1.0.dtd',
  sitemap: 'http://www.sitemaps.org/schemas/sitemap/0.9',
  video: 'http://www.google.com/schemas/sitemap-video/1.1',
};

/** A document that was read by a strict parser. */
export interface CheckedXml {
  /** The texts of the nodes or attributes a path (XPath 1.0) leads to, in their order. */
  texts(path: string): readonly string[];
  /** The only one of them. */
  text(path: string): string;
}

let isRegistered = false;
const validators = new Map<string, XsdValidator>();

function validatorOf(schema: string): XsdValidator {
  // Schemas that are imported are read by their paths.
  if (!isRegistered) isRegistered = xmlRegisterFsInputProviders();
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const file = join(SCHEMAS, schema);
  const document = XmlDocument.fromBuffer(readFileSync(file), { url: file });
  const made = XsdValidator.fromDoc(document);
  document.dispose();
  validators.set(schema, made);
  return made;
}

/**
 * Reads a document strictly, and checks it against a schema of `test/support/schemas` where one is named.
 *
 * @throws {Error} what libxml2 says is wrong with it
 */
export function checkXml(text: string, schema?: 'oai-pmh.xsd' | 'oai-dc.xsd' | 'lom.xsd'): CheckedXml {
  const document = XmlDocument.fromString(text);
  if (schema !== undefined) validatorOf(schema).validate(document);
  const texts = (path: string): readonly string[] =>
    document.root.find(path, NAMESPACES).map((node) => node.content);
  return {
    texts,
    text(path) {
      const [only, ...others] = texts(path);
      if (only === undefined || others.length > 0) {
        throw new Error(
          `${path} leads to ${others.length + (only === undefined ? 0 : 1)} places and not to one:\n${text}`,
        );
      }
      return only;
    },
  };
}
