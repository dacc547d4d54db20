import type { ContainerExit, ContainerStatus, Pod } from '../contract/cluster.ts';
import { type Fields, fieldsOf, listOf, textOf } from './api-object.ts';
import { canonicalIp } from './ip-address.ts';
import { readPodLifecycle } from './pod-lifecycle.ts';

const MOST_IPS = 8;
const MOST_CONTAINERS = 100;
const MOST_CONDITIONS = 100;
/** A reason is one word; whoever writes more is cut. */
const MOST_REASON_LENGTH = 64;
/** `containerd://3f2a…` */
const CONTAINER_ID = /^[a-z-]{1,32}:\/\/([0-9a-f]{12,128})$/;

/**
 * Reads a v1 Pod as the API sends it; null when it is not one. Of `spec` only node, host network and how it starts and stops:
 * environment values, commands and volumes are never kept.
 */
export function readPod(value: unknown): Pod | null {
  const pod = fieldsOf(value);
  const metadata = fieldsOf(pod.metadata);
  const namespace = textOf(metadata.namespace);
  const name = textOf(metadata.name);
  if (namespace === '' || name === '') return null;
  const spec = fieldsOf(pod.spec);
  const status = fieldsOf(pod.status);
  return {
    key: `${namespace}/${name}`,
    uid: textOf(metadata.uid),
    nodeName: textOf(spec.nodeName),
    phase: wordOf(status.phase) || 'Unknown',
    ips: readIps(status),
    hostNetwork: spec.hostNetwork === true,
    ready: listOf(status.conditions, MOST_CONDITIONS).some(isReady),
    deletedAtMs: deletionOf(metadata),
    containers: listOf(status.containerStatuses, MOST_CONTAINERS).map(readContainer),
    ...readBlocked(status),
    lifecycle: readPodLifecycle(spec),
  };
}

/** The first init container that is not done (native sidecars need not be: they must run), else what the scheduler says. */
function readBlocked(status: Fields): Pick<Pod, 'blocked'> {
  if (status.phase !== 'Pending') return {};
  const unscheduled = listOf(status.conditions, MOST_CONDITIONS)
    .map(fieldsOf)
    .find((one) => one.type === 'PodScheduled' && one.status === 'False');
  if (unscheduled !== undefined)
    return { blocked: { container: '', reason: wordOf(unscheduled.reason) || 'not scheduled' } };
  const waiting = listOf(status.initContainerStatuses, MOST_CONTAINERS).map(fieldsOf).find(isUndone);
  if (waiting === undefined) return {};
  const { waiting: why, terminated } = fieldsOf(waiting.state);
  return {
    blocked: { container: textOf(waiting.name), reason: wordOf(fieldsOf(why ?? terminated).reason) },
  };
}

function isUndone({ state, started }: Fields): boolean {
  const { terminated, running } = fieldsOf(state);
  if (typeof terminated === 'object' && terminated !== null) return fieldsOf(terminated).exitCode !== 0;
  return !(typeof running === 'object' && running !== null && started === true);
}

/** Old servers know only `podIP`. */
function readIps(status: Fields): string[] {
  const texts = Array.isArray(status.podIPs)
    ? listOf(status.podIPs, MOST_IPS).map((one) => fieldsOf(one).ip)
    : [status.podIP];
  return texts.flatMap((text) => canonicalIp(textOf(text)) ?? []);
}

const isReady = (condition: unknown) => {
  const { type, status } = fieldsOf(condition);
  return type === 'Ready' && status === 'True';
};

/** `deletionTimestamp` is the deadline; the deletion was asked for a grace period earlier. */
function deletionOf({ deletionTimestamp, deletionGracePeriodSeconds }: Fields): number | null {
  const deadline = timeOf(deletionTimestamp);
  if (deadline === null) return null;
  return deadline - (typeof deletionGracePeriodSeconds === 'number' ? deletionGracePeriodSeconds * 1000 : 0);
}

function readContainer(value: unknown): ContainerStatus {
  const container = fieldsOf(value);
  const state = fieldsOf(container.state);
  const lastState = fieldsOf(container.lastState);
  return {
    name: textOf(container.name),
    restartCount: typeof container.restartCount === 'number' ? container.restartCount : 0,
    ready: container.ready === true,
    waitingReason: wordOf(fieldsOf(state.waiting).reason),
    // What has ended now is later than what ended before this run.
    lastExit: readExit(state.terminated) ?? readExit(lastState.terminated),
    ...(readExit(state.terminated) === null ? {} : { isOver: true as const }),
  };
}

function readExit(value: unknown): ContainerExit | null {
  if (typeof value !== 'object' || value === null) return null;
  const { reason, exitCode, finishedAt, containerID } = fieldsOf(value);
  const id = CONTAINER_ID.exec(textOf(containerID))?.[1];
  return {
    reason: wordOf(reason),
    exitCode: typeof exitCode === 'number' ? exitCode : 0,
    finishedAtMs: timeOf(finishedAt),
    ...(id === undefined ? {} : { containerId: id }),
  };
}

function timeOf(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

function wordOf(value: unknown): string {
  return textOf(value).slice(0, MOST_REASON_LENGTH);
}
