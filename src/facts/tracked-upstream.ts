import type { UpstreamInUse, UpstreamSource, UpstreamsView } from '../contract/upstream.ts';
import type { ServicePort } from './endpoint-states.ts';
import { ListedServers } from './listed-servers.ts';
import type { ComparedUpstream } from './upstream-comparison.ts';

/** How it is known which Service an upstream stands for; closed set of `badgateway_upstream_mapping{method}`. */
export const MAPPING_METHODS = ['name', 'candidate', 'cluster_ip', 'reverse', 'override', 'none'] as const;
export type MappingMethod = (typeof MAPPING_METHODS)[number];

/** Which Service an upstream stands for. */
export interface MappedService {
  /** Null: not known. */
  readonly service: ServicePort | null;
  /** Number of the Service's port as its clients know it; '' when unknown. */
  readonly portNumber: string;
  readonly method: MappingMethod;
  /** One sentence: what it rests on, or why nothing is known. */
  readonly reason: string;
  /** It uses the Service's own address or a name: there are no pods' addresses to compare. */
  readonly isStatic: boolean;
}

/** Compared with the same endpoints. */
export function isSameService(one: MappedService, other: MappedService): boolean {
  return (
    one.service?.service === other.service?.service &&
    one.service?.portName === other.service?.portName &&
    one.isStatic === other.isStatic
  );
}

/** Finds the Service of an upstream; asked again whenever Services or slices have changed, and now and then. */
export interface Mapping {
  map(view: UpstreamsView, upstream: UpstreamInUse, key: string): MappedService;
  /** No proxy has the upstream any more. */
  forget(key: string): void;
}

/** An upstream of a running proxy with what is known of it. */
export interface TrackedUpstream {
  /** Unique over all proxies and sources. */
  readonly key: string;
  readonly view: UpstreamsView;
  readonly upstream: UpstreamInUse;
  readonly mapped: MappedService;
  readonly compared: ComparedUpstream;
}

/** What the proxy itself says now beats what its files say. */
export const SOURCE_RANKS: Readonly<Record<UpstreamSource, number>> = {
  observed: 0,
  nginx_config: 1,
  ingress_nginx: 2,
  nginx_plus: 2,
  envoy: 2,
};

/**
 * One of each upstream of a gateway that several sources know; those known from failures only are left out where the
 * proxy's own list is known, unless the list has nothing but a name for them.
 */
export function preferBest(all: readonly TrackedUpstream[]): TrackedUpstream[] {
  const listed = new Map<string, ListedServers>();
  for (const tracked of all) {
    if (tracked.view.source === 'observed') continue;
    const key = gatewayKey(tracked.view);
    const known = listed.get(key) ?? new ListedServers();
    listed.set(key, known);
    known.add(tracked);
  }
  const best = new Map<string, TrackedUpstream>();
  for (const tracked of all) {
    const { view, upstream } = tracked;
    const own = view.source === 'observed' ? listed.get(gatewayKey(view)) : undefined;
    if (own !== undefined && !own.isOnlyNamed(tracked)) continue;
    const key = `${gatewayKey(view)}\xff${upstream.name}`;
    const other = best.get(key);
    if (other === undefined || SOURCE_RANKS[view.source] > SOURCE_RANKS[other.view.source]) best.set(key, tracked);
  }
  return [...best.values()];
}

/** The same for all sources that see one gateway. */
export function gatewayKey({ proxy, subject }: UpstreamsView): string {
  return [proxy, ...Object.values(subject)].join('\xff');
}
