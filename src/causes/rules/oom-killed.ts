import type { ContainerEnd } from '../../contract/evidence.ts';
import type { Observation } from '../../contract/failure.ts';
import type { TimeoutRange } from '../../contract/gateway-settings.ts';
import type { Symptom } from '../../contract/names.ts';
import type { Facts } from '../../facts/facts.ts';
import { isRemote, proof, unproved } from '../judging.ts';
import type { CauseRule, Judgement } from '../rule.ts';
import { clockText, endSentence, peerOf } from '../sentences.ts';
import { BROKEN_SYMPTOMS } from '../symptom-groups.ts';

/** A container that is started again at once listens again after this. */
const RESTART_MS = 10_000;
/** A connection breaks when its program is killed, and a later one was to the next program. The API cuts moments to seconds. */
const BROKEN_MS = 2_000;
/** The longest that the kubelet waits before it starts a crashing container again. */
const LONGEST_BACKOFF_MS = 300_000;
/** The kill is stamped by another clock (the API server's, in seconds) or at the next look at the cgroup. */
const LATE_MS = 5_000;
/** Only of a container without a pod: a pod keeps its network while its containers are started again, and refuses. */
const LOST_NETWORK: ReadonlySet<Symptom> = new Set(['connect_timeout', 'host_unreachable']);

const BROKEN: ReadonlySet<Symptom> = new Set(BROKEN_SYMPTOMS);

const NOT_WAITED: TimeoutRange = { leastMs: 0, mostMs: 0 };

/** The kernel killed the peer's container, or a process in it, for want of memory. */
export const oomKilled: CauseRule = {
  cause: 'oom_killed',
  symptoms: new Set(['connect_refused', 'connect_reset', ...LOST_NETWORK, ...BROKEN_SYMPTOMS]),
  judge(of, facts) {
    const ends = facts.ends(of, 'peer', LONGEST_BACKOFF_MS);
    if (!ends.isKnown) return unproved(ends);
    return ends.value.length === 0 ? null : judgeEnds(of, facts, ends.value);
  },
};

function judgeEnds(of: Observation, facts: Facts, ends: readonly ContainerEnd[]): Judgement {
  const its = ends.filter((end) => isRemote(of) || isOther(of, end));
  const beforeMs = BROKEN.has(of.symptom) ? BROKEN_MS : RESTART_MS;
  const kill = its.find((end) => end.isOomKill && isWithin(of, end, { facts, beforeMs }));
  if (kill !== undefined) return proof(endSentence(kill, of.atMs));
  return judgeBackoff(of, facts, its);
}

/** Nothing has listened since the kill, and it is the last that is known of the pod's containers. */
function judgeBackoff(of: Observation, facts: Facts, ends: readonly ContainerEnd[]): Judgement {
  const [last] = ends;
  if (
    of.symptom !== 'connect_refused' ||
    !last?.isOomKill ||
    !isWithin(of, last, { facts, beforeMs: LONGEST_BACKOFF_MS })
  )
    return null;
  // Another container has ended as well: that may be the one that listened.
  if (ends.some(({ container }) => container !== '' && last.container !== '' && container !== last.container))
    return null;
  const listener = facts.listener(of);
  if (!listener.isKnown) return unproved(listener);
  const { state, atMs, lastListenedMs } = listener.value;
  if (state !== 'not_listening' && state !== 'port_mismatch') return null;
  if (atMs < of.sinceMs) return 'wait';
  if (lastListenedMs != null && lastListenedMs > last.atMs) return null;
  // The rest of the pod listens, and this port never did: the killed container may have nothing to do with it.
  if (state === 'port_mismatch' && lastListenedMs == null) return null;
  return proof(
    endSentence(last, of.atMs),
    `nothing listened at ${peerOf(of)} at ${clockText(atMs, of.atMs)}: it has not come back since`,
  );
}

/** An attempt that timed out was begun as long before, and a SYN to a container that still ran was answered at once. */
function isWithin(
  of: Observation,
  end: ContainerEnd,
  { facts, beforeMs }: { facts: Facts; beforeMs: number },
): boolean {
  const { symptom, sinceMs, atMs } = of;
  if (LOST_NETWORK.has(symptom) && end.podUid !== '') return false;
  const waited = symptom === 'connect_timeout' ? facts.timeout(of) : NOT_WAITED;
  if (waited === null) return false;
  return end.atMs >= sinceMs - waited.mostMs - beforeMs && end.fromMs <= atMs - waited.leastMs + LATE_MS;
}

/** A peer on loopback shares its pod with the gateway, whose own workers may be killed as well. */
function isOther({ subject }: Observation, { container }: ContainerEnd): boolean {
  return subject.container !== '' && container !== '' && container !== subject.container;
}
