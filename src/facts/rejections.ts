import type { Observation } from '../contract/failure.ts';
import type { TimeoutRange } from '../contract/gateway-settings.ts';
import type { Subject, UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause, ProxyKind, Symptom } from '../contract/names.ts';
import { type Answer, known, pending, unknown } from './answer.ts';
import type { Charge } from './facts.ts';
import { FailedPeers } from './failed-peers.ts';
import { peerKey } from './peer-key.ts';

/** What a host or router on the way tells when it lets nothing through, and what becomes of that. */
const TOLD: ReadonlySet<Symptom> = new Set(['connect_refused', 'host_unreachable', 'network_unreachable']);
const REJECTED: ReadonlySet<Cause> = new Set(['no_route_to_host', 'connection_refused']);
/** ICMP is rationed: Linux sends one such message a second to each host, after six at once (icmp_ratelimit, XRLIM_BURST_FACTOR). */
const RATION_MS = 1_000;
const MOST_PEERS = 5_000;
const NONE = known<readonly Charge[]>([]);
const NO_MOMENT = unknown('when the attempts were begun is not known');
const UNDECIDED = pending('failures of the gateway have no verdict yet');

export interface RejectionsOptions {
  /** Failures of the gateway from before the moment have no verdict yet; storms do not count. */
  readonly hasPending: (proxy: ProxyKind, subject: Subject, beforeMs: number) => boolean;
  readonly mostPeers?: number;
}

/** Which attempts were rejected at once within the last minute: others that were begun with them may have been, and not been told. */
export class Rejections {
  readonly #options: RejectionsOptions;
  readonly #failures = new FailedPeers();
  /** The one that was asked for last: observations come gateway by gateway. */
  #last: { readonly proxy: ProxyKind; readonly subject: Subject; readonly key: string } | undefined;
  #dropped = 0;

  constructor(options: RejectionsOptions) {
    this.#options = options;
  }

  /** How many peers were forgotten before their time because there were too many. */
  get dropped(): number {
    return this.#dropped + this.#failures.dropped;
  }

  /** To be called for every verdict. */
  failed(of: Observation, cause: Cause, upstream: UpstreamIdentity, count: number, evidence: readonly string[]): void {
    if (!TOLD.has(of.symptom) || !REJECTED.has(cause) || of.peer === null) return;
    this.#failures.add(
      { cause, upstream, peer: this.#keyOf(of) },
      { fromMs: of.sinceMs, untilMs: of.atMs, count, evidence },
    );
    const { mostPeers = MOST_PEERS } = this.#options;
    while (this.#failures.size > mostPeers && this.#failures.dropOldest()) this.#dropped++;
  }

  /**
   * Those of the same gateway and peer that were begun together with these. `waited`: how long the gateway waits for a connection; null:
   * not known, so when these were begun is not known.
   */
  around(of: Observation, waited: TimeoutRange | null): Answer<readonly Charge[]> {
    if (waited === null) return NO_MOMENT;
    const fromMs = of.sinceMs - waited.mostMs - RATION_MS;
    const untilMs = Math.min(of.atMs, of.atMs - waited.leastMs + RATION_MS);
    if (this.#options.hasPending(of.proxy, of.subject, Math.min(of.sinceMs, untilMs))) return UNDECIDED;
    let charges: Charge[] | undefined;
    for (const { cause, upstream, spans, evidence } of this.#failures.ofPeer(this.#keyOf(of))) {
      const count = spans.within(fromMs, untilMs)?.count ?? 0;
      if (count === 0) continue;
      const others = count === 1 ? 'another attempt' : `${count} other attempts`;
      const said = `${others} of the same moment failed so at once; who rejects tells only a few each second`;
      charges ??= [];
      charges.push({ cause, upstream, weight: count, evidence: [said, ...evidence] });
    }
    return charges === undefined ? NONE : known(charges);
  }

  /** Of the gateway and the peer. */
  #keyOf({ proxy, subject, peer }: Observation): string {
    if (this.#last?.subject !== subject || this.#last.proxy !== proxy)
      this.#last = { proxy, subject, key: gatewayKey(proxy, subject) };
    return peer === null ? this.#last.key : this.#last.key + peerKey(peer);
  }
}

function gatewayKey(proxy: ProxyKind, { namespace, pod, gateway }: Subject): string {
  return [proxy, namespace, pod, pod === '' ? gateway : '', ''].join('\xff');
}
