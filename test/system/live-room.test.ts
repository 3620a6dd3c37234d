import { expect } from 'chai';
import { loadConfig, openFoundation, type Foundation } from 'yuanjiao/server';

import { testFolder, type TestFolder } from '../support/media.ts';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';

const HALLS = 300;

describe('The attendance of a live class', function attendance() {
  this.timeout(180_000);
  let folder: TestFolder;
  let server: ServerProcess | undefined;
  let foundation: Foundation | undefined;

  before(async () => {
    folder = await testFolder();
  });
  after(async () => {
    await server?.end('SIGKILL');
    await foundation?.close();
    await folder.remove();
  });

  it('has every beat that was acknowledged before the server was killed in the middle of them', async () => {
    const env = { YUANJIAO_DATA_DIR: folder.join('data') };
    server = await startServerProcess(env);
    const config = loadConfig({ env, cwd: folder.path });
    foundation = await openFoundation(config);
    const { token } = await foundation.accounts.createToken('test');
    const now = Date.now();
    const { id } = await foundation.classes.create({
      title: '断电',
      plannedStart: new Date(now - 60_000).toISOString(),
      plannedEnd: new Date(now + 3_600_000).toISOString(),
      state: 'scheduled',
    });
    await foundation.classes.move(id, 'announced');
    await foundation.classes.noteOnAir(id, { fromMs: now - 60_000, untilMs: now });

    const body = JSON.stringify({ played: [{ from: now - 25_000, to: now - 5000 }] });
    const beat = async (base: string, hall: number): Promise<void> => {
      const reply = await fetch(`${base}/api/v1/live-classes/${id}/presence`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Cookie: `yj-viewer=${String(hall).padStart(22, 'x')}`,
        },
        body,
      });
      if (reply.status !== 200) throw new Error(`${reply.status}: ${await reply.text()}`);
      await reply.json();
    };
    const { base } = server;
    let acknowledged = 0;
    let next = 0;
    let killing: Promise<unknown> | undefined;
    // Twenty at a time, so that some are written, some wait and some have not come when it is killed.
    const tellAll = async (): Promise<void> => {
      while (next < HALLS) {
        await beat(base, next++);
        acknowledged += 1;
        if (acknowledged === HALLS / 6) killing = server?.end('SIGKILL');
      }
    };
    await Promise.allSettled(Array.from({ length: 20 }, tellAll));
    await killing;
    expect(acknowledged).to.be.within(HALLS / 6, HALLS - 1);

    server = await startServerProcess(env);
    const reply = await fetch(`${server.base}/api/v1/live-classes/${id}/attendance?limit=1000`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const { items } = (await reply.json()) as { readonly items: readonly { watchedSeconds: number }[] };
    expect(items.length).to.be.at.least(acknowledged);
    expect(new Set(items.map(({ watchedSeconds }) => watchedSeconds))).to.deep.equal(new Set([20]));
    // What was not acknowledged is told again, and what was may be.
    const { base: again } = server;
    await Promise.all(Array.from({ length: HALLS }, (_, hall) => beat(again, hall)));
    const after = await fetch(`${again}/api/v1/live-classes/${id}/attendance?limit=1000`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const all = ((await after.json()) as { items: { watchedSeconds: number }[] }).items;
    expect(all).to.have.length(HALLS);
    expect(new Set(all.map(({ watchedSeconds }) => watchedSeconds))).to.deep.equal(new Set([20]));
  });
});
