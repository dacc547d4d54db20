import { counter, gauge, type MetricTable, type Writers } from '../contract/metrics.ts';
import { CAUSES } from '../contract/names.ts';
import type { OpenIncident } from '../incidents/incident-book.ts';

export const INCIDENT_METRICS = {
  open: gauge(
    'badgateway_incidents_open',
    'Incidents that are not over, by gateway and root cause; cause="": only bad states, no request has failed. Absent: none.',
    ['namespace', 'gateway', 'cause'],
  ),
  begun: counter(
    'badgateway_incidents_total',
    'Incidents that have begun, by root cause as it was known then; cause="": with a bad state, before any request failed.',
    ['cause'],
  ),
  dropped: counter(
    'badgateway_incidents_dropped_total',
    'Incidents that were forgotten because more than 200 would have had to be remembered.',
    [],
  ),
} as const satisfies MetricTable;

/** The series of incidents; those of all causes exist from the start, so that the first one is a rise. */
export class IncidentSeries {
  readonly #writers: Writers<typeof INCIDENT_METRICS>;

  constructor(writers: Writers<typeof INCIDENT_METRICS>) {
    this.#writers = writers;
    for (const cause of ['', ...CAUSES]) writers.begun.inc({ cause }, 0);
    writers.dropped.inc({}, 0);
  }

  opened({ cause }: OpenIncident): void {
    this.#writers.begun.inc({ cause: cause ?? '' });
  }

  dropped(): void {
    this.#writers.dropped.inc({});
  }

  /** Those that are open now. */
  publish(incidents: Iterable<OpenIncident>): void {
    const { open } = this.#writers;
    open.reset();
    for (const { namespace, gateway, cause } of incidents) open.inc({ namespace, gateway, cause: cause ?? '' });
  }
}
