import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { z } from 'zod';

import { ConfigError, type ConfigProblem } from './errors.ts';
import { nearest } from './nearest.ts';
import { SETTINGS, type Setting, type SettingName } from './settings.ts';

type Value<N extends SettingName> =
  | z.infer<(typeof SETTINGS)[N]['schema']>
  | ((typeof SETTINGS)[N]['fallback'] extends string ? never : undefined);

/** The server's settings, checked; paths are absolute. */
export type Config = { readonly [N in SettingName]: Value<N> };

/** The file that is read when it is there and none other is named. */
export const CONFIG_FILE = 'yuanjiao.config.json';

/** Where to read settings from. */
export interface ConfigOrigins {
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths in the environment start from. Default the working directory. */
  readonly cwd?: string;
  /** A JSON file; it must exist when it is named here or in `YUANJIAO_CONFIG`. Default {@link CONFIG_FILE} in `cwd`. */
  readonly file?: string;
}

interface Given {
  readonly value: unknown;
  readonly origin: string;
}

/**
 * Reads the environment and the file; the environment wins.
 *
 * @throws {ConfigError} with every problem there is, not only the first
 */
export function loadConfig(origins: ConfigOrigins = {}): Config {
  const env = origins.env ?? process.env;
  const cwd = origins.cwd ?? process.cwd();
  const problems: ConfigProblem[] = [];
  const fromFile = readFile(origins.file ?? env['YUANJIAO_CONFIG'], cwd, problems);
  problems.push(...unknownVariables(env));

  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting<unknown>][]) {
    const given = fromEnvironment(setting, env, cwd, problems) ?? fromFile.get(name);
    if (given === undefined) continue;
    const checked = setting.schema.safeParse(given.value);
    if (checked.success) values[name] = checked.data;
    else problems.push(problemOf(name, setting, given));
  }
  complete(values, cwd);
  problems.push(...contradictions(values));
  if (problems.length > 0) throw new ConfigError(problems);
  return values as unknown as Config;
}

function readFile(
  named: string | undefined,
  cwd: string,
  problems: ConfigProblem[],
): ReadonlyMap<string, Given> {
  const path = resolve(cwd, named ?? CONFIG_FILE);
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (named !== undefined || code !== 'ENOENT') {
      problems.push({
        key: 'config file',
        origin: path,
        expected: 'a readable file',
        received: String(code),
      });
    }
    return new Map();
  }
  let content: unknown;
  try {
    content = JSON.parse(source);
  } catch (error) {
    problems.push({
      key: 'config file',
      origin: path,
      expected: 'JSON',
      received: error instanceof Error ? error.message.replace(/, ".*$/s, '') : 'something else',
    });
    return new Map();
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    problems.push({
      key: 'config file',
      origin: path,
      expected: 'one JSON object',
      received: typeof content,
    });
    return new Map();
  }
  const known = Object.keys(SETTINGS);
  const given = new Map<string, Given>();
  for (const [name, value] of Object.entries(content)) {
    if (known.includes(name)) given.set(name, { value, origin: path });
    else problems.push(unknownName(name, path, known));
  }
  return given;
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): ConfigProblem[] {
  const known = ['YUANJIAO_CONFIG'];
  for (const setting of Object.values(SETTINGS)) {
    known.push(setting.env);
    if ('isSecret' in setting) known.push(`${setting.env}_FILE`);
  }
  return Object.keys(env)
    .filter((name) => name.startsWith('YUANJIAO_') && !known.includes(name) && !isOfOthers(name))
    .map((name) => unknownName(name, 'environment', known));
}

function isOfOthers(name: string): boolean {
  return OTHER_VARIABLES.has(name) || name.startsWith('YUANJIAO_TEST_');
}

