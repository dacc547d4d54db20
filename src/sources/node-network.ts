import { findNetworkNamespaces } from './network-namespaces.ts';
import { NotPermittedError, type Procfs } from './procfs.ts';

/** There only in the machine's first network namespace (net_core_table in net/core/sysctl_net_core.c); shows the reader's. */
const FIRST_ONLY = 'sys/net/core/netdev_max_backlog';

/**
 * Identities (`Procfs.identity` of `net/netstat`) of the network namespaces that are the node's, where everything on the node may
 * have sockets: that of pid 1 when it is the node's init, and our own when it is the machine's first. `isInit` false: pid 1 is known
 * to be something else.
 */
export function findNodeNetworks(proc: Procfs, isInit: boolean): ReadonlySet<string> {
  const found = new Set<string>();
  const isHostVisible =
    isInit && findNetworkNamespaces(proc, 'auto').list.some(({ labels }) => labels.netns === 'host');
  const host = isHostVisible ? networkOf(proc, 1) : undefined;
  const own = isThere(proc, FIRST_ONLY) ? networkOf(proc, 'self') : undefined;
  for (const one of [host, own]) if (one !== undefined) found.add(one);
  return found;
}

/** Undefined: the process is gone, or the kernel does not show its network. */
export function networkOf(proc: Procfs, pid: number | 'self'): string | undefined {
  return proc.identity(`${pid}/net/netstat`);
}

function isThere(proc: Procfs, path: string): boolean {
  try {
    return proc.identity(path) !== undefined;
  } catch (error) {
    if (error instanceof NotPermittedError) return true;
    throw error;
  }
}
