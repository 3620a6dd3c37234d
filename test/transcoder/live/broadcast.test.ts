import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Broadcast, type BroadcastInput, type PlaylistQuery } from 'yuanjiao/live';

import { initCut, SteadyCuts, writeAll } from '../../support/live-cuts.ts';
import { judge } from '../../support/playlist-judge.ts';
import { until } from '../../support/until.ts';

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

  async function onAir(parts: number): Promise<{ input: BroadcastInput; cuts: SteadyCuts }> {
    const cuts = new SteadyCuts('a');
    const input = broadcast.begin('source');
    await writeAll(input, [initCut(), ...cuts.parts(parts)]);
    return { input, cuts };
  }

  const addressesIn = (text: string): readonly string[] => text.match(/^s\d+\.m4s$/gm) ?? [];

  it('writes a playlist that says what hls-parser reads back', async () => {
    await onAir(4 * 10 + 3);
    const { list } = judge(await textOf('source'));
    expect(list.version).to.equal(9);
    expect(list.targetDuration).to.equal(2);
    expect(list.partTargetDuration).to.equal(0.52);
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

  it('answers at once what it has, and a part when it comes', async () => {
    const { input, cuts } = await onAir(9);
    for (const query of [{ number: 0 }, { number: 1 }, { number: 1, part: 3 }, { number: 2, part: 0 }]) {
      expect(await textOf('source', query)).to.include('p2.0.m4s');
    }
    const whole = textOf('source', { number: 2 });
    const part = textOf('source', { number: 2, part: 1 });
    // Segment 1 has four parts: a fifth is the first of segment 2.
    expect(await textOf('source', { number: 1, part: 4 })).to.include('p2.0.m4s');
    await input.write(cuts.part());
    expect(await part).to.include('"p2.1.m4s"\n#EXT-X-PRELOAD-HINT');
    await input.write(cuts.part());
    expect(broadcast.waiting).to.equal(1);
    await input.write(cuts.part());
    expect(addressesIn(await whole).at(-1)).to.equal('s2.m4s');
    expect(broadcast.waiting).to.equal(0);
  });

  it('takes a part behind the last of a segment that closes early for the first of the next', async () => {
    const { input } = await onAir(6);
    const asked = textOf('source', { number: 1, part: 2 });
    await input.write(new SteadyCuts('b', { startsAtMs: 3000 }).part());
    expect(await asked)
      .to.include('s1.m4s')
      .and.to.include('p2.0.m4s');
  });

  it('refuses what is far ahead, before anybody waits for it', async () => {
    await onAir(10);
    for (const query of [{ number: 5 }, { number: 1e9 }, { number: 2, part: 8 }]) {
      expect(await broadcast.playlist('source', 'live', query)).to.deep.equal({ kind: 'too-far-ahead' });
    }
    expect(broadcast.waiting).to.equal(0);
    expect(await broadcast.playlist('720p', 'live')).to.deep.equal({ kind: 'unknown' });
  });

  it('gives a thousand who wait for one part the same text, made once', async () => {
    const { input, cuts } = await onAir(9);
    const asked = Array.from({ length: 1000 }, () =>
      broadcast.playlist('source', 'live', { number: 2, part: 1 }),
    );
    await until('all are parked', () => broadcast.waiting === 1000);
    await input.write(cuts.part());
    const answers = await Promise.all(asked);
    expect(
      new Set(answers.map((answer) => (answer.kind === 'text' ? answer.text : answer.kind))).size,
    ).to.equal(1);
    expect(answers.every((answer) => answer.kind === 'text' && answer.isAsked)).to.equal(true);
    expect(broadcast.waiting).to.equal(0);
  });

  it('forgets who leaves', async () => {
    await onAir(9);
    const leaving = new AbortController();
    const asked = broadcast.playlist('source', 'live', { number: 3 }, leaving.signal);
    const failed = asked.then(
      () => 'answered',
      (error: Error) => error.name,
    );
    await until('it is parked', () => broadcast.waiting === 1);
    leaving.abort();
    expect(await failed).to.equal('AbortError');
    expect(broadcast.waiting).to.equal(0);
  });

  it('lets who waits see the interruption at once, and who asks later wait a moment for the comeback', async () => {
    const { input } = await onAir(10);
    const parked = broadcast.playlist('source', 'live', { number: 2, part: 2 });
    await broadcast.interrupt();
    const answer = await parked;
    expect(answer.kind).to.equal('text');
    if (answer.kind !== 'text') return;
    expect(answer.text.text).to.match(/s2\.m4s\n#EXT-X-DISCONTINUITY\n$/);
    expect(answer.isAsked, 'it is not the answer for good').to.equal(false);
    expect(await broadcast.playlist('source', 'live', { number: 3, part: 0 })).to.deep.equal({
      kind: 'not-in-time',
    });

    const back = textOf('source', { number: 3, part: 0 });
    await until('it is parked', () => broadcast.waiting === 1);
    await input.write(new SteadyCuts('old', { startsAtMs: 5000 }).part());
    expect(broadcast.waiting, 'an input from before the interruption counts no more').to.equal(1);
    await writeAll(broadcast.begin('source'), [initCut(), new SteadyCuts('b', { startsAtMs: 7000 }).part()]);
    expect(await back).to.match(/s2\.m4s\n#EXT-X-DISCONTINUITY\n[^]*"p3\.0\.m4s"/);
  });

  it('puts a discontinuity between two inputs, and repeats the map only where it must', async () => {
    const { input } = await onAir(8);
    await input.write({ kind: 'end' });
    await writeAll(input, [initCut('other'), ...new SteadyCuts('b', { startsAtMs: 4000 }).parts(8)]);
    await writeAll(broadcast.begin('source'), [
      initCut('other'),
      ...new SteadyCuts('c', { startsAtMs: 9000 }).parts(5),
    ]);
    const text = await textOf('source');
    const order = text.match(/^(?:s\d.*|#EXT-X-DISCONTINUITY|#EXT-X-MAP.*)$/gm);
    expect(order).to.deep.equal([
      '#EXT-X-MAP:URI="i0.mp4"',
      's0.m4s',
      's1.m4s',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-MAP:URI="i1.mp4"',
      's2.m4s',
      's3.m4s',
      '#EXT-X-DISCONTINUITY',
      's4.m4s',
    ]);
  });

  it('numbers lower renditions as the source, whatever they miss', async () => {
    const { input, cuts } = await onAir(8);
    const lower = broadcast.begin('360p', { bandwidth: 400_000 });
    const small = new SteadyCuts('small', { startsAtMs: 2000 });
    await writeAll(lower, [initCut('small'), ...small.parts(4)]);
    await writeAll(input, cuts.parts(9));
    small.parts(4);
    await writeAll(lower, small.parts(5));
    const { list } = judge(await textOf('360p'));
    expect(
      list.segments.map(({ uri, mediaSequenceNumber, gap }) => [uri, mediaSequenceNumber, gap]),
    ).to.deep.equal([
      ['s1.m4s', 1, undefined],
      ['s2.m4s', 2, true],
      ['s3.m4s', 3, undefined],
      ['', 4, undefined],
    ]);
    expect(await textOf('source')).to.include(
      '#EXT-X-RENDITION-REPORT:URI="../360p/index.m3u8",LAST-MSN=4,LAST-PART=0',
    );
    expect(broadcast.multivariant('live')?.text).to.match(
      /BANDWIDTH=\d+[^]*source\/index\.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=400000,[^\n]*\n360p\/index\.m3u8\n$/,
    );
    expect(broadcast.multivariant('dvr')?.text).to.include('360p/dvr.m3u8');

    await broadcast.interrupt();
    expect(await textOf('360p')).to.match(/s4\.m4s\n[^]*#EXT-X-DISCONTINUITY\n/);
    expect(judge(await textOf('360p')).segments.at(-1)).to.deep.include(
      judge(await textOf('source')).segments.at(-1),
    );
  });

  it('sends players away from a dropped rendition, and keeps what was recorded of it', async () => {
    const { input, cuts } = await onAir(8);
    const lower = broadcast.begin('360p');
    await writeAll(lower, [initCut(), ...new SteadyCuts('small').parts(6)]);
    const parked = broadcast.playlist('360p', 'live', { number: 1, part: 2 });
    broadcast.drop('360p');
    expect(await parked).to.deep.equal({ kind: 'unknown' });
    expect(broadcast.multivariant('live')?.text).to.not.include('360p');
    await lower.write(new SteadyCuts('small', { startsAtMs: 4000 }).part());
    await input.write(cuts.part());
    expect(() => broadcast.begin('360p')).to.throw(RangeError, 'dropped');
    const { renditions } = await broadcast.end();
    expect(
      renditions.map(({ name, durationMs, isComplete }) => [name, durationMs, isComplete]),
    ).to.deep.equal([
      ['source', 4500, true],
      ['360p', 3000, false],
    ]);
  });

  it('tells players what the encoder really does, when it keeps to nothing', async () => {
    const input = broadcast.begin('source');
    const slow = new SteadyCuts('slow', { partsASegment: 7, partMs: 1000 });
    await writeAll(input, [initCut(), ...slow.parts(15)]);
    const { list } = judge(await textOf('source'));
    expect(list.targetDuration).to.equal(7);
    expect(list.partTargetDuration).to.equal(1);
  });

  it('waits with its first playlist for a whole segment', async () => {
    expect(broadcast.multivariant('live')).to.equal(undefined);
    const input = broadcast.begin('source');
    const asked = textOf('source');
    const cuts = new SteadyCuts('a');
    await writeAll(input, [initCut(), ...cuts.parts(3)]);
    expect(broadcast.isPlayable).to.equal(false);
    await input.write(cuts.part());
    expect(broadcast.isPlayable).to.equal(true);
    expect(addressesIn(await asked)).to.deep.equal(['s0.m4s']);
    expect(broadcast.multivariant('live')?.text).to.include(
      'CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720',
    );
  });

  it('hands out the part it hints at when it comes, and nothing when the segment ends without it', async () => {
    const { input, cuts } = await onAir(6);
    const textOfPart = async (name: string): Promise<string | undefined> => {
      const media = await broadcast.media('source', name);
      return media?.kind === 'memory' ? String(Buffer.concat(media.pieces)) : undefined;
    };
    const hinted = textOfPart('p1.2.m4s');
    expect(await textOfPart('p1.3.m4s'), 'not hinted at').to.equal(undefined);
    expect(await textOfPart('s1.m4s'), 'still growing').to.equal(undefined);
    await input.write(cuts.part());
    expect(await hinted).to.equal('a 3000;');
    const missing = textOfPart('p1.3.m4s');
    await input.write(new SteadyCuts('b', { startsAtMs: 3500 }).part());
    expect(await missing).to.equal(undefined);
    expect(await textOfPart('s1.m4s')).to.equal('a 2000;a 2500;a 3000;');
  });

  it('keeps the bytes of the window in memory and reads older ones from the disk', async () => {
    await onAir(4 * 30);
    const newest = await broadcast.media('source', 's28.m4s');
    const oldest = await broadcast.media('source', 's0.m4s');
    expect(newest?.kind).to.equal('memory');
    expect(oldest).to.deep.include({ kind: 'disk', path: join(folder, 'source', 's0.m4s'), offset: 0 });
    expect(await broadcast.media('source', 'p3.1.m4s')).to.deep.include({ kind: 'disk', offset: 7 });
    for (const name of ['s99.m4s', 'p0.9.m4s', 'i7.mp4', 'journal', '../numbers', 's0.mp4']) {
      expect(await broadcast.media('source', name), name).to.equal(undefined);
    }
  });

  it('ends every playlist', async () => {
    const { input, cuts } = await onAir(6);
    const parked = textOf('source', { number: 1, part: 3 });
    const recorded = await broadcast.end();
    expect(await parked).to.match(/#EXT-X-ENDLIST\n$/);
    expect(judge(await textOf('source')).list.endlist).to.equal(true);
    const dvr = await broadcast.playlist('source', 'dvr');
    expect(dvr.kind === 'text' && judge(dvr.text.text).list).to.deep.include({
      endlist: true,
      playlistType: 'VOD',
    });
    await input.write(cuts.part());
    expect(recorded.durationMs).to.equal(3000);
    expect(recorded.endedAtMs).to.equal(Date.parse('2026-11-25T06:30:03Z'));
    expect(broadcast.recording()).to.deep.equal(recorded);
  });
});
