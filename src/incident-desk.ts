import type { Verdict } from './causes/verdict.ts';
import type { Subject } from './contract/metrics.ts';
import type { CheckpointRegistry, Clock } from './contract/unit.ts';
import type { IncidentsReport } from './http/views.ts';
import type { Incident, IncidentQuery } from './incidents/incident.ts';
import { IncidentBook } from './incidents/incident-book.ts';
import { RequestTotals } from './incidents/request-totals.ts';
import { INCIDENT_METRICS, IncidentSeries } from './metrics/incidents.ts';
import type { MetricRegistry } from './metrics/registry.ts';
import { ROLLOUT_METRICS, RolloutSeries } from './metrics/rollouts.ts';
import type { Truth } from './truth.ts';

/** Between two looks at how many requests there were. */
const REQUESTS_EVERY_MS = 5_000;
/** By status code where that is known, else nginx' own count. */
const REQUESTS = ['badgateway_requests_total', 'badgateway_nginx_requests_total'] as const;

export interface IncidentDeskOptions {
  readonly registry: MetricRegistry;
  readonly clock: Clock;
  readonly truth: Truth;
}

/** Wires verdicts, conditions and changes to incidents, and these to their series and answers. */
export class IncidentDesk {
  readonly book: IncidentBook;
  private readonly registry: MetricRegistry;
  private readonly clock: Clock;
  private readonly requests = new RequestTotals();
  private readonly series: IncidentSeries;
  private readonly rollouts: RolloutSeries;
  private requestsMs = Number.NEGATIVE_INFINITY;

  constructor({ registry, clock, truth }: IncidentDeskOptions) {
    this.registry = registry;
    this.clock = clock;
    this.series = new IncidentSeries(registry.writers(INCIDENT_METRICS));
    this.rollouts = new RolloutSeries(registry.writers(ROLLOUT_METRICS), truth.facts.rollouts);
    this.book = new IncidentBook({
      ...{ clock, requestsOf: this.requests.since },
      onOpened: (incident) => this.series.opened(incident),
      onDropped: () => this.series.dropped(),
    });
    truth.conditions.listen((report) => this.book.condition(report));
    truth.facts.changes.listen((change) => this.book.change(change));
  }

  register(checkpoint: CheckpointRegistry): void {
    checkpoint.register('incidents', this.book);
  }

  verdict(verdict: Verdict): void {
    this.book.verdict(verdict);
    this.rollouts.failed(verdict);
  }

  /** To be called every second. */
  beat(): void {
    const nowMs = this.clock.now();
    if (Math.abs(nowMs - this.requestsMs) >= REQUESTS_EVERY_MS) {
      this.requestsMs = nowMs;
      this.countRequests(nowMs);
    }
    this.book.look();
  }

  /** Before every scrape. */
  publish(): void {
    this.book.look();
    this.series.publish(this.book.open());
    this.rollouts.publish();
  }

  report(query: IncidentQuery): IncidentsReport {
    this.book.look();
    return { at: new Date(this.clock.now()).toISOString(), ...this.book.list(query) };
  }

  incident(id: string): Incident | undefined {
    return this.book.get(id);
  }

  private countRequests(nowMs: number): void {
    const counted = new Set<string>();
    for (const name of REQUESTS) {
      for (const [key, { subject, count }] of this.totals(name)) {
        if (!counted.has(key)) this.requests.seen(subject, count, nowMs);
        counted.add(key);
      }
    }
  }

  /** By replica, over all codes. */
  private totals(name: string): Map<string, { readonly subject: Subject; count: number }> {
    const totals = new Map<string, { readonly subject: Subject; count: number }>();
    for (const { labels, value } of this.registry.get(name)?.entries() ?? []) {
      const { namespace = '', pod = '', container = '', gateway = '' } = labels;
      const key = [namespace, pod, gateway].join('\xff');
      const total = totals.get(key) ?? { subject: { namespace, pod, container, gateway }, count: 0 };
      total.count += value;
      totals.set(key, total);
    }
    return totals;
  }
}
