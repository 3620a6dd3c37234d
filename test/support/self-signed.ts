import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Writes a certificate that nobody vouches for, and its key. */
export async function selfSigned(
  keyFile: string,
  certFile: string,
  facts: { readonly name?: string; readonly days?: number } = {},
): Promise<void> {
  const { name = 'live.example.cn', days = 90 } = facts;
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', `/CN=${name}`, '-days', String(days), '-keyout', keyFile, '-out', certFile],
  ]);
}
