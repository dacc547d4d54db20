import type { ContainerStatus, Pod } from '../contract/cluster.ts';

const MOST_NAMED = 3;
/** A pod that starts waits for these for a moment. */
const STARTING: ReadonlySet<string> = new Set(['', 'ContainerCreating', 'PodInitializing']);

/** Why a pod is not ready. */
export interface PodTrouble {
  /** `app is in CrashLoopBackOff`, `not scheduled: Unschedulable`; words of the API, no figures. */
  readonly text: string;
  /** It does not start by itself: an image, a configuration, a crash. A container that merely starts is none. */
  readonly isStuck: boolean;
}

/** Null: the pod is ready, on its way out, or done. */
export function troubleOf(pod: Pod): PodTrouble | null {
  const { phase, ready, deletedAtMs, blocked, containers } = pod;
  if (ready || deletedAtMs !== null || phase === 'Succeeded') return null;
  if (blocked !== undefined) {
    const { container, reason } = blocked;
    const text = container === '' ? `not scheduled: ${reason}` : `init container ${container}: ${reason || 'runs'}`;
    return { text, isStuck: !STARTING.has(reason) };
  }
  const waiting = containers.filter((one) => !one.ready);
  if (waiting.length === 0) {
    const text = containers.length === 0 ? `phase ${phase}` : 'its containers are ready, a readiness gate is not';
    return { text, isStuck: phase === 'Failed' };
  }
  const texts = waiting.slice(0, MOST_NAMED).map(textOf);
  const more = waiting.length - texts.length;
  return {
    text: `${texts.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    isStuck: waiting.some(({ waitingReason }) => !STARTING.has(waitingReason)),
  };
}

function textOf({ name, waitingReason }: ContainerStatus): string {
  return `container ${name} ${waitingReason === '' ? 'is not ready' : `waits: ${waitingReason}`}`;
}
