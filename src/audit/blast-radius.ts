import { type Directive, walkConf } from '../parse/nginx-conf-tree.ts';
import type { Upstream } from '../parse/nginx-conf-upstream.ts';
import { readUpstreamName } from '../parse/upstream-name.ts';
import type { AuditInput } from './input.ts';
import type { ProxyPlace } from './proxy-place.ts';

/** A name that clients ask for, as `server_name` has it; '' for a server without one. */
export interface BlastHost {
  readonly host: string;
  /** Names of the upstreams that its requests go to. */
  readonly upstreams: readonly string[];
  /** Somewhere only the running proxy knows where they go. */
  readonly hasVariable: boolean;
}

export interface BlastUpstream {
  readonly name: string;
  /** `namespace/name`, by the upstream's name; '' when that does not say. */
  readonly service: string;
  /** Those whose requests go to it; none: `stream`, or nobody's. */
  readonly hosts: readonly string[];
  readonly servers: number;
}

/** What goes down with one proxy, and at it with each upstream. */
export interface BlastRadius {
  readonly hosts: readonly BlastHost[];
  /** Those that most hosts need first. */
  readonly upstreams: readonly BlastUpstream[];
  readonly services: readonly string[];
}

interface Reached {
  readonly upstreams: Set<string>;
  hasVariable: boolean;
}

/** Reads hosts and upstreams of one configuration, each once. */
export function readBlastRadius(input: AuditInput): BlastRadius {
  const reached = new Map<string, Reached>();
  const of = (host: string) => reached.get(host) ?? put(reached, host);
  for (const { module, directives } of input.modules) {
    // A server of `stream` has no name.
    if (module !== 'http') continue;
    for (const { directive } of walkConf(directives))
      if (directive.kind === 'block' && directive.name === 'server')
        for (const host of namesOf(directive.body)) of(host);
  }
  for (const place of input.proxies) {
    for (const host of hostsOf(place)) {
      if (place.upstream === null) of(host).hasVariable = true;
      else of(host).upstreams.add(nameOf(place.upstream));
    }
  }
  const upstreams = upstreamsOf(input, reached);
  return {
    hosts: [...reached]
      .map(([host, { upstreams: names, hasVariable }]) => ({ host, upstreams: [...names].sort(), hasVariable }))
      .sort((a, b) => compare(a.host, b.host)),
    upstreams,
    services: [...new Set(upstreams.flatMap(({ service }) => service || []))].sort(),
  };
}

function upstreamsOf({ upstreams: { upstreams } }: AuditInput, reached: ReadonlyMap<string, Reached>): BlastUpstream[] {
  const found = new Map<string, BlastUpstream>();
  for (const upstream of upstreams) {
    const name = nameOf(upstream);
    const hosts = [...reached].filter(([, one]) => one.upstreams.has(name)).map(([host]) => host);
    const service = serviceOf(upstream.name);
    if (!found.has(name)) found.set(name, { name, service, hosts: hosts.sort(), servers: upstream.servers.length });
  }
  return [...found.values()].sort((a, b) => b.hosts.length - a.hosts.length || compare(a.name, b.name));
}

/** What a `proxy_pass` names itself is called by its address. */
function nameOf({ name, isImplicit }: Upstream): string {
  return isImplicit ? name.replace(/^implicit:/, '') : name;
}

/** Only what a name says for certain. */
function serviceOf(name: string): string {
  const { exact } = readUpstreamName({ proxy: 'nginx', source: 'nginx_config', name, alias: '' });
  return exact === null ? '' : `${exact.namespace}/${exact.service}`;
}

function hostsOf({ levels }: ProxyPlace): readonly string[] {
  const server = levels.find(({ name }) => name === 'server');
  return server === undefined ? [] : read(server.all('server_name'));
}

function namesOf(body: readonly Directive[]): string[] {
  return read(body.filter(({ name }) => name === 'server_name'));
}

function read(directives: readonly Directive[]): string[] {
  const names = directives.flatMap(({ args }) => args);
  return names.length === 0 ? [''] : [...new Set(names)];
}

function put(reached: Map<string, Reached>, host: string): Reached {
  const one: Reached = { upstreams: new Set(), hasVariable: false };
  reached.set(host, one);
  return one;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
