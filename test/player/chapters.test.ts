import { expect } from 'chai';

import { chapterIndexAt, chapterStep } from '../../player/chapters.ts';
import { readStoryboard, tileAt } from '../../player/storyboard.ts';

const CHAPTERS = [
  { start: 10, title: '开场' },
  { start: 100, title: '嫁接' },
  { start: 200, title: '问答' },
];

describe('the chapter at a second', () => {
  it('is the one that began last', () => {
    const at = (position: number): number => chapterIndexAt(CHAPTERS, position);
    expect([0, 9, 10, 99, 100, 1e9].map(at)).to.deep.equal([-1, -1, 0, 0, 1, 2]);
    expect(chapterIndexAt([], 5)).to.equal(-1);
  });

  it('counts as begun when a seek to it landed a moment before', () => {
    expect(chapterIndexAt(CHAPTERS, 99.97)).to.equal(1);
  });
});

describe('a step from chapter to chapter', () => {
  it('leads to the next start, and at the last nowhere', () => {
    expect(chapterStep(CHAPTERS, 0, 1)).to.equal(10);
    expect(chapterStep(CHAPTERS, 150, 1)).to.equal(200);
    expect(chapterStep(CHAPTERS, 250, 1)).to.equal(undefined);
  });

  it('leads back to the start of this one, and from there to the one before', () => {
    expect(chapterStep(CHAPTERS, 150, -1)).to.equal(100);
    expect(chapterStep(CHAPTERS, 102, -1)).to.equal(10);
    expect(chapterStep(CHAPTERS, 11, -1)).to.equal(0);
    expect(chapterStep([], 50, -1)).to.equal(undefined);
  });
});

describe('a storyboard', () => {
  const text = [
    'WEBVTT',
    '',
    '00:00:00.000 --> 00:00:06.000',
    '000-1.jpg#xywh=0,0,160,90',
    '',
    'a name',
    '00:06.000 --> 01:00:12.500',
    'https://pictures.example/1.jpg#xywh=pixel:160,90,160,90',
    '',
    '00:00:12.000 --> 00:00:18.000',
    '这一条不是图片',
    '',
  ];

  it('is read with addresses relative to its own, and passes over cues without a place', () => {
    expect(readStoryboard(text.join('\r\n'), 'http://hall.example/v/g/storyboard/index.vtt')).to.deep.equal([
      ...[{ start: 0, end: 6, url: 'http://hall.example/v/g/storyboard/000-1.jpg' }].map((tile) => ({
        ...tile,
        ...{ x: 0, y: 0, width: 160, height: 90 },
      })),
      {
        ...{ start: 6, end: 3612.5, url: 'https://pictures.example/1.jpg' },
        ...{ x: 160, y: 90, width: 160, height: 90 },
      },
    ]);
  });

  it('gives the picture of which a second is a part, and the first before it begins', () => {
    const tiles = [2, 6, 12].map((start) => ({
      ...{ start, end: start + 6, url: '', x: 0, y: 0, width: 1, height: 1 },
    }));
    const startAt = (position: number): number | undefined => tileAt(tiles, position)?.start;
    expect([0, 2, 5.9, 6, 11, 12, 99].map(startAt)).to.deep.equal([2, 2, 2, 6, 6, 12, 12]);
    expect(tileAt([], 3)).to.equal(undefined);
  });
});
