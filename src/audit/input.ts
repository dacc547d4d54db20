import type { Mount } from '../parse/mount-info.ts';
import { type ConfSettings, readSettings } from '../parse/nginx-conf-settings.ts';
import {
  type ConfContext,
  type ConfModule,
  type Directive,
  modulesOf,
  type NginxConf,
} from '../parse/nginx-conf-tree.ts';
import { type ConfUpstreams, readUpstreams } from '../parse/nginx-conf-upstreams.ts';
import type { Fact } from './fact.ts';
import { findProxyPlaces, type ProxyPlace } from './proxy-place.ts';

/** What rules compare the configuration with. Kernel parameters are those of the network namespace that the proxy runs in. */
export interface AuditFacts {
  /** net.core.somaxconn */
  readonly somaxconn: Fact<number>;
  /** net.ipv4.ip_local_port_range, both included. */
  readonly localPorts: Fact<{ readonly low: number; readonly high: number }>;
  /** net.netfilter.nf_conntrack_max and _buckets: one value for the machine. */
  readonly conntrackMax: Fact<number>;
  readonly conntrackBuckets: Fact<number>;
  /** net.netfilter.nf_conntrack_tcp_timeout_established */
  readonly conntrackEstablishedSeconds: Fact<number>;
  /** How many workers `worker_processes auto` starts. */
  readonly autoWorkers: Fact<number>;
  /** CPUs that the cgroup may use, 0.5 for half of one; null: no limit. */
  readonly cpuLimit: Fact<number | null>;
  /** Soft limit of open files of the master, which workers inherit. */
  readonly openFiles: Fact<number>;
  /** `1.24.0`, of nginx itself: others count otherwise. */
  readonly nginxVersion: Fact<string>;
  /** Of the master's mount namespace. */
  readonly mounts: Fact<readonly Mount[]>;
  /** After so long the backends themselves give up. */
  readonly backendTimeoutSeconds: Fact<number>;
}

export interface AuditInput {
  readonly conf: NginxConf;
  readonly modules: readonly ConfModule[];
  /** The main context is there, not only what is included in `http` or `stream`. */
  readonly hasMain: boolean;
  readonly settings: ConfSettings;
  readonly upstreams: ConfUpstreams;
  readonly proxies: readonly ProxyPlace[];
  readonly facts: AuditFacts;
  /** Parts of the configuration that could not be read, for people. */
  readonly missing: readonly string[];
}

export interface AuditedConf {
  readonly conf: NginxConf;
  readonly context: ConfContext;
  readonly missing: readonly string[];
}

const MAIN_BLOCKS = new Set(['http', 'stream', 'mail', 'events']);
const MAIN_DIRECTIVES = /^(worker_|pid$|daemon$|load_module$|user$)/;

/** What several rules look at, each part read when it is first asked for, and once. */
export function readAuditInput({ conf, context, missing }: AuditedConf, facts: AuditFacts): AuditInput {
  const settings = once(() => readSettings(conf, context));
  const upstreams = once(() => readUpstreams(conf, context));
  const proxies = once(() => findProxyPlaces(conf, context, upstreams()));
  return {
    ...{ conf, facts, missing, modules: modulesOf(conf, context), hasMain: context === 'main' },
    get settings() {
      return settings();
    },
    get upstreams() {
      return upstreams();
    },
    get proxies() {
      return proxies();
    },
  };
}

function once<T>(read: () => T): () => T {
  let value: { readonly is: T } | null = null;
  return () => {
    value ??= { is: read() };
    return value.is;
  };
}

/** Which block a file on its own is meant for, by what stands in it: a volume may hold only what nginx.conf includes. */
export function guessContext({ directives, files }: NginxConf): ConfContext {
  const isMain = ({ name, kind }: Directive) =>
    (kind === 'block' && MAIN_BLOCKS.has(name)) || MAIN_DIRECTIVES.test(name);
  if (directives.some(isMain) || !directives.some(({ name }) => /^(server|upstream|map)$/.test(name))) return 'main';
  return /stream/.test(files[0] ?? '') ? 'stream' : 'http';
}

/** The first directive of this name in the main context. */
export function mainDirective({ conf, hasMain }: AuditInput, name: string): Directive | null {
  return (hasMain ? conf.directives.find((directive) => directive.name === name) : undefined) ?? null;
}

/** Where a directive that is not there would stand. */
export function startOf({ conf }: AuditInput): { readonly file: string; readonly line: number } {
  return { file: conf.files[0] ?? '', line: 1 };
}
