import type { Verdict } from '../causes/verdict.ts';
import { counter, type MetricTable, type Writers } from '../contract/metrics.ts';
import type { Rollouts } from '../facts/rollouts.ts';

const SERVICE_LABELS = ['upstream_namespace', 'upstream_service'] as const;

export const ROLLOUT_METRICS = {
  failures: counter(
    'badgateway_failures_during_rollout_total',
    'Those of badgateway_failures_total that happened while pods of the Service were being replaced, or in the minute after.',
    ['namespace', 'gateway', ...SERVICE_LABELS],
  ),
  seconds: counter(
    'badgateway_rollout_seconds_total',
    'How long pods of the Service were being replaced, with a minute after the last one.',
    SERVICE_LABELS,
  ),
} as const satisfies MetricTable;

/** How much fails within rollouts; what fails outside is the rest of `badgateway_failures_total`. */
export class RolloutSeries {
  readonly #writers: Writers<typeof ROLLOUT_METRICS>;
  readonly #rollouts: Rollouts;

  constructor(writers: Writers<typeof ROLLOUT_METRICS>, rollouts: Rollouts) {
    this.#writers = writers;
    this.#rollouts = rollouts;
  }

  failed({ observation, upstream, count }: Verdict): void {
    const { upstream_namespace, upstream_service } = upstream;
    const { subject, sinceMs, atMs } = observation;
    if (!this.#rollouts.isDuring(`${upstream_namespace}/${upstream_service}`, sinceMs, atMs)) return;
    const { namespace, gateway } = subject;
    this.#writers.failures.inc({ namespace, gateway, upstream_namespace, upstream_service }, count);
  }

  /** Brings the times up to date; before every scrape. */
  publish(): void {
    for (const [service, milliseconds] of this.#rollouts.take()) {
      const slash = service.indexOf('/');
      const labels = { upstream_namespace: service.slice(0, slash), upstream_service: service.slice(slash + 1) };
      this.#writers.seconds.inc(labels, milliseconds / 1000);
    }
  }
}
