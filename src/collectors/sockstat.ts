import { gauge } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { parseSockstat } from '../parse/sockstat.ts';
import { hostOption, NETNS_LABELS, visitNamespaces } from '../sources/network-namespaces.ts';
import { openProcfs, type Procfs } from '../sources/procfs.ts';

/** TCP sockets by state that a gateway can run out of. */
export const sockstat = defineCollector({
  name: 'sockstat',
  summary:
    'TCP sockets: in use, TIME_WAIT and orphans per namespace; allocated sockets and buffer memory of the machine',
  schema: unitSchema({ enabled: true, interval: '5s' }, { host: hostOption }),
  metrics: {
    inuse: gauge('badgateway_tcp_sockets_in_use', 'TCP sockets in use, without TIME_WAIT.', NETNS_LABELS),
    tw: gauge('badgateway_tcp_sockets_time_wait', 'TCP sockets in TIME_WAIT; each holds a port.', NETNS_LABELS),
    orphan: gauge(
      'badgateway_tcp_sockets_orphaned',
      'TCP sockets closed by their process and not yet done.',
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
  create(config, { metrics, paths }) {
    const proc = openProcfs(paths.proc);
    let pageBytes: number | undefined;
    return {
      poll() {
        for (const family of Object.values(metrics)) family.reset();

        return visitNamespaces(proc, { host: config.host, absent: 'no net/sockstat' }, ({ net, labels }) => {
          const text = proc.read(`${net}/sockstat`);
          if (text === undefined) return false;

          const values = parseSockstat(text);
          for (const name of ['inuse', 'tw', 'orphan'] as const) {
            const value = values.get(`TCP.${name}`);
            if (value !== undefined) metrics[name].set(labels, value);
          }
          const allocated = values.get('TCP.alloc');
          if (allocated !== undefined) metrics.allocated.set({}, allocated);
          const pages = values.get('TCP.mem');
          pageBytes ??= readPageBytes(proc);
          if (pages !== undefined && pageBytes !== undefined) metrics.memory.set({}, pages * pageBytes);
          return true;
        });
      },
    };
  },
});

/** The kernel's page size (4 KiB, 64 KiB on some arm64 kernels): on the first mapping of our own memory map. */
function readPageBytes(proc: Procfs): number | undefined {
  const kibibytes = /^KernelPageSize: +(\d{1,6}) kB$/m.exec(proc.readPrefix('self/smaps', 4096) ?? '')?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
