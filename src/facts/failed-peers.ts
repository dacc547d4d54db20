import type { UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause } from '../contract/names.ts';
import { FailureSpans } from './failure-spans.ts';
import { type Listed, RecencyList } from './recency-list.ts';
import { addTo, allOf, removeFrom, type SetIndex } from './set-index.ts';

export const KEPT_MS = 60_000;
/** Of one upstream: one whose peers come and go must not push out those of all others. */
const MOST_OF_UPSTREAM = 2_000;

/** Failures of one peer that have one cause. */
export interface Failed {
  readonly cause: Cause;
  readonly upstream: UpstreamIdentity;
  /** `addressKey` of the peer. */
  readonly peer: string;
}

/** With when they happened, and why the last ones did. */
export class RememberedFailed implements Failed, Listed<RememberedFailed> {
  readonly cause: Cause;
  readonly upstream: UpstreamIdentity;
  readonly peer: string;
  readonly spans = new FailureSpans();
  readonly inUpstream = new InUpstream(this);
  evidence: readonly string[];
  older: RememberedFailed | undefined;
  newer: RememberedFailed | undefined;

  constructor({ cause, upstream, peer }: Failed, evidence: readonly string[]) {
    this.cause = cause;
    this.upstream = upstream;
    this.peer = peer;
    this.evidence = evidence;
  }
}

/** Its place among those of its upstream. */
class InUpstream implements Listed<InUpstream> {
  readonly failed: RememberedFailed;
  /** Undefined: not yet among them. */
  all: RecencyList<InUpstream> | undefined;
  older: InUpstream | undefined;
  newer: InUpstream | undefined;

  constructor(failed: RememberedFailed) {
    this.failed = failed;
  }
}

export interface FailureCount {
  /** Milliseconds since the epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly count: number;
  readonly evidence: readonly string[];
}

/** The failed peers of a gateway within the last minute, found by address and by upstream. */
export class FailedPeers {
  readonly #all = new RecencyList<RememberedFailed>();
  readonly #byPeer: SetIndex<RememberedFailed> = new Map();
  readonly #byUpstream = new Map<string, RecencyList<InUpstream>>();
  #lastMs = Number.NEGATIVE_INFINITY;
  #nameless = 0;
  #dropped = 0;

  /** Peers by cause that are remembered. */
  get size(): number {
    return this.#all.size;
  }

  /** How many were forgotten before their time because their upstream had too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Of the last failure, milliseconds since the epoch. */
  get lastMs(): number {
    return this.#lastMs;
  }

  add(failed: Failed, { fromMs, untilMs, count, evidence }: FailureCount): void {
    this.#lastMs = Math.max(this.#lastMs, untilMs);
    const known = this.#find(failed);
    const one = known ?? new RememberedFailed(failed, evidence);
    if (!one.spans.add(fromMs, untilMs, count)) return;
    // Mostly the same words: then the old ones are kept, and the new ones are garbage at once.
    if (!areSame(evidence, one.evidence)) one.evidence = evidence;
    one.spans.forget(untilMs - KEPT_MS);
    if (known === undefined) this.#put(one);
    else this.#touch(one);
    this.#forget(untilMs);
  }

  ofPeer(peer: string): Iterable<RememberedFailed> {
    return allOf(this.#byPeer, peer);
  }

  /** Those that name the upstream, or while they name none, its Service; of each those that were quiet for longest first. */
  *ofUpstream(name: string, service: UpstreamIdentity): Generator<RememberedFailed> {
    if (name !== '') yield* copyOf(this.#byUpstream.get(name));
    if (service.upstream_service !== '') yield* copyOf(this.#byUpstream.get(groupOf({ ...service, upstream: '' })));
  }

  /** Whether some of them name no upstream. */
  get isAnyNameless(): boolean {
    return this.#nameless > 0;
  }

  /** Those that were quiet for longest first. */
  all(): Iterable<RememberedFailed> {
    return this.#all;
  }

  /** Forgets the one that was quiet for longest; false: there is none. */
  dropOldest(): boolean {
    const { oldest } = this.#all;
    if (oldest !== undefined) this.#remove(oldest);
    return oldest !== undefined;
  }

  #find(failed: Failed): RememberedFailed | undefined {
    const known = this.#byPeer.get(failed.peer);
    if (!(known instanceof Set)) return known !== undefined && isIts(known, failed) ? known : undefined;
    for (const one of known) if (isIts(one, failed)) return one;
    return undefined;
  }

  #put(one: RememberedFailed): void {
    this.#all.add(one);
    if (one.upstream.upstream === '') this.#nameless++;
    addTo(this.#byPeer, one.peer, one);
    const group = groupOf(one.upstream);
    const its = this.#byUpstream.get(group) ?? new RecencyList();
    this.#byUpstream.set(group, its);
    its.add(one.inUpstream);
    one.inUpstream.all = its;
    if (its.size <= MOST_OF_UPSTREAM || its.oldest === undefined) return;
    this.#remove(its.oldest.failed);
    this.#dropped++;
  }

  #touch(one: RememberedFailed): void {
    this.#all.touch(one);
    one.inUpstream.all?.touch(one.inUpstream);
  }

  #remove(one: RememberedFailed): void {
    this.#all.delete(one);
    if (one.upstream.upstream === '') this.#nameless--;
    removeFrom(this.#byPeer, one.peer, one);
    const group = groupOf(one.upstream);
    const its = this.#byUpstream.get(group);
    its?.delete(one.inUpstream);
    if (its?.size === 0) this.#byUpstream.delete(group);
  }

  #forget(nowMs: number): void {
    let { oldest } = this.#all;
    while (oldest !== undefined && nowMs - oldest.spans.lastMs > KEPT_MS) {
      this.#remove(oldest);
      ({ oldest } = this.#all);
    }
  }
}

/** Who looks at them may add to them. */
function copyOf(its: Iterable<InUpstream> = []): readonly RememberedFailed[] {
  return [...its].map(({ failed }) => failed);
}

function isIts(one: RememberedFailed, { cause, upstream }: Failed): boolean {
  return one.cause === cause && isSame(one.upstream, upstream);
}

/** Whatever the old words say beyond the new ones. */
function areSame(words: readonly string[], before: readonly string[]): boolean {
  for (let at = 0; at < words.length; at++) if (words[at] !== before[at]) return false;
  return true;
}

function isSame(one: UpstreamIdentity, other: UpstreamIdentity): boolean {
  // Mostly the same object.
  if (one === other) return true;
  return one.upstream === other.upstream && (one.upstream !== '' || groupOf(one) === groupOf(other));
}

/** Not a possible name where none is known. */
function groupOf({ upstream, upstream_namespace, upstream_service, upstream_port }: UpstreamIdentity): string {
  return upstream === '' ? `\xff${upstream_namespace}/${upstream_service} ${upstream_port}` : upstream;
}
