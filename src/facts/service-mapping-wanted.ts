import type { WantedServices } from '../contract/cluster.ts';
import type { UpstreamInUse, UpstreamsView } from '../contract/upstream.ts';
import { readUpstreamName } from '../parse/upstream-name.ts';
import { readHostName } from '../parse/upstream-name-dns.ts';
import { NO_SERVICE, NOTHING_READ, oneOf, type UpstreamName } from '../parse/upstream-name-ref.ts';
import { type CompiledOverride, findOverride } from './service-mapping-override.ts';

/** What is needed of a view. */
export type UpstreamsOfProxy = Pick<UpstreamsView, 'proxy' | 'source' | 'upstreams'>;

/** What the upstream's name says, and where it says nothing, what the names of its servers say. */
export function readNames(
  { proxy, source }: Pick<UpstreamsView, 'proxy' | 'source'>,
  upstream: UpstreamInUse,
): UpstreamName {
  const { name, alias, servers } = upstream;
  const read = readUpstreamName({ proxy, source, name, alias });
  if (read.exact || read.candidates.length > 0 || read.isNoService) return read;
  const hosts = servers.flatMap(({ kind, host, port }) =>
    kind === 'hostname' ? readHostName(host, port).candidates : [],
  );
  // A server with an address or another name beside: it stands for more than that Service.
  return hosts.length > 0 && hosts.length === servers.length
    ? { ...oneOf(hosts, read.namespaces), problem: read.problem }
    : read;
}

function readOverride({ ref }: CompiledOverride): UpstreamName {
  return ref === null ? NO_SERVICE : { ...NOTHING_READ, exact: ref };
}

/** Where to look for the Services that the upstreams may stand for. */
export function wantedOf(
  views: Iterable<UpstreamsOfProxy>,
  overrides: readonly CompiledOverride[] = [],
): WantedServices {
  const namespaces = new Set<string>();
  const names = new Set<string>();
  let hasUnnamed = false;
  for (const view of views) {
    for (const upstream of view.upstreams) {
      const override = findOverride(overrides, upstream.name);
      const read = override ? readOverride(override) : readNames(view, upstream);
      const refs = read.exact ? [read.exact] : read.candidates;
      for (const ref of refs) {
        namespaces.add(ref.namespace);
        names.add(ref.service);
      }
      for (const namespace of read.namespaces) namespaces.add(namespace);
      const isNamed = refs.length > 0 || read.isNoService;
      hasUnnamed ||= !isNamed && upstream.servers.some(({ kind }) => kind === 'ip');
    }
  }
  return { namespaces: [...namespaces].sort(), names: [...names].sort(), hasUnnamed };
}

/** What is wanted, worked out again only when a proxy has other upstreams: it is asked for every second. */
export class WantedCache {
  readonly #overrides: readonly CompiledOverride[];
  readonly #controllers: readonly string[];
  #of: readonly (readonly UpstreamInUse[])[] = [];
  #wanted: WantedServices = { namespaces: [], names: [], hasUnnamed: false };

  /** `controllers`: Services (`namespace/name`) that are wanted as soon as there is a gateway. */
  constructor(overrides: readonly CompiledOverride[], controllers: readonly string[] = []) {
    this.#overrides = overrides;
    this.#controllers = controllers;
  }

  of(views: readonly UpstreamsOfProxy[]): WantedServices {
    const lists = views.map(({ upstreams }) => upstreams);
    if (lists.length === this.#of.length && lists.every((list, index) => isSame(list, this.#of[index])))
      return this.#wanted;
    this.#of = lists;
    this.#wanted = withServices(wantedOf(views, this.#overrides), views.length > 0 ? this.#controllers : []);
    return this.#wanted;
  }
}

function withServices(wanted: WantedServices, services: readonly string[]): WantedServices {
  if (services.length === 0) return wanted;
  const refs = services.map((key) => key.split('/'));
  const namespaces = new Set([...wanted.namespaces, ...refs.map(([namespace]) => namespace)]);
  const names = new Set([...wanted.names, ...refs.map(([, name]) => name)]);
  return { ...wanted, namespaces: [...namespaces].sort(), names: [...names].sort() };
}

function isSame(one: readonly UpstreamInUse[], other: readonly UpstreamInUse[]): boolean {
  return one === other || (one.length === other.length && one.every((upstream, index) => upstream === other[index]));
}
