import { CatalogueError } from '../catalogue/catalogue-error.ts';

/** What is known of a picture from its own header. */
export interface PictureFacts {
  readonly contentType: 'image/jpeg' | 'image/png' | 'image/webp';
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly sizeBytes: number;
}

/** Largest picture of a slide: more does not help a projector and stalls a thin line. */
export const MOST_PICTURE_BYTES = 5 * 1024 * 1024;
const MOST_PIXELS = 8192;

/** How each sort of picture is named in the store. */
export const PICTURE_ENDINGS: Readonly<Record<PictureFacts['contentType'], string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
};

/**
 * Reads the header of a picture that browsers can show, and whether its end is there; pure.
 *
 * @throws {CatalogueError} `invalid-input` for anything else
 */
export function readPicture(bytes: Buffer): PictureFacts {
  const found = readPng(bytes) ?? readJpeg(bytes) ?? readWebp(bytes);
  if (found === undefined) {
    throw new CatalogueError('invalid-input', 'The picture must be a JPEG, PNG or WebP file', {
      field: 'picture',
    });
  }
  if (!found.isWhole) {
    throw new CatalogueError('invalid-input', 'The picture is cut off; export it again', {
      field: 'picture',
    });
  }
  const { contentType, width, height } = found;
  if (width < 1 || height < 1 || width > MOST_PIXELS || height > MOST_PIXELS) {
    throw new CatalogueError(
      'invalid-input',
      `The picture may have ${MOST_PIXELS} pixels a side at most; it has ${width}×${height}`,
      { field: 'picture' },
    );
  }
  return { contentType, width, height, sizeBytes: bytes.length };
}

type Found = Omit<PictureFacts, 'sizeBytes'> & { readonly isWhole: boolean };

/** PNG (ISO 15948, 5.2 and 11.2.2): a signature, `IHDR` first, `IEND` last. */
function readPng(bytes: Buffer): Found | undefined {
  if (bytes.length < 33 || bytes.readBigUInt64BE(0) !== 0x89504e470d0a1a0an) return undefined;
  if (bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  return {
    contentType: 'image/png',
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    isWhole: bytes.indexOf('IEND', bytes.length - 64, 'latin1') >= 0,
  };
}

/** JPEG (ITU-T T.81, B.1 and B.2.2): segments up to the frame header. */
function readJpeg(bytes: Buffer): Found | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    // Frames of every process; C4, C8 and CC are tables and a reserved word.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return {
        contentType: 'image/jpeg',
        width: bytes.readUInt16BE(at + 7),
        height: bytes.readUInt16BE(at + 5),
        isWhole: bytes.lastIndexOf(Buffer.of(0xff, 0xd9)) > at,
      };
    }
    at += 2 + (marker >= 0xd0 && marker <= 0xd9 ? 0 : bytes.readUInt16BE(at + 2));
  }
  return undefined;
}

/** WebP (RFC 9649, 2.4 to 2.7). */
function readWebp(bytes: Buffer): Found | undefined {
  if (bytes.length < 30 || bytes.toString('latin1', 0, 4) !== 'RIFF') return undefined;
  if (bytes.toString('latin1', 8, 12) !== 'WEBP') return undefined;
  const isWhole = bytes.readUInt32LE(4) + 8 <= bytes.length;
  const frame = (width: number, height: number): Found => ({
    contentType: 'image/webp',
    width,
    height,
    isWhole,
  });
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return frame(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return frame((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case 'VP8X':
      return frame(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
    default:
      return undefined;
  }
}
