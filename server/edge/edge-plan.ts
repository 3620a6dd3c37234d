import { ConfigError, type ConfigProblem } from '../errors.ts';
import { SECRET_SHAPE, markOfSecret } from './signed-paths.ts';

/** What an edge is to be, as far as somebody has said. */
export interface EdgeWish {
  /** The centre's address, such as `https://yuanjiao.example.cn`. */
  readonly origin: string;
  /** What this edge is called in its answers and in the centre's figures, such as `shengzhou`. */
  readonly name: string;
  /** When given, media are served to signed addresses alone. */
  readonly secret?: string | undefined;
  /** The secret before it; what that has signed is served too. */
  readonly formerSecret?: string | undefined;
  /** The names people type; any when none is given. */
  readonly serverNames?: readonly string[];
  /** Where nginx listens for plain HTTP; with TLS it leads to HTTPS there. Default `80`. */
  readonly listen?: string;
  /** With it, pages and media are served over HTTPS and HTTP/2. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly listen?: string };
  /** False for a county that can run nginx only. Default true. */
  readonly withVarnish?: boolean;
  /** Where Varnish listens, for nginx alone. Default `127.0.0.1:6081`. */
  readonly varnishListen?: string;
  /** Where nginx speaks to an HTTPS origin for Varnish, which cannot. Default `127.0.0.1:6082`. */
  readonly bridgeListen?: string;
  /** Certificates that the origin's may be signed by. Default Debian's. */
  readonly originAuthorities?: string;
  /** Classes on the air at once. Default 10. */
  readonly classes?: number;
  /** Renditions of each. Default 3. */
  readonly renditions?: number;
  /** Disk for lectures, in GiB. Default 100. */
  readonly diskGib?: number;
  /** Where caches and logs lie. Default `/var/lib/yuanjiao-edge`. */
  readonly stateDir?: string;
  /** Where nginx writes its process id. Default Debian's. */
  readonly pidFile?: string;
  /** Whom nginx's workers run as when it is started by root. Default `www-data`. */
  readonly user?: string;
}

/** An edge, complete and checked. */
export interface EdgePlan {
  readonly origin: { readonly isSecure: boolean; readonly host: string; readonly port: number };
  readonly name: string;
  readonly secret: string | undefined;
  readonly formerSecret: string | undefined;
  readonly serverNames: readonly string[];
  readonly listen: string;
  readonly tls: { readonly certificate: string; readonly key: string; readonly listen: string } | undefined;
  readonly varnish: { readonly listen: string; readonly memoryMib: number } | undefined;
  /** For Varnish before an HTTPS origin only. */
  readonly bridgeListen: string | undefined;
  readonly originAuthorities: string;
  /** Disk for what lives, where there is no Varnish, in MiB. */
  readonly liveDiskMib: number;
  readonly diskGib: number;
  readonly stateDir: string;
  readonly pidFile: string;
  readonly user: string;
}

/** What one rendition of one class keeps busy: the parts of a minute, and segments that players are behind by. */
const MIB_PER_RENDITION = 8;
/** Below it, the bookkeeping of objects weighs more than what it saves. */
const LEAST_MEMORY_MIB = 256;

const DEFAULTS = {
  serverNames: [],
  listen: '80',
  withVarnish: true,
  varnishListen: '127.0.0.1:6081',
  bridgeListen: '127.0.0.1:6082',
  originAuthorities: '/etc/ssl/certs/ca-certificates.crt',
  classes: 10,
  renditions: 3,
  diskGib: 100,
  stateDir: '/var/lib/yuanjiao-edge',
  pidFile: '/run/nginx.pid',
  user: 'www-data',
} satisfies Partial<EdgeWish>;

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/;
const SERVER_NAME = /^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const LISTEN = /^(?:(?:[0-9.]+|\[[0-9A-Fa-f:.]+\]):)?\d{1,5}$/;
const LOCAL_LISTEN = /^(?:127\.[0-9.]+|\[::1\]):\d{1,5}$/;
/** Neither nginx nor systemd gives any of these characters a meaning of its own. */
const PATH = /^\/[A-Za-z0-9._/+@-]{1,200}$/;
const USER = /^[a-z_][a-z0-9_-]{0,31}$/;

