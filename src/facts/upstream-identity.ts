import type { Observation } from '../contract/failure.ts';
import type { UpstreamIdentity } from '../contract/metrics.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import type { AddressUse, NamedUpstream, UsedAddresses } from './used-addresses.ts';

/** Stands for all upstreams that a `proxy_pass` names by address: an address is never a label. */
const NO_NAME = 'implicit';
const NAMED_BY_ADDRESS = /^(?:stream:)?implicit:(?:[\d.]+|\[[\da-f:.]+\]|unix:.*)(?::\d+)?$/i;

/** The configured upstreams that an observation is about: those that name its peer, or the one that it names. */
export function upstreamsOf(used: UsedAddresses, of: Observation): readonly NamedUpstream[] {
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
export function peerUses(used: UsedAddresses, of: Observation): readonly AddressUse[] {
  const { peer, upstream } = of;
  if (peer === null) return [];
  const host = peer.port === null ? peer.address : canonicalIp(peer.address);
  if (host === null) return [];
  const uses = used.usesOf(of, host, peer.port);
  const named = uses.filter((use) => use.upstream.name === upstream.upstream);
  return named.length > 0 ? named : uses;
}

/** What the observation says of the upstream, completed with what is known of it; '' where that is several things. */
export function identityOf(used: UsedAddresses, of: Observation): UpstreamIdentity {
  const all = upstreamsOf(used, of);
  if (all.length === 0) return of.upstream;
  const name = onlyOne(all.map(nameOf));
  const services = all.map(({ mapped }) => mapped);
  const service = onlyOne(services.map((mapped) => mapped.service?.service ?? ''));
  const [namespace = '', serviceName = ''] = service.split('/');
  const said = of.upstream;
  return {
    upstream: said.upstream || name,
    upstream_namespace: said.upstream_namespace || namespace,
    upstream_service: said.upstream_service || serviceName,
    upstream_port: said.upstream_port || (service === '' ? '' : onlyOne(services.map(({ portNumber }) => portNumber))),
  };
}

function nameOf({ view, upstream }: NamedUpstream): string {
  // Our own name of addresses that were only seen: nobody configured it.
  if (view.source === 'observed') return '';
  return NAMED_BY_ADDRESS.test(upstream.name) ? NO_NAME : upstream.name;
}

function onlyOne(texts: readonly string[]): string {
  return texts.every((text) => text === texts[0]) ? texts[0] : '';
}
