import { generationId, generationPrefix, type GenerationId } from '../../transcoder/index.ts';

/** What an address under `/v/` asks for. */
export interface DeliveryAddress {
  readonly generation: GenerationId;
  /** Under the generation's prefix: `index.m3u8`, `720p/0003-1.mp4`. */
  readonly name: string;
  /** The object's key; well formed by the shape of an address. */
  readonly key: string;
  readonly contentType: string;
  readonly isPlaylist: boolean;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  m3u8: 'application/vnd.apple.mpegurl',
  mp4: 'video/mp4',
  m4s: 'video/iso.segment',
  jpg: 'image/jpeg',
  vtt: 'text/vtt; charset=utf-8',
  json: 'application/json; charset=utf-8',
  gz: 'application/gzip',
};

/**
 * The only shapes an address may have. Node leaves `..` and `%2f` in a request's path as they came, so an address is
 * matched as a whole and never joined to a folder by hand.
 */
const ADDRESS =
  /^\/v\/([a-z0-9-]{1,64})\/((?:[a-z0-9-]{1,40}\/)?[a-z0-9-]{1,40}\.(m3u8|mp4|m4s|jpg|vtt|json|gz))$/;

/** Reads an address; `undefined` when it is not one that could ever be served. */
export function parseDeliveryAddress(url: string): DeliveryAddress | undefined {
  const query = url.indexOf('?');
  const match = ADDRESS.exec(query < 0 ? url : url.slice(0, query));
  if (match === null) return undefined;
  const [, generation = '', name = '', extension = ''] = match;
  const brand = generationId(generation);
  return {
    generation: brand,
    name,
    key: `${generationPrefix(brand)}/${name}`,
    contentType: CONTENT_TYPES[extension] ?? 'application/octet-stream',
    isPlaylist: extension === 'm3u8',
  };
}
