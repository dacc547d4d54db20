import {
  counter,
  gauge,
  histogram,
  type Labels,
  type MetricTable,
  SUBJECT_LABELS,
  type Writers,
} from '../contract/metrics.ts';
import type { Clock } from '../contract/unit.ts';
import type { UpstreamsView } from '../contract/upstream.ts';
import { DeathGapWindows } from '../facts/death-gap-window.ts';
import { GAP_UNKNOWNS, type GapSink, type GapSubject, type GapUnknown, type MeasuredGap } from '../facts/gap-sink.ts';

const PROXY_LABELS = [...SUBJECT_LABELS, 'proxy'] as const;
const SERVICE_LABELS = [...PROXY_LABELS, 'upstream_namespace', 'upstream_service'] as const;
const PORT_LABELS = [...SERVICE_LABELS, 'upstream_port'] as const;
/** Seconds. A kubelet gives a pod 30 by default; API servers and controllers take minutes when they are ill. */
const BUCKETS = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 15, 30, 60, 120, 300, 600];

export const ENDPOINT_GAP_METRICS = {
  propagation: histogram(
    'badgateway_endpoint_propagation_seconds',
    'Time from an endpoint being ready in the EndpointSlices until the running proxy uses it.',
    PROXY_LABELS,
    BUCKETS,
  ),
  deathGap: histogram(
    'badgateway_endpoint_death_gap_seconds',
    'Time from an endpoint losing ready, or leaving the EndpointSlices, until the running proxy no longer uses it.',
    PROXY_LABELS,
    BUCKETS,
  ),
  lastDeathGap: gauge(
    'badgateway_upstream_last_death_gap_seconds',
    'The latest death gap of an endpoint of the Service; absent before the first.',
    PORT_LABELS,
  ),
  preStop: gauge(
    'badgateway_recommended_prestop_seconds',
    'So long the pods of the Service should sleep in preStop: 99th percentile of the gateway’s last 200 death gaps in 7 days, rounded up, plus 1 s; pod and container are empty.',
    SERVICE_LABELS,
  ),
  flaps: counter(
    'badgateway_endpoint_death_gap_flaps_total',
    'Death gaps that ended because the endpoint was ready again before the proxy dropped it.',
    PROXY_LABELS,
  ),
  deathGapClamps: counter(
    'badgateway_endpoint_death_gap_clamps_total',
    'Death gaps taken as 0 because the proxy dropped the endpoint before our watch saw it go.',
    PROXY_LABELS,
  ),
  propagationClamps: counter(
    'badgateway_endpoint_propagation_clamps_total',
    'Propagation times taken as 0 because the proxy used the endpoint before our watch saw it ready.',
    PROXY_LABELS,
  ),
  deathGapUnknown: counter(
    'badgateway_endpoint_death_gap_unknown_total',
    'Death gaps that could not be measured, by reason.',
    [...PROXY_LABELS, 'reason'],
  ),
  propagationUnknown: counter(
    'badgateway_endpoint_propagation_unknown_total',
    'Propagation times that could not be measured, by reason.',
    [...PROXY_LABELS, 'reason'],
  ),
  windowsDropped: counter(
    'badgateway_recommended_prestop_dropped_total',
    'Gateways and Services whose recent death gaps were given up because there were too many.',
    [],
  ),
} as const satisfies MetricTable;

type ServiceLabels = Labels<typeof SERVICE_LABELS>;
type PortLabels = Labels<typeof PORT_LABELS>;

/** Writes what is measured of endpoints' ways into and out of proxies. */
export class EndpointGapSeries implements GapSink {
  readonly windows = new DeathGapWindows();
  readonly #writers: Writers<typeof ENDPOINT_GAP_METRICS>;
  readonly #clock: Clock;
  /** By upstream's labels. */
  readonly #last = new Map<string, PortLabels>();
  readonly #recommended = new Map<string, ServiceLabels>();
  #windowsDropped = 0;

  constructor(writers: Writers<typeof ENDPOINT_GAP_METRICS>, clock: Clock) {
    this.#writers = writers;
    this.#clock = clock;
    writers.windowsDropped.inc({}, 0);
  }

