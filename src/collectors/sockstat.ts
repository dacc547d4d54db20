import { gauge, type Labels } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { parseSockstat, type SockstatValues } from '../parse/sockstat.ts';
import { hostOption, NETNS_LABELS, visitNamespaces } from '../sources/network-namespaces.ts';
import { openProcfs, type Procfs } from '../sources/procfs.ts';
import { KeptSeries } from './kept-series.ts';
import { lookAgeMs, scopeOption, visitNetworks } from './network-series.ts';
import { CloseWaits } from './sockstat-close-wait.ts';

const PER_NAMESPACE = ['inuse', 'tw', 'orphan'] as const;

/** TCP sockets by state that a gateway can run out of. */
export const sockstat = defineCollector({
  name: 'sockstat',
  summary:
    'TCP sockets: in use, TIME_WAIT and orphans per namespace; allocated sockets and buffer memory of the machine',
  schema: unitSchema({ enabled: true, interval: '5s' }, { host: hostOption, scope: scopeOption }),
  metrics: {
    inuse: gauge('badgateway_tcp_sockets_in_use', 'TCP sockets in use, without TIME_WAIT.', NETNS_LABELS),
    tw: gauge('badgateway_tcp_sockets_time_wait', 'TCP sockets in TIME_WAIT; each holds a port.', NETNS_LABELS),
    orphan: gauge(
      'badgateway_tcp_sockets_orphaned',
      'TCP sockets closed by their process and not yet done.',
      NETNS_LABELS,
    ),
    closeWait: gauge(
      'badgateway_tcp_sockets_close_wait',
      'TCP sockets whose peer has closed and whose own process has not; of gateways and our own namespace, counted once in a minute.',
      NETNS_LABELS,
    ),
    allocated: gauge(
      'badgateway_tcp_sockets_allocated',
      'TCP sockets allocated on the machine, the same in every namespace: aggregate with max.',
      [],
    ),
    memory: gauge(
      'badgateway_tcp_memory_bytes',
      'TCP buffer memory of the machine, the same in every namespace: aggregate with max.',
      [],
    ),
  },
  create({ host, scope, interval }, { metrics: families, paths, node, clock }) {
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
  },
});

/** The kernel's page size (4 KiB, 64 KiB on some arm64 kernels): on the first mapping of our own memory map. */
function readPageBytes(proc: Procfs): number | undefined {
  const kibibytes = /^KernelPageSize: +(\d{1,6}) kB$/m.exec(proc.readPrefix('self/smaps', 4096) ?? '')?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
