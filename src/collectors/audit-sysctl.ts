import type { Paths } from '../contract/unit.ts';
import { findNetworkNamespaces } from '../sources/network-namespaces.ts';
import { NotPermittedError, type Procfs } from '../sources/procfs.ts';
import { isOfMachine, readSysctls, type SysctlName } from '../sources/sysctl.ts';

export type SysctlNetns = 'host' | 'process' | 'machine';

export interface SysctlSample {
  readonly name: SysctlName;
  readonly netns: SysctlNetns;
  readonly value: number;
}

/**
 * Kernel parameters that say something of the node or a gateway. Those of a network namespace are our own's, so they are left
 * out where that is nobody else's: the pod of an agent.
 * @param isGateways a gateway is known to share our network namespace
 */
export function sysctlSamples(proc: Procfs, { root }: Paths, isGateways: boolean): SysctlSample[] {
  const own = isHosts(proc) ? 'host' : isGateways || root === '' ? 'process' : null;
  return [...readSysctls(proc)].flatMap(([name, value]) => {
    const netns = isOfMachine(name) ? 'machine' : own;
    return netns === null ? [] : [{ name, netns, value }];
  });
}

/** The node's namespace is listed alone when it is our own. */
function isHosts(proc: Procfs): boolean {
  try {
    const { list } = findNetworkNamespaces(proc, 'auto');
    return list.length === 1 && list[0].labels.netns === 'host';
  } catch (error) {
    if (error instanceof NotPermittedError) return false;
    throw error;
  }
}
