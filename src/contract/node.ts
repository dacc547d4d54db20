/** A process of the node, as /proc shows it to anybody. */
export interface NodeProcess {
  readonly pid: number;
  /** Clock ticks since boot (field 22 of /proc/<pid>/stat). With the pid it names the process for good. */
  readonly startTicks: number;
  readonly parent: number;
  /** Its name of up to 15 bytes. Any process may call itself anything. */
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
  readonly kind: NetworkKind;
  /** Labels of its series; what does not apply is ''. `pod` is a short container id or the inode where there is no pod. */
  readonly labels: { readonly namespace: string; readonly pod: string; readonly netns: NetworkKind };
  readonly podUid: string;
  /** In the order of their start; never none. */
  readonly processes: readonly NodeProcess[];
  /** An nginx master or an Envoy runs in it. */
  readonly isGateway: boolean;
  /** It has an address that a proxy uses as an upstream's. */
  readonly isBackend: boolean;
  /** Canonical addresses of its own, without loopback; none when they are not read because nobody asks for them. */
  readonly ips: readonly string[];
}

export interface NodeLook {
  /** When it began, milliseconds since the epoch. */
  readonly atMs: number;
  readonly processes: ReadonlyMap<number, NodeProcess>;
  readonly networks: readonly NodeNetwork[];
  /** What cannot be seen and why, in sentences. */
  readonly notes: readonly string[];
}

/** Every process and network namespace of the node, looked at once for all collectors. */
export interface NodeView {
  /** The last look when it began at most `maxAgeMs` ago, else a new one; those who ask at the same time share it. */
  look(maxAgeMs: number): Promise<NodeLook>;
}
