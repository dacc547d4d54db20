import type { Subject } from '../contract/metrics.ts';
import type { Durations } from '../contract/traffic.ts';
import type { CollectorContext } from '../contract/unit.ts';
import { type EnvoyHistogram, type EnvoyHistograms, ownerKey } from '../parse/envoy-histograms.ts';
import type { EnvoyMemory } from './envoy-memory.ts';
import type { ENVOY_METRICS } from './envoy-metrics.ts';

type Context = Pick<CollectorContext<typeof ENVOY_METRICS>, 'metrics' | 'traffic'>;

const SECOND_MS = 1000;
const NOTHING: EnvoyHistogram = { bounds: [], counts: [], sum: 0 };

/**
 * What a distribution of Envoy's has grown by, in buckets with the bounds `ours` (seconds). What is in a bucket of Envoy's goes to the first of
 * ours that is proved to hold it: the one that ends where Envoy's ends, or after it.
 */
export function growthOf(now: EnvoyHistogram, before: EnvoyHistogram, ours: readonly number[]): Durations {
  const counts = new Array<number>(ours.length + 1).fill(0);
  const isSame =
    before.bounds.length === now.bounds.length && before.bounds.every((bound, i) => bound === now.bounds[i]);
  // Another process, whose buckets begin at 0, or its stats were reset.
  const isContinued = isSame && now.counts.every((count, i) => count >= before.counts[i]);
  const from = isContinued ? before : NOTHING;
  const order = [...now.bounds.keys()].sort((a, b) => now.bounds[a] - now.bounds[b]);
  let below = 0;
  for (const i of order) {
    const upTo = now.counts[i] - (from.counts[i] ?? 0);
    const bucket = ours.findIndex((bound) => now.bounds[i] / SECOND_MS <= bound);
    counts[bucket < 0 ? ours.length : bucket] += Math.max(0, upTo - below);
    below = Math.max(below, upTo);
  }
  return { counts, sum: Math.max(0, now.sum - from.sum) / SECOND_MS };
}

/** Clusters by the key of their distribution; '': of several, whose it is nobody knows. */
function namesByKey(memory: EnvoyMemory): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const add = (key: string, name: string) => void names.set(key, names.has(key) ? '' : name);
  for (const { name, aliases } of memory.clusters.values()) {
    // Istio's stats end the name with `;`, its tag does not.
    const statName = (aliases[0] ?? '').replace(/;$/, '');
    if (statName === '') continue;
    add(statName, name);
    const dot = statName.indexOf('.');
    if (dot > 0) add(ownerKey(statName.slice(0, dot), statName.slice(dot + 1).replace(/\W/g, '_')), name);
  }
  return names;
}

/** Latencies of one Envoy by its own statistics, where no access log tells them. */
export class EnvoyDurations {
  readonly #context: Context;
  readonly #subject: Subject;
  #before: EnvoyHistograms | null = null;
  #uptimeSeconds = 0;

  constructor(context: Context, subject: Subject) {
    this.#context = context;
    this.#subject = subject;
  }

  /** False while its access log is followed: every request would count twice. */
  get isWanted(): boolean {
    const isFollowed = this.#context.traffic.isFollowed('envoy', this.#subject);
    // What grows meanwhile is the log's.
    if (isFollowed) this.#before = null;
    return !isFollowed;
  }

  /** Counts what has grown since the last time; the first time nothing. `now`: null when it was not asked for, or refused. */
  settle(now: EnvoyHistograms | null, memory: EnvoyMemory, uptimeSeconds: number): void {
    const isOther = uptimeSeconds < this.#uptimeSeconds;
    this.#uptimeSeconds = uptimeSeconds;
    if (isOther && this.#before !== null) this.#before = { upstream: new Map(), downstream: new Map() };
    if (now === null || !this.isWanted) return;
    const before = this.#before;
    this.#before = now;
    const { duration } = this.#context.metrics;
    const labels = { ...this.#subject, proxy: 'envoy' };
    if (now.downstream.size > 0) duration.create(labels);
    if (before === null) return;
    for (const [name, histogram] of now.downstream) {
      const { counts, sum } = growthOf(histogram, before.downstream.get(name) ?? NOTHING, duration.buckets);
      duration.merge(labels, counts, sum);
    }
    const names = namesByKey(memory);
    for (const [name, histogram] of now.upstream) {
      const cluster = names.get(name);
      const durations = growthOf(histogram, before.upstream.get(name) ?? NOTHING, this.#context.traffic.buckets);
      if (cluster) this.#upstream(cluster, durations);
    }
  }

  #upstream(upstream: string, durations: Durations): void {
    this.#context.traffic.upstream('envoy', this.#subject, {
      ...{ peer: null, upstream, durations, answers: new Map(), attempts: new Map(), retries: new Map() },
      ...{ newConnections: 0, reusedConnections: 0 },
    });
  }
}
