import type { Observation } from '../contract/failure.ts';
import { UNKNOWN_UPSTREAM, type UpstreamIdentity } from '../contract/metrics.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import { isSamePort, type ServicePort } from './endpoint-states.ts';
import type { MappedService } from './tracked-upstream.ts';
import type { AddressUse, NamedUpstream, UsedAddresses } from './used-addresses.ts';

/** Stands for all upstreams that a `proxy_pass` names by address: an address is never a label. */
export const NO_NAME = 'implicit';
const NAMED_BY_ADDRESS = /^(?:stream:)?implicit:(?:[\d.]+|\[[\da-f:.]+\]|unix:.*)(?::\d+)?$/i;

/** What tells which upstream something is about. */
export type UpstreamClue = Pick<Observation, 'proxy' | 'subject' | 'peer' | 'upstream'>;

/** The configured upstreams that an observation is about: those that name its peer, or the one that it names. */
export function upstreamsOf(used: UsedAddresses, of: UpstreamClue): readonly NamedUpstream[] {
  const { peer, upstream } = of;
  const named = upstream.upstream === '' ? undefined : used.named(of, upstream.upstream);
  if (named !== undefined) return [named];
  if (peer === null) return [];
  const uses = peerUses(used, of);
  if (uses.length > 0 || peer.port !== null) return uses;
  // nginx names the block where it has no server left.
  const block = used.named(of, peer.address);
  return block === undefined ? [] : [block];
}

/** What the proxy uses the peer's address for; of several the one that the observation names. */
export function peerUses(used: UsedAddresses, of: UpstreamClue): readonly AddressUse[] {
  const { peer, upstream } = of;
  if (peer === null) return [];
  const host = peer.port === null ? peer.address : canonicalIp(peer.address);
  if (host === null) return [];
  const uses = used.usesOf(of, host, peer.port);
  if (uses.length <= 1) return uses;
  const named = uses.filter((use) => use.upstream.name === upstream.upstream);
  return named.length > 0 ? named : uses;
}

/**
 * Envoy's access log names the aggregate cluster of the route, which has no host; what it said belongs to the cluster below that has the
 * one it names. Envoy's statistics say so themselves.
 */
export function atClusterOfHost(used: UsedAddresses, of: Observation): Observation {
  if (of.proxy !== 'envoy' || of.peer === null || of.upstream.upstream === '') return of;
  const named = used.named(of, of.upstream.upstream);
  if (named?.view.source !== 'envoy' || named.upstream.servers.length > 0) return of;
  const [use, ...others] = peerUses(used, of).filter(({ view }) => view.source === 'envoy');
  if (use === undefined || others.length > 0) return of;
  return { ...of, upstream: { ...of.upstream, upstream: use.upstream.name } };
}

/** The Service of all of them that stand for one; null: none does. */
export function serviceOf(all: readonly NamedUpstream[]): ServicePort | 'several' | null {
  if (all.length === 0) return null;
  let found: ServicePort | null = null;
  for (const { mapped } of all) {
    if (mapped.service === null) continue;
    if (found !== null && !isSamePort(found, mapped.service)) return 'several';
    found ??= mapped.service;
  }
  return found;
}

/** Of observations that say nothing themselves. */
const identities = new WeakMap<MappedService, UpstreamIdentity>();

/**
 * What the observation says of the upstream, completed with what is known of it; '' where that is several things. Mostly the same object
 * for the same upstream, so that whoever counts by it finds its place by the object.
 */
export function identityOf(used: UsedAddresses, of: UpstreamClue): UpstreamIdentity {
  const all = listedUses(used, of, upstreamsOf(used, of));
  if (all.length === 0) return of.upstream;
  if (all.length > 1 || of.upstream !== UNKNOWN_UPSTREAM) return completed(of.upstream, all);
  const { mapped } = all[0];
  const known = identities.get(mapped);
  if (known !== undefined && known.upstream === nameOf(all[0])) return known;
  const identity = completed(UNKNOWN_UPSTREAM, all);
  identities.set(mapped, identity);
  return identity;
}

/**
 * Of an address that the proxy is only seen to use, which has no name, what its own lists had it for until lately, unless that was
 * another Service: requests go on at a host that has left its cluster, and Envoy's default format does not say the cluster.
 */
function listedUses(used: UsedAddresses, of: UpstreamClue, all: readonly NamedUpstream[]): readonly NamedUpstream[] {
  const { peer, upstream } = of;
  if (upstream.upstream !== '' || peer === null || peer.port === null) return all;
  if (all.some(({ view }) => view.source !== 'observed')) return all;
  const host = canonicalIp(peer.address);
  if (host === null) return all;
  const service = serviceOf(all);
  if (service === 'several') return all;
  const former = used.formerUsesOf(of, host, peer.port).filter(({ mapped }) => isOrMayBe(service, mapped.service));
  return former.length > 0 ? former : all;
}

/** `service` null: it is nobody's now. */
function isOrMayBe(service: ServicePort | null, former: ServicePort | null): boolean {
  return service === null || (former !== null && isSamePort(service, former));
}

function completed(said: UpstreamIdentity, all: readonly NamedUpstream[]): UpstreamIdentity {
  const service = onlyOne(all, ({ mapped }) => mapped.service?.service ?? '');
  const slash = service.indexOf('/');
  return {
    upstream: said.upstream || onlyOne(all, nameOf),
    upstream_namespace: said.upstream_namespace || service.slice(0, Math.max(0, slash)),
    upstream_service: said.upstream_service || service.slice(slash + 1),
    upstream_port: said.upstream_port || (service === '' ? '' : onlyOne(all, ({ mapped }) => mapped.portNumber)),
  };
}

/** The labels of an upstream and of the Service behind it. */
export function labelsOf({ upstream, mapped }: Pick<NamedUpstream, 'upstream' | 'mapped'>): UpstreamIdentity {
  const [namespace = '', service = ''] = mapped.service?.service.split('/') ?? [];
  return {
    upstream: isNamedByAddress(upstream.name) ? NO_NAME : upstream.name,
    upstream_namespace: namespace,
    upstream_service: service,
    upstream_port: mapped.portNumber,
  };
}

/** `implicit:` with an address of a `proxy_pass`. */
export function isNamedByAddress(name: string): boolean {
  return NAMED_BY_ADDRESS.test(name);
}

function nameOf({ view, upstream }: NamedUpstream): string {
  // Our own name of addresses that were only seen: nobody configured it.
  if (view.source === 'observed') return '';
  return isNamedByAddress(upstream.name) ? NO_NAME : upstream.name;
}

/** '' where they differ. */
function onlyOne(all: readonly NamedUpstream[], textOf: (one: NamedUpstream) => string): string {
  const text = textOf(all[0]);
  for (let at = 1; at < all.length; at++) if (textOf(all[at]) !== text) return '';
  return text;
}
