import type { Observation } from '../contract/failure.ts';
import type { Subject, UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause, ProxyKind, Symptom } from '../contract/names.ts';
import { type Answer, known, pending, unknown } from './answer.ts';
import { chargesOf, type DownedPeer } from './downed-charges.ts';
import type { Charge } from './facts.ts';
import { FailedPeers, KEPT_MS, type RememberedFailed } from './failed-peers.ts';
import { peerKey } from './peer-key.ts';
import { identityOf, labelsOf, upstreamsOf } from './upstream-identity.ts';
import { addressKey, type NamedUpstream, type UsedAddresses } from './used-addresses.ts';

/** `fail_timeout` of nginx where nobody sets it; how long a peer is out for. */
const FAIL_TIMEOUT_MS = 10_000;
/** And where the storm itself has lasted without a break. */
const STORM_LOOK_BACK_MS = 30_000;
const MOST_PEERS = 20_000;
const MOST_GATEWAYS = 500;
/** Upstreams of one gateway that are without a peer at once. */
const MOST_STORMS = 10_000;

/** Said because no peer is left: they take none down. */
const STORMS: ReadonlySet<Symptom> = new Set(['no_live_upstreams', 'no_healthy_upstream']);
/** After the headers of the answer nginx counts nothing against the peer; the others are not the peer's. */
const HARMLESS: ReadonlySet<Symptom> = new Set(['truncated_response', 'peer_marked_down', 'dns_failure']);

interface Gateway {
  readonly failures: FailedPeers;
  /** By block or cluster: since when it has been without a peer, and when it was said last. Those said longest ago first. */
  readonly storms: Map<string, { readonly sinceMs: number; readonly lastMs: number }>;
}

export interface DownedPeersOptions {
  readonly used: UsedAddresses;
  /** Failures of the gateway from before the moment have no verdict yet; storms do not count. */
  readonly hasPending: (proxy: ProxyKind, subject: Subject, beforeMs: number) => boolean;
  /** Of all gateways, by cause. */
  readonly mostPeers?: number;
}

/** Which failures took the peers down of an upstream that has none left. */
export class DownedPeers {
  readonly #options: DownedPeersOptions;
  /** The one that was quiet for longest first. */
  readonly #gateways = new Map<string, Gateway>();
  #last: { readonly proxy: ProxyKind; readonly subject: Subject; readonly gateway: Gateway } | undefined;
  #size = 0;
  #dropped = 0;

  constructor(options: DownedPeersOptions) {
    this.#options = options;
  }

  /** How many peers' failures were forgotten before their time because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** To be called for every verdict. */
  failed(of: Observation, cause: Cause, upstream: UpstreamIdentity, count: number, evidence: readonly string[]): void {
    const { symptom, failure, sinceMs: fromMs, atMs: untilMs } = of;
    const gateway = this.#gateway(of);
    if (STORMS.has(symptom)) {
      this.#storm(gateway, blockOf(of), fromMs, untilMs);
      return;
    }
    const peer = of.peer === null ? '' : peerKey(of.peer);
    if (!failure || peer === '' || HARMLESS.has(symptom)) return;
    const { failures } = gateway;
    const { size, dropped } = failures;
    failures.add({ cause, upstream, peer }, { fromMs, untilMs, count, evidence });
    this.#size += failures.size - size;
    this.#dropped += failures.dropped - dropped;
    this.#makeRoom();
  }

  downed(of: Observation): Answer<readonly Charge[]> {
    if (!STORMS.has(of.symptom)) return unknown('it is no failure for want of peers');
    const { used, hasPending } = this.#options;
    if (hasPending(of.proxy, of.subject, of.atMs)) return pending('failures of the gateway have no verdict yet');
    const { failures, storms } = this.#gateway(of);
    const block = blockOf(of);
    const [upstream] = upstreamsOf(used, of);
    const identity = identityOf(used, of);
    const name = upstream?.upstream.name ?? block;
    const its = new Set(failures.ofUpstream(block, identity));
    this.#addServers(its, failures, upstream);
    if (failures.isAnyNameless && block !== '') this.#addNameless(its, failures, { of, block });
    // What only stands at its limit of connections (max_conns) has failures that are not why it is out.
    for (const one of its) if (upstream?.servers.get(one.peer)?.isNeverTakenOut === true) its.delete(one);
    const lately = within(its, of.sinceMs - FAIL_TIMEOUT_MS, of.atMs);
    if (lately.length > 0) return known(chargesOf(lately, identity, name));
    const storm = storms.get(block);
    const isLasting = storm !== undefined && of.sinceMs - storm.lastMs <= FAIL_TIMEOUT_MS;
    const before = isLasting
      ? within(its, Math.max(of.sinceMs - STORM_LOOK_BACK_MS, storm.sinceMs - FAIL_TIMEOUT_MS), of.atMs)
      : [];
    if (before.length > 0) return known(chargesOf(before, identity, name));
    const isNothingSeen = failures.lastMs < of.sinceMs - STORM_LOOK_BACK_MS;
    return upstream !== undefined || isNothingSeen ? known([]) : unknown('which peers the upstream has is not known');
  }

