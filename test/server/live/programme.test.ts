import { readFile } from 'node:fs/promises';

import { expect } from 'chai';
import { Broadcast, FlvReader, type FlvTag } from 'yuanjiao/live';

import { Programme } from '../../../server/live/on-air/programme.ts';
import { ffmpeg, picture, testFolder, tone, type TestFolder } from '../../support/media.ts';

const SECONDS = 12;
const BEGIN = Date.UTC(2026, 10, 27, 1);

describe('What goes out of a class', function programme() {
  this.timeout(120_000);
  let folder: TestFolder;
  let tags: readonly FlvTag[];
  let broadcast: Broadcast;
  let opened = 0;
  let nowMs: number;
  let begun: { wallMs: number; mediaMs: number }[];
  let ended: { wallMs: number; untilWallMs: number }[];
  let troubles: string[];
  let onAir: Programme;

  before(async () => {
    folder = await testFolder();
    await ffmpeg(
      ...picture('160x90', '25', SECONDS),
      ...tone(SECONDS),
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-bf', '0', '-pix_fmt', 'yuv420p'],
      ...['-c:a', 'aac', '-t', String(SECONDS), folder.join('sent.flv')],
    );
    tags = new FlvReader().push(await readFile(folder.join('sent.flv')));
  });

  beforeEach(async () => {
    opened += 1;
    const token = `programme${opened}`;
    broadcast = await Broadcast.open({ folder: folder.join(token), token });
    nowMs = BEGIN;
    [begun, ended, troubles] = [[], [], []];
    onAir = new Programme({
      now: () => nowMs,
      output: () => broadcast,
      onBegin: (_, input) => begun.push(input),
      onEnd: (_, input) => ended.push(input),
      onTrouble: (what, error) => troubles.push(`${what}: ${String(error)}`),
    });
  });

  afterEach(async () => {
    await onAir.stop();
    await broadcast.close();
    expect(troubles).to.deep.equal([]);
  });

  after(() => folder.remove());

  function connect(role: 'main' | 'backup'): void {
    onAir.add({ id: role, role, address: '192.0.2.1', startedAt: nowMs });
  }

  /** What an encoder sends in a stretch of its own time, which begins now; several at once, in order of time. */
  function send(fromMs: number, untilMs: number, ...sessions: readonly string[]): void {
    const startMs = nowMs;
    const isPart = ({ timestampMs }: FlvTag): boolean => timestampMs >= fromMs && timestampMs < untilMs;
    for (const tag of tags.filter((each) => isPart(each))) {
      nowMs = startMs + tag.timestampMs - fromMs;
      for (const session of sessions) onAir.push(session, tag);
    }
    nowMs = startMs + untilMs - fromMs;
  }

  const dvr = async (): Promise<string> => {
    const { durationMs } = await broadcast.end();
    expect(durationMs).to.equal(broadcast.position.endMs, 'the time line has no gap');
    const answer = await broadcast.playlist('source', 'dvr');
    return answer.kind === 'text' ? answer.text.text : answer.kind;
  };

  it('a line that stalls and then sends everything loses nothing and interrupts nothing', async () => {
    connect('main');
    send(0, 4000, 'main');
    nowMs += 3500;
    send(4000, 8000, 'main');
    onAir.remove('main');
    expect(await dvr()).to.not.include('#EXT-X-DISCONTINUITY\n');
    expect(broadcast.recording().durationMs).to.be.closeTo(8000, 45);
  });

  it('a backup that runs beside it is heard and not sent, and takes over at a key picture', async () => {
    connect('main');
    connect('backup');
    send(0, 3000, 'main', 'backup');
    expect(onAir.onAir?.session.role).to.equal('main');
    send(3000, 4900, 'backup');
    expect(onAir.onAir?.session.role).to.equal('main', 'not before two seconds');
    send(4900, 6500, 'backup');
    expect(onAir.onAir?.session.role).to.equal('backup');
    expect(begun.map(({ mediaMs }) => Math.round(mediaMs / 100))).to.deep.equal([0, 30]);
    send(6500, 9000, 'main', 'backup');
    expect(onAir.onAir?.session.role).to.equal('backup', 'the main one does not take it back');
    onAir.switchTo('main');
    expect(onAir.onAir?.session.role).to.equal('backup', 'not in the middle of a picture');
    send(9000, 10_100, 'main', 'backup');
    expect(onAir.onAir?.session.role).to.equal('main');
    expect(onAir.wish).to.equal(undefined);
    const text = await dvr();
    expect(text.match(/#EXT-X-DISCONTINUITY\n/g)).to.have.length(2);
  });

  it('an encoder that comes back is the next input, right behind the last picture', async () => {
    connect('main');
    send(0, 3000, 'main');
    onAir.remove('main');
    nowMs += 60_000;
    connect('main');
    send(0, 3000, 'main');
    onAir.remove('main');
    const text = await dvr();
    expect(text.match(/#EXT-X-DISCONTINUITY\n/g)).to.have.length(1);
    expect(begun[1]?.mediaMs).to.be.closeTo(3000, 45);
    expect(begun[1]?.wallMs).to.be.closeTo(BEGIN + 63_000, 45);
    expect(ended.map(({ wallMs }) => wallMs)).to.deep.equal(begun.map(({ wallMs }) => wallMs));
  });

  it('what a stranger’s session sends is nowhere', async () => {
    connect('main');
    send(0, 2500, 'main', 'stranger');
    onAir.remove('main');
    send(2500, 6000, 'main', 'stranger');
    await broadcast.end();
    expect(broadcast.recording().durationMs).to.be.closeTo(2500, 45);
  });
});