  present(view: UpstreamsView): void {
    const labels = proxyOf(view);
    const { propagation, deathGap, flaps, deathGapClamps, propagationClamps, ...others } = this.#writers;
    for (const distribution of [propagation, deathGap]) distribution.create(labels);
    for (const events of [flaps, deathGapClamps, propagationClamps]) events.inc(labels, 0);
    for (const reason of GAP_UNKNOWNS) {
      if (reason !== 'not_used') others.deathGapUnknown.inc({ ...labels, reason }, 0);
      others.propagationUnknown.inc({ ...labels, reason }, 0);
    }
  }

  deathGap({ view, mapped }: GapSubject, { milliseconds, isClamped }: MeasuredGap): void {
    const labels = proxyOf(view);
    this.#writers.deathGap.observe(labels, milliseconds / 1000);
    if (isClamped) this.#writers.deathGapClamps.inc(labels);
    const port = { ...labels, ...serviceOf(mapped), upstream_port: mapped.portNumber };
    this.#writers.lastDeathGap.set(port, milliseconds / 1000);
    this.#last.set(keyOf(port), port);
    // All replicas of a gateway together: pods stop for all of them at once.
    const pooled = { ...labels, pod: '', container: '', ...serviceOf(mapped) };
    this.windows.add(JSON.stringify(SERVICE_LABELS.map((name) => pooled[name])), milliseconds, this.#clock.now());
  }

  propagation({ view }: GapSubject, { milliseconds, isClamped }: MeasuredGap): void {
    const labels = proxyOf(view);
    this.#writers.propagation.observe(labels, milliseconds / 1000);
    if (isClamped) this.#writers.propagationClamps.inc(labels);
  }

  flap({ view }: GapSubject): void {
    this.#writers.flaps.inc(proxyOf(view));
  }

  deathGapUnknown({ view }: GapSubject, reason: GapUnknown): void {
    this.#writers.deathGapUnknown.inc({ ...proxyOf(view), reason });
  }

  propagationUnknown({ view }: GapSubject, reason: GapUnknown): void {
    this.#writers.propagationUnknown.inc({ ...proxyOf(view), reason });
  }

  /** Brings the gauges up to date: those of upstreams that are gone go. Before every scrape. */
  publish(upstreams: readonly GapSubject[]): void {
    const { lastDeathGap, preStop, windowsDropped } = this.#writers;
    const present = new Set(
      upstreams.map(({ view, mapped }) =>
        keyOf({ ...proxyOf(view), ...serviceOf(mapped), upstream_port: mapped.portNumber }),
      ),
    );
    for (const [key, labels] of this.#last) {
      if (present.has(key)) continue;
      lastDeathGap.remove(labels);
      this.#last.delete(key);
    }
    const recommended = this.windows.recommended(this.#clock.now());
    for (const [key, labels] of this.#recommended) {
      if (recommended.has(key)) continue;
      preStop.remove(labels);
      this.#recommended.delete(key);
    }
    for (const [key, seconds] of recommended) {
      const labels = this.#recommended.get(key) ?? serviceLabels(key);
      if (labels === null) continue;
      this.#recommended.set(key, labels);
      preStop.set(labels, seconds);
    }
    windowsDropped.inc({}, this.windows.dropped - this.#windowsDropped);
    this.#windowsDropped = this.windows.dropped;
  }
}

function proxyOf({ subject, proxy }: UpstreamsView): Labels<typeof PROXY_LABELS> {
  return { ...subject, proxy };
}

function serviceOf({ service }: GapSubject['mapped']) {
  const [upstream_namespace = '', upstream_service = ''] = service?.service.split('/') ?? [];
  return { upstream_namespace, upstream_service };
}

function keyOf(labels: PortLabels): string {
  return PORT_LABELS.map((name) => labels[name]).join('\xff');
}

/** Keys come back from the checkpoint, which may hold anything. */
function serviceLabels(key: string): ServiceLabels | null {
  try {
    const values: unknown = JSON.parse(key);
    if (!Array.isArray(values) || values.length !== SERVICE_LABELS.length) return null;
    if (!values.every((value) => typeof value === 'string')) return null;
    return Object.fromEntries(SERVICE_LABELS.map((name, i) => [name, values[i]])) as ServiceLabels;
  } catch {
    return null;
  }
}
