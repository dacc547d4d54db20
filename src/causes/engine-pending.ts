import type { Observation } from '../contract/failure.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import { Waiting } from './engine-waiting.ts';

/** Failures that wait, the oldest first, with what is asked about them. */
export class PendingFailures implements Iterable<Waiting> {
  readonly #entries = new Set<Waiting>();
  /** The last one of each kind: what may be merged into it. */
  readonly #latest = new Map<string, Waiting>();
  /** By gateway: how many begin at each moment. Moments are few: the failures of one poll begin together. */
  readonly #begins = new Map<string, Map<number, number>>();
  readonly #gatewayKeys = { nginx: new WeakMap<Subject, string>(), envoy: new WeakMap<Subject, string>() };
  #count = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** How many failures they are together. */
  get count(): number {
    return this.#count;
  }

  [Symbol.iterator](): Iterator<Waiting> {
    return this.#entries.values();
  }

  oldest(): Waiting | undefined {
    return this.#entries.values().next().value;
  }

  /** Whether failures of this gateway wait that may have happened before the moment. */
  has(proxy: ProxyKind, subject: Subject, beforeMs: number): boolean {
    const begins = this.#begins.get(this.#gatewayKey(proxy, subject));
    if (begins === undefined) return false;
    for (const sinceMs of begins.keys()) if (sinceMs < beforeMs) return true;
    return false;
  }

  /**
   * Puts it to one that waits: an equal one of the very same moments, about which every fact is the same. False: there is none.
   * @param isFull also one whose moments touch; facts are asked about all of them together then
   */
  merge(observation: Observation, isFull: boolean): boolean {
    const entry = this.#latest.get(this.#kindOf(observation));
    if (entry === undefined) return false;
    const isSame = entry.hasMoments(observation);
    if (!isSame && !(isFull && entry.touches(observation))) return false;
    if (!isSame) this.#begin(entry, -1);
    entry.take(observation);
    if (!isSame) this.#begin(entry, 1);
    this.#count += observation.count;
    return true;
  }

  add(observation: Observation, mono: number): void {
    const entry = new Waiting(observation, this.#kindOf(observation), mono);
    this.#entries.add(entry);
    this.#latest.set(entry.kind, entry);
    this.#count += observation.count;
    this.#begin(entry, 1);
  }

  delete(entry: Waiting): void {
    if (!this.#entries.delete(entry)) return;
    if (this.#latest.get(entry.kind) === entry) this.#latest.delete(entry.kind);
    this.#count -= entry.count;
    this.#begin(entry, -1);
  }

  #begin({ observation: { proxy, subject }, sinceMs }: Waiting, sign: 1 | -1): void {
    const gateway = this.#gatewayKey(proxy, subject);
    const begins = this.#begins.get(gateway) ?? new Map<number, number>();
    const left = (begins.get(sinceMs) ?? 0) + sign;
    if (left > 0) begins.set(sinceMs, left);
    else begins.delete(sinceMs);
    if (begins.size > 0) this.#begins.set(gateway, begins);
    else this.#begins.delete(gateway);
  }

  #gatewayKey(proxy: ProxyKind, subject: Subject): string {
    const keys = this.#gatewayKeys[proxy];
    const known = keys.get(subject);
    if (known !== undefined) return known;
    const { namespace, pod, container, gateway } = subject;
    const key = [proxy, namespace, pod, container, gateway].join('\xff');
    keys.set(subject, key);
    return key;
  }

  #kindOf({ proxy, subject, symptom, peer, upstream }: Observation): string {
    const { upstream: name, upstream_namespace, upstream_service, upstream_port } = upstream;
    const to = peer === null ? '' : `${peer.scheme}\xff${peer.address}\xff${peer.port}`;
    const service = `${upstream_namespace}\xff${upstream_service}\xff${upstream_port}`;
    return `${this.#gatewayKey(proxy, subject)}\xff${symptom}\xff${to}\xff${name}\xff${service}`;
  }
}
