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
export interface RememberedFailed extends Failed, Listed<RememberedFailed> {
  readonly spans: FailureSpans;
  evidence: readonly string[];
  /** Grows with each failure of the gateway. */
  turn: number;
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
  readonly #byUpstream = new Map<string, Set<RememberedFailed>>();
  #lastMs = Number.NEGATIVE_INFINITY;
  #turn = 0;
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
    const one = known ?? remembered(failed, evidence);
    if (!one.spans.add(fromMs, untilMs, count)) return;
    // Mostly the same words: then the old ones are kept, and the new ones are garbage at once.
    if (!areSame(evidence, one.evidence)) one.evidence = evidence;
    one.spans.forget(untilMs - KEPT_MS);
    one.turn = ++this.#turn;
    if (known === undefined) this.#put(one);
    else this.#all.touch(one);
    this.#forget(untilMs);
  }

  ofPeer(peer: string): Iterable<RememberedFailed> {
    return allOf(this.#byPeer, peer);
  }

  /** Those that name the upstream, or while they name none, its Service; of each those that were quiet for longest first. */
  *ofUpstream(name: string, service: UpstreamIdentity): Generator<RememberedFailed> {
    if (name !== '') yield* inTurn(this.#byUpstream.get(name));
    if (service.upstream_service !== '') yield* inTurn(this.#byUpstream.get(groupOf({ ...service, upstream: '' })));
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
    const its = this.#byUpstream.get(group);
    if (its === undefined) {
      this.#byUpstream.set(group, new Set([one]));
      return;
    }
    its.add(one);
    if (its.size <= MOST_OF_UPSTREAM) return;
    let oldest = one;
    for (const other of its) if (other.turn < oldest.turn) oldest = other;
    this.#remove(oldest);
    this.#dropped++;
  }

  #remove(one: RememberedFailed): void {
    this.#all.delete(one);
    if (one.upstream.upstream === '') this.#nameless--;
    removeFrom(this.#byPeer, one.peer, one);
    const group = groupOf(one.upstream);
    const its = this.#byUpstream.get(group);
    its?.delete(one);
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

function remembered(failed: Failed, evidence: readonly string[]): RememberedFailed {
  return { ...failed, spans: new FailureSpans(), evidence, turn: 0, older: undefined, newer: undefined };
}

function inTurn(its: ReadonlySet<RememberedFailed> = new Set()): readonly RememberedFailed[] {
  return [...its].sort((one, other) => one.turn - other.turn);
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
  return one.upstream === other.upstream && (one.upstream !== '' || groupOf(one) === groupOf(other));
}

/** Not a possible name where none is known. */
function groupOf({ upstream, upstream_namespace, upstream_service, upstream_port }: UpstreamIdentity): string {
  return upstream === '' ? `\xff${upstream_namespace}/${upstream_service} ${upstream_port}` : upstream;
}
