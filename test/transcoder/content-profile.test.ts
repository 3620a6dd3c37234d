import { expect } from 'chai';

import {
  changeRate,
  isDecided,
  isSurelySlides,
  profileOfTrials,
  trialTimes,
  type TrialFacts,
} from '../../transcoder/content-profile.ts';
import type { FrameFacts, VideoTrack } from '../../transcoder/media-info.ts';

const DOTS = 1280 * 720;

/** A trial at 25 pictures a second whose key picture takes 60 kB and every other so many bytes. */
function trial(bytes: number, keyBytes = 60_000): TrialFacts {
  return { dots: DOTS, picturesPerSecond: 25, pictureBytes: [keyBytes, bytes, bytes, bytes] };
}

function source(codec: string, bitrate: number): [VideoTrack, FrameFacts] {
  return [
    { codec, codedWidth: 1920, codedHeight: 1080 } as VideoTrack,
    { start: 0, end: 600, sizeBytes: (bitrate / 8) * 600 } as FrameFacts,
  ];
}

describe('The kind of picture', () => {
  it('is slides where little changes from picture to picture, however much detail there is', () => {
    expect(profileOfTrials([trial(700, 300_000), trial(650, 300_000), trial(720, 300_000)])).to.equal(
      'slides',
    );
  });

  it('is camera work where every picture costs bits', () => {
    expect(profileOfTrials([trial(9000), trial(12_000), trial(8000)])).to.equal('camera');
  });

  it('is told by the middle one of the trials, so that one change of slides or one film does not decide', () => {
    expect(profileOfTrials([trial(700), trial(40_000), trial(800)])).to.equal('slides');
    expect(profileOfTrials([trial(700), trial(9000), trial(12_000)])).to.equal('camera');
  });

  it('needs no third trial where two agree', () => {
    expect(isDecided([trial(700), trial(800)])).to.equal(true);
    expect(isDecided([trial(9000), trial(12_000)])).to.equal(true);
    expect(isDecided([trial(700), trial(12_000)])).to.equal(false);
    expect(isDecided([trial(700), trial(40, 900)])).to.equal(false);
  });

  it('is not told by moments at which there is nothing to be seen', () => {
    const black = trial(40, 900);
    expect(profileOfTrials([black, black, trial(9000)])).to.equal('camera');
    expect(profileOfTrials([black, black, trial(700)])).to.equal('slides');
    expect(profileOfTrials([black, black, black])).to.equal('camera');
  });

  it('is camera work where nothing could be tried', () => {
    expect(profileOfTrials([])).to.equal('camera');
    expect(profileOfTrials([{ dots: DOTS, picturesPerSecond: 25, pictureBytes: [] }])).to.equal('camera');
    expect(profileOfTrials([{ dots: DOTS, picturesPerSecond: 25, pictureBytes: [60_000] }])).to.equal(
      'camera',
    );
  });

  it('counts bits a dot and second, so that neither the size nor the rate of pictures matters', () => {
    const small = { dots: DOTS / 4, picturesPerSecond: 50, pictureBytes: [9000, 100, 100] };
    const large = { dots: DOTS, picturesPerSecond: 25, pictureBytes: [9000, 800, 800] };
    expect(changeRate(small)).to.be.closeTo(changeRate(large), 1e-9);
  });

  it('needs no trial where the source was made with so few bits that most of it must stand still', () => {
    expect(isSurelySlides(...source('h264', 500_000))).to.equal(true);
    expect(isSurelySlides(...source('h264', 3_000_000))).to.equal(false);
    // Every picture of this codec is whole: its rate tells nothing of change.
    expect(isSurelySlides(...source('mjpeg', 500_000))).to.equal(false);
  });

  it('is tried at key pictures spread over the lecture', () => {
    const keyTimes = Array.from({ length: 60 }, (_, place) => place * 10);
    expect(trialTimes({ start: 0, end: 600, keyTimes } as unknown as FrameFacts)).to.deep.equal([
      120, 300, 480,
    ]);
    expect(trialTimes({ start: 0, end: 600, keyTimes: [0] } as unknown as FrameFacts)).to.deep.equal([0]);
  });
});
