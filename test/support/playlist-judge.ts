import { expect } from 'chai';
import HLS from 'hls-parser';
import { Parser, type ParsedManifest } from 'm3u8-parser';

/** One segment as a player has it in mind. */
export interface SeenSegment {
  readonly number: number;
  /** Undefined for one that grows. */
  readonly uri: string | undefined;
  readonly discontinuity: number;
  readonly map: string | undefined;
}

/** What two independent parsers agree on about one playlist; either of them throws or warns for what is wrong. */
export interface JudgedPlaylist {
  readonly list: HLS.types.MediaPlaylist;
  readonly segments: readonly SeenSegment[];
  readonly lastLine: string;
}

/** Parses a media playlist with hls-parser, strictly, and with m3u8-parser, and compares. */
export function judge(text: string): JudgedPlaylist {
  const list = parseStrictly(text);
  const second = parseWithSecond(text);
  const closed = list.segments.filter(({ uri }) => uri !== '');
  expect(second.segments.map(({ uri }) => uri)).to.deep.equal(closed.map(({ uri }) => uri));
  expect(second.segments.map(({ duration }) => duration)).to.deep.equal(
    closed.map(({ duration }) => duration),
  );
  expect(second.mediaSequence).to.equal(list.mediaSequenceBase ?? 0);
  expect(second.targetDuration).to.equal(list.targetDuration);
  expect(second.endList ?? false).to.equal(list.endlist);
  const lines = text.trimEnd().split('\n');
  return { list, segments: seenSegments(text), lastLine: lines.at(-1) ?? '' };
}

/** The setting is one for the process, in which other tests run too. */
function parseStrictly(text: string): HLS.types.MediaPlaylist {
  HLS.setOptions({ strictMode: true });
  try {
    return HLS.parse(text) as HLS.types.MediaPlaylist;
  } finally {
    HLS.setOptions({ strictMode: false });
  }
}

function parseWithSecond(text: string): ParsedManifest {
  const parser = new Parser();
  const warnings: string[] = [];
  parser.on('warn', ({ message }) => warnings.push(message));
  parser.push(text);
  parser.end();
  expect(warnings).to.deep.equal([]);
  return parser.manifest;
}

/** Counts numbers and discontinuities as hls.js does, the empty segment behind the last one included. */
function seenSegments(text: string): readonly SeenSegment[] {
  const lines = text.trimEnd().split('\n');
  const valueOf = (tag: string): number =>
    Number(lines.find((line) => line.startsWith(`#${tag}:`))?.split(':')[1] ?? 0);
  const skipped = Number(/SKIPPED-SEGMENTS=(\d+)/.exec(text)?.[1] ?? 0);
  const seen: SeenSegment[] = [];
  let number = valueOf('EXT-X-MEDIA-SEQUENCE') + skipped;
  let discontinuity = valueOf('EXT-X-DISCONTINUITY-SEQUENCE');
  let map: string | undefined;
  for (const line of lines) {
    if (line === '#EXT-X-DISCONTINUITY') discontinuity += 1;
    if (line.startsWith('#EXT-X-MAP')) map = /URI="([^"]+)"/.exec(line)?.[1];
    if (!line.startsWith('#')) {
      seen.push({ number, uri: line, discontinuity, map });
      number += 1;
    }
  }
  // A segment to come counts once it has a part.
  const lastAddress = lines.findLastIndex((line) => !line.startsWith('#'));
  if (lines.slice(lastAddress + 1).some((line) => line.startsWith('#EXT-X-PART:')))
    seen.push({ number, uri: undefined, discontinuity, map });
  return seen;
}

/**
 * A player that stays on a playlist and dies of what hls.js dies of: a number with another address, another count of
 * discontinuities for a number (the one that is to come included), numbers that go back.
 */
export class PlaylistFollower {
  readonly #segments = new Map<number, SeenSegment>();
  #first = -1;
  #last = -1;

  /** The addresses seen, by number. */
  get addresses(): ReadonlyMap<number, string> {
    return new Map(
      [...this.#segments].flatMap(([number, { uri }]) => (uri === undefined ? [] : [[number, uri]])),
    );
  }

  get discontinuities(): ReadonlyMap<number, number> {
    return new Map([...this.#segments].map(([number, { discontinuity }]) => [number, discontinuity]));
  }

  follow(text: string): JudgedPlaylist {
    const judged = judge(text);
    const hasParts = text.includes('#EXT-X-PART:');
    if (hasParts) expect(judged.lastLine, 'an address at the end kills hls.js').to.match(/^#/);
    // What a delta update leaves out counts from where the player knows it.
    const [head] = judged.segments;
    const known = head === undefined ? undefined : this.#segments.get(head.number);
    const isDelta = text.includes('#EXT-X-SKIP');
    const offset =
      isDelta && known !== undefined && head !== undefined ? known.discontinuity - head.discontinuity : 0;
    if (isDelta) expect(known, 'a delta update begins with what the player has').to.not.equal(undefined);
    for (const segment of judged.segments) {
      const before = this.#segments.get(segment.number);
      const now = { ...segment, discontinuity: segment.discontinuity + offset };
      if (before !== undefined) {
        expect(now.discontinuity, `discontinuities to ${segment.number}`).to.equal(before.discontinuity);
        if (before.uri !== undefined) expect(now.uri, `address of ${segment.number}`).to.equal(before.uri);
        if (before.uri !== undefined && now.map !== undefined) expect(now.map).to.equal(before.map);
      }
      this.#segments.set(segment.number, { ...now, map: now.map ?? before?.map });
    }
    const first = judged.list.mediaSequenceBase ?? 0;
    const last = judged.segments.at(-1)?.number ?? -1;
    expect(first).to.be.at.least(this.#first);
    expect(last).to.be.at.least(this.#last);
    this.#first = first;
    this.#last = last;
    return judged;
  }
}
