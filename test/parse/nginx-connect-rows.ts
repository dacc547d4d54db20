import { CONNECT, HEADER, type Row, row, SEND, TLS } from './nginx-lines.ts';

/** Failed attempts before the request is sent: connecting and TLS, in both spellings of errno texts. */
export const CONNECT_ROWS: readonly Row[] = [
  ...connect('error', 'connect() failed', 111, 'Connection refused', 'connect_refused'),
  ...connect('error', 'connect() failed', 113, 'No route to host', 'host_unreachable'),
  ...connect('error', 'connect() failed', 113, 'Host is unreachable', 'host_unreachable'),
  ...connect('error', 'connect() to 10.244.1.17:8080 failed', 113, 'Host is unreachable', 'host_unreachable'),
  ...connect('error', 'connect() to 10.244.1.17:8080 failed', 101, 'Network is unreachable', 'network_unreachable'),
  ...connect('error', 'connect() to 10.244.1.17:8080 failed', 101, 'Network unreachable', 'network_unreachable'),
  ...connect('error', 'connect() failed', 104, 'Connection reset by peer', 'connect_reset'),
  ...connect('error', 'connect() failed', 110, 'Connection timed out', 'connect_timeout'),
  ...connect('error', 'connect() failed', 110, 'Operation timed out', 'connect_timeout'),
  ...connect('error', 'connect() to unix:/run/a b.sock failed', 11, 'Resource temporarily unavailable', 'queue_full'),
  ...connect('crit', 'connect() to unix:/run/a.sock failed', 2, 'No such file or directory', 'socket_missing'),
  ...connect('crit', 'connect() to unix:/run/a.sock failed', 13, 'Permission denied', 'permission_denied'),
  ...connect(
    'crit',
    'connect() to 10.244.1.17:8080 failed',
    99,
    'Cannot assign requested address',
    'address_unavailable',
  ),
  ...connect('crit', 'connect() to 10.244.1.17:8080 failed', 99, 'Address not available', 'address_unavailable'),
  ...connect('crit', 'connect() to 10.244.1.17:8080 failed', 22, 'Invalid argument', 'other'),
  ...connect('error', 'connect() failed', 61, 'Connection refused', 'connect_refused'),
  ...connect(
    'error',
    'connect() failed',
    10061,
    'No connection could be made because the target machine actively refused it',
    'connect_refused',
  ),
  row('error', `upstream timed out (110: Connection timed out)${CONNECT}`, {
    errno: 110,
    phase: 'connect',
    symptom: 'connect_timeout',
    status: 504,
  }),
  row('error', `upstream timed out (110: Operation timed out)${CONNECT}`, {
    errno: 110,
    phase: 'connect',
    symptom: 'connect_timeout',
    status: 504,
  }),
  row('crit', `bind(192.0.2.1) failed (99: Cannot assign requested address)${CONNECT}`, {
    errno: 99,
    phase: 'connect',
    symptom: 'address_unavailable',
    status: 500,
  }),
  row('alert', `socket() failed (24: Too many open files)${CONNECT}`, {
    errno: 24,
    phase: 'connect',
    symptom: 'fds_exhausted',
    status: 500,
  }),
  row('alert', `socket() failed (24: No file descriptors available)${CONNECT}`, {
    errno: 24,
    phase: 'connect',
    symptom: 'fds_exhausted',
    status: 500,
  }),
  row('alert', `1024 worker_connections are not enough${CONNECT}`, {
    phase: 'connect',
    symptom: 'worker_connections_exhausted',
    status: 500,
  }),
  row('alert', `the new socket has number 1025, but only 1024 files are available${CONNECT}`, {
    phase: 'connect',
    symptom: 'fds_exhausted',
    status: 500,
  }),
  row('error', `no live upstreams${CONNECT}`, { phase: 'connect', symptom: 'no_live_upstreams', status: 502 }),

  tls('SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number)', 'tls_handshake'),
  tls(
    'SSL_do_handshake() failed (SSL: error:1408F10B:SSL routines:ssl3_get_record:wrong version number)',
    'tls_handshake',
  ),
  tls(
    'SSL_do_handshake() failed (SSL: error:14077410:SSL routines:SSL23_GET_SERVER_HELLO:sslv3 alert handshake failure)',
    'tls_handshake',
  ),
  tls(
    'SSL_do_handshake() failed (SSL: error:0A000458:SSL routines::tlsv1 unrecognized name:SSL alert number 112)',
    'tls_handshake',
  ),
  tls('peer closed connection in SSL handshake', 'tls_handshake'),
  { ...tls('peer closed connection in SSL handshake (104: Connection reset by peer)', 'tls_handshake'), errno: 104 },
  tls('upstream SSL certificate verify error: (10:certificate has expired)', 'tls_verify'),
  tls('upstream SSL certificate verify error: (20:unable to get local issuer certificate)', 'tls_verify'),
  tls('upstream SSL certificate does not match "shop.example.com"', 'tls_verify'),
  row('error', `upstream timed out (110: Connection timed out)${TLS}`, {
    errno: 110,
    phase: 'tls_handshake',
    symptom: 'response_timeout',
    status: 504,
  }),
  row(
    'crit',
    `SSL_read() failed (SSL: error:1408F119:SSL routines:ssl3_get_record:decryption failed or bad record mac)${HEADER}`,
    { phase: 'read_header', symptom: 'tls_handshake', status: 502 },
  ),
  row('error', `SSL_write() failed (SSL: error:0A000126:SSL routines::unexpected eof while reading)${SEND}`, {
    phase: 'send_request',
    symptom: 'tls_handshake',
    status: 502,
  }),
];

function connect(level: string, call: string, errno: number, text: string, symptom: Row['symptom'] & string): Row[] {
  return [row(level, `${call} (${errno}: ${text})${CONNECT}`, { errno, phase: 'connect', symptom, status: 502 })];
}

function tls(message: string, symptom: Row['symptom'] & string): Row {
  return row('error', `${message}${TLS}`, { phase: 'tls_handshake', symptom, status: 502 });
}
