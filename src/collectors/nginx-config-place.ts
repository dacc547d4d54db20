import { posix } from 'node:path';
import type { HostFiles } from '../sources/nginx-discovery-files.ts';
import type { Master } from '../sources/nginx-discovery-master.ts';

/** Where the configuration of a running master is. */
export interface ConfigPlace {
  /** Absolute path of the main file, as the master sees it. */
  readonly config: string;
  /** Directory of relative log paths; undefined when it is not known. */
  readonly prefix: string | undefined;
  /** Name of the configuration file without `.conf`, unless it was given another. */
  readonly gateway: string;
}

/** nginx.org, Debian, Red Hat and Alpine packages; source builds; OpenResty. */
const DEFAULT_CONFIGS = [
  '/etc/nginx/nginx.conf',
  '/usr/local/nginx/conf/nginx.conf',
  '/usr/local/openresty/nginx/conf/nginx.conf',
];
const LONGEST_NAME = 253;

/**
 * The main file of a master by its command line, else the one of the usual places that `host`, its own file system, has.
 * Never runs nginx, so a compiled-in path other than the usual ones stays unknown: undefined.
 */
export function placeOf(master: Master, host: HostFiles): ConfigPlace | undefined {
  const config = configOf(master, host);
  if (config === undefined) return undefined;
  return { config, prefix: master.prefix ?? prefixOf(master.program, config), gateway: gatewayOf(config) };
}

export function gatewayOf(config: string): string {
  const name = posix.basename(config).replace(/\.conf$/, '');
  return name.slice(0, LONGEST_NAME) || 'nginx';
}

function configOf(master: Master, host: HostFiles): string | undefined {
  const { config, prefix, program } = master;
  if (config?.startsWith('/')) return posix.normalize(config);
  if (prefix !== undefined && !prefix.startsWith('/')) return undefined;
  const base = prefix ?? installOf(program);
  if (config !== undefined) return base && posix.join(base, config);
  const candidates = base === undefined ? DEFAULT_CONFIGS : [posix.join(base, 'conf/nginx.conf'), ...DEFAULT_CONFIGS];
  return candidates.find((path) => host.kindOf(path) !== 'missing');
}

/** The directory of relative log paths when -p does not say it: compiled in, so it is known of source builds only. */
function prefixOf(program: string, config: string): string | undefined {
  return installOf(program) ?? /^(\/.+)\/conf\/[^/]+$/.exec(config)?.[1];
}

/** `/usr/local/nginx` of `/usr/local/nginx/sbin/nginx`; packages have no such tree. */
function installOf(program: string): string | undefined {
  return /^(\/.+\/(?:nginx|angie))\/sbin\/[^/]+$/.exec(program)?.[1];
}
