import { expect } from 'chai';

import { addressGroup, plainAddress } from '../../../../server/live/ingest/address-group.ts';

describe('whom a limit per address is for', () => {
  it('is an address of IPv4, whatever clothes it comes in', () => {
    for (const given of ['10.1.2.3', '::ffff:10.1.2.3', '::FFFF:10.1.2.3'])
      expect(addressGroup(plainAddress(given)), given).to.equal('10.1.2.3');
    expect(plainAddress(undefined)).to.equal('unknown');
  });

  it('is the /64 of IPv6 that one subscriber has, however it is written', () => {
    const same = ['2001:db8:0:7::1', '2001:0db8:0000:0007:a:b:c:d', '2001:DB8:0:7:ffff::'];
    for (const given of same) expect(addressGroup(plainAddress(given)), given).to.equal('2001:db8:0:7');
    expect(addressGroup(plainAddress('2001:db8:0:8::1'))).to.equal('2001:db8:0:8');
    expect(addressGroup(plainAddress('fe80::1%eth0'))).to.equal('fe80:0:0:0');
    expect(addressGroup(plainAddress('::1'))).to.equal('0:0:0:0');
  });
});
