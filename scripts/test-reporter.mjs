// mocha's own report, and the counts for test.sh, which a crash must not be able to fake: no file, no success.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

import Mocha from 'mocha';

const COUNTS = '.cache/test-counts';

class TestReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    mkdirSync('.cache', { recursive: true });
    rmSync(COUNTS, { force: true });
    runner.once('end', () => {
      const { passes, failures, pending } = runner.stats;
      writeFileSync(COUNTS, `${passes} ${failures} ${pending}\n`);
    });
  }
}

// mocha loads a reporter by its file's default export.
// oxlint-disable-next-line import/no-default-export
export default TestReporter;
