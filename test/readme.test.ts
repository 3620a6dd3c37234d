import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const TABLES = fileURLToPath(new URL('../scripts/readme-tables.js', import.meta.url));

describe('README.md', () => {
  it('has the settings and the error codes that the code has', () => {
    execFileSync(process.execPath, [TABLES], { stdio: ['ignore', 'ignore', 'pipe'] });
  });
});
