import type { Labels } from '../contract/metrics.ts';
import type { Collector, CollectorContext } from '../contract/unit.ts';
import { parseSockstat, type SockstatValues } from '../parse/sockstat.ts';
import { type NETNS_LABELS, visitNamespaces } from '../sources/network-namespaces.ts';
import { openProcfs, type Procfs } from '../sources/procfs.ts';
import { KeptSeries } from './kept-series.ts';
import { lookAgeMs, visitNetworks } from './network-series.ts';
import type { SockstatConfig, SockstatMetrics } from './sockstat.ts';
import { CloseWaits } from './sockstat-close-wait.ts';

const PER_NAMESPACE = ['inuse', 'tw', 'orphan'] as const;

export function createSockstat(
  { host, scope, interval }: SockstatConfig,
  { metrics: families, paths, node, clock }: CollectorContext<SockstatMetrics>,
): Collector {
  const series = new KeptSeries(families);
  const metrics = series.writers;
  const proc = openProcfs(paths.proc);
  const closeWaits = new CloseWaits({ proc, node, clock });
  let pageBytes: number | undefined;

  const publish = (labels: Labels<typeof NETNS_LABELS>, values: SockstatValues) => {
    for (const name of PER_NAMESPACE) {
      const value = values.get(`TCP.${name}`);
      if (value !== undefined) metrics[name].set(labels, value);
    }
  };

  return {
    poll: (signal) =>
      series.round(async () => {
        const shown = new Set<string>();
        const outcome = visitNamespaces(proc, { host, absent: 'no net/sockstat' }, ({ net, labels }) => {
          const text = proc.read(`${net}/sockstat`);
          if (text === undefined) return false;

          shown.add(labels.netns);
          const values = parseSockstat(text);
          publish(labels, values);
          const allocated = values.get('TCP.alloc');
          if (allocated !== undefined) metrics.allocated.set({}, allocated);
          const pages = values.get('TCP.mem');
          pageBytes ??= readPageBytes(proc);
          if (pages !== undefined && pageBytes !== undefined) metrics.memory.set({}, pages * pageBytes);
          return true;
        });

        const options = { node, interval, scope, signal };
        const done = await visitNetworks(proc, options, outcome, ({ network, isPublished, read }) => {
          const text = isPublished ? read('sockstat')?.[0] : undefined;
          if (text === undefined) return false;
          publish(network.labels, parseSockstat(text));
          return true;
        });
        for (const { network, count } of await closeWaits.count(lookAgeMs(interval), signal)) {
          const { kind, labels, isRelevant } = network;
          const isShown =
            kind === 'host' || kind === 'process' ? shown.has(labels.netns) : scope === 'all' || isRelevant;
          if (isShown) metrics.closeWait.set(labels, count);
        }
        return done;
      }),
  };
}

/** The kernel's page size (4 KiB, 64 KiB on some arm64 kernels): on the first mapping of our own memory map. */
function readPageBytes(proc: Procfs): number | undefined {
  const kibibytes = /^KernelPageSize: +(\d{1,6}) kB$/m.exec(proc.readPrefix('self/smaps', 4096) ?? '')?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
