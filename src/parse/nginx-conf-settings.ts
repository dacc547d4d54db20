import { type ConfListen, readListen } from './nginx-conf-listen.ts';
import type { ConfPlace } from './nginx-conf-problem.ts';
import {
  type ConfContext,
  type ConfModule,
  type Directive,
  modulesOf,
  type NginxConf,
  walkConf,
} from './nginx-conf-tree.ts';
import { parseCount } from './nginx-conf-units.ts';

export interface Setting<T> extends ConfPlace {
  readonly value: T;
}

export interface ConfLog extends ConfPlace {
  readonly module: 'main' | ConfModule['module'];
  /** File, `stderr`, `syslog:…`, `memory:…` or `off`; may hold variables in an access log. */
  readonly target: string;
  /** Level of an error log (`error` without one), format of an access log (`combined` without one). */
  readonly detail: string;
  /** It stands in the outermost level of its module, not in a server or location. */
  readonly isOutermost: boolean;
}

export interface LogFormat extends ConfPlace {
  readonly module: ConfModule['module'];
  readonly name: string;
  /** `default`, `json` or `none`. */
  readonly escape: string;
  /** All parts put together. */
  readonly text: string;
}

/** Null: not set, nginx's default holds (1 worker, the limit it inherits, 512 connections). */
export interface ConfSettings {
  readonly workerProcesses: Setting<number | 'auto'> | null;
  readonly workerRlimitNofile: Setting<number> | null;
  readonly workerConnections: Setting<number> | null;
  readonly listens: readonly ConfListen[];
  readonly errorLogs: readonly ConfLog[];
  readonly accessLogs: readonly ConfLog[];
  readonly logFormats: readonly LogFormat[];
}

/** What else of the configuration is needed: limits of the workers, sockets, logs. */
export function readSettings(conf: NginxConf, context: ConfContext = 'main'): ConfSettings {
  const main = context === 'main' ? conf.directives : [];
  const events = main.filter(({ name }) => name === 'events').flatMap(({ body }) => body);
  const settings = {
    workerProcesses: setting(main, 'worker_processes', (text) => (text === 'auto' ? text : parseCount(text))),
    workerRlimitNofile: setting(main, 'worker_rlimit_nofile', parseCount),
    workerConnections: setting(events, 'worker_connections', parseCount),
    ...{ listens: [] as ConfListen[], errorLogs: [] as ConfLog[] },
    ...{ accessLogs: [] as ConfLog[], logFormats: [] as LogFormat[] },
  };
  for (const directive of main) {
    if (directive.name === 'error_log') settings.errorLogs.push(readLog(directive, 'main', 'error', true));
  }
  for (const { module, directives } of modulesOf(conf, context)) {
    for (const { directive, parents } of walkConf(directives)) {
      const { name, kind } = directive;
      const isOutermost = parents.length === 0;
      if (kind !== 'simple') continue;
      if (name === 'error_log') settings.errorLogs.push(readLog(directive, module, 'error', isOutermost));
      if (name === 'access_log') settings.accessLogs.push(readLog(directive, module, 'combined', isOutermost));
      if (name === 'log_format') settings.logFormats.push(readLogFormat(directive, module));
      const listen = name === 'listen' ? readListen(directive, module) : null;
      if (listen !== null) settings.listens.push(listen);
    }
  }
  return settings;
}

function setting<T>(
  directives: readonly Directive[],
  name: string,
  parse: (text: string) => T | null,
): Setting<T> | null {
  const found = directives.find((directive) => directive.name === name);
  const value = found === undefined ? null : parse(found.args[0] ?? '');
  return value === null ? null : { value, file: found!.file, line: found!.line };
}

function readLog(
  { args, file, line }: Directive,
  module: ConfLog['module'],
  usual: string,
  isOutermost: boolean,
): ConfLog {
  const [target = '', second] = args;
  // Without a format name a parameter can come second: `access_log PATH if=$x`.
  const detail = second === undefined || second.includes('=') ? usual : second;
  return { module, target, detail, isOutermost, file, line };
}

function readLogFormat({ args, file, line }: Directive, module: ConfModule['module']): LogFormat {
  const [name = '', ...parts] = args;
  const escaping = parts[0]?.startsWith('escape=') ? parts.shift()!.slice('escape='.length) : 'default';
  return { module, name, escape: escaping, text: parts.join(''), file, line };
}
