import type { Observation } from '../contract/failure.ts';
import type { TimeoutRange } from '../contract/gateway-settings.ts';
import type { Subject, UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause, ProxyKind, Symptom } from '../contract/names.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import { type Answer, known, pending, unknown } from './answer.ts';
import type { Charge } from './facts.ts';
import { FailedPeers } from './failed-peers.ts';
import { addressKey } from './used-addresses.ts';

/** What a host or router on the way tells when it lets nothing through, and what becomes of that. */
const TOLD: ReadonlySet<Symptom> = new Set(['connect_refused', 'host_unreachable', 'network_unreachable']);
const REJECTED: ReadonlySet<Cause> = new Set(['no_route_to_host', 'connection_refused']);
/** ICMP is rationed: Linux sends one such message a second to each host, after six at once (icmp_ratelimit, XRLIM_BURST_FACTOR). */
const RATION_MS = 1_000;
const MOST_PEERS = 5_000;

export interface RejectionsOptions {
  /** Failures of the gateway from before the moment have no verdict yet; storms do not count. */
  readonly hasPending: (proxy: ProxyKind, subject: Subject, beforeMs: number) => boolean;
  readonly mostPeers?: number;
}

/** Which attempts were rejected at once within the last minute: others that were begun with them may have been, and not been told. */
export class Rejections {
  readonly #options: RejectionsOptions;
  readonly #failures = new FailedPeers();
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
    this.#failures.add({ cause, upstream, peer: keyOf(of) }, { fromMs: of.sinceMs, untilMs: of.atMs, count, evidence });
    const { mostPeers = MOST_PEERS } = this.#options;
    while (this.#failures.size > mostPeers && this.#failures.dropOldest()) this.#dropped++;
  }

  /**
   * Those of the same gateway and peer that were begun together with these. `waited`: how long the gateway waits for a connection; null:
   * not known, so when these were begun is not known.
   */
  around(of: Observation, waited: TimeoutRange | null): Answer<readonly Charge[]> {
    if (waited === null) return unknown('when the attempts were begun is not known');
    const fromMs = of.sinceMs - waited.mostMs - RATION_MS;
    const untilMs = Math.min(of.atMs, of.atMs - waited.leastMs + RATION_MS);
    if (this.#options.hasPending(of.proxy, of.subject, Math.min(of.sinceMs, untilMs)))
      return pending('failures of the gateway have no verdict yet');
    const charges: Charge[] = [];
    for (const { cause, upstream, spans, evidence } of this.#failures.ofPeer(keyOf(of))) {
      const count = spans.within(fromMs, untilMs)?.count ?? 0;
      const others = count === 1 ? 'another attempt' : `${count} other attempts`;
      const said = `${others} of the same moment failed so at once; who rejects tells only a few each second`;
      if (count > 0) charges.push({ cause, upstream, weight: count, evidence: [said, ...evidence] });
    }
    return known(charges);
  }
}

/** Of the gateway and the peer. */
function keyOf({ proxy, subject, peer }: Observation): string {
  const { namespace, pod, gateway } = subject;
  const address = peer === null ? '' : addressKey(canonicalIp(peer.address) ?? peer.address, peer.port ?? 0);
  return [proxy, namespace, pod, pod === '' ? gateway : '', address].join('\xff');
}
