import type { Observation } from '../contract/failure.ts';
import type { Subject, UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause, ProxyKind, Symptom } from '../contract/names.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import { type Answer, known, pending, unknown } from './answer.ts';
import { addressText } from './endpoint-states.ts';
import type { Charge } from './facts.ts';
import { identityOf, upstreamsOf } from './upstream-identity.ts';
import type { UsedAddresses } from './used-addresses.ts';

const KEPT_MS = 60_000;
/** `fail_timeout` of nginx where nobody sets it; how long a peer is out for. */
const FAIL_TIMEOUT_MS = 10_000;
/** And where the storm itself has lasted without a break. */
const STORM_LOOK_BACK_MS = 30_000;
/** Failures of one peer so close together are one entry. */
const TOGETHER_MS = 1_000;
const MOST_OF_GATEWAY = 2_000;
const MOST_GATEWAYS = 500;
const MOST_EVIDENCE = 3;

/** Said because no peer is left: they take none down. */
const STORMS: ReadonlySet<Symptom> = new Set(['no_live_upstreams', 'no_healthy_upstream']);
/** After the headers of the answer nginx counts nothing against the peer; the others are not the peer's. */
const HARMLESS: ReadonlySet<Symptom> = new Set(['truncated_response', 'peer_marked_down', 'dns_failure']);

/** Failures of one peer that have one cause. */
interface Failed {
  readonly cause: Cause;
  readonly upstream: UpstreamIdentity;
  /** `ip:port` in the canonical spelling, or a path. */
  readonly peer: string;
  readonly fromMs: number;
  untilMs: number;
  count: number;
  readonly evidence: readonly string[];
}

interface Gateway {
  failures: Failed[];
  /** By block or cluster: since when it has been without a peer, and when it was said last. */
  readonly storms: Map<string, { sinceMs: number; lastMs: number }>;
}

export interface DownedPeersOptions {
  readonly used: UsedAddresses;
  /** Failures of the gateway from before the moment have no verdict yet; storms do not count. */
  readonly hasPending: (proxy: ProxyKind, subject: Subject, beforeMs: number) => boolean;
}

/** Which failures took the peers down of an upstream that has none left. */
export class DownedPeers {
  readonly #options: DownedPeersOptions;
  /** The one that was quiet for longest first. */
  readonly #gateways = new Map<string, Gateway>();
  #dropped = 0;

  constructor(options: DownedPeersOptions) {
    this.#options = options;
  }

  /** How many failures were forgotten because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** To be called for every verdict. */
  failed(of: Observation, cause: Cause, upstream: UpstreamIdentity, count: number, evidence: readonly string[]): void {
    const { symptom, failure, peer, sinceMs, atMs } = of;
    const gateway = this.#gateway(of);
    if (STORMS.has(symptom)) {
      this.#storm(gateway, blockOf(of), sinceMs, atMs);
      return;
    }
    const text = peerOf(of);
    if (!failure || peer === null || text === '' || HARMLESS.has(symptom)) return;
    const last = gateway.failures.findLast(
      (one) => one.cause === cause && one.peer === text && one.upstream.upstream === upstream.upstream,
    );
    if (last !== undefined && sinceMs - last.fromMs < TOGETHER_MS) {
      last.untilMs = Math.max(last.untilMs, atMs);
      last.count += count;
    } else gateway.failures.push({ cause, upstream, peer: text, fromMs: sinceMs, untilMs: atMs, count, evidence });
    this.#forget(gateway, atMs);
  }

  downed(of: Observation): Answer<readonly Charge[]> {
    if (!STORMS.has(of.symptom)) return unknown('it is no failure for want of peers');
    const { used, hasPending } = this.#options;
    if (hasPending(of.proxy, of.subject, of.atMs)) return pending('failures of the gateway have no verdict yet');
    const gateway = this.#gateway(of);
    const block = blockOf(of);
    const identity = identityOf(used, of);
    const [upstream] = upstreamsOf(used, of);
    const own = new Set(upstream?.upstream.servers.map(({ host, port }) => textOf(host, port)));
    const isIts = (one: Failed) =>
      own.has(one.peer) ||
      (one.upstream.upstream === ''
        ? isSameService(one.upstream, identity) || this.#wasServer(of, one, block)
        : one.upstream.upstream === block);
    const its = gateway.failures.filter(isIts);
    const lately = within(its, of.sinceMs - FAIL_TIMEOUT_MS, of.atMs);
    if (lately.length > 0) return known(chargesOf(lately, identity, upstream?.upstream.name ?? block));
    const storm = gateway.storms.get(block);
    const isLasting = storm !== undefined && of.sinceMs - storm.lastMs <= FAIL_TIMEOUT_MS;
    const before = isLasting
      ? within(its, Math.max(of.sinceMs - STORM_LOOK_BACK_MS, storm.sinceMs - FAIL_TIMEOUT_MS), of.atMs)
      : [];
    if (before.length > 0) return known(chargesOf(before, identity, upstream?.upstream.name ?? block));
    const isNothingSeen = !gateway.failures.some(({ untilMs }) => untilMs >= of.sinceMs - STORM_LOOK_BACK_MS);
    return upstream !== undefined || isNothingSeen ? known([]) : unknown('which peers the upstream has is not known');
  }

