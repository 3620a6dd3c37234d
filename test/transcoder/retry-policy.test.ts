import { expect } from 'chai';
import { TranscodeError, type TranscodeErrorCode } from 'yuanjiao/transcoder';

import { nextAttempt } from '../../transcoder/retry-policy.ts';

const failed = (code: TranscodeErrorCode): TranscodeError => new TranscodeError(code, 'It failed.');

describe('What is done about a failed attempt', () => {
  it('gives a file up that takes more computing than it may', () => {
    expect(nextAttempt(failed('probe-overrun'), 0)).to.deep.equal({ kind: 'fail', verdict: 'give-up' });
  });

  it('tries a file again that a busy machine had no time for, and leaves the machine a minute and more', () => {
    expect(nextAttempt(failed('probe-stalled'), 0)).to.deep.equal({
      kind: 'fail',
      verdict: { retryAfterMs: 60_000 },
    });
    expect(nextAttempt(failed('probe-stalled'), 1)).to.deep.equal({
      kind: 'fail',
      verdict: { retryAfterMs: 240_000 },
    });
  });

  it('tries at once again what failed for no such reason', () => {
    expect(nextAttempt(failed('probe-failed'), 0)).to.deep.equal({
      kind: 'fail',
      verdict: { retryAfterMs: 2000 },
    });
  });
});
