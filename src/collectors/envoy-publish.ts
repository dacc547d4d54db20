import type { Subject, Writers } from '../contract/metrics.ts';
import type { CertificateExpiry } from '../parse/envoy-certs.ts';
import type { GlobalStat } from '../parse/envoy-global-stats.ts';
import type { BreakerThreshold } from '../parse/envoy-hosts.ts';
import type { ServerInfo } from '../parse/envoy-server-info.ts';
import type { ClusterStat } from '../parse/envoy-stats.ts';
import type { ClusterMemory } from './envoy-cluster-memory.ts';
import { STAT } from './envoy-growth.ts';
import { type ENVOY_METRICS, MEMBER_STATES, OPEN_BREAKERS } from './envoy-metrics.ts';

/** Envoy's defaults: a `high` priority set to them is nobody's setting and gets no series. */
const DEFAULT_THRESHOLD = { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3 };
const LIMITS = [
  ['cx', 'maxConnections'],
  ['rq_pending', 'maxPendingRequests'],
  ['rq', 'maxRequests'],
  ['rq_retry', 'maxRetries'],
] as const;
const ACTIVE: readonly (readonly [breaker: string, stat: ClusterStat])[] = [
  ['cx', 'upstream_cx_active'],
  ['rq_pending', 'upstream_rq_pending_active'],
  ['rq', 'upstream_rq_active'],
];
const OVERFLOWS: readonly (readonly [limit: string, stat: GlobalStat])[] = [
  ['listener', 'downstream_cx_overflow'],
  ['global', 'downstream_global_cx_overflow'],
  ['overload', 'downstream_cx_overload_reject'],
];

function isDefault(threshold: BreakerThreshold): boolean {
  return LIMITS.every(([, key]) => threshold[key] === DEFAULT_THRESHOLD[key]);
}

/** Writes one Envoy's gauges, zeros included, and takes away exactly those again. */
export class EnvoyPublisher {
  readonly #metrics: Writers<typeof ENVOY_METRICS>;
  readonly #subject: Subject;
  /** Clusters whose `high` priority is shown. */
  readonly #withHigh = new Set<string>();
  #certificates: readonly string[] = [];
  #info: { version: string; state: string } | null = null;

  constructor(metrics: Writers<typeof ENVOY_METRICS>, subject: Subject) {
    this.#metrics = metrics;
    this.#subject = subject;
  }

  showCluster(cluster: ClusterMemory, row: Float64Array): void {
    const labels = { ...this.#subject, upstream: cluster.name };
    for (const state of MEMBER_STATES) this.#metrics.members.set({ ...labels, state }, cluster.members[state]);
    for (const [breaker, stat] of ACTIVE) this.#metrics.active.set({ ...labels, breaker }, row[STAT[stat]]);
    const high = cluster.thresholds.find((threshold) => threshold.priority === 'high');
    const isHighOpen = OPEN_BREAKERS.some((breaker) => row[STAT[`circuit_breakers.high.${breaker}_open`]] > 0);
    if ((high && !isDefault(high)) || isHighOpen) this.#withHigh.add(cluster.name);
    for (const priority of this.#prioritiesOf(cluster)) {
      const threshold = cluster.thresholds.find((candidate) => candidate.priority === priority);
      for (const breaker of OPEN_BREAKERS)
        this.#metrics.circuitOpen.set(
          { ...labels, priority, breaker },
          row[STAT[`circuit_breakers.${priority}.${breaker}_open`]],
        );
      for (const [breaker, key] of LIMITS)
        if (threshold && Number.isFinite(threshold[key]))
          this.#metrics.limit.set({ ...labels, priority, breaker }, threshold[key]);
    }
  }

  hideCluster(cluster: ClusterMemory): void {
    const labels = { ...this.#subject, upstream: cluster.name };
    for (const state of MEMBER_STATES) this.#metrics.members.remove({ ...labels, state });
    for (const [breaker] of ACTIVE) this.#metrics.active.remove({ ...labels, breaker });
    for (const priority of this.#prioritiesOf(cluster)) {
      for (const breaker of OPEN_BREAKERS) this.#metrics.circuitOpen.remove({ ...labels, priority, breaker });
      for (const [breaker] of LIMITS) this.#metrics.limit.remove({ ...labels, priority, breaker });
    }
    this.#withHigh.delete(cluster.name);
  }

  #prioritiesOf(cluster: ClusterMemory): readonly ('default' | 'high')[] {
    return this.#withHigh.has(cluster.name) ? ['default', 'high'] : ['default'];
  }

  showGlobals(values: ReadonlyMap<GlobalStat, number>): void {
    const { controlPlaneConnected, memoryAllocated, memoryHeap, listenerOverflows } = this.#metrics;
    for (const [writer, stat] of [
      [controlPlaneConnected, 'connected_state'],
      [memoryAllocated, 'memory_allocated'],
      [memoryHeap, 'memory_heap_size'],
    ] as const) {
      const value = values.get(stat);
      if (value === undefined) writer.remove(this.#subject);
      else writer.set(this.#subject, value);
    }
    for (const [limit, stat] of OVERFLOWS) listenerOverflows.set({ ...this.#subject, limit }, values.get(stat) ?? 0);
  }

  showServer(server: ServerInfo, startSeconds: number): void {
    const { info, serverLive, startTime, restartEpoch, concurrency } = this.#metrics;
    const shown = { version: server.version, state: server.state.toLowerCase() };
    if (this.#info && (this.#info.version !== shown.version || this.#info.state !== shown.state))
      info.remove({ ...this.#subject, ...this.#info });
    this.#info = shown;
    info.set({ ...this.#subject, ...shown }, 1);
    serverLive.set(this.#subject, server.state === 'LIVE' ? 1 : 0);
    startTime.set(this.#subject, startSeconds);
    for (const [writer, value] of [
      [restartEpoch, server.restartEpoch],
      [concurrency, server.concurrency],
    ] as const) {
      if (value === null) writer.remove(this.#subject);
      else writer.set(this.#subject, value);
    }
  }

  showCertificates(certificates: readonly CertificateExpiry[]): void {
    const { certificateExpiry, certificateNotBefore } = this.#metrics;
    for (const name of this.#certificates)
      for (const writer of [certificateExpiry, certificateNotBefore]) writer.remove({ ...this.#subject, name });
    this.#certificates = certificates.map(({ name }) => name);
    for (const { name, expirySeconds, notBeforeSeconds } of certificates) {
      certificateExpiry.set({ ...this.#subject, name }, expirySeconds);
      if (notBeforeSeconds !== null) certificateNotBefore.set({ ...this.#subject, name }, notBeforeSeconds);
    }
  }

  /** Takes away everything that describes the Envoy; its poll gauges and counters of events stay. */
  hideAll(clusters: Iterable<ClusterMemory>): void {
    const { info, serverLive, startTime, restartEpoch, concurrency } = this.#metrics;
    const { memoryAllocated, memoryHeap, controlPlaneConnected, listenerOverflows } = this.#metrics;
    for (const cluster of clusters) this.hideCluster(cluster);
    for (const writer of [serverLive, startTime, restartEpoch, concurrency]) writer.remove(this.#subject);
    for (const writer of [memoryAllocated, memoryHeap, controlPlaneConnected]) writer.remove(this.#subject);
    for (const [limit] of OVERFLOWS) listenerOverflows.remove({ ...this.#subject, limit });
    if (this.#info) info.remove({ ...this.#subject, ...this.#info });
    this.#info = null;
    this.showCertificates([]);
    for (const writer of [this.#metrics.pollDuration, this.#metrics.pollSize]) writer.remove(this.#subject);
  }
}
