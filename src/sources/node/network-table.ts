import type { NodeProcess } from '../../contract/node.ts';

/** The processes of one network namespace. */
export interface NetworkGroup {
  /** The same while the namespace lives. */
  readonly key: string;
  /** `Procfs.identity` of its `net/netstat`. */
  readonly identity: string;
  /** In the order of their start; never none. */
  readonly processes: readonly NodeProcess[];
}

/**
 * Network namespaces by what their members show. An inode number is used again once its namespace is dead: without a common member it is
 * another one, with another key.
 */
export class NetworkTable {
  #groups = new Map<string, NetworkGroup>();

  /** Those of now, in the order of their first process. */
  group(processes: ReadonlyMap<number, NodeProcess>): readonly NetworkGroup[] {
    const members = new Map<string, NodeProcess[]>();
    for (const process of processes.values()) {
      if (process.network === null) continue;
      const list = members.get(process.network);
      if (list === undefined) members.set(process.network, [process]);
      else list.push(process);
    }
    const groups = new Map<string, NetworkGroup>();
    for (const [identity, list] of members) {
      list.sort(byStart);
      groups.set(identity, { key: this.#keyOf(identity, list[0], processes), identity, processes: list });
    }
    this.#groups = groups;
    return [...groups.values()].sort((one, other) => byStart(one.processes[0], other.processes[0]));
  }

  #keyOf(identity: string, oldest: NodeProcess, processes: ReadonlyMap<number, NodeProcess>): string {
    const before = this.#groups.get(identity);
    const isSame = before?.processes.some(({ pid, startTicks }) => {
      const now = processes.get(pid);
      return now?.startTicks === startTicks && now.network === identity;
    });
    return before !== undefined && isSame ? before.key : `${identity}:${oldest.startTicks}:${oldest.pid}`;
  }
}

function byStart(one: NodeProcess, other: NodeProcess): number {
  return one.startTicks - other.startTicks || one.pid - other.pid;
}
