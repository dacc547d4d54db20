import type { Subject } from '../contract/metrics.ts';
import type { Paths } from '../contract/unit.ts';
import { type AccessFormat, compileAccessFormat } from '../parse/access-log/access-format.ts';
import { BUILTIN_FORMATS } from '../parse/access-log/builtin-formats.ts';
import { isProblem, problemText } from '../parse/access-log/format-problem.ts';
import { Glob } from '../sources/glob.ts';
import { discoverAccessLogs } from './access-log-discovery.ts';
import { logSubjects } from './log-subjects.ts';
import type { NginxAccessLogConfig } from './nginx-access-log.ts';
import type { MasterSearch } from './nginx-masters.ts';
import type { OwnPod } from './own-pod.ts';

/** A compiled format; null: which one it is, the lines must tell. */
export type PlannedFormat = AccessFormat | null;

interface PlannedLog {
  /** File or glob. */
  readonly path: string;
  readonly gateway?: string | undefined;
  readonly pod?: OwnPod | null;
  /** Name of its format. */
  readonly name: string;
  /** Text or words; `auto`; undefined: there is no format of this name. */
  readonly source: string | readonly string[] | 'auto' | undefined;
  readonly words?: readonly string[];
}

export interface RefusedLog {
  readonly path: string;
  readonly why: string;
}

/** Which files to follow, which gateway each belongs to and how it is read. */
export interface AccessPlan {
  readonly logs: readonly PlannedLog[];
  readonly globs: readonly string[];
  /** Not followed: their format cannot be read. */
  readonly refused: readonly RefusedLog[];
  /** What was found and what not and why, in sentences. */
  readonly notes: readonly string[];
  subjectOf(path: string): Subject;
  formatOf(path: string): PlannedFormat;
}

/** As `findLogs` of error logs: configured files, else those of this host beside what was found `before`. */
export function findAccessLogs(
  config: NginxAccessLogConfig,
  paths: Paths,
  before: readonly PlannedLog[] = [],
  search: MasterSearch = {},
): AccessPlan {
  if (config.files.length > 0)
    return plan(
      config.files.map((file) => configured(file, config)),
      [],
    );
  if (!config.discover)
    return plan([], ['no files configured and discovery is off (collectors.nginx_access_log.discover)']);
  const { files, notes } = discoverAccessLogs(paths, search);
  const found = files.map(
    ({ path, gateway, pod = null, format, words }): PlannedLog => ({
      ...{ path, gateway, pod, name: format, source: format === 'auto' ? 'auto' : words },
    }),
  );
  const news = new Set(found.map(({ path }) => path));
  return plan([...before.filter(({ path }) => !news.has(path)), ...found], notes);
}

/** Before anybody has looked. */
export const NO_ACCESS_LOGS: AccessPlan = plan([], []);

/** True when the files or the formats differ. */
export function differs(one: AccessPlan, other: AccessPlan): boolean {
  return JSON.stringify(one.logs) !== JSON.stringify(other.logs);
}

function configured(file: NginxAccessLogConfig['files'][number], { formats }: NginxAccessLogConfig): PlannedLog {
  const { path, format: name } = file;
  const log = { path, gateway: 'gateway' in file ? file.gateway : undefined, name };
  if (name === 'auto') return { ...log, source: 'auto' };
  const own = formats[name];
  if (typeof own === 'string') return { ...log, source: own };
  if (own !== undefined) return { ...log, source: [`escape=${own.escape}`, own.text], words: own.words };
  const builtin: Readonly<Record<string, readonly string[]>> = BUILTIN_FORMATS;
  return { ...log, source: Object.hasOwn(builtin, name) ? builtin[name] : undefined };
}

function plan(logs: readonly PlannedLog[], notes: readonly string[]): AccessPlan {
  const compiled = new Map<string, AccessFormat | string>();
  const refused: RefusedLog[] = [];
  const read = logs.flatMap((log) => {
    const format = log.source === 'auto' ? null : compiledOnce(log, compiled);
    if (typeof format !== 'string') return [{ ...log, format, glob: new Glob(log.path) }];
    refused.push({ path: log.path, why: `format ${log.name} cannot be read: ${format}` });
    return [];
  });
  const subjectOf = logSubjects(logs);
  return {
    ...{ logs, refused, notes, subjectOf, globs: read.map(({ path }) => path) },
    formatOf: (path) => read.find(({ glob }) => glob.matches(path))?.format ?? null,
  };
}

/** The same object for the same format; a sentence when it is refused. */
function compiledOnce(
  { source, words = [], name }: PlannedLog,
  compiled: Map<string, AccessFormat | string>,
): AccessFormat | string {
  if (source === undefined) return `there is no format ${name}`;
  const key = JSON.stringify([source, words]);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const format = compileAccessFormat(source, { words: new Set(words) });
  const result = isProblem(format) ? problemText(format) : format;
  compiled.set(key, result);
  return result;
}
