import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { expect } from 'chai';

import { isWorkerGone, newWorkerName } from '../../transcoder/worker-name.ts';

describe("a worker's name", () => {
  it('tells whether its process still lives', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const name = newWorkerName(child.pid);
    expect(isWorkerGone(name)).to.equal(false);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    expect(isWorkerGone(name)).to.equal(true);
    expect(isWorkerGone(newWorkerName())).to.equal(false);
  });

  it('does not take another process with the same number for it', () => {
    const name = newWorkerName().replace(/\.\d+@/, '.1@');
    expect(isWorkerGone(name)).to.equal(true);
  });

  it('says nothing about workers of other machines and about names of another kind', () => {
    const elsewhere = newWorkerName().replace(/\.\d+@[0-9a-f]{16}$/, '.1@0123456789abcdef');
    expect(isWorkerGone(elsewhere)).to.equal(false);
    expect(isWorkerGone('hall-7-1234-ab12cd')).to.equal(false);
    expect(newWorkerName()).to.not.equal(newWorkerName());
  });
});
