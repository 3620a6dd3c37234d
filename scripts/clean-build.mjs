// A deleted source would leave its compiled file, and a deleted test would go on running, so every build starts
// from nothing.
import { rmSync } from 'node:fs';

rmSync(new URL('../build', import.meta.url), { recursive: true, force: true });
