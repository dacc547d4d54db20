import type { Subject, UpstreamIdentity } from './metrics.ts';
import type { ProxyKind, Symptom } from './names.ts';

/** An upstream peer as the proxy names it. `port` is null for a unix socket path and for a block name. */
export interface PeerAddress {
  readonly scheme: string;
  readonly address: string;
  readonly port: number | null;
}

/** What a failure was read from: without saying, nginx's error log and Envoy's statistics. */
export const FAILURE_SOURCES = ['error_log', 'access_log', 'stats'] as const;
export type FailureSource = (typeof FAILURE_SOURCES)[number];

/**
 * What an error line proves beyond its symptom. `datagram_refused`: the peer's host refused a datagram (UDP), of which TCP's sockets say nothing;
 * `not_our_address`: bind(2) to an address that the gateway's host does not have; `not_begun`: its socket could not be made ready to connect, which
 * nginx answers with a 500 that has no address in its access log (NGX_ERROR of ngx_event_connect_peer); `black_hole`: so the route is (errno 22 of connect(2));
 * `kernel_timeout`: the gateway's kernel gave up (ETIMEDOUT of connect(2) or recv(2)) before the gateway, which answers 502 then, not 504.
 */
export const FAILURE_DETAILS = [
  'datagram_refused',
  'not_our_address',
  'not_begun',
  'black_hole',
  'kernel_timeout',
] as const;
export type FailureDetail = (typeof FAILURE_DETAILS)[number];

/** `count` identical observations by one proxy since the last report: the unit that facts and causes work on. */
export interface Observation {
  readonly proxy: ProxyKind;
  readonly subject: Subject;
  readonly symptom: Symptom;
  /** True when each of them is a failed upstream attempt or a 5xx made by the gateway itself. */
  readonly failure: boolean;
  readonly peer: PeerAddress | null;
  readonly upstream: UpstreamIdentity;
  /** Another name of it (Envoy's `alt_stat_name`), which an access log may say instead. */
  readonly upstreamAlias?: string;
  readonly count: number;
  /** All of them happened after this moment (milliseconds since the epoch) … */
  readonly sinceMs: number;
  /** … and not after this one. */
  readonly atMs: number;
  /** When they were read; absent: at `atMs`. */
  readonly readMs?: number;
  readonly source?: FailureSource;
  /**
   * No other source tells of it: an answer of the upstream itself stands in no error log, and what broke off after its header has the
   * status of that answer in an access log.
   */
  readonly isOnlyHere?: true;
  /** Attempts of a request inside the client's (auth_request, mirror, an include): nginx's access log has no line of it unless it is told to. */
  readonly isSubrequest?: true;
  /** An access log where one is followed has a line of each: it counts them, and this says only what such a line does not. */
  readonly isLogged?: true;
  /** What an access log calls it, which cannot tell it from that. */
  readonly loggedAs?: Symptom;
  /** Of an access log of Envoy: the service failed them that a filter asks before the upstream; it does not say where that is. */
  readonly isOfService?: true;
  /** The gateway gave up waiting (504), whatever the symptom says; of Envoy `other` where the line does not say who answered so. */
  readonly isTimeout?: true;
  /** The proxy has answered the clients itself because of it, with a 5xx unless it is told otherwise: its error log says so. */
  readonly isAnswered?: true;
  /** nginx answered so itself and asked no upstream, as its limits do: 429, or of class 5xx. */
  readonly ownStatus?: number;
  readonly detail?: FailureDetail;
  /** The access log proves that a limit of nginx refused them, whatever became of them then. */
  readonly isRefused?: true;
  /** `$request_id` of some of the requests, at most 20: letters, digits and dashes. */
  readonly requestIds?: readonly string[];
  /** An access log tells of it; the error log, which is read as well, did not in time. */
  readonly isUntold?: true;
  /** They may have happened long before: what was known when they were read says nothing of them. */
  readonly isLate?: true;
  /** What the proxy tells of it beyond the symptom, in a sentence of ours; no request data. */
  readonly said?: string;
  /** One of the log lines, redacted (parse/redacted-line.ts); absent without a log. */
  readonly sample?: string;
}

/** What an access log takes its time for. */
export type LogStep = 'written' | 'read';

export interface ObservationSink {
  /** A gateway is watched: its failure series exist at 0 from now on. `sinceMs`: the source tells of what has happened since (default: now). */
  present(proxy: ProxyKind, subject: Subject, source?: FailureSource, sinceMs?: number): void;
  observe(observation: Observation): void;
  /** Lines of its access log name this host, whatever became of the requests. */
  named?(proxy: ProxyKind, subject: Subject, peer: PeerAddress): void;
  /** The source was read at `atMs` (milliseconds since the epoch): it may hold back what it cannot tell apart yet, and the next reading has it. */
  read?(proxy: ProxyKind, subject: Subject, source: FailureSource, atMs: number): void;
  /** What happens stands in its access log (`written`), and is read from there (`read`), so many milliseconds later at the latest. */
  lags?(proxy: ProxyKind, subject: Subject, step: LogStep, mostMs: number): void;
}
