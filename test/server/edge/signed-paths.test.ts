import { expect } from 'chai';
import { SignedPaths } from 'yuanjiao/server';

const SECRET = 'a-secret-of-the-house-and-its-edges-1';
const DAY = 86_400_000;
/** 2026-11-27, three in the afternoon in Shaoxing. */
const AFTERNOON = Date.UTC(2026, 10, 27, 7);
const TOKEN = 'k3v9x2m4';

function pathsAt(now: number, secret = SECRET): SignedPaths {
  return new SignedPaths({ secret, now: () => now });
}

describe('A signed address', () => {
  it('leads to what was signed, and to everything beside it', () => {
    const paths = pathsAt(AFTERNOON);
    const signed = paths.sign(`/live/${TOKEN}/index.m3u8`);
    expect(signed).to.match(/^\/e\/\d{10}-[\w-]{22}\/live\/k3v9x2m4\/index\.m3u8$/);
    expect(paths.open(signed)).to.equal(`/live/${TOKEN}/index.m3u8`);
    const beside = signed.replace('index.m3u8', 'source/p7.1.m4s?_HLS_msn=7');
    expect(paths.open(beside)).to.equal(`/live/${TOKEN}/source/p7.1.m4s?_HLS_msn=7`);
  });

  it('is the same for everybody all day, and another after four in the morning', () => {
    const signedAt = (now: number): string => pathsAt(now).sign('/v/lecture-1/index.m3u8');
    const four = Date.UTC(2026, 10, 27, 20);
    expect(signedAt(AFTERNOON)).to.equal(signedAt(four));
    expect(signedAt(four - DAY + 1)).to.equal(signedAt(four));
    expect(signedAt(four + 1)).to.not.equal(signedAt(four));
  });

  it('holds for a day at least and for two at most', () => {
    for (const now of [AFTERNOON, AFTERNOON + DAY / 3, AFTERNOON + DAY / 2]) {
      const signed = pathsAt(now).sign('/v/lecture-1/index.m3u8');
      expect(pathsAt(now + DAY).open(signed)).to.equal('/v/lecture-1/index.m3u8');
      expect(() => pathsAt(now + 2 * DAY + 1000).open(signed)).to.throw('expired');
    }
  });

  it('does not hold for another lecture, a later day, another secret or another path', () => {
    const paths = pathsAt(AFTERNOON);
    const signed = paths.sign('/v/lecture-1/index.m3u8');
    const [, expires = ''] = /\/e\/(\d+)-/.exec(signed) ?? [];
    const forgeries = [
      signed.replace('lecture-1', 'lecture-2'),
      signed.replace('/v/', '/live/'),
      signed.replace(expires, String(Number(expires) + 86_400)),
      pathsAt(AFTERNOON, `${SECRET}x`).sign('/v/lecture-1/index.m3u8'),
    ];
    for (const forged of forgeries) {
      expect(() => paths.open(forged), forged)
        .to.throw()
        .with.property('code', 'link-invalid');
    }
    for (const strange of [
      '/e/',
      '/e/1-x/v/lecture-1/a.mp4',
      signed.replace('/v/lecture-1', '/api/v1'),
      '/e/../x',
    ]) {
      expect(() => paths.open(strange), strange)
        .to.throw()
        .with.property('code', 'no-such-address');
    }
  });

  it('holds after its secret was exchanged, as long as the former one is known', () => {
    const fresh = 'another-secret-of-the-house-and-its-edges';
    const old = pathsAt(AFTERNOON).sign('/v/lecture-1/index.m3u8');
    const both = new SignedPaths({ secret: fresh, formerSecret: SECRET, now: () => AFTERNOON });
    expect(both.open(old)).to.equal('/v/lecture-1/index.m3u8');
    const signed = both.sign('/v/lecture-1/index.m3u8');
    expect(both.open(signed)).to.equal('/v/lecture-1/index.m3u8');
    expect(pathsAt(AFTERNOON, fresh).sign('/v/lecture-1/index.m3u8')).to.equal(signed);
    expect(() => pathsAt(AFTERNOON, fresh).open(old))
      .to.throw()
      .with.property('code', 'link-invalid');
  });

  it('is left alone where there is no secret, and where it is no media', () => {
    const path = '/v/lecture-1/index.m3u8';
    expect(new SignedPaths({ secret: undefined }).sign(path)).to.equal(path);
    expect(pathsAt(AFTERNOON).sign('/api/v1/courseware')).to.equal('/api/v1/courseware');
    expect(pathsAt(AFTERNOON).open(path)).to.equal(path);
  });
});
