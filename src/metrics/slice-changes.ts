import { gauge, type MetricTable, type Writers } from '../contract/metrics.ts';
import type { SliceChanges } from '../facts/slice-changes.ts';
import type { TrackedUpstream } from '../facts/tracked-upstream.ts';

export const SLICE_CHANGE_METRICS = {
  lastChange: gauge(
    'badgateway_upstream_slices_last_change_timestamp_seconds',
    'When an address, its pod or readiness, or a port last changed in the EndpointSlices of a Service that gateways of this exporter have as upstream, by when it was heard of; absent before the first change and while the slices are too old.',
    ['upstream_namespace', 'upstream_service'],
  ),
} as const satisfies MetricTable;

/** One series for each Service behind an upstream. */
export class SliceChangeSeries {
  readonly #writers: Writers<typeof SLICE_CHANGE_METRICS>;
  readonly #changes: Pick<SliceChanges, 'changedMs'>;

  constructor(writers: Writers<typeof SLICE_CHANGE_METRICS>, changes: Pick<SliceChanges, 'changedMs'>) {
    this.#writers = writers;
    this.#changes = changes;
  }

  publish(upstreams: readonly TrackedUpstream[]): void {
    const { lastChange } = this.#writers;
    lastChange.reset();
    for (const service of new Set(upstreams.flatMap(({ mapped }) => mapped.service?.service ?? []))) {
      const changedMs = this.#changes.changedMs(service);
      if (changedMs === null) continue;
      const [upstream_namespace, upstream_service] = service.split('/');
      lastChange.set({ upstream_namespace, upstream_service }, changedMs / 1000);
    }
  }
}
