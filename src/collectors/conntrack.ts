import { foreignCounter, gauge } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { parseConntrackStats } from '../parse/conntrack.ts';
import { hostOption, NETNS_LABELS, visitNamespaces } from '../sources/network-namespaces.ts';
import { openProcfs } from '../sources/procfs.ts';

/** The smallest complete collector, and the one to copy: declare the metrics, read, convert, emit. */
export const conntrack = defineCollector({
  name: 'conntrack',
  summary: 'Connection tracking: entries, limit and packets lost for want of an entry',
  schema: unitSchema({ enabled: true, interval: '5s' }, { host: hostOption }),
  metrics: {
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
  },
  create(config, { metrics, paths }) {
    const proc = openProcfs(paths.proc);
    return {
      poll() {
        // Start from nothing: what this poll does not see must not be shown.
        for (const family of Object.values(metrics)) family.reset();

        return visitNamespaces(proc, { host: config.host, absent: 'nf_conntrack is not loaded' }, ({ net, labels }) => {
          const text = proc.read(`${net}/stat/nf_conntrack`);
          if (text === undefined) return false;

          const { entries, totals } = parseConntrackStats(text);
          metrics.entries.set(labels, entries);
          for (const column of ['drop', 'early_drop', 'insert_failed'] as const) {
            const total = totals.get(column);
            // A column that this kernel does not have is unknown, not 0.
            if (total !== undefined) metrics[column].set(labels, total);
          }

          const limit = proc.read('sys/net/netfilter/nf_conntrack_max');
          if (limit !== undefined) metrics.limit.set(labels, Number(limit));
          return true;
        });
      },
    };
  },
});
