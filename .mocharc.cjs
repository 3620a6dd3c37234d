const { existsSync, readdirSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { join } = require('node:path');

const FOLDER = 'build/test';

// Begun first, the longest first: two processes then end at about the same time, and tests that compute run beside tests that wait.
const LONGEST = [
  'transcoder/inputs',
  'player/watch',
  'server/live/on-air-faults',
  'transcoder/transcode',
  'player/live/live-player',
  'player/healing',
  'player/live/live-class',
  'server/live/on-air',
  'system/lecture',
  'server/cli/ingest',
  'system/worker-kill',
  'system/package',
  'storage/minio-store',
  'player/pages',
].map((name) => `${name}.test.js`);

function rank(name) {
  return LONGEST.includes(name) ? LONGEST.indexOf(name) : LONGEST.length;
}

function testFiles() {
  if (!existsSync(FOLDER)) return [];
  const all = readdirSync(FOLDER, { recursive: true }).filter((name) => name.endsWith('.test.js'));
  return all.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b)).map((name) => join(FOLDER, name));
}

module.exports = {
  spec: testFiles(),
  'node-option': ['enable-source-maps'],
  // For what never ends; how fast a machine is, is nothing a test says.
  timeout: 120_000,
  parallel: true,
  // Two more than processors: live classes and players mostly wait for their media.
  jobs: availableParallelism() + 2,
  forbidOnly: true,
};
