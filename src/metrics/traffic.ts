import type { PeerAddress } from '../contract/failure.ts';
import type { Subject, UpstreamIdentity, Writers } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { GatewayTraffic, TRAFFIC_METRICS, TrafficSink, UpstreamTraffic } from '../contract/traffic.ts';
import { FollowedTraffic } from '../facts/followed-traffic.ts';

/** Whose upstream an address is that a gateway has asked, or a name. */
export type UpstreamOf = (
  proxy: ProxyKind,
  subject: Subject,
  peer: PeerAddress | null,
  upstream: string,
) => UpstreamIdentity;

/** Publishes what access logs were counted for, under the Service that stands behind each address. */
export class TrafficAccounts implements TrafficSink {
  readonly #metrics: Writers<typeof TRAFFIC_METRICS>;
  readonly #upstreamOf: UpstreamOf;
  readonly #onAnswer: (peer: PeerAddress) => void;
  readonly #followed = new FollowedTraffic();

  /** @param onAnswer told of addresses where a program has answered, and not with a 5xx, which may be the gateway's own */
  constructor(
    metrics: Writers<typeof TRAFFIC_METRICS>,
    upstreamOf: UpstreamOf,
    onAnswer: (peer: PeerAddress) => void = () => {},
  ) {
    this.#metrics = metrics;
    this.#onAnswer = onAnswer;
    this.#upstreamOf = upstreamOf;
  }

  get buckets(): readonly number[] {
    return this.#metrics.duration.buckets;
  }

  /** Its distributions exist at 0 from now on. */
  follows(proxy: ProxyKind, subject: Subject): void {
    this.#followed.follows(proxy, subject);
    this.#metrics.duration.create({ ...subject, proxy });
  }

  leaves(proxy: ProxyKind, subject: Subject): void {
    this.#followed.leaves(proxy, subject);
  }

  isFollowed(proxy: ProxyKind, subject: Subject): boolean {
    return this.#followed.isFollowed(proxy, subject);
  }

  wasFollowed(proxy: ProxyKind, subject: Subject): boolean {
    return this.#followed.wasFollowed(proxy, subject);
  }

  answered(peer: PeerAddress): void {
    this.#onAnswer(peer);
  }

  gateway(proxy: ProxyKind, subject: Subject, traffic: GatewayTraffic): void {
    const { duration, requestBytes, responseBytes, upgrades } = this.#metrics;
    const labels = { ...subject, proxy };
    duration.merge(labels, traffic.durations.counts, traffic.durations.sum);
    if (traffic.requestBytes !== null) requestBytes.inc(labels, traffic.requestBytes);
    responseBytes.inc(labels, traffic.responseBytes);
    upgrades.inc(labels, traffic.upgrades);
  }

  upstream(proxy: ProxyKind, subject: Subject, traffic: UpstreamTraffic): void {
    const { requests, attempts, retries, upstreamConnections, upstreamDuration } = this.#metrics;
    const { peer, upstream, answers, durations, newConnections, reusedConnections } = traffic;
    if (peer !== null && [...traffic.attempts.keys()].some(isAnswer)) this.#onAnswer(peer);
    const labels = { ...subject, proxy, ...this.#upstreamOf(proxy, subject, peer, upstream) };
    for (const [code, count] of answers) requests.inc({ ...labels, code }, count);
    for (const [code, count] of traffic.attempts) attempts.inc({ ...labels, code }, count);
    for (const [method, count] of traffic.retries) retries.inc({ ...labels, method }, count);
    if (newConnections > 0) upstreamConnections.inc({ ...labels, connection: 'new' }, newConnections);
    if (reusedConnections > 0) upstreamConnections.inc({ ...labels, connection: 'reused' }, reusedConnections);
    // Envoy's statistics tell times of answers, and no attempts.
    const isTimed = traffic.attempts.size > 0 || Array.from(durations.counts).some((count) => count > 0);
    if (isTimed) upstreamDuration.merge(labels, durations.counts, durations.sum);
  }
}

const isAnswer = (code: string) => /^[1-4]/.test(code);
