import type { GatewayNames, GivenName } from '../contract/gateway-names.ts';
import type { Paths } from '../contract/unit.ts';
import type { NginxConf } from '../parse/nginx-conf-tree.ts';
import { Glob } from '../sources/glob.ts';
import { findMasters, type Master } from '../sources/nginx-discovery-master.ts';
import { accessLogPaths } from './nginx-access-log-files.ts';
import { hostOf } from './nginx-config-find.ts';
import { placeOf } from './nginx-config-place.ts';
import type { ConfigTree } from './nginx-config-tree.ts';
import { errorLogsOf } from './nginx-error-log-files.ts';
import { commandLineConf, type LogPlace, openLogConf } from './nginx-log-conf.ts';
import { SeenFiles } from './nginx-names-files.ts';

/** A configured file, as the schemas have it. */
interface ConfiguredFile {
  readonly path: string;
  readonly gateway?: string | undefined;
  readonly namespace?: string;
  readonly pod?: string;
}

interface Files {
  readonly files: readonly ConfiguredFile[];
}

/** The units whose files can be given a name. */
export interface NamingUnits {
  readonly nginx_config: Files;
  readonly nginx_error_log: Files;
  readonly nginx_access_log: Files;
}

interface NamedGlob {
  readonly glob: Glob;
  /** '': the file is listed without a name. */
  readonly gateway: string;
}

/** Each once. */
interface LogPaths {
  readonly errorLogs: ReadonlySet<string>;
  readonly accessLogs: ReadonlySet<string>;
}

interface Named {
  readonly gateway: string;
  /** In words: the file that has the name. */
  readonly by: string;
}

const MOST_TREES = 64;

/**
 * The name of an nginx is the one that its main file is given, else its error log, else its access log. Its configuration says which
 * logs it writes; that is parsed again only when it has changed.
 */
export class NginxNames implements GatewayNames {
  readonly #paths: Paths;
  readonly #configs: readonly NamedGlob[];
  readonly #errorLogs: readonly NamedGlob[];
  readonly #accessLogs: readonly NamedGlob[];
  readonly #trees = new Map<string, ConfigTree<LogPaths>>();

  constructor({ nginx_config, nginx_error_log, nginx_access_log }: NamingUnits, paths: Paths) {
    this.#paths = paths;
    this.#configs = globsOf(nginx_config).filter(({ gateway }) => gateway !== '');
    this.#errorLogs = globsOf(nginx_error_log);
    this.#accessLogs = globsOf(nginx_access_log);
  }

  ofMasters(pids?: readonly number[]): ReadonlyMap<number, GivenName> {
    const names = new Map<number, GivenName>();
    for (const master of findMasters(this.#paths.proc, [], pids)) {
      const host = hostOf(master, this.#paths);
      const place = placeOf(master, host);
      if (place === undefined) continue;
      const { errorLogs, accessLogs } = this.#logsOf(master, { ...place, host, directives: master.directives });
      const files = new SeenFiles(host);
      const given = firstOf([
        ...namesOf('configuration', { paths: [place.config], files, globs: this.#configs }),
        ...namesOf('error log', { paths: errorLogs, files, globs: this.#errorLogs }),
        ...namesOf('access log', { paths: accessLogs, files, globs: this.#accessLogs }),
      ]);
      if (given !== undefined) names.set(master.pid, given);
    }
    return names;
  }

  #logsOf({ errorLog }: Master, place: LogPlace): LogPaths {
    const key = [place.host.root, place.config, place.prefix, place.directives, errorLog].join('\0');
    const keep = (conf: NginxConf) => logPaths(conf, place, errorLog);
    const tree = this.#trees.get(key) ?? openLogConf(place, keep);
    // Those that were asked for longest ago are forgotten first.
    this.#trees.delete(key);
    this.#trees.set(key, tree);
    for (const oldest of this.#trees.keys()) if (this.#trees.size > MOST_TREES) this.#trees.delete(oldest);
    try {
      return tree.read().conf;
    } catch {
      // Who reads the configuration for its own sake says why.
      return keep(commandLineConf(place));
    }
  }
}

/** Undefined where nobody has given a name, and in a pod, whose workload is the name. */
export function givenNames(
  units: NamingUnits,
  paths: Paths,
  { POD_NAME: pod = '' }: Readonly<Record<string, string | undefined>>,
): GatewayNames | undefined {
  if (paths.root === '' && pod !== '') return undefined;
  const all = [units.nginx_config, units.nginx_error_log, units.nginx_access_log].flatMap(({ files }) => files);
  return all.some(({ gateway }) => gateway) ? new NginxNames(units, paths) : undefined;
}

function logPaths(conf: NginxConf, place: LogPlace, errorLog: string | undefined): LogPaths {
  const { files, inMain } = errorLogsOf(conf, place, []);
  const errorLogs = new Set(files.map(({ path }) => path));
  if (!inMain && errorLog?.startsWith('/')) errorLogs.add(errorLog);
  return { errorLogs, accessLogs: new Set(accessLogPaths(conf, place)) };
}

/** Each name once. Of several globs that fit the first counts, as for the log itself. */
function namesOf(
  kind: string,
  {
    paths,
    files,
    globs,
  }: { readonly paths: Iterable<string>; readonly files: SeenFiles; readonly globs: readonly NamedGlob[] },
): readonly Named[] {
  if (globs.length === 0) return [];
  const found = new Map<string, Named>();
  for (const path of paths) {
    const seen = files.paths(path);
    const isIt = ({ glob }: NamedGlob) =>
      seen.some((one) => glob.matches(one)) || (glob.matches(path) && files.isOurs(path));
    const gateway = globs.find(isIt)?.gateway ?? '';
    if (gateway !== '' && !found.has(gateway)) found.set(gateway, { gateway, by: `${kind} ${path}` });
  }
  return [...found.values()];
}

function firstOf([first, ...others]: readonly Named[]): GivenName | undefined {
  if (first === undefined) return undefined;
  const { gateway, by } = first;
  const other = others.find((one) => one.gateway !== gateway);
  const left = other === undefined ? '' : `; that of its ${other.by}, ${other.gateway}, does not count`;
  return { gateway, why: `gateway ${gateway}, the name of its ${by}${left}` };
}

/** Those of pods have their names by the pod. */
function globsOf({ files }: Files): NamedGlob[] {
  return files.flatMap(({ path, gateway = '', namespace = '', pod = '' }) => {
    if (namespace !== '' || pod !== '') return [];
    try {
      return [{ glob: new Glob(path), gateway }];
    } catch {
      // Who is to follow it says so.
      return [];
    }
  });
}
