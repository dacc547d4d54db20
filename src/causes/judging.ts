import type { Observation } from '../contract/failure.ts';
import type { Answer } from '../facts/answer.ts';
import { isLoopbackIp } from '../parse/ip-address.ts';
import type { Proof } from './rule.ts';

export function proof(...evidence: readonly string[]): Proof {
  return { evidence };
}

/** Nothing is proved: `wait` when one of these, which would have proved it, may be known soon. */
export function unproved(answer: Answer<unknown>, other?: Answer<unknown>): 'wait' | null {
  if (!answer.isKnown && answer.mayCome) return 'wait';
  return other === undefined ? null : unproved(other);
}

/** The peer is an address and a port of another network namespace than the gateway's, as far as the address tells. */
export function isRemote({ peer }: Observation): boolean {
  return peer !== null && peer.port !== null && !isLoopbackIp(peer.address);
}
