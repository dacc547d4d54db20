import type { Subject } from './metrics.ts';
import type { NodeNetwork } from './node.ts';

/** Counters of a network namespace whose growth explains failed connections. */
export const KERNEL_COUNTERS = [
  'listen_overflows',
  'listen_drops',
  'syn_queue_drops',
  'conntrack_drops',
  'conntrack_early_drops',
  'conntrack_insert_failures',
  // Connects that ended in a reset or an ICMP error; of networks whose counters are published.
  'attempt_failures',
] as const;
export type KernelCounter = (typeof KERNEL_COUNTERS)[number];

/** The kernel's absolute values, those that were read. */
export type KernelCounts = Readonly<Partial<Record<KernelCounter, number>>>;

/** What can decide verdicts that wait, by what somebody reads: slices, listening sockets, /proc/net, conntrack's counters, cgroups. */
export type EvidenceSource = 'endpoints' | 'sockets' | 'netstat' | 'conntrack' | 'containers';

/** A container that ended, or had a process killed for want of memory while it lives on. */
export interface ContainerEnd {
  /** '' when only the cgroup is known. */
  readonly podUid: string;
  /** `namespace/name`; '' outside Kubernetes and while it is not known. */
  readonly pod: string;
  readonly container: string;
  /** The whole id of it; absent: not known. `container` is the beginning of it where nobody tells the name. */
  readonly containerId?: string;
  readonly isOomKill: boolean;
  /** OOMKilled, Error, Completed …; '' when it is not known. */
  readonly reason: string;
  /** Null: not known. */
  readonly exitCode: number | null;
  /** It happened between the two, milliseconds since the epoch; they are equal when the moment is known. */
  readonly fromMs: number;
  readonly atMs: number;
  /** Of a kill for want of memory, by its cgroup; absent: not known. */
  readonly memory?: MemoryAtEnd;
}

/** Null: no limit, or not known. */
export interface MemoryAtEnd {
  readonly limitBytes: number | null;
  /** The most that was ever in use, file cache included. */
  readonly peakBytes: number | null;
}

/** What somebody did to the system; it stands beside failures in the timeline of an incident. */
export const CHANGE_KINDS = ['reload', 'rollout', 'restart', 'scale', 'crash', 'warning'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

export interface Change {
  readonly kind: ChangeKind;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** The gateway that it happened to; null: it is about a Service or the node. */
  readonly subject: Subject | null;
  /** `namespace/name` of the Service whose pods changed; '' when there is none. */
  readonly service: string;
  /** One sentence; no request data. */
  readonly text: string;
}

/** Where collectors put what may explain a failure. */
export interface EvidenceSink {
  /** Values of the network's counters as read at `atMs`, at every poll. Counters of one network may come from several units. */
  counted(network: NodeNetwork, counts: KernelCounts, atMs: number): void;
  /** What these units read is no longer known for this network (`NodeNetwork.key`). */
  uncounted(network: string, counters: readonly KernelCounter[]): void;
  ended(end: ContainerEnd): void;
  changed(change: Change): void;
}
