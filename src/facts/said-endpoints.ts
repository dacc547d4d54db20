import type { Known } from './answer.ts';
import type { EndpointFact } from './facts.ts';
import type { ReadyPort } from './ready-counts.ts';

const MOST_ADDRESSES = 10_000;

/** A pod as it is known from one place or another; '' what is not. */
export interface KnownPod {
  readonly uid: string;
  /** `namespace/name` */
  readonly pod: string;
}

/** The fact with what other memories ask for. */
export interface LocatedFact extends EndpointFact {
  /** '' when no slice names the pod. */
  readonly podUid: string;
  /** None, or the one: the same list as long as it is the same one. */
  readonly pods: readonly KnownPod[];
}

/**
 * An answer with what it rests on besides its own moments and numbers. As long as nothing changes it is said again, the same object: nothing
 * is made of it anew.
 */
export interface SaidEndpoint {
  readonly place: string;
  /** A slice names the pod. */
  readonly isNamed: boolean;
  /** Of a pod that no slice names; '' else. */
  readonly owner: string;
  /** Of the Service's port. */
  readonly ready: ReadyPort;
  readonly answer: Known<LocatedFact>;
}

/** Lists of the one pod behind an address: the same list as long as it is the same pod. */
export class PodsByAddress {
  readonly #byIp = new Map<string, readonly [KnownPod]>();

  of(ip: string, uid: string, pod: string): readonly KnownPod[] {
    const before = this.#byIp.get(ip);
    if (before !== undefined && before[0].uid === uid && before[0].pod === pod) return before;
    const pods = [{ uid, pod }] as const;
    if (this.#byIp.size >= MOST_ADDRESSES) this.#byIp.clear();
    this.#byIp.set(ip, pods);
    return pods;
  }
}

/** Whether the fact has these numbers. */
export function isSame(
  fact: LocatedFact,
  sinceMs: number | null,
  ready: number,
  wasReady: boolean | undefined,
): boolean {
  return fact.sinceMs === sinceMs && fact.ready === ready && fact.wasReady === wasReady;
}
