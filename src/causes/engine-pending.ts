import type { Observation, PeerAddress } from '../contract/failure.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import { Waiting } from './engine-waiting.ts';

/** Failures that wait, the oldest first, with what is asked about them. */
export class PendingFailures implements Iterable<Waiting> {
  readonly #entries = new Set<Waiting>();
  /** By what most are told apart by, the last one of each kind: what may be merged into it. */
  readonly #latest = new Map<string, Waiting[]>();
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
    if (this.#entries.size === 0) return false;
    const entry = this.#latestOfKind(observation);
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
    const entry = new Waiting(observation, mono);
    this.#entries.add(entry);
    const bucket = this.#latest.get(bucketOf(observation));
    const before = bucket?.findIndex((one) => this.#isSameKind(one.kind, observation)) ?? -1;
    if (bucket === undefined) this.#latest.set(bucketOf(observation), [entry]);
    else if (before < 0) bucket.push(entry);
    else bucket[before] = entry;
    this.#count += observation.count;
    this.#begin(entry, 1);
  }

  delete(entry: Waiting): void {
    if (!this.#entries.delete(entry)) return;
    const key = bucketOf(entry.kind);
    const bucket = this.#latest.get(key);
    const at = bucket?.indexOf(entry) ?? -1;
    if (bucket !== undefined && at >= 0) bucket.splice(at, 1);
    if (bucket?.length === 0) this.#latest.delete(key);
    this.#count -= entry.count;
    this.#begin(entry, -1);
  }

  #begin({ kind: { proxy, subject }, sinceMs }: Waiting, sign: 1 | -1): void {
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

  #latestOfKind(observation: Observation): Waiting | undefined {
    const bucket = this.#latest.get(bucketOf(observation));
    if (bucket === undefined) return undefined;
    for (const one of bucket) if (this.#isSameKind(one.kind, observation)) return one;
    return undefined;
  }

  /** Told apart by nothing but their moments. */
  #isSameKind(one: Observation, other: Observation): boolean {
    const to = one.upstream;
    const { upstream } = other;
    return (
      one.symptom === other.symptom &&
      one.isUntold === other.isUntold &&
      one.detail === other.detail &&
      isSamePeer(one.peer, other.peer) &&
      to.upstream === upstream.upstream &&
      to.upstream_namespace === upstream.upstream_namespace &&
      to.upstream_service === upstream.upstream_service &&
      to.upstream_port === upstream.upstream_port &&
      this.#gatewayKey(one.proxy, one.subject) === this.#gatewayKey(other.proxy, other.subject)
    );
  }
}

/** Without garbage: it is asked for every failure. */
function bucketOf({ peer, upstream }: Observation): string {
  return peer === null ? upstream.upstream : peer.address;
}

function isSamePeer(one: PeerAddress | null, other: PeerAddress | null): boolean {
  if (one === null || other === null) return one === other;
  return one.address === other.address && one.port === other.port && one.scheme === other.scheme;
}
