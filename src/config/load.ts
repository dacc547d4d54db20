import { readFileSync } from 'node:fs';
import { load as parseYaml } from 'js-yaml';
import type * as z from 'zod';
import { BUILTIN_FORMATS } from '../parse/access-log/builtin-formats.ts';
import { globProblem } from '../sources/glob.ts';
import { whyUnreadable } from '../sources/unreadable.ts';
import { configPaths, variableOf } from './leaves.ts';
import { mistakeWords } from './mistake-words.ts';
import { ConfigError, nearest, type Problem, problemsOf } from './problem.ts';
import { type Config, configSchema } from './schema.ts';

const PREFIX = 'BADGATEWAY_';
/** Kubernetes puts these into every pod beside a Service called `badgateway` or `badgateway-…`: not meant for us. */
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;
/** Bytes. */
export const LARGEST_FILE = 1_048_576;

/** Where a configuration comes from, the weakest first. */
export interface ConfigInput {
  /** Path of a YAML file, if any. */
  readonly file?: string | undefined;
  /** What stands in it, where it was read before. */
  readonly text?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `listen.metrics` → text as given on the command line; null: there was none. */
  readonly flags: Readonly<Record<string, string | null>>;
  /** What is wrong beyond the schema and known only further right; what the schema refuses has its default there. */
  readonly check?: (config: Config) => readonly Problem[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** `defaults` or the path of the file. */
  readonly source: string;
}

type Tree = Record<string, unknown>;

/** Reads, merges (file < environment < flags) and checks. Throws ConfigError with every problem at once. */
export function loadConfig(input: ConfigInput): LoadedConfig {
  const source = input.file ?? 'defaults';
  const tree = input.file === undefined ? {} : readTree(input.file, input.text ?? readFile(input.file));
  const schema = configSchema();
  const paths = configPaths(schema);
  const problems: Problem[] = [
    ...applyEnvironment(tree, paths, input.environment),
    ...applyFlags(tree, paths, input.flags),
  ];
  const parsed = schema.safeParse(tree, { jitless: true, error: mistakeWords });
  if (!parsed.success) problems.push(...problemsOf(parsed.error, tree, knownPaths(paths)));
  // What has no mistake of its form is looked at all the same: all mistakes are said at once.
  const readable = parsed.success
    ? parsed.data
    : schema.safeParse(withoutMistakes(tree, parsed.error), { jitless: true }).data;
  if (readable !== undefined)
    problems.push(...globProblems(readable), ...formatProblems(readable), ...(input.check?.(readable) ?? []));
  if (problems.length > 0 || !parsed.success) throw new ConfigError(input.file ?? 'flags and environment', problems);
  return { config: deepFreeze(parsed.data), source };
}

function readFile(file: string): string {
  if (file === '') {
    const message = 'the name of its file is empty (--config.file, BADGATEWAY_CONFIG_FILE)';
    throw new ConfigError('no configuration', [{ path: '', value: '', message }]);
  }
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(file, [{ path: '', value: '', message: `cannot be read (${whyUnreadable(error)})` }]);
  }
}

function readTree(file: string, text: string): Tree {
  if (text.length > LARGEST_FILE)
    throw new ConfigError(file, [{ path: '', value: '', message: 'is larger than 1 MiB' }]);
  if (text.replace(/^\s*#.*$/gm, '').trim() === '') return {};
  let parsed: unknown;
  try {
    parsed = parseYaml(text);
  } catch (error) {
    throw new ConfigError(file, [{ path: '', value: '', message: `is not YAML: ${(error as Error).message}` }]);
  }
  if (parsed === null) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new ConfigError(file, [{ path: '', value: '', message: 'must be a mapping, e.g. `log: {level: debug}`' }]);
  }
  return parsed as Tree;
}

function applyEnvironment(tree: Tree, paths: readonly string[], environment: ConfigInput['environment']): Problem[] {
  const byVariable = new Map(paths.map((path) => [variableOf(path), path]));
  const problems: Problem[] = [];
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || text === undefined || variable === `${PREFIX}CONFIG_FILE`) continue;
    const path = byVariable.get(variable);
    if (path === undefined) {
      if (SERVICE_LINK.test(variable)) continue;
      const near = nearestVariable(variable, [...byVariable.keys()]);
      problems.push({
        path: variable,
        value: '',
        message: `unknown environment variable; ${wayOut(near)}`,
      });
    } else setAt(tree, path, scalar(text));
  }
  return problems;
}

