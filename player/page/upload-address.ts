/**
 * An address as seen from another: all that tus-js-client asks of `url-parse`, which the build replaces by this. Every browser we serve
 * can do it by itself, and the page is 2 KB lighter.
 */
// oxlint-disable-next-line import/no-default-export -- the library imports it so
export default class UploadAddress {
  readonly #address: URL;

  /** @param origin may itself be relative to the page */
  constructor(address: string, origin: string) {
    this.#address = new URL(address, new URL(origin, location.href));
  }

  toString(): string {
    return this.#address.href;
  }
}
