import type { Subject } from '../contract/metrics.ts';
import type { Clock } from '../contract/unit.ts';
import type { ConditionSink, UpstreamInUse } from '../contract/upstream.ts';
import { addressText } from './endpoint-states.ts';
import type { TrackedUpstream } from './tracked-upstream.ts';

/** Replicas take a change one after the other: only what differs for longer is a divergence. */
const HELD_BACK_MS = 30_000;

interface Replica {
  readonly subject: Subject;
  /** Addresses by upstream, as text. */
  readonly sets: ReadonlyMap<string, string>;
  /** When any of its sets last changed, milliseconds since the epoch. */
  changedMs: number;
  /** Since when it differs from the others; null: it does not. */
  differsMs: number | null;
}

/**
 * Condition `replica_diverged`: of the replicas of one gateway that this process sees, one has other addresses for an upstream of
 * the same name. Of two that differ, the odd one is the one whose set changed longest ago.
 */
export class ReplicaDivergence {
  readonly #clock: Clock;
  readonly #sink: ConditionSink;
  #replicas = new Map<string, Replica>();

  constructor(clock: Clock, sink: ConditionSink) {
    this.#clock = clock;
    this.#sink = sink;
  }

  look(upstreams: readonly TrackedUpstream[]): void {
    const nowMs = this.#clock.now();
    const before = this.#replicas;
    this.#replicas = gather(upstreams, before, nowMs);
    for (const [key, { subject }] of before) if (!this.#replicas.has(key)) this.#say(subject, null, '');
    const gateways = Map.groupBy(this.#replicas.values(), gatewayOf);
    for (const replicas of gateways.values()) this.#judge(replicas, nowMs);
  }

  /** When the addresses that the replica uses last changed, or were first seen, milliseconds since the epoch. */
  changedMs(subject: Subject): number | undefined {
    return this.#replicas.get(keyOf(subject))?.changedMs;
  }

  #judge(replicas: readonly Replica[], nowMs: number): void {
    // A single replica differs from nothing that is seen here; rules compare those of several nodes.
    if (replicas.length < 2) {
      for (const { subject } of replicas) this.#say(subject, null, '');
      return;
    }
    const newest = replicas.reduce((a, b) => (b.changedMs > a.changedMs ? b : a));
    for (const replica of replicas) {
      const upstream = replica === newest ? undefined : differing(replica, newest);
      replica.differsMs = upstream === undefined ? null : (replica.differsMs ?? nowMs);
      const isActive = replica.differsMs !== null && nowMs - replica.differsMs >= HELD_BACK_MS;
      const evidence = isActive ? `${upstream}: its servers are not those of ${newest.subject.pod}` : '';
      this.#say(replica.subject, isActive, evidence);
    }
  }

  #say(subject: Subject, isActive: boolean | null, evidence: string): void {
    this.#sink.condition({ condition: 'replica_diverged', subject, isActive, evidence });
  }
}

function gather(
  upstreams: readonly TrackedUpstream[],
  before: ReadonlyMap<string, Replica>,
  nowMs: number,
): Map<string, Replica> {
  const sets = new Map<string, { readonly subject: Subject; readonly sets: Map<string, string> }>();
  for (const { view, upstream } of upstreams) {
    // Seen addresses are never all.
    if (view.source === 'observed' || view.subject.pod === '') continue;
    const key = keyOf(view.subject);
    const replica = sets.get(key) ?? { subject: view.subject, sets: new Map() };
    sets.set(key, replica);
    replica.sets.set(upstream.name, setOf(upstream));
  }
  const replicas = new Map<string, Replica>();
  for (const [key, { subject, sets: now }] of sets) {
    const known = before.get(key);
    const isSame = known !== undefined && sameSets(known.sets, now);
    const changedMs = isSame ? known.changedMs : nowMs;
    replicas.set(key, { subject, sets: now, changedMs, differsMs: known?.differsMs ?? null });
  }
  return replicas;
}

/** Nearly all are as they were at the look before. */
const SETS = new WeakMap<UpstreamInUse, string>();

function setOf(upstream: UpstreamInUse): string {
  const known = SETS.get(upstream);
  if (known !== undefined) return known;
  const addresses = upstream.servers.flatMap(({ kind, host, port }) =>
    kind === 'ip' && port !== null ? [addressText({ ip: host, port })] : [],
  );
  const set = addresses.sort().join(' ');
  SETS.set(upstream, set);
  return set;
}

function sameSets(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([name, set]) => other.get(name) === set);
}

/** The first upstream that both have with other addresses, or only one has. */
function differing(replica: Replica, newest: Replica): string | undefined {
  const names = new Set([...replica.sets.keys(), ...newest.sets.keys()]);
  return [...names].find((name) => replica.sets.get(name) !== newest.sets.get(name));
}

function keyOf(subject: Subject): string {
  return Object.values(subject).join('\xff');
}

function gatewayOf({ subject }: Replica): string {
  return [subject.namespace, subject.container, subject.gateway].join('\xff');
}
