import { apiPath, callApi } from './api.ts';

let asked: Promise<boolean> | undefined;

/** Whether an administrator is signed in, asked once a page; an unreachable server means no. */
export function isSignedIn(): Promise<boolean> {
  asked ??= callApi<{ readonly kind?: string }>(apiPath('me')).then(
    ({ kind }) => kind === 'admin',
    () => false,
  );
  return asked;
}
