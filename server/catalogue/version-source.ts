import type { GenerationId } from '../../transcoder/index.ts';
import { CatalogueError } from './catalogue-error.ts';

/** An upload that begins. */
export interface VersionInput {
  readonly uploadId: string;
  /** The file's name as its producer knows it. */
  readonly sourceName: string;
  readonly sourceBytes: number;
  /** Hexadecimal; what the producer promised. */
  readonly sourceSha256?: string;
}

/** An upload whose bytes are all on disk. */
export interface AcceptedSource {
  readonly sourceKey: string;
  readonly sizeBytes: number;
  /** Hexadecimal; what arrived. */
  readonly sha256: string;
  readonly generation: GenerationId;
}

/**
 * What was said of an upload, put into one form.
 *
 * @throws {CatalogueError} `invalid-input`
 */
export function checkedSource(input: VersionInput): VersionInput {
  const { sourceName, sourceBytes, sourceSha256 } = input;
  const isNamed = sourceName.trim() !== '' && sourceName.isWellFormed() && !sourceName.includes('\0');
  if (!isNamed || Array.from(sourceName).length > 255) {
    throw new CatalogueError('invalid-input', 'The file name must have 1 to 255 characters', {
      field: 'sourceName',
    });
  }
  if (!Number.isSafeInteger(sourceBytes) || sourceBytes < 0) {
    throw new CatalogueError(
      'invalid-input',
      `The size must be a whole number of bytes; got ${sourceBytes}`,
      {
        field: 'sourceBytes',
      },
    );
  }
  if (sourceSha256 !== undefined && !/^[0-9a-fA-F]{64}$/.test(sourceSha256)) {
    throw new CatalogueError('invalid-input', 'A SHA-256 digest has 64 hexadecimal digits', {
      field: 'sourceSha256',
    });
  }
  return { ...input, ...(sourceSha256 !== undefined && { sourceSha256: sourceSha256.toLowerCase() }) };
}
