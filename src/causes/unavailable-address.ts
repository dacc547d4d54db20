import type { Observation } from '../contract/failure.ts';
import { isRemote } from './judging.ts';

/** errno 99 towards an IPv6 address may mean two things: no local port was free, or the gateway has no such address itself. */
export function isUnavailableIpv6(of: Observation): boolean {
  return (
    of.symptom === 'address_unavailable' &&
    isRemote(of) &&
    of.peer!.address.includes(':') &&
    of.detail !== 'not_our_address'
  );
}
