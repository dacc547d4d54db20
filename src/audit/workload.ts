import type { ContainerLifecycle, PodLifecycle, ServicePortSpec } from '../contract/cluster.ts';
import type { ListenAnswer } from '../contract/listener.ts';
import type { AbruptExits } from '../contract/workloads.ts';
import type { Fact } from './fact.ts';
import type { FindingPlace } from './rule.ts';

export interface WorkloadService {
  /** `namespace/name` */
  readonly key: string;
  readonly ports: Fact<readonly ServicePortSpec[]>;
}

/** Pods that are alike behind the same Services, or the template that they are made from. */
export interface Workload {
  /** `namespace/name` */
  readonly key: string;
  readonly lifecycle: PodLifecycle;
  readonly services: Fact<readonly WorkloadService[]>;
  /** So long pods should sleep before they stop, as measured at the gateways: badgateway_recommended_prestop_seconds. */
  readonly recommendedPreStopSeconds: Fact<number>;
  /** Ends right after the deletion of a pod that broke off requests, within a day. */
  readonly abruptExits: Fact<readonly AbruptExits[]>;
  /** What the API server adds to a pod is not there yet: sidecars, the volume with the token. */
  readonly isTemplate: boolean;
  /** What each pod that is seen has at a port; none: no pod is. */
  readonly listens: (port: number) => readonly ListenAnswer[];
  /** The ServiceAccounts of its namespace, by name. */
  readonly accounts: Fact<ReadonlySet<string>>;
}

/** Sidecars that carry a pod's traffic in a mesh. They stop and become ready in their own way. */
const MESH_CONTAINERS: ReadonlySet<string> = new Set(['istio-proxy', 'linkerd-proxy']);

export function meshContainer({ lifecycle }: Workload): ContainerLifecycle | null {
  return lifecycle.containers.find(({ name }) => MESH_CONTAINERS.has(name)) ?? null;
}

/**
 * The containers that answer requests: those with a port that a Service sends to; else those with any port; else the first one,
 * as kubectl does. `ports` is for people: a container may listen on what it does not list.
 */
export function servingContainers({ lifecycle, services }: Workload): readonly ContainerLifecycle[] {
  const own = lifecycle.containers.filter(({ name }) => !MESH_CONTAINERS.has(name));
  const targets = services.isKnown ? services.value.flatMap(({ ports }) => (ports.isKnown ? ports.value : [])) : [];
  const isMeant = ({ ports }: ContainerLifecycle) =>
    ports.some(({ name, port }) => targets.some((target) => isOneOf(targetOf(target), name, port)));
  const meant = own.filter(isMeant);
  if (meant.length > 0) return meant;
  const open = own.filter(({ ports }) => ports.length > 0);
  return open.length > 0 ? open : own.slice(0, 1);
}

/** Number or name of the pods' port. */
export function targetOf({ port, targetPort }: ServicePortSpec): number | string {
  return targetPort === '' ? port : targetPort;
}

function isOneOf(target: number | string, name: string, port: number): boolean {
  return target === port || (name !== '' && target === name);
}

export function placeOf({ key }: Workload): FindingPlace {
  return { workload: key };
}

/** `99th percentile …`: what the recommended seconds are. */
export const RECOMMENDED = 'the 99th percentile of the measured death gaps, rounded up, and 1 s';
