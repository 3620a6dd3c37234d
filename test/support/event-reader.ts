/** Reads server-sent events off an answer. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor({ body }: Response) {
    if (body === null) throw new Error('the answer has no body');
    this.#reader = body.getReader();
  }

  /** The data of the next event of this name that is as it should be; others are passed over. Waits for as long as the test may take. */
  async next(
    event: string,
    isWanted: (data: Record<string, unknown>) => boolean,
  ): Promise<Record<string, unknown>> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end < 0) {
        const { value, done } = await this.#reader.read();
        if (done) throw new Error(`the stream ended before a wanted ${event}`);
        this.#text += this.#decoder.decode(value, { stream: true });
        continue;
      }
      const [name, data] = this.#text
        .slice(0, end)
        .split('\n')
        .map((line) => /^(?:event|data): (.*)$/.exec(line)?.[1]);
      this.#text = this.#text.slice(end + 2);
      if (name !== event || data === undefined) continue;
      const found = JSON.parse(data) as Record<string, unknown>;
      if (isWanted(found)) return found;
    }
  }

  /** Leaves. */
  close(): Promise<void> {
    return this.#reader.cancel();
  }
}
