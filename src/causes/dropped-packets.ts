import { counted } from '../contract/counted.ts';
import type { KernelCounter } from '../contract/evidence.ts';
import type { Observation } from '../contract/failure.ts';
import type { TimeoutRange } from '../contract/gateway-settings.ts';
import type { Facts, Growth, NetworkSide } from '../facts/facts.ts';
import { unproved } from './judging.ts';
import { growthSentence } from './sentences.ts';

/** nginx waits 60 s for a connection or an answer by default; two polls of the counters more. */
const SLOW_LOOK_BACK_MS = 75_000;
/** What fails at once: two polls. */
const QUICK_LOOK_BACK_MS = 10_000;
/** HTTP/2's usual limit of concurrent streams: so many requests of Envoy may have waited for one connection. */
const REQUESTS_PER_CONNECTION = 100;
/** A failure was read so long after it happened: its attempt was begun as much earlier. */
const READ_LATE_MS = 1_000;
/**
 * When after the beginning of an attempt its SYNs are sent: the wait doubles. Linux 6.5 and later wait a second four times first
 * (`tcp_syn_linear_timeouts`), so they send more, and after these at other moments.
 */
const SYNS_MS: readonly number[] = [0, 1_000, 3_000, 7_000];
/** Where the kernel is told to try less often, these may be all. */
const FEWEST_SYNS = 3;

/**
 * One or two packets in a minute are dropped on any busy node (two that race for an entry, as those of DNS do): they are no reason. A
 * datagram that is refused is told at once.
 */
const FEWEST_OF_NODE = 3;

/** What the kernel calls them. */
export const KERNEL_NAMES: Readonly<Record<KernelCounter, string>> = {
  listen_overflows: 'ListenOverflows',
  listen_drops: 'ListenDrops',
  syn_queue_drops: 'TCPReqQFullDrop',
  conntrack_drops: 'conntrack’s drop',
  conntrack_early_drops: 'conntrack’s early_drop',
  conntrack_insert_failures: 'conntrack’s insert_failed',
  attempt_failures: 'AttemptFails',
};

/** How long before the first failure packets may have been lost that made it. */
export function lookBackOf(of: Observation, facts: Facts): number {
  const { symptom } = of;
  if (symptom === 'dns_failure') return SLOW_LOOK_BACK_MS;
  if (symptom !== 'connect_timeout' && symptom !== 'response_timeout') return QUICK_LOOK_BACK_MS;
  const timeout = facts.timeout(of);
  return timeout === null ? SLOW_LOOK_BACK_MS : timeout.mostMs + QUICK_LOOK_BACK_MS;
}

/**
 * Whether so many lost packets explain so many failures. Each attempt to connect that timed out lost all its SYNs, so fewer drops leave
 * failures without an explanation. Of what waited in a full queue for an answer none was lost itself; but a queue that is full for as long
 * turns at least as many away.
 * @param missedMs after the first attempt: what was dropped until then is not in `dropped`
 */
export function isEnough(of: Observation, dropped: number, facts: Facts, missedMs = 0): boolean {
  if (of.symptom !== 'connect_timeout') return dropped > 0 && dropped >= of.count;
  const syns = synsWithin(facts.timeout(of), missedMs);
  return syns > 0 && dropped >= attemptsOf(of) * syns;
}

function attemptsOf({ proxy, count }: Observation): number {
  return proxy === 'envoy' ? Math.ceil(count / REQUESTS_PER_CONNECTION) : count;
}

/**
 * Whether it was over before: from a reading on that came while the attempts still had SYNs to send, fewer were lost than these. What was lost until then
 * was others'. False where nobody knows, as of attempts that nobody read a counter meanwhile.
 * @param lost growth of the counter from the first reading on that is at most so many milliseconds before the first failure
 */
export function wasOver(of: Observation, facts: Facts, lost: (waitedMs: number) => Lost | null): boolean {
  if (of.symptom !== 'connect_timeout') return false;
  const timeout = facts.timeout(of);
  if (timeout === null || timeout.leastMs !== timeout.mostMs) return false;
  const during = lost(timeout.leastMs);
  if (during === null) return false;
  const missedMs = during.fromMs - (of.sinceMs - timeout.leastMs) + READ_LATE_MS;
  return during.delta < attemptsOf(of) * synsWithin(timeout, missedMs);
}

/** Of one counter. */
export function lostOf(of: Observation, facts: Facts, counter: KernelCounter): (waitedMs: number) => Lost | null {
  return (waitedMs) => {
    const growth = facts.growthDuring(of, 'peer', counter, waitedMs);
    return growth.isKnown ? growth.value : null;
  };
}

/** How many an attempt sent at least, besides those that nobody counted. Where it is not known how long was waited: nobody waits less than a second. */
function synsWithin(timeout: TimeoutRange | null, missedMs: number): number {
  if (timeout === null) return missedMs > 0 ? 0 : 2;
  const sent = SYNS_MS.filter((afterMs) => afterMs >= missedMs && afterMs < timeout.leastMs).length;
  return missedMs > 0 ? Math.min(sent, FEWEST_SYNS) : Math.max(1, Math.min(sent, FEWEST_SYNS));
}

/**
 * Gateway and peer are in one network (a node's, or a machine without containers): its counters are of both, and slow upstreams fill the
 * gateway's own queues too.
 */
export function isOfGatewayToo(of: Observation, facts: Facts, counter: KernelCounter, its: Growth): boolean {
  const own = facts.growth(of, 'gateway', counter, lookBackOf(of, facts));
  return (
    own.isKnown && own.value.where === its.where && own.value.before === its.before && own.value.after === its.after
  );
}

/** The counter and both numbers. */
export function dropEvidence(of: Observation, counter: KernelCounter, growth: Growth): string {
  const dropped = `${growth.delta} lost while ${counted(of.count, 'attempt')} failed`;
  return `${growthSentence(KERNEL_NAMES[counter], growth, of.atMs)}: ${dropped}`;
}

type Lost = Pick<Growth, 'delta' | 'fromMs'>;

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
  const lookBackMs = lookBackOf(of, facts);
  const fewest = of.symptom === 'permission_denied' ? 1 : FEWEST_OF_NODE;
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
    if (lost < fewest || !isEnough(of, lost, facts)) continue;
    if (!wasOver(of, facts, (waitedMs) => lostDuring(of, side, { facts, cause, waitedMs })))
      return { counter, growth, lost };
  }
  return waits;
}

function lostDuring(
  of: Observation,
  side: NetworkSide,
  { facts, cause, waitedMs }: { facts: Facts; cause: 'full' | 'insert_failed'; waitedMs: number },
): Lost | null {
  const drops = facts.growthDuring(of, side, 'conntrack_drops', waitedMs);
  const failures = facts.growthDuring(of, side, 'conntrack_insert_failures', waitedMs);
  if (!drops.isKnown || !failures.isKnown) return null;
  const { fromMs } = drops.value;
  const failed = failures.value.delta;
  return { delta: cause === 'full' ? drops.value.delta - failed : failed, fromMs };
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
