import { expect } from 'chai';

import {
  DEFAULT_LADDER_OPTIONS,
  FLOOR_BITRATE,
  ladderFor,
  type LadderOptions,
} from '../../transcoder/ladder.ts';
import type { VideoTrack } from '../../transcoder/media-info.ts';
import { planRenditions } from '../../transcoder/rendition-plan.ts';

function sized(displayWidth: number, displayHeight: number): VideoTrack {
  return { displayWidth, displayHeight } as VideoTrack;
}

function cameraNames(video: VideoTrack, options: Partial<LadderOptions> = {}): readonly string[] {
  const ladder = ladderFor('camera', { ...DEFAULT_LADDER_OPTIONS, ...options });
  return planRenditions(video, ladder).map(({ name }) => name);
}

describe('The ladder', () => {
  it('has 1080p of camera work only where it is asked for and the source has the lines', () => {
    expect(cameraNames(sized(1920, 1080))).to.deep.equal(['360p', '480p', '720p']);
    expect(cameraNames(sized(1920, 1080), { includes1080p: true })).to.deep.equal([
      ...['360p', '480p', '720p', '1080p'],
    ]);
    expect(cameraNames(sized(1280, 720), { includes1080p: true })).to.deep.equal(['360p', '480p', '720p']);
  });

  it('lets the floor, its sound and its box headers fit into the floor in the worst segment', () => {
    const ladder = ladderFor('camera', { ...DEFAULT_LADDER_OPTIONS, includesFloor: true });
    const [lowest] = ladder.rungs;
    const { maxBitrate = 0, bufferSeconds = 0 } = lowest ?? {};
    const picture = (maxBitrate * (ladder.segmentSeconds + bufferSeconds)) / ladder.segmentSeconds;
    expect(picture + ladder.audioBitrate * 1.1 + 5_000).to.be.at.most(FLOOR_BITRATE);
  });

  it('leaves the other rungs alone when the floor is asked for', () => {
    const plain = ladderFor('camera', DEFAULT_LADDER_OPTIONS);
    const floored = ladderFor('camera', { ...DEFAULT_LADDER_OPTIONS, includesFloor: true });
    expect(floored.rungs.slice(1)).to.deep.equal(plain.rungs.slice(1));
  });
});