  /** A peer that the running configuration does not have any more. */
  #wasServer(of: Observation, { peer }: Failed, block: string): boolean {
    const colon = peer.lastIndexOf(':');
    if (block === '' || colon < 0 || peer.startsWith('/')) return false;
    const uses = this.#options.used.usesOf(
      of,
      peer.slice(0, colon).replace(/^\[|\]$/g, ''),
      Number(peer.slice(colon + 1)),
    );
    return uses.some(({ upstream }) => upstream.name === block);
  }

  #storm({ storms }: Gateway, block: string, sinceMs: number, atMs: number): void {
    const known = storms.get(block);
    if (known !== undefined && sinceMs - known.lastMs <= FAIL_TIMEOUT_MS) {
      known.lastMs = Math.max(known.lastMs, atMs);
      return;
    }
    for (const [name, { lastMs }] of storms) if (atMs - lastMs > KEPT_MS || storms.size >= 1_000) storms.delete(name);
    storms.set(block, { sinceMs, lastMs: atMs });
  }

  #gateway({ proxy, subject }: Observation): Gateway {
    const { namespace, pod, gateway: name } = subject;
    // A pod has one proxy of a kind; error log and configuration may name its container differently.
    const key = [proxy, namespace, pod, pod === '' ? name : ''].join('\xff');
    const gateway = this.#gateways.get(key) ?? { failures: [], storms: new Map() };
    this.#gateways.delete(key);
    this.#gateways.set(key, gateway);
    if (this.#gateways.size > MOST_GATEWAYS) {
      const [oldest] = this.#gateways.keys();
      this.#dropped += this.#gateways.get(oldest)!.failures.length;
      this.#gateways.delete(oldest);
    }
    return gateway;
  }

  #forget(gateway: Gateway, nowMs: number): void {
    const { failures } = gateway;
    if (nowMs - failures[0].untilMs > KEPT_MS)
      gateway.failures = failures.filter(({ untilMs }) => nowMs - untilMs <= KEPT_MS);
    if (failures.length <= MOST_OF_GATEWAY) return;
    gateway.failures = failures.slice(MOST_OF_GATEWAY / 10);
    this.#dropped += MOST_OF_GATEWAY / 10;
  }
}

function blockOf({ peer, upstream }: Observation): string {
  return upstream.upstream || (peer !== null && peer.port === null ? peer.address : '');
}

function peerOf({ peer }: Observation): string {
  if (peer === null) return '';
  return textOf(peer.port === null ? peer.address : (canonicalIp(peer.address) ?? peer.address), peer.port);
}

function textOf(host: string, port: number | null): string {
  return port === null ? host : addressText({ ip: host, port });
}

function isSameService(one: UpstreamIdentity, other: UpstreamIdentity): boolean {
  return (
    one.upstream_service !== '' &&
    one.upstream_service === other.upstream_service &&
    one.upstream_namespace === other.upstream_namespace &&
    one.upstream_port === other.upstream_port
  );
}

function within(failures: readonly Failed[], fromMs: number, untilMs: number): Failed[] {
  return failures.filter((one) => one.untilMs >= fromMs && one.fromMs <= untilMs);
}

/** The cause of most failures first. */
function chargesOf(failures: readonly Failed[], upstream: UpstreamIdentity, name: string): Charge[] {
  const byCause = new Map<Cause, Failed[]>();
  for (const one of failures) byCause.set(one.cause, [...(byCause.get(one.cause) ?? []), one]);
  const charges = [...byCause].map(([cause, all]) => {
    const weight = all.reduce((sum, { count }) => sum + count, 0);
    const peers = [...new Set(all.map(({ peer }) => peer))];
    const more = peers.length > MOST_EVIDENCE ? ` and ${peers.length - MOST_EVIDENCE} more` : '';
    const said = `${weight} ${weight === 1 ? 'failure' : 'failures'} of ${peers.slice(0, MOST_EVIDENCE).join(', ')}${more} before took the peers of ${name || 'the upstream'} out (${cause.replaceAll('_', ' ')})`;
    const last = all.at(-1)!;
    return { cause, upstream, weight, evidence: [said, ...last.evidence.slice(0, MOST_EVIDENCE)] };
  });
  return charges.sort((one, other) => other.weight - one.weight);
}
