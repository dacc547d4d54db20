import type { EndpointSlice } from './endpoint.ts';

export interface ServicePortSpec {
  /** '' when the Service has one port without a name. */
  readonly name: string;
  /** What clients of the Service use; NGINX Gateway Fabric and Istio put it into upstream names. */
  readonly port: number;
  /** Number or name of the pods' port; '' when it is the same as `port`. */
  readonly targetPort: number | string;
  /** Of every node; absent when there is none. */
  readonly nodePort?: number;
}

/** One Service, without what nobody asks for. */
export interface Service {
  /** `namespace/name` */
  readonly key: string;
  readonly ports: readonly ServicePortSpec[];
  /** Canonical addresses; none for a headless one. */
  readonly clusterIps: readonly string[];
  /** Canonical addresses at which others lead to it (externalIPs, load balancers); absent when there are none. */
  readonly externalIps?: readonly string[];
  /** '' unless it is of type ExternalName. */
  readonly externalName: string;
  readonly publishNotReadyAddresses: boolean;
  /** Labels of its pods, as a selector of the API has them (`app=cart,tier=web`); absent: it selects none. */
  readonly selector?: string;
  /** It says by its labels that it is of a controller that configures gateways; absent: it is of none. */
  readonly isController?: true;
}

/** One container of a pod, of `status` only: of specs, which hold environment values, only a PodLifecycle is kept. */
export interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
  readonly ready: boolean;
  /** `state.waiting.reason`, e.g. CrashLoopBackOff; '' when it is not waiting. */
  readonly waitingReason: string;
  /** The last run that ended (`lastState.terminated`, or `state.terminated`); null when there was none. */
  readonly lastExit: ContainerExit | null;
  /** It has ended and was not started again: `lastExit` is of this run. Absent: it has not. */
  readonly isOver?: true;
}

export interface ContainerExit {
  /** OOMKilled, Error, Completed … */
  readonly reason: string;
  readonly exitCode: number;
  /** Milliseconds since the epoch; null when the API does not say. */
  readonly finishedAtMs: number | null;
  /** Of the run that ended, as cgroups name it; absent: the API does not say. */
  readonly containerId?: string;
}

/** What a container does before it is told to stop (`lifecycle.preStop`). */
export interface PreStop {
  /** So long it sleeps; null: it does something else, and how long that takes is not known. */
  readonly sleepSeconds: number | null;
  /** It does nothing but sleep: it takes no longer. */
  readonly isOnlySleep: boolean;
}

/** How a container starts and stops, by its spec. */
export interface ContainerLifecycle {
  readonly name: string;
  readonly preStop: PreStop | null;
  readonly hasReadinessProbe: boolean;
  /** A token of the service account is mounted. */
  readonly hasToken: boolean;
  /** `name` '' when it has none. */
  readonly ports: readonly { readonly name: string; readonly port: number }[];
}

/** The few parts of a pod's spec that decide how it starts and stops; the same object for pods that are alike. */
export interface PodLifecycle {
  readonly graceSeconds: number;
  /** `default` when the spec names none. */
  readonly serviceAccount: string;
  /** Null: the service account decides. */
  readonly automountsToken: boolean | null;
  /** Init containers that go on running (native sidecars) among them. */
  readonly containers: readonly ContainerLifecycle[];
}

/** One pod, without what nobody asks for. */
export interface Pod {
  /** `namespace/name` */
  readonly key: string;
  readonly uid: string;
  readonly nodeName: string;
  /** Pending, Running, Succeeded, Failed, Unknown. */
  readonly phase: string;
  /** Canonical addresses; a finished pod keeps the one it had. */
  readonly ips: readonly string[];
  readonly hostNetwork: boolean;
  readonly ready: boolean;
  /** When its deletion was asked for (deadline minus grace period); null when it was not. */
  readonly deletedAtMs: number | null;
  readonly containers: readonly ContainerStatus[];
  /** What keeps its containers from being started: an init container, or ('') the scheduler; absent: nothing. */
  readonly blocked?: { readonly container: string; readonly reason: string };
  /** Not there: the source does not say. */
  readonly lifecycle?: PodLifecycle;
}

/** What is watched in the cluster, by its API resource. */
export interface ClusterObjects {
  readonly endpointslices: EndpointSlice;
  readonly services: Service;
  readonly pods: Pod;
}
export type ClusterResource = keyof ClusterObjects;
export const CLUSTER_RESOURCES = ['endpointslices', 'services', 'pods'] as const satisfies readonly ClusterResource[];

/** Services that upstreams in use may stand for, and where to look for them. */
export interface WantedServices {
  /** Namespaces in which any Service may be meant; empty when none is known. */
  readonly namespaces: readonly string[];
  /** Names of Services, without namespace. */
  readonly names: readonly string[];
  /** There is an upstream whose name says nothing: only a look at all slices can tell its Service. */
  readonly hasUnnamed: boolean;
}

/** Pods of a Service by its selector, on whichever node they are. */
export interface ServicePods {
  /** `namespace/name` */
  readonly service: string;
  readonly selector: string;
  readonly pods: readonly Pod[];
  /** False: there are more. */
  readonly isWhole: boolean;
  /** When they were listed, milliseconds since the epoch. */
  readonly atMs: number;
}

/** Takes the pods of Services that have trouble; they are asked for only where that is switched on. */
export interface ServicePodSink {
  /** Takes the place of what was said of the Service before. */
  listed(pods: ServicePods): void;
  /** The Service is not asked about any more. */
  forget(service: string): void;
}

/** Takes the Services of controllers that were found by their label, where that is switched on. */
export interface ControllerSink {
  /** All of the namespace, `namespace/name`; null: not known, or not any more. */
  found(services: readonly string[] | null, namespace: string): void;
}

/** Where a source of the cluster's state puts what it sees. Objects are whole: a newer one takes the place of an older. */
export interface ClusterSink {
  readonly servicePods: ServicePodSink;
  readonly controllers: ControllerSink;
  set<R extends ClusterResource>(resource: R, object: ClusterObjects[R]): void;
  /** `key`: `namespace/name`; an unknown one is ignored. */
  delete(resource: ClusterResource, key: string): void;
  /** The resource is watched from now on, whether or not the server can be reached. */
  expect(resource: ClusterResource): void;
  /**
   * What `set` and `delete` have said was complete and current at `atMs` (list done, bytes or a bookmark on the watch). Changes
   * of the cluster after `knownUntilMs` (`atMs` without it) may not be known: a file is as old as its last writing.
   */
  current(resource: ClusterResource, atMs: number, knownUntilMs?: number): void;
  /** Contact is lost: from now on changes may be missed, until `current` with a later moment. */
  interrupted(resource: ClusterResource): void;
  /** The source is switched off or gone: nothing is known any more. */
  forget(resource: ClusterResource): void;
  wanted(): WantedServices;
  /**
   * A verdict waits until it is known what the slices were after this moment (milliseconds since the epoch); null: none does.
   * A quiet watch says nothing for a minute, and a dead one for ever.
   */
  doubtMs(): number | null;
}
