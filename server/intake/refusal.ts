import { RowRefused } from '../exchange/import-desk.ts';
import type { ErrorCode } from '../http/problem-kinds.ts';
import { problemOf } from '../http/problem.ts';

/** A file that is not taken, for a reason of its own; the message is Chinese and says what to do. */
export class IntakeRefusal extends Error {
  override readonly name = 'IntakeRefusal';
}

/** Failures that lie in the file or in what was written about it: trying again would not help. */
const FAULTS_OF_FILE: ReadonlySet<ErrorCode> = new Set([
  'empty-file',
  'not-media',
  'refused-format',
  'copy-protected',
  'truncated-media',
  'damaged-media',
  'too-large',
  'no-track',
  'too-many-tracks',
  'probe-overrun',
  'captions-unusable',
  'upload-empty',
  'upload-too-large',
  'table-unreadable',
  'table-too-large',
  'invalid-input',
  'unknown-tag',
  'conflict',
]);

/**
 * Why a file is refused, in Chinese; undefined where the failure is none of its own, such as a full disk: then it stays where it
 * is and is tried again.
 */
export function reasonOf(error: unknown): string | undefined {
  if (error instanceof IntakeRefusal || error instanceof RowRefused) return error.message;
  const { code, detail, reason, errors = [] } = problemOf(error);
  if (!FAULTS_OF_FILE.has(code)) return undefined;
  const lines = errors.map(({ path, message }) => `${path}：${message}`);
  return [detail, ...(reason === undefined || reason === detail ? [] : [reason]), ...lines].join('\n');
}
