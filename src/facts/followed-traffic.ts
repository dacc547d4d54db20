import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';

/** Whose answers are counted from access logs. */
export class FollowedTraffic {
  /** By gateway, how many of its logs are followed. */
  readonly #logs = new Map<string, number>();

  /** One log more of this gateway. */
  follows(proxy: ProxyKind, subject: Subject): void {
    const key = keyOf(proxy, subject);
    this.#logs.set(key, (this.#logs.get(key) ?? 0) + 1);
  }

  /** One less. */
  leaves(proxy: ProxyKind, subject: Subject): void {
    const key = keyOf(proxy, subject);
    const left = (this.#logs.get(key) ?? 0) - 1;
    if (left > 0) this.#logs.set(key, left);
    else this.#logs.delete(key);
  }

  isFollowed(proxy: ProxyKind, subject: Subject): boolean {
    return this.#logs.has(keyOf(proxy, subject));
  }
}

/** The gateway's name is configured or made of the pod's: two sources may call one pod's differently. */
function keyOf(proxy: ProxyKind, { namespace, pod, container, gateway }: Subject): string {
  return pod === '' ? `${proxy} ${gateway}` : `${proxy} ${namespace}/${pod}/${container}`;
}
