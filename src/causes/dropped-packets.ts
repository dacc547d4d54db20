import type { KernelCounter } from '../contract/evidence.ts';
import type { Observation } from '../contract/failure.ts';
import type { Facts, Growth, NetworkSide } from '../facts/facts.ts';
import { unproved } from './judging.ts';
import { growthSentence, plural } from './sentences.ts';

/** nginx waits 60 s for a connection or an answer by default; two polls of the counters more. */
const SLOW_LOOK_BACK_MS = 75_000;
/** What fails at once: two polls. */
const QUICK_LOOK_BACK_MS = 10_000;
/** HTTP/2's usual limit of concurrent streams: so many requests of Envoy may have waited for one connection. */
const REQUESTS_PER_CONNECTION = 100;

/** What the kernel calls them. */
export const KERNEL_NAMES: Readonly<Record<KernelCounter, string>> = {
  listen_overflows: 'ListenOverflows',
  listen_drops: 'ListenDrops',
  syn_queue_drops: 'TCPReqQFullDrop',
  conntrack_drops: 'conntrack’s drop',
  conntrack_early_drops: 'conntrack’s early_drop',
  conntrack_insert_failures: 'conntrack’s insert_failed',
};

/** How long before the first failure packets may have been lost that made it. */
export function lookBackOf({ symptom }: Observation): number {
  return symptom === 'connect_timeout' || symptom === 'response_timeout' || symptom === 'dns_failure'
    ? SLOW_LOOK_BACK_MS
    : QUICK_LOOK_BACK_MS;
}

/**
 * Whether so many lost packets explain so many failures. Each attempt to connect that failed for it lost at least its first packet (and
 * most of its retransmissions: measured two or three), so fewer drops than failures leave failures without an explanation. Of what waited in
 * a full queue for an answer none was lost itself; but a queue that is full for as long turns at least as many away.
 */
export function isEnough({ proxy, symptom, count }: Observation, dropped: number): boolean {
  const each = proxy === 'envoy' && symptom === 'connect_timeout' ? REQUESTS_PER_CONNECTION : 1;
  return dropped > 0 && dropped * each >= count;
}

/**
 * Gateway and peer are in one network (a node's, or a machine without containers): its counters are of both, and slow upstreams fill the
 * gateway's own queues too.
 */
export function isOfGatewayToo(of: Observation, facts: Facts, counter: KernelCounter, its: Growth): boolean {
  const own = facts.growth(of, 'gateway', counter, lookBackOf(of));
  return (
    own.isKnown && own.value.where === its.where && own.value.before === its.before && own.value.after === its.after
  );
}

/** The counter and both numbers. */
export function dropEvidence(of: Observation, counter: KernelCounter, growth: Growth): string {
  const dropped = `${growth.delta} lost while ${plural(of.count, 'attempt')} failed`;
  return `${growthSentence(KERNEL_NAMES[counter], growth, of.atMs)}: ${dropped}`;
}

const SIDES: readonly NetworkSide[] = ['gateway', 'node', 'peer'];

/** What conntrack lost in one namespace. `lost` is what this cause accounts for. */
interface ConntrackLoss {
  readonly counter: KernelCounter;
  readonly growth: Growth;
  readonly lost: number;
}

/**
 * Looks at the namespaces that the packets pass, one after another. A full table and a failed insert both count in `drop`; only the latter
 * in `insert_failed` (measured: full: drop +525, insert_failed 0; no port left for SNAT: both, by the same number).
 */
export function conntrackLoss(
  of: Observation,
  facts: Facts,
  cause: 'full' | 'insert_failed',
): ConntrackLoss | 'wait' | null {
  const lookBackMs = lookBackOf(of);
  let waits: 'wait' | null = null;
  for (const side of SIDES) {
    const drops = facts.growth(of, side, 'conntrack_drops', lookBackMs);
    const failures = facts.growth(of, side, 'conntrack_insert_failures', lookBackMs);
    if (!drops.isKnown || !failures.isKnown) {
      waits ??= unproved(drops, failures);
      continue;
    }
    const counter = cause === 'full' ? 'conntrack_drops' : 'conntrack_insert_failures';
    const growth = cause === 'full' ? drops.value : failures.value;
    const lost = cause === 'full' ? drops.value.delta - failures.value.delta : failures.value.delta;
    if (isEnough(of, lost)) return { counter, growth, lost };
  }
  return waits;
}

/** nginx’s resolver waited in vain; any other failure of it is an answer, and no packet was lost. */
const DNS_TIMEOUT = /could not be resolved \(110\b/;
/** A datagram. A SYN that is dropped is lost without a word: `connect()` says 1 or 13 where SELinux, a filter program or a mode forbids it. */
const UNSENT = /\bsend\(\) failed \(1\b/;

/** Whether a packet that conntrack dropped can look like this. */
export function canBeLostPacket({ symptom, sample }: Observation): boolean {
  if (symptom === 'dns_failure') return sample !== undefined && DNS_TIMEOUT.test(sample);
  return symptom !== 'permission_denied' || (sample !== undefined && UNSENT.test(sample));
}
