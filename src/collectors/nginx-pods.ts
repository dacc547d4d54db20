import type { NodeLook } from '../contract/node.ts';
import type { Paths } from '../contract/unit.ts';
import type { Master } from '../sources/nginx-discovery-master.ts';
import { findNodeNetworks, networkOf } from '../sources/node-network.ts';
import { readProcessStat, unlessDenied } from '../sources/process-stat.ts';
import { openProcfs, type Procfs } from '../sources/procfs.ts';
import type { OwnPod } from './own-pod.ts';

export interface PodSearch {
  readonly paths: Paths;
  /** That of a sidecar; '' when it is not told. */
  readonly own: OwnPod;
  /** Without it no pod but our own is known. */
  readonly look?: NodeLook | undefined;
}

export function awaitedNote({ pid }: Pick<Master, 'pid'>): string {
  return `nginx master ${pid}: the name of its pod is not known yet`;
}

/** Which pods the masters of this node run in, told in one way to all who speak of an nginx. */
export class NginxPods {
  readonly #search: PodSearch;
  readonly #proc: Procfs;
  readonly #nodes: ReadonlySet<string>;
  readonly #ownNetwork: string | undefined;

  /** @param masters all that were found */
  constructor(masters: readonly Pick<Master, 'pid'>[], search: PodSearch) {
    this.#search = search;
    this.#proc = openProcfs(search.paths.proc);
    // A pid 1 that is a gateway itself is its container's, not the node's.
    const isInit = search.look?.processes.get(1)?.comm !== 'envoy' && masters.every(({ pid }) => pid !== 1);
    this.#nodes = unlessDenied(() => findNodeNetworks(this.#proc, isInit)) ?? new Set();
    this.#ownNetwork = unlessDenied(() => networkOf(this.#proc, 'self'));
  }

  /** Its network is a container's or a pod's, not that of the node, where anybody may listen. */
  isAlone(pid: number): boolean {
    return this.#networkOf(pid) !== undefined;
  }

  /** Null: none, or not known. Undefined: the name of its pod may still come, and nothing is to be told of it before. */
  of({ pid, files }: Pick<Master, 'pid' | 'files'>): OwnPod | null | undefined {
    const { own, look, paths } = this.#search;
    const network = this.#networkOf(pid);
    if (own.pod !== '' && network !== undefined && network === this.#ownNetwork) return own;
    const uid = this.#podUidOf(pid);
    const named = look?.pods.get(uid);
    if (named !== undefined) return named;
    // Where its network says nothing, a sidecar sees nobody but its pod. In the agent our own pod is not the gateway's.
    if (own.pod !== '' && network === undefined && paths.root === '' && files !== 'host') return own;
    return look?.awaited.has(uid) ? undefined : null;
  }

  /** Undefined: the node's, or not visible. */
  #networkOf(pid: number): string | undefined {
    const network = unlessDenied(() => networkOf(this.#proc, pid));
    return network === undefined || this.#nodes.has(network) ? undefined : network;
  }

  #podUidOf(pid: number): string {
    const known = this.#search.look?.processes.get(pid);
    return known !== undefined && known.startTicks === readProcessStat(this.#proc, pid)?.startTicks ? known.podUid : '';
  }
}
