import type { Observation } from '../contract/failure.ts';
import type { Subject } from '../contract/metrics.ts';
import { type Answer, known, pending, unknown } from './answer.ts';

/** Envoy's counters are read so far apart. */
const POLLED_MS = 10_000;
const KEPT_MS = 120_000;
const MOST_PODS = 500;
const MOST_SAID = 3;
const NOT_READ = unknown('the Envoy of the pod is not read');

/** Requests or connections that the proxy of a pod denied by policy. */
export interface Denial {
  readonly count: number;
  /** `namespace/name` of the pod. */
  readonly pod: string;
  /** What its Envoy said of them: the filter, and whether a policy matched. */
  readonly said: readonly string[];
}

interface Denied {
  readonly count: number;
  readonly sinceMs: number;
  readonly atMs: number;
  readonly said: string;
}

/** Remembers what the Envoys of pods say that they denied (`rbac.denied`), for those that were denied. */
export class Denials {
  /** By pod; present: its Envoy is read. Those heard of longest ago first. */
  readonly #byPod = new Map<string, Denied[]>();
  #dropped = 0;

  get dropped(): number {
    return this.#dropped;
  }

  /** A pod's Envoy is read, whether or not it denies anything. */
  present(subject: Subject): void {
    if (subject.pod !== '') this.#of(podOf(subject));
  }

  heard({ symptom, subject, count, sinceMs, atMs, said = '' }: Observation): void {
    if (symptom !== 'rbac_denied' || subject.pod === '') return;
    const denied = this.#of(podOf(subject));
    denied.push({ count, sinceMs, atMs, said });
    while (denied.length > 0 && atMs - denied[0].atMs > KEPT_MS) denied.shift();
  }

  /** What these pods denied while the failures happened, as far as counters that are read now and then can tell. */
  during(of: Observation, pods: readonly string[], nowMs: number): Answer<Denial> {
    if (this.#byPod.size === 0) return NOT_READ;
    const watched = pods.filter((pod) => this.#byPod.has(pod));
    if (watched.length === 0) return NOT_READ;
    for (const pod of watched) {
      const found = this.#byPod.get(pod)!.filter(({ sinceMs, atMs }) => atMs >= of.sinceMs && sinceMs <= of.atMs);
      const count = found.reduce((sum, one) => sum + one.count, 0);
      const said = [...new Set(found.map((one) => one.said).filter((text) => text !== ''))].slice(-MOST_SAID);
      if (count > 0) return known({ count, pod, said });
    }
    if (nowMs < of.atMs + POLLED_MS) return pending('the Envoy of the pod is read again soon');
    return known({ count: 0, pod: watched[0], said: [] });
  }

  #of(pod: string): Denied[] {
    const denied = this.#byPod.get(pod) ?? [];
    this.#byPod.delete(pod);
    this.#byPod.set(pod, denied);
    if (this.#byPod.size > MOST_PODS) {
      for (const oldest of this.#byPod.keys()) {
        this.#byPod.delete(oldest);
        this.#dropped++;
        break;
      }
    }
    return denied;
  }
}

function podOf({ namespace, pod }: Subject): string {
  return `${namespace}/${pod}`;
}
