import { expect } from 'chai';
import { parseByteRange } from 'yuanjiao/storage';

describe('parseByteRange', () => {
  const cases: [string | undefined, number, ReturnType<typeof parseByteRange>][] = [
    [undefined, 100, 'whole'],
    ['bytes=0-9', 100, { offset: 0, length: 10 }],
    ['bytes=10-10', 100, { offset: 10, length: 1 }],
    ['bytes=10-', 100, { offset: 10, length: 90 }],
    ['bytes=90-200', 100, { offset: 90, length: 10 }],
    ['bytes=-10', 100, { offset: 90, length: 10 }],
    ['bytes=-200', 100, { offset: 0, length: 100 }],
    ['Bytes= 0-0 ', 100, { offset: 0, length: 1 }],
    ['bytes=0-99999999999999999999', 100, { offset: 0, length: 100 }],
    ['bytes=0-1,5-6', 100, 'whole'],
    ['lines=0-9', 100, 'whole'],
    ['bytes', 100, 'whole'],
    ['bytes=100-', 100, 'unsatisfiable'],
    ['bytes=100-200', 100, 'unsatisfiable'],
    ['bytes=-0', 100, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-5', 0, 'unsatisfiable'],
    ['bytes=9-5', 100, 'unsatisfiable'],
    ['bytes=-', 100, 'unsatisfiable'],
    ['bytes=', 100, 'unsatisfiable'],
    ['bytes=a-b', 100, 'unsatisfiable'],
    ['bytes=1-2-3', 100, 'unsatisfiable'],
    ['bytes=+1-2', 100, 'unsatisfiable'],
    ['bytes=0x1-0x2', 100, 'unsatisfiable'],
  ];
  for (const [header, size, expected] of cases) {
    it(`reads ${header ?? 'no header'} of ${size} bytes as ${JSON.stringify(expected)}`, () => {
      expect(parseByteRange(header, size)).to.deep.equal(expected);
    });
  }
});
