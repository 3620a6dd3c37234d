import { Worker } from 'node:worker_threads';

import type { CellValue } from './grid.ts';

/** One sheet to be written. */
export interface SheetPlan {
  readonly name: string;
  readonly columns: readonly {
    /** In characters. */
    readonly width: number;
    /** Words to choose from, in a list that drops down. */
    readonly choices?: readonly string[];
  }[];
  /** The first row is the row of headings; it stays in sight. */
  readonly rows: readonly (readonly (CellValue | undefined)[])[];
  /** Blank rows below whose cells take what is typed as text, so that `3-5` does not become a date. */
  readonly blankRows?: number;
}

/**
 * Writes a workbook on a thread of its own: the writer does not pause, and the server has halls to serve meanwhile. Texts are
 * typed as texts, so none is ever taken for a formula.
 */
export function writeWorkbook(sheets: readonly SheetPlan[], signal?: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./workbook-thread.js', import.meta.url), { workerData: sheets });
    const stop = (): void => void thread.terminate();
    signal?.addEventListener('abort', stop, { once: true });
    thread.once('message', (bytes: Uint8Array) => {
      resolve(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    });
    thread.once('error', reject);
    thread.once('exit', () => {
      signal?.removeEventListener('abort', stop);
      // Without effect where it has sent its result.
      reject(signal?.aborted === true ? (signal.reason as Error) : new Error('The workbook was not written'));
    });
  });
}
