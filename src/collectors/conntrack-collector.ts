import type { KernelCounter } from '../contract/evidence.ts';
import type { Labels } from '../contract/metrics.ts';
import type { Collector, CollectorContext } from '../contract/unit.ts';
import { type ConntrackStats, parseConntrackStats } from '../parse/conntrack.ts';
import { ConntrackReader } from '../parse/conntrack-reader.ts';
import { type NETNS_LABELS, visitNamespaces } from '../sources/network-namespaces.ts';
import { unlessDenied } from '../sources/process-stat.ts';
import { openProcfs } from '../sources/procfs.ts';
import type { ConntrackConfig, ConntrackMetrics } from './conntrack.ts';
import { publishSettings } from './conntrack-settings.ts';
import { CountedNetworks } from './counted-networks.ts';
import { KeptSeries } from './kept-series.ts';
import { MovedCounters } from './moved-counters.ts';
import { lookAgeMs, visitNetworks } from './network-series.ts';

const COLUMNS = ['drop', 'early_drop', 'insert_failed'] as const;

/** Growth of one of them makes the namespace of a pod worth publishing; an early drop alone is no outage. */
const WATCHED = ['drop', 'insert_failed'] as const;

/** What explains failures; all are read of every namespace. */
const EVIDENCE = {
  conntrack_drops: 'drop',
  conntrack_early_drops: 'early_drop',
  conntrack_insert_failures: 'insert_failed',
} as const satisfies Partial<Record<KernelCounter, (typeof COLUMNS)[number]>>;

/** Reads, converts, emits. */
export function createConntrack(
  { host, scope, interval }: ConntrackConfig,
  { metrics: families, paths, node, evidence, clock }: CollectorContext<ConntrackMetrics>,
): Collector {
  const series = new KeptSeries(families);
  const metrics = series.writers;
  const proc = openProcfs(paths.proc);
  const moved = new MovedCounters(node);
  const counted = new CountedNetworks({ proc, evidence, clock, names: EVIDENCE });
  const reader = new ConntrackReader(COLUMNS);
  let limit: string | undefined;

  const publish = (labels: Labels<typeof NETNS_LABELS>, stats: ConntrackStats, first: readonly number[]) => {
    metrics.entries.set(labels, stats.entries);
    for (const column of COLUMNS) {
      const total = stats.totals.get(column);
      // A column that this kernel does not have is unknown, not 0.
      if (total !== undefined)
        metrics[column].set(labels, total, first[(WATCHED as readonly string[]).indexOf(column)]);
    }
    if (limit !== undefined) metrics.limit.set(labels, Number(limit));
  };

  return {
    answersDoubts: 'conntrack',
    stop: () => counted.end(),
    poll: (signal) =>
      // What this poll does not see is not shown any more.
      series.round(async () => {
        limit = unlessDenied(() => proc.read('sys/net/netfilter/nf_conntrack_max'));
        counted.begin(await node.look(lookAgeMs(interval)));
        const outcome = visitNamespaces(proc, { host, absent: 'nf_conntrack is not loaded' }, ({ net, labels }) => {
          const text = proc.read(`${net}/stat/nf_conntrack`);
          if (text === undefined) return false;
          const stats = parseConntrackStats(text);
          counted.countIn(net, stats.totals);
          publish(labels, stats, []);
          return true;
        });
        publishSettings(metrics, proc, host);

        moved.begin();
        return visitNetworks(proc, { node, interval, scope, signal }, outcome, ({ network, isPublished, read }) => {
          const text = read('stat/nf_conntrack')?.[0];
          if (text === undefined) return false;
          const stats = reader.read(text);
          counted.count(network, stats.totals);
          const values = WATCHED.map((column) => stats.totals.get(column) ?? 0);
          const first = moved.watch(network.key, values, isPublished);
          if (isPublished) publish(network.labels, stats, first);
          return true;
        });
      }),
  };
}
