import { counter, gauge, type MetricTable, SUBJECT_LABELS, type Subject, type Writers } from '../contract/metrics.ts';

export const CONTROL_PLANE_METRICS = {
  missed: counter(
    'badgateway_endpoint_changes_missed_while_controller_down_total',
    'Times that endpoints of a Service behind an nginx gateway changed while no controller of the gateways was ready; changes within 10 s count once.',
    ['upstream_namespace', 'upstream_service'],
  ),
  unsyncedSince: gauge(
    'badgateway_not_resynced_since_timestamp_seconds',
    'When the controller started that the gateway has got no change of addresses from since, although it uses addresses that were gone by then; absent when it has, or that is not known.',
    SUBJECT_LABELS,
  ),
} as const satisfies MetricTable;

/** The series of what controllers did not deliver. */
export class ControlPlaneSeries {
  readonly #writers: Writers<typeof CONTROL_PLANE_METRICS>;

  constructor(writers: Writers<typeof CONTROL_PLANE_METRICS>) {
    this.#writers = writers;
  }

  /** @param service `namespace/name` */
  missed(service: string): void {
    const slash = service.indexOf('/');
    const [upstream_namespace, upstream_service] = [service.slice(0, slash), service.slice(slash + 1)];
    this.#writers.missed.inc({ upstream_namespace, upstream_service });
  }

  unsynced(subject: Subject, startMs: number | null): void {
    if (startMs === null) this.#writers.unsyncedSince.remove(subject);
    else this.#writers.unsyncedSince.set(subject, startMs / 1000);
  }
}
