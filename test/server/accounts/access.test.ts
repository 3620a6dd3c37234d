import { expect } from 'chai';
import {
  ACTIONS,
  ANONYMOUS,
  actorName,
  decide,
  demand,
  type Principal,
} from '../../../server/accounts/access.ts';
import { errorOf } from '../../support/databases.ts';

const SESSION: Principal = { kind: 'admin', via: 'session' };
const TOKEN: Principal = { kind: 'admin', via: 'token', tokenName: '备份' };

const refused = (principal: Principal) =>
  errorOf(Promise.resolve().then(() => demand(principal, 'token.create')));

describe('Access', () => {
  it('is open to everybody for these actions and no others', () => {
    expect(ACTIONS.filter((action) => decide(ANONYMOUS, action) === 'allowed')).to.deep.equal([
      'service.see-health',
      'service.see-metrics',
      'service.read-api-description',
      'page.open',
      'session.sign-in',
      'session.sign-out',
      'session.see-own',
      'catalogue.harvest',
      'live.list',
      'collection.list',
      'vocabulary.list',
      'viewer.keep',
      'tag.list',
    ]);
  });

  it('shows everybody what is published, and only that', () => {
    for (const action of ['courseware.list', 'courseware.read', 'courseware.play'] as const) {
      expect(decide(ANONYMOUS, action, { publication: 'published' })).to.equal('allowed');
      expect(decide(ANONYMOUS, action, { publication: 'draft' })).to.equal('unauthenticated');
      expect(decide(ANONYMOUS, action, { publication: 'suspended' })).to.equal('unauthenticated');
      expect(decide(ANONYMOUS, action)).to.equal('unauthenticated');
    }
    expect(decide(ANONYMOUS, 'courseware.edit', { publication: 'published' })).to.equal('unauthenticated');
  });

  it('shows everybody a class that was announced, and no rehearsal', () => {
    const announced = { live: { isAnnounced: true, state: 'announced' } } as const;
    const rehearsal = { live: { isAnnounced: true, state: 'rehearsing' } } as const;
    const planned = { live: { isAnnounced: false, state: 'scheduled' } } as const;
    for (const action of ['live.read', 'live.watch', 'live.take-part'] as const) {
      expect(decide(ANONYMOUS, action, announced)).to.equal('allowed');
      expect(decide(ANONYMOUS, action, planned)).to.equal('unauthenticated');
      expect(decide(ANONYMOUS, action)).to.equal('unauthenticated');
    }
    expect(decide(ANONYMOUS, 'live.read', rehearsal)).to.equal('allowed');
    expect(decide(ANONYMOUS, 'live.watch', rehearsal)).to.equal('unauthenticated');
    expect(decide(TOKEN, 'live.watch', rehearsal)).to.equal('allowed');
    expect(decide(ANONYMOUS, 'live.manage', announced)).to.equal('unauthenticated');
  });

  it('lets the administrator do everything in person, and all but tokens by token', () => {
    expect(ACTIONS.filter((action) => decide(SESSION, action) !== 'allowed')).to.deep.equal([]);
    expect(ACTIONS.filter((action) => decide(TOKEN, action) !== 'allowed')).to.deep.equal([
      'token.list',
      'token.create',
      'token.revoke',
    ]);
  });

  it('refuses with the reason', async () => {
    expect(await refused(ANONYMOUS)).to.include({ code: 'unauthenticated' });
    expect(await refused(TOKEN)).to.include({ code: 'forbidden' });
    demand(SESSION, 'token.create');
  });

  it('names who did something', () => {
    expect([ANONYMOUS, SESSION, TOKEN].map(actorName)).to.deep.equal(['anonymous', 'admin', 'token 备份']);
  });
});
