import type { PeerAddress } from './failure.ts';
import { counter, histogram, SUBJECT_LABELS, type Subject, UPSTREAM_LABELS } from './metrics.ts';
import type { ProxyKind } from './names.ts';

/** Upper bounds of durations in seconds, when nobody configures others; 0.5 is a threshold of the rules. */
export const DURATION_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

const GATEWAY_LABELS = [...SUBJECT_LABELS, 'proxy'] as const;

/** What clients got and what it took, from access logs; the families that every source of traffic shares. */
export const TRAFFIC_METRICS = {
  requests: counter(
    'badgateway_requests_total',
    'Answers to clients by status code, with the upstream that was asked last. Without an access log: by code or class, of no upstream.',
    [...GATEWAY_LABELS, 'code', ...UPSTREAM_LABELS],
  ),
  duration: histogram(
    'badgateway_request_duration_seconds',
    'From the first byte of a request to the last byte of its answer; upgraded connections (101) are left out.',
    GATEWAY_LABELS,
    DURATION_BUCKETS,
  ),
  upstreamDuration: histogram(
    'badgateway_upstream_duration_seconds',
    'From connecting to the upstream to the last byte of its answer, each attempt by itself; upgraded connections are left out.',
    [...GATEWAY_LABELS, ...UPSTREAM_LABELS],
    DURATION_BUCKETS,
  ),
  attempts: counter(
    'badgateway_upstream_attempts_total',
    'Attempts to get an answer of an upstream, by its status code or the one that the gateway gave the failed attempt.',
    [...GATEWAY_LABELS, 'code', ...UPSTREAM_LABELS],
  ),
  retries: counter(
    'badgateway_upstream_retries_total',
    'Attempts after the first one of a request, by method: what is not idempotent (POST, PATCH) may have been done twice.',
    [...GATEWAY_LABELS, 'method', ...UPSTREAM_LABELS],
  ),
  upstreamConnections: counter(
    'badgateway_upstream_connections_total',
    'Attempts by what they were sent over: new (a connection was opened for it) or reused (it was open already).',
    [...GATEWAY_LABELS, 'connection', ...UPSTREAM_LABELS],
  ),
  requestBytes: counter('badgateway_request_bytes_total', 'Bytes of requests, headers included.', GATEWAY_LABELS),
  responseBytes: counter('badgateway_response_bytes_total', 'Bytes sent to clients.', GATEWAY_LABELS),
  upgrades: counter(
    'badgateway_upgraded_connections_total',
    'Connections that were upgraded (101, WebSocket) and have ended; a log says so at their end.',
    GATEWAY_LABELS,
  ),
} as const;

/** Configured bounds by name of the family. */
export function durationBounds(buckets: readonly number[]): Readonly<Record<string, readonly number[]>> {
  const { duration, upstreamDuration } = TRAFFIC_METRICS;
  return { [duration.name]: buckets, [upstreamDuration.name]: buckets };
}

/** Values of `method`; what is none of them is `other`. */
export const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'other',
] as const;
export type Method = (typeof METHODS)[number];

/** Durations by bucket: one count for each of `TrafficSink.buckets` and a last one for what is above all, not cumulative; `sum` in seconds. */
export interface Durations {
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

/** Whose upstream it is: an address, a socket or the name of a block as the proxy logs it; or the name of Envoy's cluster, or both. */
export interface TrafficPeer {
  readonly peer: PeerAddress | null;
  readonly upstream: string;
}

/** What was counted for one upstream address of a gateway since the last report; of none where both are empty. */
export interface UpstreamTraffic extends TrafficPeer {
  /** Answers to clients that this upstream was the last one asked for, by `code`: CODES in parse/access-log/codes.ts. */
  readonly answers: ReadonlyMap<string, number>;
  readonly attempts: ReadonlyMap<string, number>;
  readonly retries: ReadonlyMap<Method, number>;
  /** Attempts over connections that were opened for them, and over those that were open already; of others it is not known. */
  readonly newConnections: number;
  readonly reusedConnections: number;
  readonly durations: Durations;
}

/** What was counted for one gateway since the last report. */
export interface GatewayTraffic {
  readonly durations: Durations;
  /** Null: nobody says. */
  readonly requestBytes: number | null;
  readonly responseBytes: number;
  readonly upgrades: number;
}

/**
 * Who reads access logs reports here what it counted. Who knows the answers of a gateway from elsewhere asks, and leaves them to its
 * log where one is followed.
 */
export interface TrafficSink {
  /** Upper bounds in force, in seconds, ascending, without +Inf. */
  readonly buckets: readonly number[];
  /** One log of this gateway is followed and its format says the status. */
  follows(proxy: ProxyKind, subject: Subject): void;
  /** As often as `follows`: one is not any more. */
  leaves(proxy: ProxyKind, subject: Subject): void;
  /** Pods are told apart by namespace, pod and container, else by gateway. */
  isFollowed(proxy: ProxyKind, subject: Subject): boolean;
  /** A program has answered at this address, and not with 5xx, as the proxy's own counters say. */
  answered?(peer: PeerAddress): void;
  gateway(proxy: ProxyKind, subject: Subject, traffic: GatewayTraffic): void;
  upstream(proxy: ProxyKind, subject: Subject, traffic: UpstreamTraffic): void;
}
