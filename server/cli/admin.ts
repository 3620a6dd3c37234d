import { access } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

import { Command } from 'commander';

import type { Accounts } from '../accounts/accounts.ts';
import type { Config } from '../config.ts';
import { configOf, withConfigOption, type ConfigFlags } from './config-option.ts';
import { CommandError } from './exit-code.ts';
import { withDatabase } from './opened-foundation.ts';
import { draftPassword, dropDraft, forgetPassword, keepPassword, passwordFile } from './password-file.ts';
import { printable } from './terminal-text.ts';

const PASSWORD_VARIABLE = 'YUANJIAO_ADMIN_PASSWORD';

/** `yuanjiao admin` */
export function adminCommand(): Command {
  return new Command('admin')
    .description('Manage the administrator and the API tokens.')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao admin init
  yuanjiao admin password
  yuanjiao admin token create 县站上传
  yuanjiao admin token list
  yuanjiao admin token revoke 0123456789abcdef`,
    )
    .addCommand(initCommand())
    .addCommand(passwordCommand())
    .addCommand(tokenCommand());
}

async function withAccounts(
  flags: ConfigFlags,
  work: (accounts: Accounts, config: Config) => Promise<void>,
): Promise<void> {
  const config = configOf(flags);
  const { Accounts } = await import('../accounts/accounts.ts');
  await withDatabase(config, (database) => work(new Accounts(database), config));
}

function initCommand(): Command {
  return withConfigOption(new Command('init'))
    .description('Make the administrator, unless there is one.')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao admin init
  ${PASSWORD_VARIABLE}='a long phrase of your own' yuanjiao admin init

Without ${PASSWORD_VARIABLE} a password is made, printed once, and kept in <data>/admin-password.txt, which only its
owner may read. A second run changes nothing and says where to find it.`,
    )
    .action((flags: ConfigFlags) => withAccounts(flags, initAdmin));
}

async function initAdmin(accounts: Accounts, config: Config): Promise<void> {
  const path = passwordFile(config.dataDir);
  if (await accounts.hasAdmin()) {
    await keepPassword(config.dataDir);
    const isKept = await access(path).then(
      () => true,
      () => false,
    );
    console.log(
      isKept
        ? `There is an administrator already; nothing was changed. The password is in ${path}`
        : 'There is an administrator already; nothing was changed. The password is known to whoever set it; ' +
            '"yuanjiao admin password" sets a new one.',
    );
    return;
  }
  const chosen = process.env[PASSWORD_VARIABLE] ?? '';
  if (chosen !== '') {
    await accounts.createAdmin(chosen);
    console.log(`Made the administrator with the password of ${PASSWORD_VARIABLE}.`);
    return;
  }
  const password = await draftPassword(config.dataDir);
  // Two that run at once share the draft, so it does not matter whose call made the administrator.
  await accounts.createAdmin(password);
  await keepPassword(config.dataDir);
  console.log(
    `Made the administrator. The password is shown this once and kept in ${path}\n\n  ${password}\n`,
  );
}

function passwordCommand(): Command {
  return withConfigOption(new Command('password'))
    .description("Set the administrator's password; whoever is signed in has to sign in again.")
    .option('--stdin', 'read the new password from standard input instead of making one')
    .addHelpText(
      'after',
      `
Examples:
  yuanjiao admin password
  yuanjiao admin password --stdin < password.txt
  ${PASSWORD_VARIABLE}='a long phrase of your own' yuanjiao admin password

API tokens stay valid.`,
    )
    .action((flags: ConfigFlags & { readonly stdin?: boolean }) =>
      withAccounts(flags, (accounts, config) => setPassword(accounts, config, flags.stdin === true)),
    );
}

async function setPassword(accounts: Accounts, config: Config, fromStdin: boolean): Promise<void> {
  const { dataDir } = config;
  const chosen = fromStdin
    ? (await text(process.stdin)).replace(/\r?\n$/, '')
    : (process.env[PASSWORD_VARIABLE] ?? '');
  if (fromStdin && chosen === '') {
    throw new CommandError(
      'usage',
      'Standard input held no password; nothing was changed. Pipe it in, on one line.',
    );
  }
  if (chosen !== '') {
    await accounts.setPassword(chosen);
    await forgetPassword(dataDir);
    console.log('The new password holds; whoever was signed in has to sign in again.');
    return;
  }
  await dropDraft(dataDir);
  const password = await draftPassword(dataDir);
  await accounts.setPassword(password);
  await keepPassword(dataDir);
  console.log(`The new password is shown this once and kept in ${passwordFile(dataDir)}\n\n  ${password}\n`);
}

function tokenCommand(): Command {
  const create = withConfigOption(new Command('create'))
    .description('Make an API token and print it; it cannot be shown again.')
    .argument('<name>', 'what it is for, so that it can be told from the others')
    .addHelpText(
      'after',
      '\nExamples:\n  yuanjiao admin token create 县站上传\n  TOKEN=$(yuanjiao admin token create backup)',
    )
    .action((name: string, flags: ConfigFlags) =>
      withAccounts(flags, async (accounts) => {
        const made = await accounts.createToken(name);
        console.error(`Made token ${made.id} (${printable(made.name)}). It is shown this once:`);
        console.log(made.token);
      }),
    );
  const list = withConfigOption(new Command('list'))
    .description('List the API tokens, without their secrets.')
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExamples:\n  yuanjiao admin token list\n  yuanjiao admin token list --json')
    .action((flags: ConfigFlags & { readonly json?: boolean }) =>
      withAccounts(flags, async (accounts) => {
        const tokens = await accounts.tokens();
        if (flags.json === true) console.log(JSON.stringify(tokens, undefined, 2));
        else if (tokens.length === 0) console.error('There are no API tokens.');
        else
          for (const { id, name, createdAt, lastUsedAt } of tokens) {
            const used = lastUsedAt === undefined ? 'never used' : `last used ${moment(lastUsedAt)}`;
            console.log(`${id}  made ${moment(createdAt)}, ${used}  ${printable(name)}`);
          }
      }),
    );
  const revoke = withConfigOption(new Command('revoke'))
    .description('Revoke an API token at once.')
    .argument('<id>', 'as "yuanjiao admin token list" shows it')
    .addHelpText('after', '\nExamples:\n  yuanjiao admin token revoke 0123456789abcdef')
    .action((id: string, flags: ConfigFlags) =>
      withAccounts(flags, async (accounts) => {
        await accounts.revokeToken(id);
        console.log(`Revoked token ${id}.`);
      }),
    );
  return new Command('token')
    .description('Make, list and revoke API tokens.')
    .addHelpText('after', '\nExamples:\n  yuanjiao admin token create 县站上传\n  yuanjiao admin token list')
    .addCommand(create)
    .addCommand(list)
    .addCommand(revoke);
}

function moment(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ');
}
