import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readResponseDetails } from '../../../src/parse/envoy-access/response-details.ts';
import { FLAG } from '../../../src/parse/envoy-access/response-flags.ts';

const before = (inner: string) => `upstream_reset_before_response_started{${inner}}`;
const refused = { symptom: 'connect_refused', errno: 111 };

/** Facts envoy.md §3.2 and §3.4. */
const RESETS: readonly (readonly [text: string, flag: keyof typeof FLAG, transport: object | null])[] = [
  [before('connection failure,delayed connect error: 111'), 'UF', refused],
  [before('connection_failure,delayed_connect_error:_111'), 'UF', refused],
  [before('remote_connection_failure,delayed_connect_error:_111'), 'UF', refused],
  [before('remote_connection_failure|delayed_connect_error:_Connection_refused'), 'UF', refused],
  [before('connection_timeout'), 'UF', { symptom: 'connect_timeout', errno: null }],
  [before('connection_failure'), 'UF', null],
  [
    before('remote_connection_failure|immediate_connect_error:_No_such_file_or_directory|remote_address:/run/a'),
    'UF',
    { symptom: 'socket_missing', errno: 2 },
  ],
  [
    before(
      'remote_connection_failure|TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end',
    ),
    'UF',
    { symptom: 'tls_verify', errno: null },
  ],
  [before('connection_termination'), 'UC', null],
  [before('overflow'), 'UO', null],
  [before('protocol_error'), 'UPE', null],
  [before('remote_reset'), 'UR', null],
];
const FLAGGED: readonly (readonly [text: string, flag: keyof typeof FLAG])[] = [
  ['no_healthy_upstream', 'UH'],
  ['cluster_not_found', 'NC'],
  ['route_not_found', 'NR'],
  ['route_configuration_not_found', 'NR'],
  ['response_timeout', 'UT'],
  ['upstream_response_timeout', 'UT'],
  ['upstream_per_try_timeout', 'UT'],
  ['upstream_per_try_idle_timeout', 'UT'],
  ['upstream_max_stream_duration_reached', 'UMSDR'],
  ['stream_idle_timeout', 'SI'],
  ['overload', 'OM'],
  ['drop_overload', 'DO'],
  ['unconditional_drop_overload', 'UDO'],
  ['downstream_remote_disconnect', 'DC'],
  ['downstream_local_disconnect(connection_idle_timeout)', 'DC'],
  ['ext_authz_denied', 'UAEX'],
  ['ext_authz_error', 'UAEX'],
  ['fault_filter_abort', 'FI'],
];

describe('response code details', () => {
  for (const [text, flag, transport] of RESETS)
    it(text, () => {
      const details = readResponseDetails(text);
      assert.deepEqual([details.flags, details.transport, details.isAfterHeaders], [FLAG[flag], transport, false]);
    });

  for (const [text, flag] of FLAGGED) it(text, () => assert.equal(readResponseDetails(text).flags, FLAG[flag]));

  it('an answer that broke off', () => {
    const details = readResponseDetails('upstream_reset_after_response_started{connection_termination}');
    assert.deepEqual([details.flags, details.isAfterHeaders], [FLAG.UC, true]);
  });

  it('before 1.13 no reason stood behind it', () =>
    assert.equal(readResponseDetails('upstream_reset_before_response_started').flags, 0));

  it('an upstream’s own answer', () => assert.equal(readResponseDetails('via_upstream').isUpstreams, true));

  it('decided alone', () => {
    const of = (text: string) => [readResponseDetails(text).symptom, readResponseDetails(text).fails];
    assert.deepEqual(of('rbac_access_denied_matched_policy[none]'), ['rbac_denied', 'never']);
    assert.deepEqual(of('rbac_access_denied_matched_policy[ns[a]-policy[b]-rule[0]]'), ['rbac_denied', 'never']);
    assert.deepEqual(of('request_payload_too_large'), ['body_too_large', 'never']);
    assert.deepEqual(of('maintenance_mode'), ['other', 'always']);
    assert.deepEqual(of('reached_concurrency_limit'), ['overload', 'always']);
    assert.deepEqual(of('denied_by_admission_control'), ['overload', 'always']);
    assert.deepEqual(of('overload'), ['overload', 'always']);
    assert.ok(readResponseDetails('overload').isOfFilter && !readResponseDetails('drop_overload').isOfFilter);
    assert.deepEqual(of('ext_proc_error_gRPC_error_14{upstream_connect_error}'), ['other', 'server_error']);
    assert.deepEqual(of('filter_removed_required_response_headers'), ['other', 'always']);
    assert.deepEqual(of(before('http/1_premature_upstream_half_close')), ['premature_close', 'always']);
  });

  it('a direct response is Envoy’s own; of what an operator has switched off the cluster tells, and what a filter says may not be', () => {
    const own = ['direct_response', 'maintenance_mode', 'lua_response', 'via_upstream'].map(
      (text) => readResponseDetails(text).isOwn,
    );
    assert.deepEqual(own, [true, false, false, false]);
  });

  it('what nobody knows says nothing', () => {
    for (const text of ['', 'lua_response', 'via_upstream_2', 'constructor', 'toString{x}'])
      assert.deepEqual(readResponseDetails(text), {
        flags: 0,
        isAfterHeaders: false,
        isUpstreams: false,
        isOwn: false,
        isUnknown: true,
        isOfFilter: false,
        symptom: null,
        fails: 'never',
        transport: null,
      });
    for (const text of [
      'via_upstream',
      'response_timeout',
      'ext_proc_error',
      before('connection_failure'),
      before('x'),
    ])
      assert.ok(!readResponseDetails(text).isUnknown, text);
  });
});
