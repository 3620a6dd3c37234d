import { writeFile } from 'node:fs/promises';

import { expect } from 'chai';

import { programOf } from '../../../server/cli/program.ts';
import { CommandLine } from '../../support/command-line.ts';

const COMMANDS = [
  ['serve'],
  ['worker'],
  ['ingest'],
  ['reprocess'],
  ['probe'],
  ['transcode'],
  ['export'],
  ['verify'],
  ['migrate'],
  ['config'],
  ['edge-config'],
  ['live'],
  ['live', 'create'],
  ['live', 'invite'],
  ['live', 'attendance'],
  ['admin'],
  ['admin', 'init'],
  ['admin', 'password'],
  ['admin', 'token'],
  ['admin', 'token', 'create'],
  ['admin', 'token', 'list'],
  ['admin', 'token', 'revoke'],
];

describe('the command line', () => {
  let yuanjiao: CommandLine;

  before(async () => {
    yuanjiao = await CommandLine.open();
  });

  after(() => yuanjiao.close());

  it('explains itself, its commands and its exit codes', async () => {
    const { exitCode, stdout } = await yuanjiao.run(['--help']);
    expect(exitCode).to.equal(0);
    for (const [command] of COMMANDS) expect(stdout).to.match(new RegExp(`^  ${command} `, 'm'));
    expect(stdout).to.contain('130 interrupted');
  });

  it('explains every command with examples, however deep it lies', () => {
    const unexplained: string[] = [];
    const look = (command: ReturnType<typeof programOf>, name: string): void => {
      let help = '';
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      const [, examples = ''] = help.split('\nExamples:\n');
      if (!examples.includes(name) || command.description() === '') unexplained.push(name);
      for (const nested of command.commands) look(nested, `${name} ${nested.name()}`);
    };
    look(programOf(new AbortController().signal), 'yuanjiao');
    expect(unexplained).to.deep.equal([]);
  });

  it('prints its version', async () => {
    const { exitCode, stdout } = await yuanjiao.run(['--version']);
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  for (const command of COMMANDS) {
    it(`explains "${command.join(' ')}" with examples`, async () => {
      const { exitCode, stdout } = await yuanjiao.run([...command, '--help']);
      expect(exitCode).to.equal(0);
      expect(stdout).to.contain(`Usage: yuanjiao ${command.join(' ')}`);
      expect(stdout).to.contain(`Examples:\n  `);
      expect(stdout).to.contain(`yuanjiao ${command.join(' ')}`);
    });
  }

  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ['no command', [], 'Usage: yuanjiao'],
    ['an unknown command', ['srve'], "unknown command 'srve'"],
    ['an unknown option', ['probe', 'a.mp4', '--nope'], "unknown option '--nope'"],
    ['a missing title', ['ingest', 'a.mp4'], "required option '--title <text>' not specified"],
    ['a missing folder', ['transcode', 'a.mp4'], "required option '--to <folder>' not specified"],
    ['a number that is none', ['worker', '--jobs', 'many'], 'whole number from 1 to 256'],
    ['a file that is not there', ['probe', '没有.mp4'], 'there is no such file; check the path'],
    ['a folder in place of a file', ['probe', '.'], 'it is a folder; name one media file in it'],
  ];
  for (const [what, args, words] of wrong) {
    it(`exits with 2 on ${what}`, async () => {
      const { exitCode, stderr } = await yuanjiao.run(args);
      expect(exitCode).to.equal(2);
      expect(stderr).to.contain(words);
    });
  }
});

describe('yuanjiao config', () => {
  let yuanjiao: CommandLine;

  before(async () => {
    yuanjiao = await CommandLine.open();
  });

  after(() => yuanjiao.close());

  it('lists every problem at once and exits with 2', async () => {
    await writeFile(yuanjiao.path('yuanjiao.config.json'), '{"prot": 8180, "logLevel": "loud"}');
    const { exitCode, stderr } = await yuanjiao.run(['config'], {
      env: { YUANJIAO_PORT: 'eighty', YUANJIAO_STORE: 's3:http://127.0.0.1:9000/bucket' },
    });
    expect(exitCode).to.equal(2);
    for (const name of ['prot', 'logLevel', 'YUANJIAO_PORT', 'YUANJIAO_STORE_ACCESS_KEY']) {
      expect(stderr).to.contain(name);
    }
  });

  it('prints what holds, without secrets', async () => {
    await writeFile(yuanjiao.path('other.json'), '{"port": 9001}');
    const { exitCode, stdout } = await yuanjiao.run(['config', '--json', '--config', 'other.json'], {
      env: { YUANJIAO_DATABASE: 'postgres://yuanjiao:geheim@127.0.0.1/yuanjiao' },
    });
    expect(exitCode).to.equal(0);
    const settings = JSON.parse(stdout) as Record<string, string>;
    expect(settings['YUANJIAO_PORT']).to.equal('9001');
    expect(settings['YUANJIAO_DATABASE']).to.equal('postgres://yuanjiao:***@127.0.0.1/yuanjiao');
  });

  it('is asked by every command that needs it', async () => {
    const env = { YUANJIAO_PORT: 'eighty' };
    for (const args of [['serve'], ['worker'], ['migrate'], ['admin', 'init']]) {
      const { exitCode, stderr } = await yuanjiao.run([...args, '--config', 'other.json'], { env });
      expect(exitCode, args.join(' ')).to.equal(2);
      expect(stderr).to.contain('YUANJIAO_PORT');
    }
  });
});
