import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SYMPTOMS } from '../../../src/contract/names.ts';
import { AccessVerdict, FLAG_MEANINGS } from '../../../src/parse/envoy-access/access-verdict.ts';
import { compileEnvoyFormat, type EnvoyLineReader } from '../../../src/parse/envoy-access/envoy-format.ts';
import { RESPONSE_FLAGS } from '../../../src/parse/envoy-access/response-flags.ts';
import { readWith } from './rendered.ts';

const FULL =
  '%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %UPSTREAM_TRANSPORT_FAILURE_REASON% %UPSTREAM_HOST% %BYTES_SENT% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%\n';
/** Envoy's default has neither details nor reasons. */
const BARE = '%RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_HOST% %BYTES_SENT% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%\n';
const full = compileEnvoyFormat({ text: FULL });
const bare = compileEnvoyFormat({ text: BARE });

type Row = readonly [code: number, flags: string, details: string, reason: string, expected: string | null];

const RESET = 'upstream_reset_before_response_started';
const CUT = 'upstream_reset_after_response_started';
const REFUSED = 'delayed_connect_error:_Connection_refused';

/** `!` before the symptom: a failure. With `(errno)`. Null: nothing to say. */
function verdictOf(reader: EnvoyLineReader, text: string, verdict = new AccessVerdict()): string | null {
  const { result, line } = readWith(reader, text);
  assert.equal(result, 'read', text);
  verdict.judge(line);
  if (verdict.symptom < 0) return null;
  return `${verdict.failure ? '!' : ''}${SYMPTOMS[verdict.symptom]}${verdict.errno > 0 ? `(${verdict.errno})` : ''}`;
}

