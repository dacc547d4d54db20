/** A process of the node, as /proc shows it to anybody. */
export interface NodeProcess {
  readonly pid: number;
  /** Clock ticks since boot (field 22 of /proc/<pid>/stat). With the pid it names the process for good. */
  readonly startTicks: number;
  readonly parent: number;
  /** Its name of up to 15 characters. Any process may call itself anything. */
  readonly comm: string;
  /** Device and inode of its `net/netstat`, which only processes of one network namespace share; null: not shown. */
  readonly network: string | null;
  /** '' when its cgroup names no pod. */
  readonly podUid: string;
  /** 64 hexadecimal digits; '' when its cgroup names no container. */
  readonly containerId: string;
}

/**
 * `host`: the node's. `process`: our own, when it is not the node's. `pod`: of a pod whose uid is known. `container`: of a
 * container outside Kubernetes. `other`: nothing says whose it is.
 */
export type NetworkKind = 'host' | 'process' | 'pod' | 'container' | 'other';

/** A network namespace with a process in it. */
export interface NodeNetwork {
  /** The same while the namespace lives. Inode numbers are used again, so it is more than that. */
  readonly key: string;
  /** NodeProcess.network of each of its processes. */
  readonly identity: string;
  readonly kind: NetworkKind;
  /**
   * Labels of its series, no two networks have the same; what does not apply is ''. `pod` is the pod's uid while its name is not known, a
   * short container id or the inode where there is no pod or where it is not the pod's first network.
   */
  readonly labels: { readonly namespace: string; readonly pod: string; readonly netns: NetworkKind };
  readonly podUid: string;
  /** In the order of their start; never none. */
  readonly processes: readonly NodeProcess[];
  /** An nginx master or an Envoy runs in it. */
  readonly isGateway: boolean;
  /** It has an address that a proxy uses as an upstream's. */
  readonly isBackend: boolean;
  /**
   * Canonical addresses of its own, without loopback and link-local ones; none when they are not read because no upstream has an address. In
   * the node's network Services' addresses are among them where kube-proxy runs in IPVS mode.
   */
  readonly ips: readonly string[];
  /** A counter of overflows or drops has grown since it was first seen: `NodeView.markMoved`. */
  readonly hasMoved: boolean;
  /**
   * To be published where not all are: a gateway, a backend, or moved, and not beyond the limit of 200. Never of the node's network and
   * our own, which are published anyway.
   */
  readonly isRelevant: boolean;
}

export interface PodName {
  readonly namespace: string;
  readonly pod: string;
}

export interface NodeLook {
  /** When it began, milliseconds since the epoch. */
  readonly atMs: number;
  readonly processes: ReadonlyMap<number, NodeProcess>;
  /** The oldest first. */
  readonly networks: readonly NodeNetwork[];
  /** Names of the pods of all processes by uid, also of those in the node's network; without those whose name is not known. */
  readonly pods: ReadonlyMap<string, PodName>;
  /** Uids of pods whose name may still come within seconds: until then nothing is told of what runs in them under another one. */
  readonly awaited: ReadonlySet<string>;
  /** What cannot be seen and why, in sentences. */
  readonly notes: readonly string[];
}

/** Every process and network namespace of the node, looked at once for all collectors. */
export interface NodeView {
  /** The last look when it began at most `maxAgeMs` ago, else a new one; those who ask at the same time share it. */
  look(maxAgeMs: number): Promise<NodeLook>;
  /** Overflows or drops of the network with this key have grown: it is relevant from the next look on, as long as it lives. */
  markMoved(key: string): void;
}
