import { type Fields, fieldsOf, textOf } from './api-object.ts';
import { eventMessage } from './event-message.ts';

/** Reasons that explain failures; all else is `other`. Closed set of `badgateway_kubernetes_warnings_total{reason}`. */
export const WARNING_REASONS = [
  'Unhealthy',
  'FailedPreStopHook',
  'FailedMount',
  'BackOff',
  'FailedScheduling',
  'Evicted',
  'NodeNotReady',
  'FailedCreatePodSandBox',
  'FailedCreate',
  'other',
] as const;
export type WarningReason = (typeof WARNING_REASONS)[number];

/** An Event of type Warning about a pod, or what makes pods. */
export interface Warning {
  /** `namespace/name` of the Event. */
  readonly key: string;
  /** The object that it is about. */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly reason: WarningReason;
  /** Fit to be shown. */
  readonly message: string;
  /** How often it has happened, at least once. */
  readonly count: number;
  /** The last time, milliseconds since the epoch; null: the Event does not say. */
  readonly lastMs: number | null;
}

/** Others have no pods behind Services. */
const KINDS: ReadonlySet<string> = new Set(['Pod', 'ReplicaSet', 'StatefulSet', 'DaemonSet']);
const LONGEST_NAME = 253;

/** Reads a v1 Event as the API sends it; null when it is no warning about pods. */
export function readWarning(value: unknown): Warning | null {
  const event = fieldsOf(value);
  const { namespace, name } = fieldsOf(event.metadata);
  const about = fieldsOf(event.involvedObject);
  const kind = textOf(about.kind);
  const isWhole = [namespace, name, about.namespace, about.name].every((text) => textOf(text) !== '');
  if (event.type !== 'Warning' || !KINDS.has(kind) || !isWhole) return null;
  return {
    key: `${textOf(namespace)}/${textOf(name)}`,
    kind,
    namespace: textOf(about.namespace).slice(0, LONGEST_NAME),
    name: textOf(about.name).slice(0, LONGEST_NAME),
    reason: reasonOf(event.reason),
    message: eventMessage(textOf(event.message)),
    ...countOf(event),
  };
}

function reasonOf(value: unknown): WarningReason {
  return WARNING_REASONS.find((reason) => reason === value) ?? 'other';
}

/** `count` of the kubelet and most controllers, `series` of newer ones; one that happened once may have neither. */
function countOf({
  count,
  series,
  lastTimestamp,
  eventTime,
  firstTimestamp,
}: Fields): Pick<Warning, 'count' | 'lastMs'> {
  const repeated = fieldsOf(series);
  const counts = [count, repeated.count].filter((one) => typeof one === 'number' && Number.isSafeInteger(one));
  const moments = [repeated.lastObservedTime, lastTimestamp, eventTime, firstTimestamp]
    .map((text) => Date.parse(textOf(text)))
    .filter((ms) => !Number.isNaN(ms));
  return { count: Math.max(1, ...(counts as number[])), lastMs: moments.length === 0 ? null : Math.max(...moments) };
}
