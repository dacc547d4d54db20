import type { Known } from './answer.ts';
import type { KnownPod, LocatedFact } from './endpoint-facts.ts';
import type { AddressPhase } from './endpoint-timeline.ts';

const MOST_ADDRESSES = 10_000;

/** An answer with what it rests on besides its own moments and numbers. */
export interface SaidEndpoint {
  readonly phase: AddressPhase;
  readonly place: string;
  /** Of a pod that no slice names; '' else. */
  readonly owner: string;
  readonly answer: Known<LocatedFact>;
}

/** What was last said of addresses. As long as nothing changes it is said again, the same object: nothing is made of it anew. */
export class SaidEndpoints {
  readonly #byIp = new Map<string, SaidEndpoint>();
  readonly #pods = new Map<string, readonly [KnownPod]>();

  of(ip: string): SaidEndpoint | undefined {
    return this.#byIp.get(ip);
  }

  /** In place of what was said of it before. */
  keep(ip: string, said: SaidEndpoint): void {
    if (this.#byIp.size >= MOST_ADDRESSES) this.#byIp.clear();
    this.#byIp.set(ip, said);
  }

  /** The pod behind the address, in the same list as long as it is the same one. */
  pods(ip: string, uid: string, pod: string): readonly KnownPod[] {
    const before = this.#pods.get(ip);
    if (before !== undefined && before[0].uid === uid && before[0].pod === pod) return before;
    const pods = [{ uid, pod }] as const;
    if (this.#pods.size >= MOST_ADDRESSES) this.#pods.clear();
    this.#pods.set(ip, pods);
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
