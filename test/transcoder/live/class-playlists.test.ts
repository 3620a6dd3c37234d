import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Broadcast, type BroadcastInput, type PartCut } from 'yuanjiao/live';

import { initCut, SteadyCuts } from '../../support/live-cuts.ts';
import { judge, PlaylistFollower } from '../../support/playlist-judge.ts';

/** The same chance in every run. */
function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** A class with a lower rendition that lags, loses segments and restarts; followed by a player on every playlist. */
class BlinkingClass {
  readonly #chance: () => number;
  readonly #options: { readonly folder: string; readonly token: string };
  readonly #followers = new Map<string, PlaylistFollower>();
  #broadcast: Broadcast;
  #cuts = new SteadyCuts('source');
  #source: BroadcastInput | undefined;
  #lower: BroadcastInput | undefined;
  #lagging: PartCut[] = [];
  #inits = 0;
  #steps = 0;
  happened = new Set<string>();

  constructor(broadcast: Broadcast, options: { folder: string; token: string }, chance: () => number) {
    this.#broadcast = broadcast;
    this.#options = options;
    this.#chance = chance;
  }

  get broadcast(): Broadcast {
    return this.#broadcast;
  }

  async step(): Promise<void> {
    const dice = this.#chance();
    if (this.#source === undefined) {
      if (dice < 0.5) await this.#begin();
    } else if (dice < 0.02) {
      await this.#happen('interrupted', () => this.#broadcast.interrupt());
      this.#source = undefined;
    } else if (dice < 0.03) {
      await this.#happen('killed', async () => {
        await this.#broadcast.close();
        this.#broadcast = await Broadcast.open(this.#options);
      });
      this.#source = undefined;
    } else if (dice < 0.05) {
      await this.#happen('taken over', () => this.#begin());
    } else if (dice < 0.07) {
      await this.#happen('changed', async () => {
        await this.#source?.write({ kind: 'end' });
        this.#inits += 1;
        await this.#source?.write(initCut(`init ${this.#inits}`));
        this.#restartCuts();
      });
    } else if (dice < 0.09) {
      await this.#happen('lower restarted', async () => {
        await this.#lower?.write({ kind: 'end' });
        this.#lower = this.#broadcast.begin('360p');
        await this.#lower.write(initCut(`lower ${this.#inits}`));
      });
    } else {
      const part = this.#cuts.part();
      await this.#source.write(part);
      this.#lagging.push({ ...part, bytes: Buffer.from(`lower ${part.decodeTimeMs}`) });
      await this.#catchUp();
    }
    await this.#look();
  }

  async end(): Promise<void> {
    await this.#broadcast.end();
    this.#steps = 9;
    await this.#look();
  }

  /** What the followers of a rendition saw. */
  follower(rendition: string, list: string): PlaylistFollower {
    return this.#followers.get(`${rendition} ${list}`) ?? new PlaylistFollower();
  }

  async #happen(what: string, doing: () => Promise<void>): Promise<void> {
    this.happened.add(what);
    await doing();
  }

  async #begin(): Promise<void> {
    this.#restartCuts();
    this.#source = this.#broadcast.begin('source');
    this.#lower = this.#broadcast.begin('360p');
    if (this.#chance() < 0.5) this.#inits += 1;
    await this.#source.write(initCut(`init ${this.#inits}`));
    await this.#lower.write(initCut(`lower ${this.#inits}`));
  }

  #restartCuts(): void {
    const pausedMs = Math.floor(this.#chance() * 30) * 100;
    this.#cuts = new SteadyCuts('source', {
      startsAtMs: this.#cuts.atMs + pausedMs,
      partsASegment: 3 + Math.floor(this.#chance() * 3),
    });
  }

  async #catchUp(): Promise<void> {
    while (this.#lagging.length > Math.floor(this.#chance() * 8)) {
      const part = this.#lagging.shift();
      const isLost = this.#chance() < 0.05;
      if (part !== undefined && !isLost) await this.#lower?.write(part);
    }
  }

  async #look(): Promise<void> {
    this.#steps += 1;
    for (const rendition of ['source', '360p']) {
      for (const list of this.#steps % 10 === 0 ? (['live', 'dvr'] as const) : (['live'] as const)) {
        const isKnown = this.#broadcast.renditions.includes(rendition);
        for (const skips of [false, true]) {
          if (!isKnown) continue;
          const answer = await this.#broadcast.playlist(rendition, list, { skips });
          if (answer.kind !== 'text') throw new Error(`${rendition} ${list}: ${answer.kind}`);
          const name = `${rendition} ${list}`;
          const follower = this.#followers.get(name) ?? new PlaylistFollower();
          this.#followers.set(name, follower);
          const { list: parsed } = follower.follow(answer.text.text);
          if (!skips && list === 'live') {
            expect(parsed.segments.filter(({ uri }) => uri !== '').length).to.be.at.most(8);
          }
        }
      }
    }
  }
}

describe('the playlists of a class', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yuanjiao-class-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  for (const seed of [1, 2, 3, 4]) {
    it(`keep a player alive through whatever happens (course ${seed})`, async () => {
      const options = { folder, token: 'abcdefgh' };
      const course = new BlinkingClass(await Broadcast.open(options), options, chanceFrom(seed));
      for (let step = 0; step < 300; step += 1) await course.step();
      await course.end();
      expect([...course.happened].length).to.be.at.least(4);

      const source = course.follower('source', 'dvr');
      const lower = course.follower('360p', 'dvr');
      for (const list of ['live', 'dvr']) {
        for (const [number, count] of course.follower('360p', list).discontinuities) {
          const own = source.discontinuities.get(number);
          if (own !== undefined) expect(count, `discontinuities to ${number}`).to.equal(own);
        }
      }
      expect(source.addresses.size).to.be.greaterThan(50);
      expect(lower.addresses.size).to.be.greaterThan(40);
      for (const [number, address] of course.follower('source', 'live').addresses) {
        expect(source.addresses.get(number)).to.equal(address);
      }
      await course.broadcast.close();
    });
  }

  it('are delta updates that add up to the whole', async () => {
    const broadcast = await Broadcast.open({ folder, token: 'abcdefgh' });
    const cuts = new SteadyCuts('a');
    const input = broadcast.begin('source');
    await input.write(initCut());
    for (const part of cuts.parts(200)) await input.write(part);
    for (const list of ['live', 'dvr'] as const) {
      const whole = await broadcast.playlist('source', list);
      const delta = await broadcast.playlist('source', list, { skips: true });
      if (whole.kind !== 'text' || delta.kind !== 'text') throw new Error('no text');
      const skipped = judge(delta.text.text).list.skip;
      expect(skipped).to.be.greaterThan(list === 'dvr' ? 40 : 0);
      const linesAfter = (text: string, number: number): string =>
        text.slice(text.indexOf(`\ns${number}.m4s`));
      const last = judge(whole.text.text).list.mediaSequenceBase ?? 0;
      expect(linesAfter(delta.text.text, last + skipped)).to.equal(
        linesAfter(whole.text.text, last + skipped),
      );
    }
    await broadcast.close();
  });
});
