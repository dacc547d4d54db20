import { classifyGlobal, GLOBAL_TOKENS, type GlobalStat } from './envoy-global-stats.ts';
import { makeWordTable, readUint } from './envoy-words.ts';

const BREAKERS = ['cx_open', 'cx_pool_open', 'rq_open', 'rq_pending_open', 'rq_retry_open'] as const;
/** The 5xx that are in use. */
const ANSWERED = [500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 521, 522, 523, 524, 525, 526, 529, 530] as const;

/** What is read of each cluster: the end of the stat's name after `cluster.<name>.`. No one is a dotted tail of another. */
export const CLUSTER_STATS = [
  'upstream_cx_active',
  'upstream_cx_connect_fail',
  'upstream_cx_connect_timeout',
  'upstream_cx_none_healthy',
  // Limits of connections and of pools: a TCP proxy gives up at the first, a request at the second.
  'upstream_cx_overflow',
  'upstream_cx_pool_overflow',
  'upstream_cx_protocol_error',
  'upstream_cx_destroy_remote_with_active_rq',
  'upstream_cx_destroy_local_with_active_rq',
  // Connections that the upstream was going to close: GOAWAY on HTTP/2, `Connection: close` on HTTP/1.
  'upstream_cx_close_notify',
  'upstream_cx_http1_total',
  'upstream_cx_http2_total',
  'upstream_cx_http3_total',
  'upstream_rq_active',
  // Attempts that had a connection, and answers that no 5xx counter tells of.
  'upstream_rq_total',
  'upstream_rq_1xx',
  'upstream_rq_2xx',
  'upstream_rq_3xx',
  'upstream_rq_4xx',
  'upstream_rq_pending_active',
  'upstream_rq_timeout',
  'upstream_rq_per_try_timeout',
  'upstream_rq_max_duration_reached',
  'upstream_rq_pending_overflow',
  'upstream_rq_pending_failure_eject',
  'upstream_rq_rx_reset',
  'upstream_rq_tx_reset',
  'upstream_rq_maintenance_mode',
  'upstream_rq_retry',
  // Upgraded connections: WebSockets and other tunnels.
  'upstream_rq_101',
  // All that an upstream reset on HTTP/2; those that it refused are not in upstream_rq_rx_reset.
  'http2.rx_reset',
  ...ANSWERED.map((code) => `upstream_rq_${code}` as const),
  // Attempts that the upstream answered and that were tried again for it.
  'retry.upstream_rq_completed',
  'retry.upstream_rq_5xx',
  // Of requests that were internal, and of all that a service refused which a filter asked.
  'internal.upstream_rq_5xx',
  // The certificates that TLS needs were not given (SDS): no connection is even begun.
  'client_ssl_socket_factory.upstream_context_secrets_not_ready',
  'ssl.connection_error',
  'ssl.fail_verify_error',
  'ssl.fail_verify_san',
  'ssl.fail_verify_no_cert',
  'ssl.fail_verify_cert_hash',
  'ext_authz.denied',
  'ratelimit.over_limit',
  // Of looking up a name, or of a control plane: only that has the time of its last update, and gives up waiting for the first.
  'update_success',
  'update_failure',
  'update_time',
  'init_fetch_timeout',
  ...BREAKERS.map((breaker) => `circuit_breakers.default.${breaker}` as const),
  ...BREAKERS.map((breaker) => `circuit_breakers.high.${breaker}` as const),
] as const;
export type ClusterStat = (typeof CLUSTER_STATS)[number];

export interface StatsConsumer {
  /** The place of a cluster, by its name as latin1 text of the bytes; undefined when /clusters did not name it. */
  findCluster(name: string): number | undefined;
  /** `stat` is an index into CLUSTER_STATS. */
  onCluster(cluster: number, stat: number, value: number): void;
  /** `name` is the whole stat name: several connection managers and listeners have the same stat. */
  onGlobal(stat: GlobalStat, name: string, value: number): void;
}

/** How many lines were left out, by reason. */
export interface StatsSkips {
  /** Value above 2^53 - 1: cannot be held exactly. */
  unsafeValue: number;
  longLine: number;
  /** A wanted stat of a name that /clusters did not list (`x.internal`, `x.external`, warming clusters). */
  unknownCluster: number;
}

export const MAX_STATS_LINE_BYTES = 16 * 1024;

const NEWLINE = 0x0a;
const DOT = 0x2e;
const ROOT_PREFIX = Buffer.from('cluster.');
const SUFFIXES = makeWordTable(CLUSTER_STATS);
const LAST_TOKENS = makeWordTable([...new Set(CLUSTER_STATS.map((stat) => stat.slice(stat.lastIndexOf('.') + 1)))]);
const GLOBAL_LAST_TOKENS = makeWordTable(GLOBAL_TOKENS);
const MAX_SUFFIX_TOKENS = 3;

/**
 * Streaming reader of Envoy's text `/stats` (`name: uint` lines), on bytes. Histograms, text readouts and anything else
 * that is not such a line are passed over. A cluster's stat is found by a known end of the name, and what stands before
 * it must be a name that /clusters gave: the text alone is ambiguous because cluster names hold dots.
 */
