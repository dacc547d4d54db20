import { counter, type MetricTable, type Writers } from '../contract/metrics.ts';

export const FACT_METRICS = {
  dropped: counter(
    'badgateway_facts_dropped_total',
    'Times that something was forgotten before its time, or not remembered, because a memory was full; verdicts that needed it are less precise, never wrong.',
    ['memory'],
  ),
} as const satisfies MetricTable;

/** The memories of src/facts that have a limit. */
export const FACT_MEMORIES = [
  'abrupt_exits',
  'changes',
  'conditions',
  'container_ends',
  'denials',
  'downed_peers',
  'endpoint_changes',
  'endpoint_history',
  'last_owners',
  'listeners',
  'networks',
  'observed_addresses',
  'peer_sockets',
  'pod_restarts',
  'pod_terminations',
  'service_mappings',
  'used_addresses',
] as const;
export type FactMemory = (typeof FACT_MEMORIES)[number];

/** Counts what memories drop. They know how much since the start; the counter goes on over restarts. */
export class FactSeries {
  readonly #writers: Writers<typeof FACT_METRICS>;
  readonly #before = new Map<FactMemory, number>();

  constructor(writers: Writers<typeof FACT_METRICS>) {
    this.#writers = writers;
    for (const memory of FACT_MEMORIES) writers.dropped.inc({ memory }, 0);
  }

  /** @param dropped by each memory since the start; before every scrape */
  publish(dropped: Readonly<Record<FactMemory, number>>): void {
    for (const memory of FACT_MEMORIES) {
      this.#writers.dropped.inc({ memory }, dropped[memory] - (this.#before.get(memory) ?? 0));
      this.#before.set(memory, dropped[memory]);
    }
  }
}
