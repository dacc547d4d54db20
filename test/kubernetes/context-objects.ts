/** Builders for autoscalers and Events of the fake API server, as controllers and the kubelet write them. */
import type { KubernetesObject } from './objects.ts';
import { timestamp } from './store.ts';

export interface Autoscaler extends KubernetesObject {
  spec: {
    scaleTargetRef: { apiVersion: string; kind: string; name: string };
    minReplicas?: number;
    maxReplicas: number;
    metrics?: object[];
  };
  status: { currentReplicas?: number; desiredReplicas: number; currentMetrics?: object[]; conditions?: object[] };
}

export interface EventObject extends KubernetesObject {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  involvedObject: { apiVersion: string; kind: string; namespace: string; name: string; fieldPath?: string };
  source: object;
  count?: number;
  firstTimestamp: string | null;
  lastTimestamp: string | null;
  eventTime: string | null;
  series?: { count: number; lastObservedTime: string };
}

interface Named {
  readonly namespace?: string;
  readonly name: string;
}

/** Of the Deployment of its name, between 1 and `max` replicas. */
export function autoscaler(
  options: Named & {
    readonly target?: string;
    readonly replicas?: number;
    readonly desired?: number;
    readonly max?: number;
    readonly conditions?: readonly (readonly [type: string, status: string, reason: string])[];
  },
): Autoscaler {
  const { name, namespace = 'shop', target = name, replicas = 2, desired = replicas, max = 10 } = options;
  const { conditions = [['AbleToScale', 'True', 'ReadyForNewScale']] } = options;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
      minReplicas: 1,
      maxReplicas: max,
    },
    status: {
      currentReplicas: replicas,
      desiredReplicas: desired,
      conditions: conditions.map(([type, status, reason]) => ({ type, status, reason, message: 'in words' })),
    },
  };
}

/** The utilization of the processor, for `metrics` of a spec and `currentMetrics` of a status. */
export function cpu(side: 'target' | 'current', averageUtilization: number): object {
  const value = side === 'target' ? { type: 'Utilization', averageUtilization } : { averageUtilization };
  return { type: 'Resource', resource: { name: 'cpu', [side]: value } };
}

/** About a pod, by the kubelet, unless `kind` says otherwise; its own name is that of the object and `id`. */
export function warningEvent(
  options: Named & {
    readonly id?: string;
    readonly kind?: string;
    readonly type?: EventObject['type'];
    readonly reason?: string;
    readonly message?: string;
    readonly count?: number;
    readonly atMs?: number;
  },
): EventObject {
  const { name, namespace = 'shop', id = '17f', kind = 'Pod', type = 'Warning', reason = 'Unhealthy' } = options;
  const { message = 'Readiness probe failed: HTTP probe failed with statuscode: 503', count = 1 } = options;
  const at = timestamp(options.atMs ?? Date.now());
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${id}`, namespace },
    ...{ type, reason, message, count, firstTimestamp: at, lastTimestamp: at, eventTime: null },
    involvedObject: {
      apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1',
      ...{ kind, namespace, name },
      ...(kind === 'Pod' ? { fieldPath: 'spec.containers{app}' } : {}),
    },
    source: { component: 'kubelet', host: 'node-a' },
  };
}
