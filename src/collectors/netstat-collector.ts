import type { KernelCounter } from '../contract/evidence.ts';
import type { Labels } from '../contract/metrics.ts';
import type { Collector, CollectorContext } from '../contract/unit.ts';
import { type NetstatCounters, parseNetstat } from '../parse/netstat.ts';
import { NetstatReader } from '../parse/netstat-reader.ts';
import { parseSoftnetStat } from '../parse/softnet-stat.ts';
import { type NETNS_LABELS, visitNamespaces } from '../sources/network-namespaces.ts';
import { openProcfs } from '../sources/procfs.ts';
import { CountedNetworks } from './counted-networks.ts';
import { KeptSeries } from './kept-series.ts';
import { MovedCounters } from './moved-counters.ts';
import type { NetstatConfig, NetstatMetrics } from './netstat.ts';
import { NETSTAT_COUNTERS } from './netstat-counters.ts';
import { lookAgeMs, visitNetworks } from './network-series.ts';

type CounterName = keyof typeof NETSTAT_COUNTERS;

const COUNTER_NAMES = Object.keys(NETSTAT_COUNTERS) as CounterName[];

const ESTABLISHED = 'Tcp.CurrEstab';

/** Growth of one of them makes the namespace of a pod worth publishing. */
const WATCHED = [
  'TcpExt.ListenOverflows',
  'TcpExt.ListenDrops',
  'TcpExt.TCPReqQFullDrop',
] as const satisfies CounterName[];

/** What explains failures; those of TcpExt are read of every namespace, the other of gateways and what is published. */
const EVIDENCE = {
  listen_overflows: 'TcpExt.ListenOverflows',
  listen_drops: 'TcpExt.ListenDrops',
  syn_queue_drops: 'TcpExt.TCPReqQFullDrop',
  attempt_failures: 'Tcp.AttemptFails',
} as const satisfies Partial<Record<KernelCounter, CounterName>>;

export function createNetstat(
  { host, scope, interval }: NetstatConfig,
  { metrics: families, paths, node, evidence, clock }: CollectorContext<NetstatMetrics>,
): Collector {
  const series = new KeptSeries(families);
  const metrics = series.writers;
  const proc = openProcfs(paths.proc);
  const moved = new MovedCounters(node);
  const counted = new CountedNetworks({ proc, evidence, clock, names: EVIDENCE });
  const [all, watched] = [new NetstatReader([...COUNTER_NAMES, ESTABLISHED]), new NetstatReader(WATCHED)];

  const publish = (labels: Labels<typeof NETNS_LABELS>, counters: NetstatCounters, first: readonly number[]) => {
    for (const name of COUNTER_NAMES) {
      const value = counters.get(name);
      // A counter that this kernel does not have is unknown, not 0.
      if (value !== undefined) metrics[name].set(labels, value, first[(WATCHED as readonly string[]).indexOf(name)]);
    }
    const established = counters.get(ESTABLISHED);
    if (established !== undefined) metrics.established.set(labels, established);
  };

  const visitNodeAndOwn = () =>
    visitNamespaces(proc, { host, absent: 'no net/netstat' }, ({ net, labels }) => {
      const texts = [proc.read(`${net}/netstat`), proc.read(`${net}/snmp`)];
      if (texts[0] === undefined) return false;
      const counters = parseNetstat(texts.join(''));
      counted.countIn(net, counters);
      publish(labels, counters, []);

      const softnet = proc.read(`${net}/softnet_stat`);
      if (softnet !== undefined) {
        const { dropped, timeSqueezed } = parseSoftnetStat(softnet);
        metrics.softnetDropped.set({}, dropped);
        metrics.softnetSqueezed.set({}, timeSqueezed);
      }
      return true;
    });

  return {
    answersDoubts: 'netstat',
    stop: () => counted.end(),
    poll: (signal) =>
      series.round(async () => {
        counted.begin(await node.look(lookAgeMs(interval)));
        const outcome = visitNodeAndOwn();
        moved.begin();
        return visitNetworks(proc, { node, interval, scope, signal }, outcome, ({ network, isPublished, read }) => {
          const texts = isPublished ? read('netstat', 'snmp') : read('netstat');
          if (texts === undefined) return false;
          const counters = (isPublished ? all : watched).read(texts.join(''));
          counted.count(network, counters);
          const values = WATCHED.map((name) => counters.get(name) ?? 0);
          const first = moved.watch(network.key, values, isPublished);
          if (isPublished) publish(network.labels, counters, first);
          return true;
        });
      }),
  };
}
