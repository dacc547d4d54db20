import type { NodeProcess } from '../contract/node.ts';
import type { CgroupDirectory } from '../sources/cgroup.ts';

/**
 * Whether a gateway outside of containers has its cgroup to itself. One that was started by hand is in the cgroup of that session, with
 * whatever else runs there. What has come since the look is taken for the gateway's, as a worker made by a reload is.
 * @throws NotPermittedError
 */
export function isShared(
  memory: CgroupDirectory,
  gateway: NodeProcess,
  processes: ReadonlyMap<number, NodeProcess>,
): boolean {
  // Mounted alone, it is the container that we are in, and not recognised as one.
  if (memory.name === '') return false;
  const starters = ancestorsOf(gateway, processes);
  const isIts = (process: NodeProcess) =>
    process.comm === gateway.comm || starters.has(process.pid) || ancestorsOf(process, processes).has(gateway.pid);
  return (memory.read('cgroup.procs') ?? '').split('\n').some((line) => {
    const process = processes.get(Number(line));
    return process !== undefined && !isIts(process);
  });
}

/** With the process itself. */
function ancestorsOf(process: NodeProcess, processes: ReadonlyMap<number, NodeProcess>): Set<number> {
  const pids = new Set<number>();
  // Pids are used again: a look that took long may show a circle.
  for (let at: NodeProcess | undefined = process; at !== undefined && !pids.has(at.pid); at = processes.get(at.parent))
    pids.add(at.pid);
  return pids;
}
