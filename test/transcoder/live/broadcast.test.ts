import { expect } from 'chai';
import HLS from 'hls-parser';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Broadcast, type PlaylistQuery } from 'yuanjiao/live';

import { initCut, SteadyCuts, writeAll } from '../../support/live-cuts.ts';

HLS.setOptions({ strictMode: true });

describe('a broadcast', () => {
  let folder: string;
  let broadcast: Broadcast;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yuanjiao-broadcast-'));
    broadcast = await Broadcast.open({ folder, token: 'abcdefgh' });
  });
  afterEach(async () => {
    await broadcast.close();
    await rm(folder, { recursive: true });
  });

  async function textOf(rendition: string, query: PlaylistQuery = {}): Promise<string> {
    const answer = await broadcast.playlist(rendition, 'live', query);
    if (answer.kind !== 'text') throw new Error(`answered ${answer.kind}`);
    return answer.text.text;
  }

  async function parsed(rendition = 'source', query: PlaylistQuery = {}): Promise<HLS.types.MediaPlaylist> {
    return HLS.parse(await textOf(rendition, query)) as HLS.types.MediaPlaylist;
  }

  it('writes a playlist that says what hls-parser reads back', async () => {
    const cuts = new SteadyCuts('a');
    const input = broadcast.begin('source');
    await writeAll(input, [initCut(), ...cuts.parts(4 * 10 + 3)]);
    const list = await parsed();
    expect(list.version).to.equal(9);
    expect(list.targetDuration).to.equal(2);
    expect(list.partTargetDuration).to.equal(0.5);
    expect(list.mediaSequenceBase).to.equal(2);
    expect(list.segments.filter(({ uri }) => uri !== '').map(({ uri }) => uri)).to.deep.equal(
      [2, 3, 4, 5, 6, 7, 8, 9].map((number) => `s${number}.m4s`),
    );
    expect(list.segments[0]?.map?.uri).to.equal('i0.mp4');
    expect(list.segments[0]?.programDateTime?.toISOString()).to.equal('2026-11-25T06:30:04.000Z');
    const open = list.segments.at(-1);
    expect(open?.parts.map(({ uri, hint }) => `${uri}${hint ? ' hint' : ''}`)).to.deep.equal([
      'p10.0.m4s',
      'p10.1.m4s',
      'p10.2.m4s',
      'p10.3.m4s hint',
    ]);
  });
});