/** Facts envoy.md §3.1–§3.4; the first rows are what Envoy 1.36.4 wrote (test/e2e/envoy-access.test.ts stages them). */
const ROWS: readonly Row[] = [
  [200, '-', 'via_upstream', '-', null],
  [503, 'URX,UF', `${RESET}{remote_connection_failure|${REFUSED}}`, REFUSED, '!connect_refused(111)'],
  [503, 'UF', `${RESET}{remote_connection_failure,delayed_connect_error:_111}`, '-', '!connect_refused(111)'],
  [503, 'UF', '-', 'delayed_connect_error:_111', '!connect_refused(111)'],
  [503, 'UF', `${RESET}{connection_timeout}`, '-', '!connect_timeout'],
  [503, 'UF', '-', 'delayed_connect_error:_110', '!connect_timeout(110)'],
  [503, 'UF', '-', 'delayed_connect_error:_No_route_to_host', '!host_unreachable(113)'],
  [503, 'UF', '-', 'immediate_connect_error:_Network_is_unreachable', '!network_unreachable(101)'],
  [503, 'UF', '-', 'delayed_connect_error:_104', '!connect_reset(104)'],
  [503, 'UF', '-', 'immediate_connect_error:_99|remote_address:10.0.0.1:80', '!address_unavailable(99)'],
  [
    503,
    'UF',
    '-',
    'TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end',
    '!tls_verify',
  ],
  [
    503,
    'UF',
    '-',
    'TLS_error:|268435703:SSL_routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end',
    '!tls_handshake',
  ],
  [503, 'UF', '-', '-', '!other'],
  [503, 'UF', `${RESET}{connection_failure}`, '-', '!other'],
  // The reason is an earlier attempt's: the last one timed out.
  [503, 'UF,URX', `${RESET}{connection_timeout}`, 'delayed_connect_error:_111', '!connect_timeout'],
  // gRPC: the answer has code 200 all the same.
  [200, 'UF', `${RESET}{remote_connection_failure|${REFUSED}}`, REFUSED, '!connect_refused(111)'],
  // A TCP proxy has no code.
  [0, 'UF,URX', '-', REFUSED, '!connect_refused(111)'],
  [0, '-', '-', '-', null],
  [0, 'UH', '-', '-', '!no_healthy_upstream'],
  [503, 'UC', `${RESET}{connection_termination}`, '-', '!premature_close'],
  [503, 'LR', `${RESET}{http/1_premature_upstream_half_close}`, '-', '!premature_close'],
  [503, 'UR', `${RESET}{remote_reset}`, '-', '!reset'],
  [503, 'UR', `${RESET}{remote_refused_stream_reset}`, '-', '!reset'],
  [502, 'UPE', `${RESET}{protocol_error}`, '-', '!protocol_error'],
  [200, 'UPE', `${CUT}{protocol_error}`, '-', '!truncated_response'],
  [200, 'UC', `${CUT}{connection_termination}`, '-', '!truncated_response'],
  [200, 'UR', `${CUT}{remote_reset}`, '-', '!truncated_response'],
  [503, 'LR', `${RESET}{local_reset}`, '-', '!local_reset'],
  [200, 'LR', `${CUT}{local_reset}`, '-', 'local_reset'],
  [503, 'UO', `${RESET}{overflow}`, '-', '!circuit_open'],
  [503, 'UO', 'maintenance_mode', '-', '!other'],
  // The breaker allowed no further try (max_retries): what the upstream answered stands.
  [503, 'UO', 'via_upstream', '-', '!upstream_5xx'],
  [409, 'UO', 'via_upstream', '-', null],
  [503, 'UF,UO', `${RESET}{remote_connection_failure|${REFUSED}}`, REFUSED, '!connect_refused(111)'],
  [503, 'UH', 'no_healthy_upstream', '-', '!no_healthy_upstream'],
  [503, 'UH', 'panic_at_the_disco', '-', '!no_healthy_upstream'],
  [503, 'NC', 'cluster_not_found', '-', '!no_cluster'],
  [404, 'NC', 'cluster_not_found', '-', 'no_cluster'],
  [404, 'NR', 'route_not_found', '-', 'route_not_found'],
  [504, 'UT', 'response_timeout', '-', '!response_timeout'],
  [504, 'URX,UT', 'upstream_per_try_timeout', '-', '!response_timeout'],
  [200, 'UT', 'response_timeout', '-', '!response_timeout'],
  [504, 'UMSDR', 'upstream_max_stream_duration_reached', '-', '!response_timeout'],
  [408, 'UMSDR', 'upstream_max_stream_duration_reached', '-', null],
  [504, 'SI', 'stream_idle_timeout', '-', '!response_timeout'],
  [408, 'SI', 'stream_idle_timeout', '-', null],
  [503, 'DF', 'dns_resolution_failure', '-', '!dns_failure'],
  [503, 'OM', 'overload', '-', '!overload'],
  [503, '-', 'overload', '-', '!overload'],
  [500, 'DPE', 'overload', '-', '!overload'],
  [200, 'OM', 'overload', '-', '!overload'],
  [503, 'DO', 'drop_overload', '-', '!overload'],
  [503, 'UDO', 'unconditional_drop_overload', '-', '!overload'],
  [503, 'LH', '-', '-', '!other'],
  [500, 'NFCF', '-', '-', '!other'],
  [200, 'DT', 'max_duration_timeout', '-', null],
  // max_stream_duration of the connection manager: 1.36.4 sets no flag.
  [504, '-', 'max_duration_timeout', '-', '!response_timeout'],
  [408, '-', 'max_duration_timeout', '-', null],
  [429, 'RL', 'request_rate_limited', '-', 'rate_limited'],
  [503, 'RL', 'request_rate_limited', '-', '!rate_limited'],
  [500, 'RLSE', 'rate_limiter_error', '-', '!other'],
  [403, 'UAEX', 'ext_authz_denied', '-', 'ext_authz_denied'],
  [403, 'UAEX', 'ext_authz_error', '-', 'ext_authz_denied'],
  [503, 'UAEX', 'ext_authz_error', '-', '!other'],
  [403, '-', 'rbac_access_denied_matched_policy[none]', '-', 'rbac_denied'],
  [403, 'UAEX', 'rbac_access_denied_matched_policy[deny-all]', '-', 'rbac_denied'],
  [413, '-', 'request_payload_too_large', '-', 'body_too_large'],
  [0, 'DC', 'downstream_remote_disconnect', '-', 'client_abort'],
  [200, 'DC', 'downstream_remote_disconnect', '-', 'client_abort'],
  [0, 'DR', 'http2.remote_reset', '-', 'client_abort'],
  [0, 'UC,DC', 'downstream_remote_disconnect', '-', 'client_abort'],
  [0, 'DC,UF', '-', REFUSED, 'client_abort'],
  [499, 'DC', '-', '-', 'client_abort'],
  [503, 'DC', 'downstream_remote_disconnect', '-', 'client_abort'],
  // It was answered before the client left.
  [504, 'UT,DC', 'downstream_remote_disconnect', '-', '!response_timeout'],
  [503, 'DC', 'via_upstream', '-', '!upstream_5xx'],
  [400, 'DPE', 'http1.codec_error', '-', 'client_bad_request'],
  [0, 'DPE', 'http2.invalid.header.field', '-', 'client_bad_request'],
  [400, 'IH', '-', '-', 'client_bad_request'],
  [400, '-', 'low_version', '-', null],
  [503, 'FI', 'fault_filter_abort', '-', 'fault_injected'],
  [503, 'DI,FI', 'fault_filter_abort', '-', 'fault_injected'],
  [200, 'DI', 'via_upstream', '-', null],
  [200, 'RFCF', '-', '-', null],
  [503, 'DI', 'via_upstream', '-', '!upstream_5xx'],
  [503, '-', 'via_upstream', '-', '!upstream_5xx'],
  [500, 'URX', 'via_upstream', '-', '!upstream_5xx'],
  [404, '-', 'via_upstream', '-', null],
  [503, '-', 'direct_response', '-', '!other'],
  [500, '-', 'lua_response', '-', '!other'],
  [502, '-', 'filter_removed_required_response_headers', '-', '!other'],
  [503, 'XYZ', '-', '-', '!other'],
  // An upgraded connection that ends is no failed request.
  [101, 'UC', `${CUT}{connection_termination}`, '-', null],
  [101, 'DC', 'downstream_remote_disconnect', '-', null],
];