  /** Of its servers, unless they name another upstream with the same address: each proxy keeps count for each of its upstreams. */
  #addServers(its: Set<RememberedFailed>, failures: FailedPeers, named: NamedUpstream | undefined): void {
    if (named === undefined) return;
    const { servers, name } = named.upstream;
    const labels = labelsOf(named);
    const isIts = ({ upstream: { upstream } }: RememberedFailed) =>
      upstream === '' || upstream === name || upstream === labels.upstream;
    if (servers.length > failures.size) {
      for (const one of failures.all()) if (named.servers.has(one.peer) && isIts(one)) its.add(one);
      return;
    }
    for (const { host, port } of servers)
      for (const one of failures.ofPeer(addressKey(host, port))) if (isIts(one)) its.add(one);
  }

  /** Of peers that the running configuration does not have any more. */
  #addNameless(
    its: Set<RememberedFailed>,
    failures: FailedPeers,
    { of, block }: { readonly of: Observation; readonly block: string },
  ): void {
    for (const address of this.#options.used.addressesNamed(block))
      for (const one of failures.ofPeer(address))
        if (one.upstream.upstream === '' && this.#wasServer(of, address, block)) its.add(one);
  }

  #wasServer(of: Observation, address: string, block: string): boolean {
    const space = address.lastIndexOf(' ');
    if (space < 0 || address.startsWith('/')) return false;
    const uses = this.#options.used.usesOf(of, address.slice(0, space), Number(address.slice(space + 1)));
    return uses.some(({ upstream }) => upstream.name === block);
  }

  #storm({ storms }: Gateway, block: string, sinceMs: number, atMs: number): void {
    const known = storms.get(block);
    const isLasting = known !== undefined && sinceMs - known.lastMs <= FAIL_TIMEOUT_MS;
    storms.delete(block);
    storms.set(
      block,
      isLasting ? { sinceMs: known.sinceMs, lastMs: Math.max(known.lastMs, atMs) } : { sinceMs, lastMs: atMs },
    );
    for (const [oldest, { lastMs }] of storms) {
      const isOver = atMs - lastMs > KEPT_MS;
      if (!isOver && storms.size <= MOST_STORMS) return;
      if (!isOver) this.#dropped++;
      storms.delete(oldest);
    }
  }

  #gateway({ proxy, subject }: Observation): Gateway {
    if (this.#last?.subject === subject && this.#last.proxy === proxy) return this.#last.gateway;
    const { namespace, pod, gateway: name } = subject;
    // A pod has one proxy of a kind; error log and configuration may name its container differently.
    const key = [proxy, namespace, pod, pod === '' ? name : ''].join('\xff');
    const gateway = this.#gateways.get(key) ?? { failures: new FailedPeers(), storms: new Map() };
    this.#gateways.delete(key);
    this.#gateways.set(key, gateway);
    this.#last = { proxy, subject, gateway };
    if (this.#gateways.size > MOST_GATEWAYS) {
      const [[oldest, { failures }]] = this.#gateways;
      this.#gateways.delete(oldest);
      this.#dropped += failures.size;
      this.#size -= failures.size;
    }
    return gateway;
  }

  /** The gateway that was quiet for longest forgets first. */
  #makeRoom(): void {
    const { mostPeers = MOST_PEERS } = this.#options;
    if (this.#size <= mostPeers) return;
    for (const { failures } of this.#gateways.values()) {
      while (this.#size > mostPeers && failures.dropOldest()) {
        this.#size--;
        this.#dropped++;
      }
      if (this.#size <= mostPeers) return;
    }
  }
}

function blockOf({ peer, upstream }: Observation): string {
  return upstream.upstream || (peer !== null && peer.port === null ? peer.address : '');
}

function within(all: Iterable<RememberedFailed>, fromMs: number, untilMs: number): DownedPeer[] {
  const found: DownedPeer[] = [];
  for (const { cause, peer, evidence, spans } of all) {
    const failures = spans.within(fromMs, untilMs);
    if (failures !== null) found.push({ cause, peer, evidence, ...failures });
  }
  return found;
}
