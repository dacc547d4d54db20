import { gauge, type Writers } from '../contract/metrics.ts';
import { findNetworkNamespaces, NETNS_LABELS } from '../sources/network-namespaces.ts';
import { networkOf } from '../sources/node-network.ts';
import { unlessDenied } from '../sources/process-stat.ts';
import type { Procfs } from '../sources/procfs.ts';

export const SETTING_METRICS = {
  buckets: gauge(
    'badgateway_conntrack_buckets',
    'Size of the hash table of tracked connections; one for the machine.',
    [],
  ),
  timeout: gauge(
    'badgateway_conntrack_tcp_timeout_seconds',
    'How long a TCP connection in this state stays tracked without a packet; of our own namespace only.',
    [...NETNS_LABELS, 'state'],
  ),
} as const;

const STATES = ['established', 'close_wait'] as const;

/** Settings of connection tracking: /proc/sys/net always shows the reader's namespace (nf_conntrack-sysctl.rst). */
export function publishSettings(
  { buckets, timeout }: Writers<typeof SETTING_METRICS>,
  proc: Procfs,
  host: boolean | 'auto',
): void {
  const read = (name: string) => unlessDenied(() => proc.read(`sys/net/netfilter/nf_conntrack_${name}`));
  const size = read('buckets');
  if (size !== undefined) buckets.set({}, Number(size));
  const own = networkOf(proc, 'self');
  const shown = findNetworkNamespaces(proc, host).list.find(
    ({ net }) => unlessDenied(() => proc.identity(`${net}/netstat`)) === own,
  );
  if (own === undefined || shown === undefined) return;
  for (const state of STATES) {
    const seconds = read(`tcp_timeout_${state}`);
    if (seconds !== undefined) timeout.set({ ...shown.labels, state }, Number(seconds));
  }
}