/** What all of them begin with allows no more errors in the rest. */
function nearestVariable(variable: string, known: readonly string[]): string | undefined {
  const rests = known.map((one) => one.slice(PREFIX.length));
  const near = nearest(variable.slice(PREFIX.length), rests);
  return near === undefined ? undefined : PREFIX + near;
}

function applyFlags(tree: Tree, paths: readonly string[], flags: ConfigInput['flags']): Problem[] {
  const known = new Set(paths);
  const problems: Problem[] = [];
  for (const [path, text] of Object.entries(flags)) {
    const isKnown = known.has(path);
    if (isKnown && text !== null) setAt(tree, path, scalar(text));
    else {
      const near = isKnown ? path : nearest(path, [...known]);
      const value = `it has no value: write --set ${near ?? 'KEY'}=VALUE`;
      const mistake = isKnown ? value : `unknown key; ${wayOut(near)}${text === null ? `; ${value}` : ''}`;
      problems.push({ path: `--set ${path}`, value: '', message: mistake });
    }
  }
  return problems;
}

const wayOut = (near: string | undefined) =>
  near === undefined ? 'docs/configuration.md lists all' : `did you mean ${near}?`;

/** A value outside YAML files is read as YAML (numbers, lists), but an address such as `:9502` stays text. */
function scalar(text: string): unknown {
  if (!/^(\[|\{|-?\d+(\.\d+)?$|true$|false$)/.test(text)) return text;
  try {
    return parseYaml(text);
  } catch {
    return text;
  }
}

function setAt(tree: Tree, path: string, value: unknown): void {
  const keys = path.split('.');
  let node = tree;
  for (const key of keys.slice(0, -1)) {
    if (typeof node[key] !== 'object' || node[key] === null) node[key] = {};
    node = node[key] as Tree;
  }
  node[keys[keys.length - 1]] = value;
}

/** A list with a mistake is left out as a whole: the places of its other entries stay as they are. */
function withoutMistakes(tree: Tree, { issues }: z.ZodError): Tree {
  const rest = structuredClone(tree);
  const paths = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  for (const path of paths) {
    let node: unknown = rest;
    for (const [index, key] of path.entries()) {
      const holder = node as Tree | undefined;
      node = holder?.[key as string];
      if (index === path.length - 1 || Array.isArray(node)) {
        delete holder?.[key as string];
        break;
      }
    }
  }
  return rest;
}

function globProblems({ collectors }: Config): Problem[] {
  return (['nginx_error_log', 'nginx_access_log', 'envoy_access_log'] as const).flatMap((unit) =>
    collectors[unit].files.flatMap(({ path: glob }, index) => {
      const message = globProblem(glob);
      const path = `collectors.${unit}.files.${index}`;
      return message === null ? [] : [{ path, value: JSON.stringify(glob), message }];
    }),
  );
}

function formatProblems({ collectors }: Config): Problem[] {
  const { files, formats } = collectors.nginx_access_log;
  const known = ['auto', ...Object.keys(BUILTIN_FORMATS), ...Object.keys(formats)];
  return files.flatMap(({ format }, index) => {
    if (known.includes(format)) return [];
    const path = `collectors.nginx_access_log.files.${index}.format`;
    const message = `there is no such format; it must be one of ${known.join(', ')}, or defined in formats`;
    return [{ path, value: JSON.stringify(format), message }];
  });
}

function knownPaths(leaves: readonly string[]): string[] {
  const paths = new Set<string>();
  for (const path of leaves) {
    const keys = path.split('.');
    for (let length = 1; length <= keys.length; length++) paths.add(keys.slice(0, length).join('.'));
  }
  return [...paths];
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
