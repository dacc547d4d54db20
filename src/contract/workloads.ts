import type { Pod, Service, ServicePortSpec } from './cluster.ts';
import type { ListenAnswer } from './listener.ts';
import type { Subject } from './metrics.ts';

/** A Service that an upstream in use stands for. */
export interface ProxiedService {
  /** `namespace/name` */
  readonly key: string;
  /** Null: the Service itself is not known. */
  readonly ports: readonly ServicePortSpec[] | null;
  /** The most that `badgateway_recommended_prestop_seconds` says of it; null: no gap was measured lately. */
  readonly recommendedPreStopSeconds: number | null;
}

/** Ends of a workload's container within a second of the deletion of its pod, while gateways had requests in flight to it. */
export interface AbruptExits {
  readonly container: string;
  readonly exits: number;
  /** Requests that failed by it. */
  readonly failures: number;
  /** Of the last one; null: not known. */
  readonly exitCode: number | null;
  readonly lastPod: string;
  /** Milliseconds since the epoch. */
  readonly lastAtMs: number;
}

/** A pod of this node behind such Services. */
export interface ProxiedPod {
  readonly pod: Pod;
  /** At least one. */
  readonly services: readonly ProxiedService[];
  /** What listens in the pod, as last seen. */
  listens(port: number): ListenAnswer;
  /** Of its workload within a day, as far as this node has seen; absent: nobody looks. */
  readonly abruptExits?: readonly AbruptExits[];
}

export type ProxiedPods =
  | { readonly isKnown: true; readonly pods: readonly ProxiedPod[] }
  | { readonly isKnown: false; readonly why: string };

/** What stands behind the gateways, put together from what proxies use, the cluster says and the node shows. */
export interface WorkloadView {
  /** Null: nobody asks Kubernetes. */
  proxied(): ProxiedPods | null;
  /** Services behind upstreams in use that have no ready endpoint, and after them those that have one that is not ready. */
  unready(): readonly Service[];
  /** Gateways that are seen here. */
  gateways(): readonly Subject[];
}
