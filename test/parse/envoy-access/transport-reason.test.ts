import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTransportReason } from '../../../src/parse/envoy-access/transport-reason.ts';

const ROWS: readonly (readonly [text: string, symptom: string, errno: number | null])[] = [
  ['delayed connect error: 111', 'connect_refused', 111],
  ['delayed_connect_error:_111', 'connect_refused', 111],
  ['delayed connect error: Connection refused', 'connect_refused', 111],
  ['delayed_connect_error:_Connection_refused', 'connect_refused', 111],
  ['delayed connect error: 113', 'host_unreachable', 113],
  ['delayed_connect_error:_No_route_to_host', 'host_unreachable', 113],
  // musl's words.
  ['delayed connect error: Host is unreachable', 'host_unreachable', 113],
  ['delayed connect error: Operation timed out', 'connect_timeout', 110],
  ['delayed connect error: 110', 'connect_timeout', 110],
  ['delayed_connect_error:_Connection_timed_out', 'connect_timeout', 110],
  ['delayed connect error: 101', 'network_unreachable', 101],
  ['immediate connect error: Network is unreachable|remote address:[2001:db8::1]:80', 'network_unreachable', 101],
  ['delayed connect error: 104', 'connect_reset', 104],
  ['delayed_connect_error:_Connection_reset_by_peer', 'connect_reset', 104],
  ['immediate connect error: 99', 'address_unavailable', 99],
  ['immediate_connect_error:_Cannot_assign_requested_address|remote_address:10.0.0.7:80', 'address_unavailable', 99],
  [
    'immediate connect error: Cannot assign requested address|remote address family:v6|local address family:v4',
    'address_unavailable',
    99,
  ],
  ['immediate_connect_error:_No_such_file_or_directory|remote_address:/tmp/nobody_sock', 'socket_missing', 2],
  ['immediate connect error: Permission denied', 'permission_denied', 13],
  ['immediate connect error: Resource temporarily unavailable', 'queue_full', 11],
  ['immediate connect error: Too many open files', 'fds_exhausted', 24],
  ['delayed connect error: Connection refused while dialing', 'connect_refused', 111],
  ['TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end', 'tls_verify', null],
  ['TLS error: 268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED', 'tls_verify', null],
  ['TLS error: certificate verify failed', 'tls_verify', null],
  ['TLS_error:|268435703:SSL_routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end', 'tls_handshake', null],
  ['TLS error: Secret is not supplied by SDS', 'tls_handshake', null],
  ['TLS_error:_Secret_is_not_supplied_by_SDS', 'tls_handshake', null],
  // Numbers that are no errno of connect(2), and words that nobody knows.
  ['delayed connect error: 1111', 'other', null],
  ['delayed connect error: 77', 'other', 77],
  ['delayed connect error: Kettle boiled over', 'other', null],
  ['QUIC_NETWORK_IDLE_TIMEOUT', 'other', null],
  ['', 'other', null],
];

describe('transport failure reasons', () => {
  for (const [text, symptom, errno] of ROWS)
    it(JSON.stringify(text), () => assert.deepEqual(readTransportReason(text), { symptom, errno }));
});
