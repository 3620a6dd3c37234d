import { AccountError } from './account-error.ts';
import type { Courseware } from '../catalogue/courseware.ts';
import type { LiveClassState } from '../live/live-class.ts';

/** Who is asking. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'admin'; readonly via: 'session' }
  | { readonly kind: 'admin'; readonly via: 'token'; readonly tokenName: string };

/** Nobody known. */
export const ANONYMOUS: Principal = { kind: 'anonymous' };

/** Everything that can be asked of the service; each route declares one. */
export type Action =
  | 'service.see-health'
  | 'service.see-metrics'
  | 'service.read-api-description'
  | 'page.open'
  | 'session.sign-in'
  | 'session.sign-out'
  | 'session.see-own'
  | 'catalogue.harvest'
  | 'courseware.list'
  | 'courseware.read'
  | 'courseware.play'
  | 'courseware.create'
  | 'courseware.edit'
  | 'courseware.remove'
  | 'courseware.publish'
  | 'courseware.upload'
  | 'courseware.read-history'
  | 'courseware.import'
  | 'courseware.export'
  | 'production.read'
  | 'production.control'
  | 'search.tend'
  | 'live.list'
  | 'live.read'
  | 'live.watch'
  | 'live.take-part'
  | 'live.manage'
  | 'live.operate'
  | 'collection.list'
  | 'collection.edit'
  | 'vocabulary.list'
  | 'vocabulary.edit'
  | 'viewer.keep'
  | 'tag.list'
  | 'tag.edit'
  | 'token.list'
  | 'token.create'
  | 'token.revoke';

/**
 * What an action is about, where that matters: the publication of the item, or where a live class stands. A list without one asks
 * for everything.
 */
export interface AccessSubject {
  readonly publication?: Courseware['publication'] | undefined;
  readonly live?: { readonly isAnnounced: boolean; readonly state: LiveClassState } | undefined;
}

/** The answer to a {@link Principal}'s wish. */
export type Decision = 'allowed' | 'unauthenticated' | 'forbidden';

/**
 * - `everybody`: also who did not sign in.
 * - `everybody-if-published`: everybody for a published item, else the administrator.
 * - `everybody-if-announced`: everybody for a live class that was announced, else the administrator.
 * - `everybody-if-shown`: the same, but not during a rehearsal.
 * - `admin`: the administrator, by session or token.
 * - `admin-in-person`: the administrator by session; a stolen token must not be able to make further tokens.
 */
type Rule =
  | 'everybody'
  | 'everybody-if-published'
  | 'everybody-if-announced'
  | 'everybody-if-shown'
  | 'admin'
  | 'admin-in-person';

/** The one table of who may do what. */
const RULES: Readonly<Record<Action, Rule>> = {
  'service.see-health': 'everybody',
  'service.see-metrics': 'everybody',
  'service.read-api-description': 'everybody',
  'page.open': 'everybody',
  'session.sign-in': 'everybody',
  'session.sign-out': 'everybody',
  'session.see-own': 'everybody',
  'catalogue.harvest': 'everybody',
  'courseware.list': 'everybody-if-published',
  'courseware.read': 'everybody-if-published',
  'courseware.play': 'everybody-if-published',
  'courseware.create': 'admin',
  'courseware.edit': 'admin',
  'courseware.remove': 'admin',
  'courseware.publish': 'admin',
  'courseware.upload': 'admin',
  'courseware.read-history': 'admin',
  'courseware.import': 'admin',
  'courseware.export': 'admin',
  'production.read': 'admin',
  'production.control': 'admin',
  'search.tend': 'admin',
  'live.list': 'everybody',
  'live.read': 'everybody-if-announced',
  'live.watch': 'everybody-if-shown',
  'live.take-part': 'everybody-if-announced',
  'live.manage': 'admin',
  'live.operate': 'admin',
  'collection.list': 'everybody',
  'collection.edit': 'admin',
  'vocabulary.list': 'everybody',
  'vocabulary.edit': 'admin',
  'viewer.keep': 'everybody',
  'tag.list': 'everybody',
  'tag.edit': 'admin',
  'token.list': 'admin-in-person',
  'token.create': 'admin-in-person',
  'token.revoke': 'admin-in-person',
};

/** All actions; for the check at start that every route declares one of them. */
export const ACTIONS = Object.keys(RULES) as readonly Action[];

/** Whether `principal` may do `action` to `subject`; pure. */
export function decide(principal: Principal, action: Action, subject: AccessSubject = {}): Decision {
  const rule = RULES[action];
  if (isOpen(rule, subject)) {
    return 'allowed';
  }
  if (principal.kind === 'anonymous') {
    return 'unauthenticated';
  }
  return rule === 'admin-in-person' && principal.via === 'token' ? 'forbidden' : 'allowed';
}

function isOpen(rule: Rule, { publication, live }: AccessSubject): boolean {
  switch (rule) {
    case 'everybody':
      return true;
    case 'everybody-if-published':
      return publication === 'published';
    case 'everybody-if-announced':
      return live?.isAnnounced === true;
    case 'everybody-if-shown':
      return live?.isAnnounced === true && live.state !== 'rehearsing';
    case 'admin':
    case 'admin-in-person':
      return false;
  }
}

/**
 * Lets pass or refuses.
 *
 * @throws {AccountError} `unauthenticated`, `forbidden`
 */
export function demand(principal: Principal, action: Action, subject: AccessSubject = {}): void {
  const decision = decide(principal, action, subject);
  if (decision === 'unauthenticated') {
    throw new AccountError('unauthenticated', `Sign in first: ${action} is not open to everybody`);
  }
  if (decision === 'forbidden') {
    throw new AccountError(
      'forbidden',
      `${action} is not allowed with an API token; sign in with the password`,
    );
  }
}

/** What the history calls this principal. */
export function actorName(principal: Principal): string {
  if (principal.kind === 'anonymous') {
    return 'anonymous';
  }
  return principal.via === 'token' ? `token ${principal.tokenName}` : 'admin';
}