/**
 * Completes a wish. All of it is written into configuration files, so nothing passes that could mean something there.
 *
 * @throws {ConfigError} with every problem there is; keys are the command line's options
 */
export function planEdge(given: EdgeWish): EdgePlan {
  const wish = { ...DEFAULTS, ...given };
  const problems: ConfigProblem[] = [];
  const check = (option: string, given: string, shape: RegExp, expected: string): string => {
    if (!shape.test(given)) {
      const received = option.endsWith('secret-file') ? '(hidden)' : JSON.stringify(given);
      problems.push({ key: option, origin: 'command line', expected, received });
    }
    return given;
  };
  const count = (option: string, given: number, most: number): number => {
    if (!Number.isInteger(given) || given < 1 || given > most) {
      const expected = `a whole number from 1 to ${most}`;
      problems.push({ key: option, origin: 'command line', expected, received: String(given) });
    }
    return given;
  };
  const address = 'an address and port of this machine, such as 443, 10.0.0.5:443 or [::]:443';
  const local = 'an address of the machine itself, such as 127.0.0.1:6081';
  const path = 'an absolute path without blanks';

  const classes = count('--classes', wish.classes, 1000);
  const renditions = count('--renditions', wish.renditions, 10);
  const workingSetMib = Math.max(LEAST_MEMORY_MIB, classes * renditions * MIB_PER_RENDITION);
  const formerSecret = (): string | undefined => {
    const { secret, formerSecret: former } = wish;
    if (secret === undefined || former === undefined || former === secret) return undefined;
    const isTold = markOfSecret(former) !== markOfSecret(secret);
    const shape = isTold ? SECRET_SHAPE : /^$/;
    const expected = isTold
      ? '32 to 128 letters, digits, - or _'
      : 'a secret that edges can tell from the new one; draw another new one (one pair in 99 is alike)';
    return check('--former-secret-file', former, shape, expected);
  };
  const origin = readOrigin(wish.origin, problems);
  const plan: EdgePlan = {
    origin,
    name: check('--name', wish.name, NAME, 'small letters, digits and hyphens, such as shengzhou'),
    secret:
      wish.secret === undefined
        ? undefined
        : check('--secret-file', wish.secret, SECRET_SHAPE, '32 to 128 letters, digits, - or _'),
    formerSecret: formerSecret(),
    serverNames: wish.serverNames.map((name) =>
      check('--server-name', name, SERVER_NAME, 'a name such as yuanjiao.shengzhou.example.cn'),
    ),
    listen: check('--listen', wish.listen, LISTEN, address),
    tls: wish.tls && {
      certificate: check('--tls-certificate', wish.tls.certificate, PATH, path),
      key: check('--tls-key', wish.tls.key, PATH, path),
      listen: check('--tls-listen', wish.tls.listen ?? '443', LISTEN, address),
    },
    varnish: wish.withVarnish
      ? {
          listen: check('--varnish-listen', wish.varnishListen, LOCAL_LISTEN, local),
          memoryMib: workingSetMib,
        }
      : undefined,
    bridgeListen:
      wish.withVarnish && origin.isSecure
        ? check('--bridge-listen', wish.bridgeListen, LOCAL_LISTEN, local)
        : undefined,
    originAuthorities: check('--origin-authorities', wish.originAuthorities, PATH, path),
    liveDiskMib: workingSetMib,
    diskGib: count('--disk', wish.diskGib, 100_000),
    stateDir: check('--state', wish.stateDir, PATH, path),
    pidFile: check('--pid', wish.pidFile, PATH, path),
    user: check('--user', wish.user, USER, 'a user of the machine, such as www-data'),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return plan;
}

function readOrigin(given: string, problems: ConfigProblem[]): EdgePlan['origin'] {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isBare = url !== undefined && url.pathname === '/' && url.search === '' && url.username === '';
  if (!isBare || !/^https?:$/.test(url.protocol) || !HOST.test(url.hostname)) {
    problems.push({
      key: '--origin',
      origin: 'command line',
      expected:
        'the centre’s address, such as https://yuanjiao.example.cn or http://10.0.0.2:8180, without a path',
      received: JSON.stringify(given),
    });
    return { isSecure: false, host: '', port: 0 };
  }
  const isSecure = url.protocol === 'https:';
  return { isSecure, host: url.hostname, port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port) };
}