describe('verdicts on access lines', () => {
  const host = '10.0.0.1:80';
  for (const [code, flags, details, reason, expected] of ROWS)
    it(`${code} ${flags} ${details} ${reason}`, () => {
      const verdict = new AccessVerdict();
      const text = `${code} ${flags} ${details} ${reason} ${details === '-' ? '-' : host} 0 -`;
      assert.equal(verdictOf(full, text, verdict), expected);
      // Remembered texts say the same, and nothing of the line before is left.
      verdictOf(full, '503 UF - delayed_connect_error:_113 - 0 -', verdict);
      assert.equal(verdictOf(full, text, verdict), expected);
    });

  it('every flag has a meaning but those that only go with others', () => {
    const silent = RESPONSE_FLAGS.map(([short]) => short).filter(
      (short) => !FLAG_MEANINGS.some(({ flag }) => flag === short),
    );
    assert.deepEqual(silent, ['DI', 'DC', 'URX', 'RFCF', 'DR']);
  });

  it('of several flags the first in the order counts, and once', () => {
    const names = FLAG_MEANINGS.map(({ flag }) => flag);
    for (const [index, flag] of names.entries())
      for (const later of names.slice(index + 1))
        assert.equal(verdictOf(full, `503 ${later},${flag} - - - 0 -`), verdictOf(full, `503 ${flag} - - - 0 -`));
  });

  it('the details decide among the flags', () =>
    assert.equal(verdictOf(full, `504 UF,UT response_timeout - - 0 -`), '!response_timeout'));

  it('without details in the format', () => {
    const of = (text: string) => verdictOf(bare, text);
    assert.equal(of('503 UF 10.0.0.1:80 190 -'), '!other');
    assert.equal(of('503 UC 10.0.0.1:80 95 -'), '!premature_close');
    assert.equal(of('200 UC 10.0.0.1:80 5 2'), '!truncated_response');
    assert.equal(of('200 UC 10.0.0.1:80 5 -'), '!truncated_response');
    assert.equal(of('200 UC 10.0.0.1:80 0 -'), '!premature_close');
    assert.equal(of('503 - 10.0.0.1:80 0 3'), '!upstream_5xx');
    // A direct response, or a filter's: no host was asked.
    assert.equal(of('503 - - 0 -'), '!other');
    assert.equal(of('503 UO 10.0.0.1:80 81 -'), '!circuit_open');
    assert.equal(of('503 UO 10.0.0.1:80 2 0'), '!upstream_5xx');
    assert.equal(of('409 UO 10.0.0.1:80 2 0'), null);
    // A host was asked and nothing says that it answered: max_stream_duration, a filter, or an Envoy that hides its headers.
    assert.equal(of('504 - 10.0.0.1:80 27 -'), '!other');
    const verdict = new AccessVerdict();
    const isTimeout = (reader: EnvoyLineReader, text: string) => verdictOf(reader, text, verdict) && verdict.isTimeout;
    assert.equal(isTimeout(bare, '504 - 10.0.0.1:80 27 -'), true);
    assert.equal(isTimeout(bare, '502 - 10.0.0.1:80 27 -'), false);
    assert.equal(isTimeout(bare, '504 - 10.0.0.1:80 27 5'), false, 'of the upstream');
    assert.equal(isTimeout(full, '504 - lua_response - - 0 -'), false, 'somebody else, and the details say so');
  });

  it('without flags in the format the details tell', () => {
    const reader = compileEnvoyFormat({ text: '%RESPONSE_CODE% %RESPONSE_CODE_DETAILS%\n' });
    assert.equal(verdictOf(reader, `503 ${RESET}{remote_connection_failure|${REFUSED}}`), '!connect_refused(111)');
    assert.equal(verdictOf(reader, '200 downstream_remote_disconnect'), 'client_abort');
    assert.equal(verdictOf(reader, '200 via_upstream'), null);
  });

  it('with nothing but a code, nobody is blamed', () => {
    const reader = compileEnvoyFormat({ text: '%RESPONSE_CODE%\n' });
    assert.equal(verdictOf(reader, '503'), '!other');
    assert.equal(verdictOf(reader, '200'), null);
    assert.equal(verdictOf(reader, '0'), null);
  });

  it('with long names', () => {
    const reader = compileEnvoyFormat({ text: '%RESPONSE_CODE% %RESPONSE_FLAGS_LONG% %UPSTREAM_HOST%\n' });
    assert.equal(verdictOf(reader, '503 UpstreamOverflow -'), '!circuit_open');
    assert.equal(verdictOf(reader, '503 - 10.0.0.1:80'), '!upstream_5xx');
  });

  it('a policy of the network is said where the connection ends', () => {
    const reader = compileEnvoyFormat({ text: '%RESPONSE_CODE% %RESPONSE_FLAGS% %CONNECTION_TERMINATION_DETAILS%\n' });
    assert.equal(verdictOf(reader, '0 UAEX rbac_access_denied_matched_policy[none]'), 'rbac_denied');
    assert.equal(verdictOf(reader, '0 - rbac_access_denied_matched_policy[none]'), 'rbac_denied');
  });

  it('a tunnel that ends is no failed request', () => {
    const reader = compileEnvoyFormat({ text: '%REQ(:METHOD)% %RESPONSE_CODE% %RESPONSE_FLAGS%\n' });
    assert.equal(verdictOf(reader, 'CONNECT 200 UC'), null);
    // Before the headers or after them: this format does not tell.
    assert.equal(verdictOf(reader, 'GET 200 UC'), '!other');
    assert.equal(verdictOf(reader, 'GET 503 UC'), '!premature_close');
  });

  it('more texts than are remembered are read all the same', () => {
    const verdict = new AccessVerdict();
    for (let i = 0; i < 2000; i++) {
      const reason = `immediate_connect_error:_99|remote_address:10.0.${i >> 8}.${i & 255}:80`;
      assert.equal(verdictOf(full, `503 UF - ${reason} - 0 -`, verdict), '!address_unavailable(99)');
    }
  });
});
