import { networkOf } from './node-network.ts';
import { unlessDenied } from './process-stat.ts';
import type { Procfs } from './procfs.ts';

interface Sysctl {
  readonly path: string;
  /** Which number of the line; 0 without. */
  readonly column?: number;
  /** One value for all network namespaces. */
  readonly isOfMachine?: true;
}

const CONNTRACK = 'sys/net/netfilter/nf_conntrack';

/** Kernel parameters that decide over connections, by name; all are numbers. */
export const SYSCTLS = {
  'net.core.somaxconn': { path: 'sys/net/core/somaxconn' },
  'net.ipv4.tcp_max_syn_backlog': { path: 'sys/net/ipv4/tcp_max_syn_backlog' },
  'net.ipv4.tcp_syncookies': { path: 'sys/net/ipv4/tcp_syncookies' },
  'net.ipv4.tcp_abort_on_overflow': { path: 'sys/net/ipv4/tcp_abort_on_overflow' },
  'net.ipv4.tcp_fin_timeout': { path: 'sys/net/ipv4/tcp_fin_timeout' },
  'net.ipv4.tcp_tw_reuse': { path: 'sys/net/ipv4/tcp_tw_reuse' },
  'net.ipv4.ip_local_port_range_low': { path: 'sys/net/ipv4/ip_local_port_range', column: 0 },
  'net.ipv4.ip_local_port_range_high': { path: 'sys/net/ipv4/ip_local_port_range', column: 1 },
  'net.netfilter.nf_conntrack_max': { path: `${CONNTRACK}_max`, isOfMachine: true },
  'net.netfilter.nf_conntrack_buckets': { path: `${CONNTRACK}_buckets`, isOfMachine: true },
  'net.netfilter.nf_conntrack_tcp_timeout_established': { path: `${CONNTRACK}_tcp_timeout_established` },
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait': { path: `${CONNTRACK}_tcp_timeout_time_wait` },
  'net.netfilter.nf_conntrack_tcp_timeout_close_wait': { path: `${CONNTRACK}_tcp_timeout_close_wait` },
} as const satisfies Readonly<Record<string, Sysctl>>;
export type SysctlName = keyof typeof SYSCTLS;

/** Does not depend on the network namespace: seen from any, it is the machine's. */
export function isOfMachine(name: SysctlName): boolean {
  return (SYSCTLS[name] as Sysctl).isOfMachine === true;
}

/** Whether what /proc/sys shows is what the process has. */
export function isOwnNetwork(proc: Procfs, pid: number | 'self'): boolean {
  const own = networkOf(proc, 'self');
  return own !== undefined && networkOf(proc, pid) === own;
}

/**
 * The values of this process's own network namespace: /proc/sys/net always shows the reader's, also under /host/proc. What
 * the kernel does not have or does not show is left out.
 */
export function readSysctls(proc: Procfs): ReadonlyMap<SysctlName, number> {
  const values = new Map<SysctlName, number>();
  for (const [name, { path, column = 0 }] of Object.entries(SYSCTLS as Readonly<Record<SysctlName, Sysctl>>)) {
    const text = unlessDenied(() => proc.read(path))
      ?.trim()
      .split(/\s+/)[column];
    if (text !== undefined && /^\d+$/.test(text)) values.set(name as SysctlName, Number(text));
  }
  return values;
}

/** How many local ports a connection of the process may get; null: its network namespace is not ours, or nothing is shown. */
export function readLocalPorts(proc: Procfs, pid: number): number | null {
  if (!isOwnNetwork(proc, pid)) return null;
  const values = readSysctls(proc);
  const [low, high] = [values.get('net.ipv4.ip_local_port_range_low'), values.get('net.ipv4.ip_local_port_range_high')];
  return low === undefined || high === undefined ? null : high - low + 1;
}
