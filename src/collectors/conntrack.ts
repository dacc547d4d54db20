import type * as z from 'zod';
import { foreignCounter, gauge, type MetricTable } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { hostOption, NETNS_LABELS } from '../sources/network-namespaces.ts';
import { SETTING_METRICS } from './conntrack-settings.ts';
import { scopeOption } from './network-series.ts';

const schema = () => unitSchema({ enabled: true, interval: '5s' }, { host: hostOption, scope: scopeOption });

const metrics = {
  entries: gauge('badgateway_conntrack_entries', 'Tracked connections now.', NETNS_LABELS),
  limit: gauge(
    'badgateway_conntrack_entries_limit',
    'Most connections that may be tracked: one value for the machine, applied to each namespace alone.',
    NETNS_LABELS,
  ),
  drop: foreignCounter(
    'badgateway_conntrack_drops_total',
    'Packets dropped because no entry could be made: table full or insert lost.',
    NETNS_LABELS,
  ),
  early_drop: foreignCounter(
    'badgateway_conntrack_early_drops_total',
    'Unreplied entries evicted to make room in a full table.',
    NETNS_LABELS,
  ),
  insert_failed: foreignCounter(
    'badgateway_conntrack_insert_failures_total',
    'Entries that could not be inserted: NAT ports used up, or a race for the same tuple.',
    NETNS_LABELS,
  ),
  ...SETTING_METRICS,
} as const satisfies MetricTable;

export type ConntrackConfig = z.output<ReturnType<typeof schema>>;
export type ConntrackMetrics = typeof metrics;

/** A small complete collector, and the one to copy: the metrics are declared here, what is done stands in the file that `load` imports. */
export const conntrack = defineCollector({
  name: 'conntrack',
  summary: 'Connection tracking: entries, limit and packets lost for want of an entry',
  schema,
  metrics,
  load: async () => (await import('./conntrack-collector.ts')).createConntrack,
});
