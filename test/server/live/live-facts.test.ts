import { expect } from 'chai';

import type { CatalogueError } from '../../../server/catalogue/catalogue-error.ts';
import { mediaTimeOf, wallTimeOf } from '../../../server/live/media-time.ts';
import { momentOf, officeSpan } from '../../../server/live/moment.ts';
import { readPicture } from '../../../server/live/picture-file.ts';
import { clashOf, type Booking } from '../../../server/live/timetable.ts';
import type { LiveClassId } from '../../../server/live/live-class.ts';
import { fixedPicture } from '../../support/pictures.ts';

const refusedBy = (work: () => unknown): CatalogueError => {
  try {
    work();
  } catch (error) {
    return error as CatalogueError;
  }
  throw new Error('expected a refusal');
};

describe('the time of a live class', () => {
  const intervals = [
    { fromMs: 1000, untilMs: 3000 },
    { fromMs: 10_000, untilMs: 14_000 },
    { fromMs: 20_000 },
  ];

  it('becomes the time of its recording, without the breaks', () => {
    const moments = [0, 1000, 2500, 3000, 9999, 10_000, 13_999, 15_000, 25_000];
    expect(moments.map((atMs) => mediaTimeOf(intervals, atMs))).to.deep.equal([
      0, 0, 1500, 2000, 2000, 2000, 5999, 6000, 11_000,
    ]);
    expect(mediaTimeOf([], 5)).to.equal(undefined);
  });

  it('comes back from it', () => {
    for (const wallMs of [1000, 2999, 10_000, 13_000, 99_000]) {
      expect(wallTimeOf(intervals, mediaTimeOf(intervals, wallMs) ?? -1)).to.equal(wallMs);
    }
    expect(wallTimeOf(intervals.slice(0, 2), 6000)).to.equal(undefined);
    expect(wallTimeOf([], 0)).to.equal(undefined);
  });

  it('goes by what the recording says of itself where that is known', () => {
    const known = [
      { fromMs: 0, untilMs: 1000 },
      { fromMs: 5000, untilMs: 6000, mediaStartMs: 1040 },
    ];
    expect(mediaTimeOf(known, 5500)).to.equal(1540);
    expect(wallTimeOf(known, 1540)).to.equal(5500);
  });

  it('is read in Chinese time unless it says another', () => {
    const moment = Date.parse('2026-12-01T06:30:00Z');
    for (const text of [
      '2026-12-01 14:30',
      '2026-12-01T14:30+08:00',
      '2026-12-01T06:30:00.000Z',
      '2026-12-01T15:30+0900',
    ]) {
      expect(momentOf(text, 'at'), text).to.equal(moment);
    }
    for (const text of [
      '2026-12-01',
      '14:30',
      '2026-13-01 14:30',
      '2026-02-29 14:30',
      '2026-12-01 24:30',
      '',
    ]) {
      expect(
        refusedBy(() => momentOf(text, 'at')),
        text,
      ).to.include({ code: 'invalid-input', field: 'at' });
    }
    expect(officeSpan(moment, moment + 90 * 60_000)).to.equal('2026-12-01 14:30–16:00');
    expect(officeSpan(moment, moment + 86_400_000)).to.equal('2026-12-01 14:30–2026-12-02 14:30');
  });
});

describe('two live classes', () => {
  const booking = (id: string, from: string, until: string, more: Partial<Booking> = {}): Booking => ({
    id: id as LiveClassId,
    title: id,
    plannedStart: `2026-12-01T${from}:00Z`,
    plannedEnd: `2026-12-01T${until}:00Z`,
    lecturers: [],
    hostUnit: undefined,
    channel: undefined,
    ...more,
  });

  it('clash when they want the same person, unit or place at once', () => {
    const one = booking('a', '08:00', '10:00', {
      lecturers: ['甲', '乙'],
      hostUnit: '县委',
      channel: '一室',
    });
    expect(clashOf(one, booking('b', '09:59', '11:00', { lecturers: ['乙'] }))).to.contain('乙');
    expect(clashOf(one, booking('b', '07:00', '12:00', { channel: '一室' }))).to.contain('一室');
    expect(clashOf(one, booking('b', '08:30', '09:00', { hostUnit: '县委' }))).to.contain('县委');
  });

  it('do not when one ends as the other begins, when nothing is shared, or when they are the same', () => {
    const one = booking('a', '08:00', '10:00', { lecturers: ['甲'], channel: '一室' });
    expect(clashOf(one, booking('b', '10:00', '11:00', { lecturers: ['甲'] }))).to.equal(undefined);
    expect(clashOf(one, booking('b', '08:00', '10:00', { lecturers: ['乙'], channel: '二室' }))).to.equal(
      undefined,
    );
    expect(clashOf(one, { ...one, plannedStart: '2026-12-01T09:00:00Z' })).to.equal(undefined);
    expect(clashOf(booking('a', '08:00', '10:00'), booking('b', '08:00', '10:00'))).to.equal(undefined);
  });
});

describe('the picture of a slide', () => {
  for (const [format, contentType] of [
    ['png', 'image/png'],
    ['jpg', 'image/jpeg'],
    ['webp', 'image/webp'],
  ] as const) {
    it(`is known by its own header: ${format}`, async () => {
      const bytes = await fixedPicture(format, 320, 180);
      expect(readPicture(bytes)).to.deep.equal({
        contentType,
        width: 320,
        height: 180,
        sizeBytes: bytes.length,
      });
      const cut = bytes.subarray(0, Math.floor(bytes.length / 2));
      expect(refusedBy(() => readPicture(cut)).message).to.contain('cut off');
    });
  }

  it('is nothing else, whatever it is called', () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(100),
      Buffer.from('GIF89a'.padEnd(64, ' ')),
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'.padEnd(64, ' ')),
      Buffer.of(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0),
      Buffer.from('RIFF0000WEBPXXXX'.padEnd(64, '0')),
    ]) {
      expect(refusedBy(() => readPicture(bytes))).to.include({ code: 'invalid-input', field: 'picture' });
    }
  });

  it('is not larger than a browser can draw', async () => {
    const bytes = Buffer.from(await fixedPicture('png', 16, 16));
    bytes.writeUInt32BE(100_000, 16);
    expect(refusedBy(() => readPicture(bytes)).message).to.contain('100000');
  });
});
