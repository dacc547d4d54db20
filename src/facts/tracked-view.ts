import type { Subject } from '../contract/metrics.ts';
import type { UpstreamInUse, UpstreamsView } from '../contract/upstream.ts';
import type { MappedService, TrackedUpstream } from './tracked-upstream.ts';
import { type ComparedUpstream, NO_ADDRESSES, type RunningUpstream, type UsedAddress } from './upstream-comparison.ts';

/** What is remembered of a Service that is gone runs out silently: upstreams are mapped anew so often. */
export const REMAP_MS = 600_000;

/** What one source sees of a proxy. */
export interface View {
  readonly key: string;
  latest: UpstreamsView;
  upstreams: ReadonlyMap<string, Tracked>;
  /** Its proxy has not been read for too long. */
  isOld: boolean;
  /** What it uses now is not known. */
  isSuspended: boolean;
}

/** An upstream of it. */
export interface Tracked {
  readonly key: string;
  readonly of: View;
  upstream: UpstreamInUse;
  addresses: readonly UsedAddress[];
  mapped: MappedService;
  compared: ComparedUpstream;
  isRead: boolean;
  /** When its servers were first read as they are, milliseconds since the epoch. */
  readAtMs: number;
}

export const UNMAPPED: MappedService = { service: null, portNumber: '', method: 'none', reason: '', isStatic: false };
export const NOTHING_COMPARED: ComparedUpstream = {
  counts: NO_ADDRESSES,
  addresses: [],
  driftSinceMs: null,
  isWaiting: false,
  isUnconfirmed: false,
};

export function newTracked(of: View, upstream: UpstreamInUse): Tracked {
  const key = `${of.key} ${upstream.name}`;
  const unread = { addresses: [], mapped: UNMAPPED, compared: NOTHING_COMPARED, isRead: false, readAtMs: 0 };
  return { key, of, upstream, ...unread };
}

/** A pod has one proxy; outside Kubernetes the gateway's name is all there is. */
export function isSameProxy(one: Subject, other: Subject): boolean {
  if (one.pod !== '' && other.pod !== '') return one.pod === other.pod && one.namespace === other.namespace;
  return one.gateway === other.gateway;
}

/** Of this proxy, by whatever source. */
export function isOf(view: UpstreamsView, { proxy, subject }: Pick<UpstreamsView, 'proxy' | 'subject'>): boolean {
  return view.proxy === proxy && isSameProxy(view.subject, subject);
}

/** Of the same proxy by the same source, whatever it uses. */
export function isSameView(one: UpstreamsView, other: UpstreamsView): boolean {
  return one.proxy === other.proxy && one.source === other.source && subjectKey(one) === subjectKey(other);
}

function subjectKey({ subject: { namespace, pod, container, gateway } }: UpstreamsView): string {
  return [namespace, pod, container, gateway].join('\xff');
}

export function asTracked({ key, of, upstream, mapped, compared }: Tracked): TrackedUpstream {
  return { key, view: of.latest, upstream, mapped, compared };
}

/** What can be compared with slices, each address once: it drains when all servers of this address do. */
export function addressesOf({ servers }: UpstreamInUse): UsedAddress[] {
  const addresses = new Map<string, UsedAddress>();
  for (const { kind, host, port, isDraining } of servers) {
    if (kind !== 'ip' || port === null) continue;
    const key = `${host} ${port}`;
    addresses.set(key, { ip: host, port, isDraining: isDraining && addresses.get(key)?.isDraining !== false });
  }
  return [...addresses.values()];
}

/** What of it is compared with slices; `isOfService`: a Service's own address beside those of pods. */
export function comparable(
  { key, of, upstream, mapped, addresses, readAtMs }: Tracked,
  isOfService: (ip: string) => boolean,
): RunningUpstream {
  const ofPods = addresses.some(({ ip }) => isOfService(ip))
    ? addresses.filter(({ ip }) => !isOfService(ip))
    : addresses;
  // Observed addresses are not all, and a `proxy_pass` to one address is not meant to be.
  const isPartial = of.latest.source === 'observed' || upstream.name.startsWith('implicit:');
  return { key, service: of.isOld ? null : mapped.service, addresses: ofPods, isPartial, readAtMs };
}
