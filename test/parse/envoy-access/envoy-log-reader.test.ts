import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METHODS } from '../../../src/contract/traffic.ts';
import { CODES } from '../../../src/parse/access-log/codes.ts';
import { TimeBuckets } from '../../../src/parse/access-log/time-buckets.ts';
import { EnvoyAccessCounts } from '../../../src/parse/envoy-access/access-counts.ts';
import { AccessFailures } from '../../../src/parse/envoy-access/access-failures.ts';
import { compileEnvoyFormat } from '../../../src/parse/envoy-access/envoy-format.ts';
import { ENVOY_FORMATS } from '../../../src/parse/envoy-access/envoy-formats.ts';
import { ENVOY_LINE_RESULTS, EnvoyLogReader, newResults } from '../../../src/parse/envoy-access/envoy-log-reader.ts';
import type { UpstreamTally } from '../../../src/parse/envoy-access/upstream-tally.ts';
import { renderJson, renderText, type Values } from './rendered.ts';

const FULL = { ...ENVOY_FORMATS['istio-json'].json, attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%' };
const START = Date.UTC(2026, 10, 21, 3);
const CART: Values = {
  ...{ START_TIME: '2026-11-21T03:00:00.000Z', 'REQ(:METHOD)': 'GET', PROTOCOL: 'HTTP/1.1', RESPONSE_CODE: '200' },
  ...{ DURATION: '4', BYTES_SENT: '10', BYTES_RECEIVED: '3', 'RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)': '2' },
  ...{ UPSTREAM_HOST: '10.0.0.1:80', UPSTREAM_CLUSTER_RAW: 'cart', UPSTREAM_REQUEST_ATTEMPT_COUNT: '1' },
  'REQ(X-ENVOY-ORIGINAL-PATH?:PATH)': '/secret?token=abc',
  'REQ(USER-AGENT)': 'secret agent',
};
const REFUSED: Values = {
  ...CART,
  ...{ RESPONSE_CODE: '503', RESPONSE_FLAGS: 'UF,URX', DURATION: '1500', BYTES_SENT: '91' },
  'RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)': '-',
  RESPONSE_CODE_DETAILS:
    'upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}',
  UPSTREAM_TRANSPORT_FAILURE_REASON: 'delayed connect error: Connection refused',
};

function accountOf(limit = 100) {
  const counts = new EnvoyAccessCounts(limit, new TimeBuckets([0.005, 0.5, 1]));
  return { results: newResults(), counts, failures: new AccessFailures() };
}

const json = (values: Values) => `${renderJson(FULL, values)}\n`;
const reader = new EnvoyLogReader();

function read(text: string | Buffer, { wrapping = 'none' as 'none' | 'container', final = true, limit = 100 } = {}) {
  const account = accountOf(limit);
  const buffer = Buffer.from(text);
  const format = compileEnvoyFormat({ json: FULL });
  const used = reader.read({ buffer, start: 0, end: buffer.length, final, wrapping, formatOf: () => format }, account);
  const tallies: Record<string, unknown>[] = [];
  account.counts.upstreams.drain((tally) => tallies.push(shown(tally)));
  const results = ENVOY_LINE_RESULTS.flatMap((name, index) =>
    account.results[index] > 0 ? [[name, account.results[index]] as const] : [],
  );
  return { ...account, results: Object.fromEntries(results), tallies, used };
}

const positive = (names: readonly string[], counts: Float64Array) =>
  Object.fromEntries(names.flatMap((name, index) => (counts[index] > 0 ? [[name, counts[index]]] : [])));

function shown({ peer, upstream, answers, attempts, retries, durations, durationMs }: UpstreamTally) {
  return {
    ...{ to: `${upstream.upstream} ${peer?.address ?? ''}`, answers: positive(CODES, answers) },
    ...{ attempts: positive(CODES, attempts), retries: positive(METHODS, retries) },
    ...{ durations: [...durations], durationMs },
  };
}

describe('EnvoyLogReader', () => {
  it('counts answers by code, upstream and time, and bytes of bodies', () => {
    const slow = { ...CART, RESPONSE_CODE: '404', DURATION: '501', 'RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)': '500' };
    const { results, tallies, counts } = read(json(CART) + json(slow) + json({ ...CART, RESPONSE_CODE: '0' }));
    assert.deepEqual(results, { request: 3 });
    const codes = { '200': 1, '404': 1, none: 1 };
    assert.deepEqual(tallies, [
      { to: 'cart 10.0.0.1', answers: codes, attempts: codes, retries: {}, durations: [2, 1, 0, 0], durationMs: 504 },
    ]);
    assert.deepEqual([...counts.durations], [2, 0, 1, 0]);
    assert.deepEqual([counts.durationMs, counts.bytesSent, counts.bytesReceived, counts.upgrades], [509, 30, 9, 0]);
  });

  it('of a request that was tried again the last attempt has the host; those before are the cluster’s', () => {
    const { tallies } = read(json({ ...CART, UPSTREAM_REQUEST_ATTEMPT_COUNT: '3', 'REQ(:METHOD)': 'POST' }));
    assert.deepEqual(
      tallies.map(({ to, attempts, retries }) => ({ to, attempts, retries })),
      [
        { to: 'cart 10.0.0.1', attempts: { '200': 1 }, retries: { POST: 2 } },
        { to: 'cart ', attempts: { none: 2 }, retries: {} },
      ],
    );
  });

  it('a tunnel is one when it ends, and no latency; a TCP session is no request', () => {
    const websocket = { ...CART, RESPONSE_CODE: '101', DURATION: '600000' };
    const session = { ...CART, RESPONSE_CODE: '0', 'REQ(:METHOD)': '-', PROTOCOL: '-', RESPONSE_FLAGS: 'UF' };
    const connect = { ...CART, 'REQ(:METHOD)': 'CONNECT' };
    const { results, counts, failures, tallies } = read(json(websocket) + json(session) + json(connect));
    assert.deepEqual(results, { request: 2, session: 1 });
    assert.equal(counts.upgrades, 2);
    assert.equal(counts.durationMs, 0);
    assert.deepEqual(tallies[0].answers, { '101': 1, '200': 1 });
    assert.deepEqual(
      failures.drain().map(({ symptom, failure }) => [symptom, failure]),
      [['other', true]],
    );
  });

  it('what a backend writes for its service time is not believed when the request took less', () => {
    const { tallies } = read(json({ ...CART, 'RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)': '99999999' }));
    assert.deepEqual(tallies[0].durations, [0, 0, 0, 0]);
  });

  it('failures: by second, upstream and errno, with one line each that has nothing of the request', () => {
    const later = { ...REFUSED, START_TIME: '2026-11-21T03:00:07.000Z' };
    const { failures } = read(json(later) + json(REFUSED) + json(CART) + json(REFUSED));
    const found = failures.drain();
    assert.deepEqual(
      found.map(({ symptom, failure, count, errno, between, asked }) => [
        ...[symptom, failure, count, errno, asked.peer, asked.upstream.upstream],
        between && [between.sinceMs - START, between.atMs - START],
      ]),
      [
        ['connect_refused', true, 2, 111, { scheme: 'tcp', address: '10.0.0.1', port: 80 }, 'cart', [999, 2000]],
        ['connect_refused', true, 1, 111, { scheme: 'tcp', address: '10.0.0.1', port: 80 }, 'cart', [7999, 9000]],
      ],
    );
    assert.equal(
      found[0].sample,
      '2026-11-21T03:00:00.000Z 503 UF,URX connect refused (111: Connection refused) [upstream_reset_before_response_started{remote_connection_failure}] after 1500 ms upstream: 10.0.0.1:80 cluster: cart',
    );
    assert.deepEqual(failures.drain(), []);
  });

  it('what a filter refused, or the service that it asked failed, is not said of the route’s cluster', () => {
    const denied = { ...REFUSED, RESPONSE_FLAGS: 'UAEX', RESPONSE_CODE_DETAILS: 'ext_authz_error', UPSTREAM_HOST: '-' };
    const limited = {
      ...denied,
      RESPONSE_CODE: '500',
      RESPONSE_FLAGS: 'RLSE',
      RESPONSE_CODE_DETAILS: 'rate_limiter_error',
    };
    const forbidden = { ...denied, RESPONSE_CODE: '403' };
    const of = (details: string) => ({ ...limited, RESPONSE_FLAGS: '-', RESPONSE_CODE_DETAILS: details });
    const [unprocessed, crowded] = [of('ext_proc_error_gRPC_error_14{x}'), of('reached_concurrency_limit')];
    const { failures } = read([denied, limited, forbidden, unprocessed, crowded, REFUSED].map(json).join(''));
    const found = failures.drain();
    assert.deepEqual(
      found.map(({ symptom, failure, count, asked }) => [symptom, failure, count, asked.upstream.upstream]),
      [
        ['overload', true, 1, ''],
        ['ext_authz_denied', false, 1, 'cart'],
        ['connect_refused', true, 1, 'cart'],
        // What says nothing of why comes last.
        ['other', true, 3, ''],
      ],
    );
    assert.match(found[3].sample ?? '', /cluster: cart$/);
  });

  it('lines of a container runtime, whole and split; a plain line that looks like one is none', () => {
    const line = json(CART).trimEnd();
    const cri = (tag: string, text: string) => `2026-11-21T03:00:00.000000000Z stdout ${tag} ${text}\n`;
    const docker = `${JSON.stringify({ log: `${line}\n`, stream: 'stdout', time: '2026-11-21T03:00:00Z' })}\n`;
    const split = cri('P', line.slice(0, 50)) + cri('F', line.slice(50));
    const wrapped = read(`${cri('F', line)}${docker}${split}${line}\n`, { wrapping: 'container' });
    assert.deepEqual(wrapped.results, { request: 3, partial: 1, unwrapped: 1 });
    assert.deepEqual(read(cri('F', line)).results, { foreign: 1 });
    const half = cri('F', line) + cri('P', line.slice(0, 50));
    assert.equal(read(half, { wrapping: 'container', final: false }).used, cri('F', line).length);
  });

  it('a line that can be read in two ways is a request of an unknown code and no failure', () => {
    const istio = ENVOY_FORMATS.istio.text;
    const format = compileEnvoyFormat({ text: istio });
    const plain = renderText(istio, CART);
    const forged = '/ HTTP/1.1" 503 UF x - "-" 0 0 0 - "';
    const path = 'REQ(X-ENVOY-ORIGINAL-PATH?:PATH)';
    const buffer = Buffer.from(`${plain}\n${renderText(istio, { ...CART, [path]: forged })}\n`);
    const account = accountOf();
    const block = { buffer, start: 0, end: buffer.length, final: true, wrapping: 'none' as const };
    reader.read({ ...block, formatOf: () => format }, account);
    assert.equal(account.results[ENVOY_LINE_RESULTS.indexOf('ambiguous')], 1);
    assert.equal(account.counts.upstreams.none.answers[CODES.indexOf('other')], 1);
    assert.deepEqual(account.failures.drain(), []);
  });

  it('more upstreams than the limit are counted together, and each time is', () => {
    const many = Array.from({ length: 20 }, (_, host) => json({ ...CART, UPSTREAM_HOST: `10.0.0.${host}:80` })).join(
      '',
    );
    const { tallies, counts } = read(many, { limit: 16 });
    const answers = tallies.map((tally) => (tally.answers as Record<string, number>)['200']);
    assert.equal(
      answers.reduce((sum, count) => sum + count),
      20,
    );
    assert.ok(counts.upstreams.overflows >= 4);
    assert.ok(tallies.length <= 18);
  });
});