export class StatsParser {
  readonly skips: StatsSkips = { unsafeValue: 0, longLine: 0, unknownCluster: 0 };
  readonly #consumer: StatsConsumer;
  #rest: Buffer | null = null;
  #isSkippingLine = false;
  /** Bytes of `cluster.<name>.` of the last match: Envoy sorts, so most lines begin like the one before. */
  #prefix: Buffer = Buffer.alloc(0);
  #place = -1;
  #lastGlobal = '';

  constructor(consumer: StatsConsumer) {
    this.#consumer = consumer;
  }

  push(chunk: Buffer): void {
    let start = 0;
    if (this.#rest !== null || this.#isSkippingLine) {
      const newline = chunk.indexOf(NEWLINE);
      if (newline < 0) {
        this.#keep(chunk);
        return;
      }
      if (this.#rest !== null) {
        const line = Buffer.concat([this.#rest, chunk.subarray(0, newline)]);
        this.#rest = null;
        this.#readLine(line, 0, line.length);
      }
      this.#isSkippingLine = false;
      start = newline + 1;
    }
    const length = chunk.length;
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start);
      if (newline < 0) break;
      this.#readLine(chunk, start, newline);
      start = newline + 1;
    }
    if (start < length) this.#keep(chunk.subarray(start));
  }

  /** Call at the end of the body: a last line without newline is read too. */
  end(): void {
    const rest = this.#rest;
    this.#rest = null;
    if (rest !== null) this.#readLine(rest, 0, rest.length);
  }

  #keep(part: Buffer): void {
    if (this.#isSkippingLine) return;
    const rest = this.#rest === null ? Buffer.from(part) : Buffer.concat([this.#rest, part]);
    this.#isSkippingLine = rest.length > MAX_STATS_LINE_BYTES;
    if (this.#isSkippingLine) this.skips.longLine++;
    this.#rest = this.#isSkippingLine ? null : rest;
  }

  #readLine(buffer: Buffer, start: number, lineEnd: number): void {
    const end = lineEnd > start && buffer[lineEnd - 1] === 0x0d ? lineEnd - 1 : lineEnd;
    let digits = end;
    while (digits > start && buffer[digits - 1] >= 0x30 && buffer[digits - 1] <= 0x39) digits--;
    // `name: 7`: at least one digit, before it ": ", before that a name.
    if (digits === end || digits - start < 3 || buffer[digits - 1] !== 0x20 || buffer[digits - 2] !== 0x3a) return;
    const nameEnd = digits - 2;
    if (this.#readKnownCluster(buffer, start, nameEnd, digits, end)) return;
    let lastDot = nameEnd - 1;
    while (lastDot > start && buffer[lastDot] !== DOT) lastDot--;
    const isCluster = nameEnd - start > 8 && buffer.compare(ROOT_PREFIX, 0, 8, start, start + 8) === 0;
    const tokens = isCluster ? LAST_TOKENS : GLOBAL_LAST_TOKENS;
    const token = tokens.find(buffer, lastDot + 1, nameEnd);
    if (token === 0) return;
    const value = this.#readValue(buffer, digits, end);
    if (Number.isNaN(value)) return;
    if (isCluster) this.#readNewCluster(buffer, start, nameEnd, value);
    else this.#readGlobal(buffer.toString('latin1', start, nameEnd), GLOBAL_TOKENS[token - 1], value);
  }

  #readValue(buffer: Buffer, start: number, end: number): number {
    const value = readUint(buffer, start, end);
    if (Number.isNaN(value)) this.skips.unsafeValue++;
    return value;
  }

  /** The fast path: the line begins with the last cluster's prefix and what follows is a known stat. */
  #readKnownCluster(buffer: Buffer, start: number, nameEnd: number, digits: number, end: number): boolean {
    const prefix = this.#prefix;
    const length = prefix.length;
    if (length === 0 || nameEnd - start <= length) return false;
    // Backwards: names of neighbours differ at the end.
    for (let i = length - 1; i >= 0; i--) if (prefix[i] !== buffer[start + i]) return false;
    const stat = SUFFIXES.find(buffer, start + length, nameEnd);
    if (stat === 0) return false;
    const value = this.#readValue(buffer, digits, end);
    if (!Number.isNaN(value)) this.#consumer.onCluster(this.#place, stat - 1, value);
    return true;
  }

  #readNewCluster(buffer: Buffer, start: number, nameEnd: number, value: number): void {
    let isWanted = false;
    let dot = nameEnd;
    for (let tokens = 0; tokens < MAX_SUFFIX_TOKENS; tokens++) {
      do dot--;
      while (dot > start + 8 && buffer[dot] !== DOT);
      if (dot <= start + 8) break;
      const stat = SUFFIXES.find(buffer, dot + 1, nameEnd);
      if (stat === 0) continue;
      isWanted = true;
      const place = this.#consumer.findCluster(buffer.toString('latin1', start + 8, dot));
      if (place === undefined) continue;
      this.#prefix = Buffer.from(buffer.subarray(start, dot + 1));
      this.#place = place;
      this.#consumer.onCluster(place, stat - 1, value);
      return;
    }
    if (isWanted) this.skips.unknownCluster++;
  }

  #readGlobal(name: string, token: string, value: number): void {
    // Duplicate series stand next to each other.
    if (name === this.#lastGlobal) return;
    this.#lastGlobal = name;
    const stat = classifyGlobal(name, token);
    if (stat !== null) this.#consumer.onGlobal(stat, name, value);
  }
}
