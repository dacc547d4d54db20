import { fieldsOf, listOf, textOf } from './api-object.ts';

const MOST_CONDITIONS = 20;
const LONGEST_WORD = 64;
const MOST_METRICS = 50;
/** --horizontal-pod-autoscaler-tolerance of kube-controller-manager, by default. */
const TOLERATED = 1.1;

/** `unknown` also when the condition is not there. */
export type ConditionStatus = 'true' | 'false' | 'unknown';

export interface AutoscalerCondition {
  readonly status: ConditionStatus;
  /** One word, '' when there is none. */
  readonly reason: string;
}

/** One HorizontalPodAutoscaler, without what nobody asks for. */
export interface Autoscaler {
  /** `namespace/name` */
  readonly key: string;
  /** `Deployment`, `StatefulSet` … */
  readonly targetKind: string;
  readonly targetName: string;
  /** Null: the status does not say, as of a new one. */
  readonly current: number | null;
  readonly desired: number | null;
  readonly min: number;
  readonly max: number | null;
  /** The utilization of a resource is further above its target than autoscalers tolerate; null: none is told beside one. */
  readonly isAboveTarget: boolean | null;
  readonly ableToScale: AutoscalerCondition;
  readonly scalingActive: AutoscalerCondition;
  readonly scalingLimited: AutoscalerCondition;
}

/** Reads an autoscaling/v2 HorizontalPodAutoscaler as the API sends it; null when it is not one. */
export function readAutoscaler(value: unknown): Autoscaler | null {
  const { metadata, spec, status } = fieldsOf(value);
  const { namespace, name } = fieldsOf(metadata);
  if (textOf(namespace) === '' || textOf(name) === '') return null;
  const { scaleTargetRef, minReplicas, maxReplicas, metrics } = fieldsOf(spec);
  const { currentReplicas, desiredReplicas, currentMetrics, conditions } = fieldsOf(status);
  const target = fieldsOf(scaleTargetRef);
  return {
    key: `${textOf(namespace)}/${textOf(name)}`,
    targetKind: textOf(target.kind).slice(0, LONGEST_WORD),
    targetName: textOf(target.name),
    // The API leaves out 0 of currentReplicas.
    current: countOf(currentReplicas) ?? (countOf(desiredReplicas) === null ? null : 0),
    desired: countOf(desiredReplicas),
    min: countOf(minReplicas) ?? 1,
    max: countOf(maxReplicas),
    isAboveTarget: isAboveTarget(metrics, currentMetrics),
    ableToScale: conditionOf(conditions, 'AbleToScale'),
    scalingActive: conditionOf(conditions, 'ScalingActive'),
    scalingLimited: conditionOf(conditions, 'ScalingLimited'),
  };
}

/** It wants more replicas than it may have. */
export function isAtLimit({ scalingLimited: { status, reason } }: Autoscaler): boolean {
  return status === 'true' && reason === 'TooManyReplicas';
}

/** Utilizations only: other targets are quantities of whatever a metric counts. */
function isAboveTarget(wanted: unknown, current: unknown): boolean | null {
  const now = utilizationsOf(current, 'current');
  const ratios = [...utilizationsOf(wanted, 'target')].flatMap(([metric, target]) => {
    const value = now.get(metric);
    return value === undefined || target === 0 ? [] : value / target;
  });
  return ratios.length === 0 ? null : ratios.some((ratio) => ratio > TOLERATED);
}

function utilizationsOf(metrics: unknown, side: 'target' | 'current'): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const one of listOf(metrics, MOST_METRICS)) {
    const { resource, containerResource } = fieldsOf(one);
    const { name, container, [side]: value } = fieldsOf(resource ?? containerResource);
    const percent = countOf(fieldsOf(value).averageUtilization);
    if (percent !== null) found.set(`${textOf(container)} ${textOf(name)}`, percent);
  }
  return found;
}

function conditionOf(conditions: unknown, wanted: string): AutoscalerCondition {
  for (const one of listOf(conditions, MOST_CONDITIONS)) {
    const { type, status, reason } = fieldsOf(one);
    if (type !== wanted) continue;
    const word = textOf(reason).slice(0, LONGEST_WORD);
    return { status: status === 'True' ? 'true' : status === 'False' ? 'false' : 'unknown', reason: word };
  }
  return { status: 'unknown', reason: '' };
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
}
