import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';

/** Another source may still tell of what such a log told before: at the end of the process, or when the configuration was read again. */
const REMEMBERED_MS = 10_000;
const MOST_LEFT = 10_000;

/** Whose answers are counted from access logs. */
export class FollowedTraffic {
  readonly #now: () => number;
  /** By gateway, since when none of its logs is; the oldest first. */
  readonly #leftMs = new Map<string, number>();
  /** By gateway, how many of its logs are followed. */
  readonly #logs = new Map<string, number>();

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

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
    else if (this.#logs.delete(key)) this.#remember(key);
  }

  isFollowed(proxy: ProxyKind, subject: Subject): boolean {
    return this.#logs.has(keyOf(proxy, subject));
  }

  /** It is, or was a moment ago. */
  wasFollowed(proxy: ProxyKind, subject: Subject): boolean {
    if (this.isFollowed(proxy, subject)) return true;
    const leftMs = this.#leftMs.get(keyOf(proxy, subject));
    return leftMs !== undefined && this.#now() - leftMs < REMEMBERED_MS;
  }

  #remember(key: string): void {
    this.#leftMs.delete(key);
    this.#leftMs.set(key, this.#now());
    if (this.#leftMs.size > MOST_LEFT) this.#leftMs.delete(this.#leftMs.keys().next().value as string);
  }
}

/** The gateway's name is configured or made of the pod's: two sources may call one pod's differently. */
function keyOf(proxy: ProxyKind, { namespace, pod, container, gateway }: Subject): string {
  return pod === '' ? `${proxy} ${gateway}` : `${proxy} ${namespace}/${pod}/${container}`;
}
