import type { NodeLook, NodeNetwork, NodeProcess, NodeView } from '../../src/contract/node.ts';

/** A process of a look that is made up. */
export function processOf(parts: Partial<NodeProcess>): NodeProcess {
  return { pid: 100, startTicks: 1000, parent: 1, comm: 'app', network: '0:7', podUid: '', containerId: '', ...parts };
}

/** A network of a look that is made up: a pod's without a gateway. Its processes are in it. */
export function networkOf(parts: Partial<NodeNetwork>): NodeNetwork {
  const processes = parts.processes ?? [processOf({})];
  const { pid, startTicks, network } = processes[0];
  return {
    key: `${network}:${startTicks}:${pid}`,
    identity: network ?? '',
    kind: 'pod',
    labels: { namespace: 'default', pod: 'app', netns: parts.kind ?? 'pod' },
    podUid: '',
    processes,
    isGateway: false,
    isBackend: false,
    ips: [],
    hasMoved: false,
    isRelevant: false,
    ...parts,
  };
}

export function lookOf(parts: Partial<NodeLook>): NodeLook {
  const networks = parts.networks ?? [];
  const processes = new Map(networks.flatMap((one) => one.processes).map((process) => [process.pid, process]));
  return { atMs: 0, processes, networks, pods: new Map(), awaited: new Set(), notes: [], ...parts };
}

/** Says the same at each look. */
export function nodeOf(parts: Partial<NodeLook>): NodeView & { readonly moved: readonly string[] } {
  const moved: string[] = [];
  return { moved, look: () => Promise.resolve(lookOf(parts)), markMoved: (key) => void moved.push(key) };
}
