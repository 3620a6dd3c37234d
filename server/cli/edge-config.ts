import { readFile } from 'node:fs/promises';

import { Command, InvalidArgumentError } from 'commander';

import { writeEdgeFiles } from '../edge/edge-files.ts';
import { planEdge, type EdgeWish } from '../edge/edge-plan.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { CommandError } from './exit-code.ts';

interface EdgeFlags extends ConfigFlags {
  readonly origin: string;
  readonly name: string;
  readonly out: string;
  readonly secretFile?: string;
  readonly formerSecretFile?: string;
  readonly open?: boolean;
  readonly serverName?: readonly string[];
  readonly listen?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly tlsListen?: string;
  readonly varnish: boolean;
  readonly varnishListen?: string;
  readonly bridgeListen?: string;
  readonly originAuthorities?: string;
  readonly classes?: number;
  readonly renditions?: number;
  readonly disk?: number;
  readonly state?: string;
  readonly pid?: string;
  readonly user?: string;
}

/** `yuanjiao edge-config` */
export function edgeConfigCommand(): Command {
  return withConfigOption(new Command('edge-config'))
    .description('Write the configuration of a county’s edge: nginx, and Varnish for live classes.')
    .requiredOption('--origin <url>', 'the centre’s address as the edge reaches it')
    .requiredOption('--name <name>', 'what the edge is called, such as shengzhou')
    .requiredOption('--out <folder>', 'where the files go')
    .option(
      '--secret-file <file>',
      'the secret that addresses are signed with (default: YUANJIAO_EDGE_SECRET)',
    )
    .option(
      '--former-secret-file <file>',
      'the secret before it, which holds too while it is exchanged (default: YUANJIAO_EDGE_FORMER_SECRET)',
    )
    .option('--open', 'serve media to whoever comes, signed or not')
    .option('--server-name <names...>', 'the names people type (default: any)')
    .option('--listen <address>', 'where to listen for HTTP (default: 80)')
    .option('--tls-certificate <file>', 'the certificate chain on the edge; with it, HTTPS and HTTP/2')
    .option('--tls-key <file>', 'its key')
    .option('--tls-listen <address>', 'where to listen for HTTPS (default: 443)')
    .option('--no-varnish', 'for a county that can run nginx only')
    .option('--varnish-listen <address>', 'where Varnish listens for nginx (default: 127.0.0.1:6081)')
    .option(
      '--bridge-listen <address>',
      'where nginx leads Varnish to an HTTPS origin (default: 127.0.0.1:6082)',
    )
    .option('--origin-authorities <file>', 'whose certificates an HTTPS origin may have (default: Debian’s)')
    .option('--classes <count>', 'classes on the air at once; sizes the memory (default: 10)', number)
    .option('--renditions <count>', 'renditions of each (default: 3)', number)
    .option('--disk <gib>', 'disk for lectures (default: 100)', number)
    .option('--state <folder>', 'caches and logs on the edge (default: /var/lib/yuanjiao-edge)')
    .option('--pid <file>', 'nginx’s process id (default: /run/nginx.pid)')
    .option('--user <name>', 'whom nginx’s workers run as (default: www-data)')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao edge-config --origin https://yuanjiao.example.cn --name shengzhou --out ./shengzhou
  yuanjiao edge-config --origin http://10.0.0.2:8180 --name xinchang --no-varnish --open --out ./xinchang

Writes nginx.conf, varnish.vcl, varnish-override.conf and README.md (how to install them, in Chinese), and prints their
paths. nginx.conf holds the secret and is readable by its owner alone. Without a secret and without --open, exits with 2.`,
    )
    .action(async (flags: EdgeFlags) => {
      const secret = await secretOf(flags);
      const plan = planEdge({
        origin: flags.origin,
        name: flags.name,
        secret,
        formerSecret: secret && (await formerSecretOf(flags)),
        ...(flags.serverName !== undefined && { serverNames: flags.serverName }),
        ...(flags.listen !== undefined && { listen: flags.listen }),
        ...tlsOf(flags),
        withVarnish: flags.varnish,
        ...(flags.varnishListen !== undefined && { varnishListen: flags.varnishListen }),
        ...(flags.bridgeListen !== undefined && { bridgeListen: flags.bridgeListen }),
        ...(flags.originAuthorities !== undefined && { originAuthorities: flags.originAuthorities }),
        ...(flags.classes !== undefined && { classes: flags.classes }),
        ...(flags.renditions !== undefined && { renditions: flags.renditions }),
        ...(flags.disk !== undefined && { diskGib: flags.disk }),
        ...(flags.state !== undefined && { stateDir: flags.state }),
        ...(flags.pid !== undefined && { pidFile: flags.pid }),
        ...(flags.user !== undefined && { user: flags.user }),
      });
      for (const path of await writeEdgeFiles(plan, flags.out)) console.log(path);
    });
}

async function secretOf(flags: EdgeFlags): Promise<string | undefined> {
  if (flags.open === true) return undefined;
  const secret =
    flags.secretFile === undefined
      ? configOf(flags).edgeSecret
      : (await readFile(flags.secretFile, 'utf8')).trim();
  if (secret !== undefined) return secret;
  throw new CommandError(
    'usage',
    'There is no secret to sign addresses with: set YUANJIAO_EDGE_SECRET on the server and run this there, or give --secret-file. To serve media to whoever comes, say --open.',
  );
}

/** Beside a secret out of a file, what the environment has may be of another house. */
async function formerSecretOf(flags: EdgeFlags): Promise<string | undefined> {
  if (flags.formerSecretFile !== undefined) return (await readFile(flags.formerSecretFile, 'utf8')).trim();
  return flags.secretFile === undefined ? configOf(flags).edgeFormerSecret : undefined;
}

function tlsOf(flags: EdgeFlags): Pick<EdgeWish, 'tls'> {
  const { tlsCertificate: certificate, tlsKey: key, tlsListen: listen } = flags;
  if (certificate === undefined && key === undefined && listen === undefined) return {};
  if (certificate === undefined || key === undefined) {
    throw new CommandError('usage', 'HTTPS needs both --tls-certificate and --tls-key.');
  }
  return { tls: { certificate, key, ...(listen !== undefined && { listen }) } };
}

function number(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}
