import type { KernelCounter, KernelCounts } from '../contract/evidence.ts';
import type { GatewaySettings } from '../contract/gateway-settings.ts';
import type { Subject } from '../contract/metrics.ts';
import type { NodeNetwork } from '../contract/node.ts';
import type { Clock } from '../contract/unit.ts';
import type { Condition, ConditionSink } from '../contract/upstream.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';
import { whereOf } from './network-places.ts';

/** A drop is over in a moment; so long it is told. */
const SHOWN_MS = 120_000;
const WATCHED = {
  listen_queue_overflow: 'listen_overflows',
  syn_queue_full: 'syn_queue_drops',
  conntrack_full: 'conntrack_drops',
} as const satisfies Partial<Record<Condition, KernelCounter>>;
type Watched = keyof typeof WATCHED;
const NAMES = Object.keys(WATCHED) as Watched[];

interface Seen {
  value: number;
  /** When it last grew, and by how much since it began to; null: not since it is watched. */
  movedMs: number | null;
  grown: number;
}

interface Network {
  network: NodeNetwork;
  readonly counters: Map<Watched, Seen>;
  /** Gateways that were last told of. */
  told: readonly Subject[];
}

/** Conditions of the network namespace that a gateway runs in: its own accept and SYN queues, and conntrack. No request is needed. */
export class KernelConditions {
  readonly #clock: Clock;
  readonly #sink: ConditionSink;
  readonly #settings: () => readonly GatewaySettings[];
  readonly #networks = new Map<string, Network>();

  constructor(clock: Clock, sink: ConditionSink, settings: () => readonly GatewaySettings[]) {
    this.#clock = clock;
    this.#sink = sink;
    this.#settings = settings;
  }

  counted(network: NodeNetwork, counts: KernelCounts, atMs: number): void {
    if (!network.isGateway) return;
    const known = this.#networks.get(network.key) ?? { network, counters: new Map<Watched, Seen>(), told: [] };
    known.network = network;
    this.#networks.set(network.key, known);
    for (const name of NAMES) {
      const value = counts[WATCHED[name]];
      if (value !== undefined) read(known.counters, name, value, atMs);
    }
  }

  uncounted(network: string, counters: readonly KernelCounter[]): void {
    const known = this.#networks.get(network);
    if (known === undefined) return;
    for (const name of NAMES) {
      if (!counters.includes(WATCHED[name])) continue;
      known.counters.delete(name);
      for (const subject of known.told) this.#say(name, subject, null, '');
    }
    if (known.counters.size === 0) this.#networks.delete(network);
  }

  look(): void {
    for (const known of this.#networks.values()) {
      const subjects = this.#gatewaysIn(known.network);
      const names = new Set(subjects.map(textOf));
      const gone = known.told.filter((subject) => !names.has(textOf(subject)));
      for (const subject of gone) for (const name of NAMES) this.#say(name, subject, null, '');
      known.told = subjects;
      for (const subject of subjects)
        for (const [name, seen] of known.counters) this.#judge(name, subject, seen, known.network);
    }
  }

  #judge(name: Watched, subject: Subject, seen: Seen, network: NodeNetwork): void {
    const { movedMs } = seen;
    const ageMs = movedMs === null ? Number.POSITIVE_INFINITY : this.#clock.now() - movedMs;
    const isActive = Math.abs(ageMs) < SHOWN_MS;
    if (!isActive) seen.grown = 0;
    const evidence = isActive
      ? `${WATCHED[name].replaceAll('_', ' ')} of ${whereOf(network)} grew by ${seen.grown} to ${seen.value}`
      : '';
    this.#say(name, subject, isActive, evidence);
  }

  /** Those whose configuration is known to run there; else the pod, if it is one. */
  #gatewaysIn({ processes, labels: { namespace, pod }, kind }: NodeNetwork): Subject[] {
    const ticks = new Map(processes.map(({ pid, startTicks }) => [pid, startTicks]));
    const known = this.#settings().filter(
      ({ master }) => master !== null && ticks.get(master.pid) === master.startTicks,
    );
    if (known.length > 0) return known.map(({ subject }) => subject);
    return kind === 'pod' && pod !== '' ? [{ namespace, pod, container: '', gateway: workloadOfPod(pod) }] : [];
  }

  #say(condition: Watched, subject: Subject, isActive: boolean | null, evidence: string): void {
    this.#sink.condition({ condition, subject, isActive, evidence });
  }
}

function read(counters: Map<Watched, Seen>, name: Watched, value: number, atMs: number): void {
  const seen = counters.get(name);
  if (seen === undefined || value < seen.value) {
    counters.set(name, { value, movedMs: null, grown: 0 });
    return;
  }
  if (value === seen.value) return;
  Object.assign(seen, { value, movedMs: atMs, grown: seen.grown + value - seen.value });
}

function textOf(subject: Subject): string {
  return Object.values(subject).join('\xff');
}