/** Read by the command line, not by the server. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set([
  'YUANJIAO_SERVER',
  'YUANJIAO_TOKEN',
  'YUANJIAO_ADMIN_PASSWORD',
]);

function unknownName(name: string, origin: string, known: readonly string[]): ConfigProblem {
  const [near] = nearest(name, known, 1);
  return {
    key: name,
    origin,
    expected: near === undefined ? 'a known setting (see `yuanjiao config`)' : `${near}, perhaps`,
    received: 'an unknown name',
  };
}

function fromEnvironment(
  setting: Setting<unknown>,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  problems: ConfigProblem[],
): Given | undefined {
  const direct = env[setting.env];
  if (direct !== undefined && direct !== '') return { value: direct, origin: 'environment' };
  const path = setting.isSecret === true ? env[`${setting.env}_FILE`] : undefined;
  if (path === undefined || path === '') return undefined;
  try {
    return { value: readFileSync(resolve(cwd, path), 'utf8').trim(), origin: path };
  } catch (error) {
    problems.push({
      key: `${setting.env}_FILE`,
      origin: 'environment',
      expected: 'the path of a readable file',
      received: `${path} (${(error as NodeJS.ErrnoException).code})`,
    });
    return undefined;
  }
}

function problemOf(name: SettingName, setting: Setting<unknown>, given: Given): ConfigProblem {
  return {
    key: given.origin === 'environment' ? setting.env : name,
    origin: given.origin,
    expected: setting.expected,
    received: setting.isSecret === true ? '(hidden)' : JSON.stringify(given.value),
  };
}

function complete(values: Record<string, unknown>, cwd: string): void {
  const dataDir = resolve(cwd, (values['dataDir'] as string | undefined) ?? SETTINGS.dataDir.fallback);
  values['dataDir'] = dataDir;
  for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting<unknown>][]) {
    if (values[name] !== undefined || setting.fallback === undefined) continue;
    values[name] = setting.schema.parse(setting.fallback.replace('<dataDir>', dataDir));
  }
  for (const name of ['watchFolder', 'liveCertFile', 'liveKeyFile']) {
    const path = values[name];
    if (typeof path === 'string') values[name] = resolve(cwd, path);
  }
  for (const name of ['database', 'store']) {
    const address = String(values[name]);
    const local = /^(sqlite|folder):(.+)$/.exec(address);
    if (local !== null) values[name] = `${local[1]}:${resolve(cwd, local[2] ?? '')}`;
  }
}

function contradictions(values: Readonly<Record<string, unknown>>): ConfigProblem[] {
  const wanted: (readonly [SettingName, string])[] = [];
  if (String(values['store']).startsWith('s3:')) {
    const because = `the store is ${String(values['store'])}`;
    wanted.push(['storeAccessKey', because], ['storeSecretKey', because]);
  }
  if (values['liveCertFile'] !== undefined)
    wanted.push(['liveKeyFile', `${SETTINGS.liveCertFile.env} is given`]);
  if (values['liveKeyFile'] !== undefined)
    wanted.push(['liveCertFile', `${SETTINGS.liveKeyFile.env} is given`]);
  return wanted
    .filter(([name]) => values[name] === undefined)
    .map(([name, because]) => ({
      key: SETTINGS[name].env,
      origin: 'environment',
      expected: `${SETTINGS[name].expected}, because ${because}`,
      received: 'nothing',
    }));
}

/** The settings as `yuanjiao config` prints them: secrets hidden, passwords inside addresses too. */
export function describeConfig(config: Config): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(SETTINGS).map(([name, setting]) => {
      const value = config[name as SettingName];
      if (value === undefined) return [setting.env, '(not set)'];
      if (name === 'database') return [setting.env, redactAddress(String(value))];
      return [setting.env, 'isSecret' in setting ? '(hidden)' : String(value)];
    }),
  );
}

/** An address without its password, for logs and messages. */
export function redactAddress(address: string): string {
  return address.replace(/(\/\/[^:@/]*):[^@/]*@/, '$1:***@');
}
