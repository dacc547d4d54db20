import type { Observation } from '../contract/failure.ts';
import { isRemote } from './judging.ts';

/** errno 99 of bind(2): the address of `proxy_bind` is not one of this host, and ports have nothing to do with it. */
const NOT_OUR_ADDRESS = /^[^["]*\[\w+\] bind\([^"]* failed \(99\b/;

export function isNotOurAddress({ sample = '' }: Pick<Observation, 'sample'>): boolean {
  return NOT_OUR_ADDRESS.test(sample);
}

/** errno 99 towards an IPv6 address may mean two things: no local port was free, or the gateway has no such address itself. */
export function isUnavailableIpv6(of: Observation): boolean {
  return of.symptom === 'address_unavailable' && isRemote(of) && of.peer!.address.includes(':') && !isNotOurAddress(of);
}
