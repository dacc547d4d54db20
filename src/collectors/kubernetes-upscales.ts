import type { Writers } from '../contract/metrics.ts';
import type { Clock } from '../contract/unit.ts';
import type { Autoscaler } from '../parse/autoscaler.ts';
import type { KUBERNETES_METRICS } from './kubernetes-metrics.ts';
import type { ServiceWorkloads } from './kubernetes-workloads.ts';

/** Pods that do not get ready in that time are another trouble than the delay of an autoscaler. */
const GIVEN_UP_MS = 3_600_000;

/** Values of `since`: the load was first told to be above the target; more replicas were asked for. */
export const UPSCALE_BEGINNINGS = ['above_target', 'asked'] as const;
type Beginning = (typeof UPSCALE_BEGINNINGS)[number];

interface Wait {
  readonly workload: string;
  /** Ready endpoints when it began. */
  readonly ready: number;
  readonly sinceMs: Readonly<Partial<Record<Beginning, number>>>;
}

export interface UpscalesOptions {
  readonly clock: Clock;
  readonly workloads: Pick<ServiceWorkloads, 'readyEndpointsOf'>;
  readonly metrics: {
    readonly autoscalerUpscale: Pick<Writers<typeof KUBERNETES_METRICS>['autoscalerUpscale'], 'observe'>;
  };
}

/** How long it takes an autoscaler to bring more ready endpoints. What had begun before it was first seen is not measured. */
export class Upscales {
  readonly #options: UpscalesOptions;
  readonly #waits = new Map<string, Wait>();

  constructor(options: UpscalesOptions) {
    this.#options = options;
  }

  changed(before: Autoscaler, now: Autoscaler): void {
    const { key, desired } = now;
    if (before.isAboveTarget === false && now.isAboveTarget === true) this.#begin(now, 'above_target');
    if (before.desired !== null && desired !== null && desired > before.desired) this.#begin(now, 'asked');
    const isOver = now.isAboveTarget === false && this.#waits.get(key)?.sinceMs.asked === undefined;
    if (isOver || (before.desired !== null && desired !== null && desired < before.desired)) this.#waits.delete(key);
  }

  delete(key: string): void {
    this.#waits.delete(key);
  }

  clear(): void {
    this.#waits.clear();
  }

  /** Counts those that have got what they asked for. */
  look(): void {
    const { clock, workloads, metrics } = this.#options;
    const nowMs = clock.now();
    for (const [key, { workload, ready, sinceMs }] of this.#waits) {
      const firstMs = Math.min(...Object.values(sinceMs));
      if (nowMs - firstMs > GIVEN_UP_MS) this.#waits.delete(key);
      // A rollout that surges brings one more as well, which nobody has asked for.
      else if (sinceMs.asked !== undefined && workloads.readyEndpointsOf(workload) > ready) {
        this.#waits.delete(key);
        const [namespace, autoscaler] = key.split('/');
        for (const since of UPSCALE_BEGINNINGS) {
          const beganMs = sinceMs[since];
          if (beganMs === undefined) continue;
          metrics.autoscalerUpscale.observe({ namespace, autoscaler, since }, Math.max(0, nowMs - beganMs) / 1000);
        }
      }
    }
  }

  #begin({ key, targetName }: Autoscaler, beginning: Beginning): void {
    const workload = `${key.slice(0, key.indexOf('/'))}/${targetName}`;
    const { clock, workloads } = this.#options;
    const wait = this.#waits.get(key) ?? { workload, ready: workloads.readyEndpointsOf(workload), sinceMs: {} };
    const sinceMs = { [beginning]: clock.now(), ...wait.sinceMs };
    this.#waits.set(key, { ...wait, sinceMs });
  }
}
