import { foreignCounter, gauge } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { parseNetstat } from '../parse/netstat.ts';
import { parseSoftnetStat } from '../parse/softnet-stat.ts';
import { hostOption, NETNS_LABELS, visitNamespaces } from '../sources/network-namespaces.ts';
import { openProcfs } from '../sources/procfs.ts';
import { NETSTAT_COUNTERS } from './netstat-counters.ts';

const COUNTER_NAMES = Object.keys(NETSTAT_COUNTERS) as (keyof typeof NETSTAT_COUNTERS)[];

/** The kernel's TCP counters that explain a failed connection, listen overflows first. */
export const netstat = defineCollector({
  name: 'netstat',
  summary: 'Listen queue overflows, SYN queue drops, retransmits, resets and aborts as the kernel counts them',
  schema: unitSchema({ enabled: true, interval: '5s' }, { host: hostOption }),
  metrics: {
    ...NETSTAT_COUNTERS,
    established: gauge('badgateway_tcp_connections', 'TCP connections in ESTABLISHED or CLOSE_WAIT.', NETNS_LABELS),
    softnetDropped: foreignCounter(
      'badgateway_softnet_drops_total',
      'Packets dropped by full CPU backlogs; machine-wide, the same in every namespace: aggregate with max.',
      [],
    ),
    softnetSqueezed: foreignCounter(
      'badgateway_softnet_squeezes_total',
      'Times that packet processing ran out of its budget; machine-wide: aggregate with max.',
      [],
    ),
  },
  create(config, { metrics, paths }) {
    const proc = openProcfs(paths.proc);
    return {
      poll() {
        for (const family of Object.values(metrics)) family.reset();

        return visitNamespaces(proc, { host: config.host, absent: 'no net/netstat' }, ({ net, labels }) => {
          const texts = [proc.read(`${net}/netstat`), proc.read(`${net}/snmp`)];
          if (texts[0] === undefined) return false;

          const counters = parseNetstat(texts.join(''));
          for (const name of COUNTER_NAMES) {
            const value = counters.get(name);
            // A counter that this kernel does not have is unknown, not 0.
            if (value !== undefined) metrics[name].set(labels, value);
          }
          const established = counters.get('Tcp.CurrEstab');
          if (established !== undefined) metrics.established.set(labels, established);

          const softnet = proc.read(`${net}/softnet_stat`);
          if (softnet !== undefined) {
            const { dropped, timeSqueezed } = parseSoftnetStat(softnet);
            metrics.softnetDropped.set({}, dropped);
            metrics.softnetSqueezed.set({}, timeSqueezed);
          }
          return true;
        });
      },
    };
  },
});
