import { CONNECT_ROWS } from './nginx-connect-rows.ts';
import { BODY, CONNECT, HEADER, type Row, row, SEND, SESSION, UPGRADED } from './nginx-lines.ts';

/** Forms that are the record of a failed attempt, in both spellings of errno texts. */
export const FAILURE_ROWS: readonly Row[] = [
  ...CONNECT_ROWS,
  row('error', `writev() failed (32: Broken pipe)${SEND}`, {
    errno: 32,
    phase: 'send_request',
    symptom: 'broken_pipe',
    status: 502,
  }),
  row('error', `sendfile() failed (32: Broken pipe)${SEND}`, {
    errno: 32,
    phase: 'send_request',
    symptom: 'broken_pipe',
    status: 502,
  }),
  row('error', `send() failed (32: Broken pipe)${SEND}`, {
    errno: 32,
    phase: 'send_request',
    symptom: 'broken_pipe',
    status: 502,
  }),
  row('error', `writev() failed (104: Connection reset by peer)${SEND}`, {
    errno: 104,
    phase: 'send_request',
    symptom: 'reset',
    status: 502,
  }),
  row('error', `upstream timed out (110: Operation timed out)${SEND}`, {
    errno: 110,
    phase: 'send_request',
    symptom: 'response_timeout',
    status: 504,
  }),
  row('error', `upstream prematurely closed connection${HEADER}`, {
    phase: 'read_header',
    symptom: 'premature_close',
    status: 502,
  }),
  row('error', `upstream prematurely closed FastCGI stdout${HEADER}`, {
    phase: 'read_header',
    symptom: 'premature_close',
    status: 502,
  }),
  row('error', `upstream prematurely closed stream${HEADER}`, {
    phase: 'read_header',
    symptom: 'premature_close',
    status: 502,
  }),
  row('error', `recv() failed (104: Connection reset by peer)${HEADER}`, {
    errno: 104,
    phase: 'read_header',
    symptom: 'reset',
    status: 502,
  }),
  row('error', `WSARecv() failed (10054: An existing connection was forcibly closed by the remote host)${HEADER}`, {
    errno: 10054,
    phase: 'read_header',
    symptom: 'reset',
    status: 502,
  }),
  row('error', `upstream timed out (110: Connection timed out)${HEADER}`, {
    errno: 110,
    phase: 'read_header',
    symptom: 'response_timeout',
    status: 504,
  }),
  row('alert', `recv() failed (105: No buffer space available)${HEADER}`, {
    errno: 105,
    phase: 'read_header',
    symptom: 'other',
    status: 502,
  }),
  row('error', `upstream prematurely closed connection${BODY}`, {
    phase: 'read_body',
    symptom: 'truncated_response',
    status: null,
  }),
  row('error', `recv() failed (104: Connection reset by peer)${BODY}`, {
    errno: 104,
    phase: 'read_body',
    symptom: 'reset',
    status: null,
  }),
  row('error', `readv() failed (104: Connection reset by peer)${BODY}`, {
    errno: 104,
    phase: 'read_body',
    symptom: 'reset',
    status: null,
  }),
  row('error', `upstream timed out (110: Connection timed out)${BODY}`, {
    errno: 110,
    phase: 'read_body',
    symptom: 'response_timeout',
    status: null,
  }),
  row('error', `upstream timed out (110: Connection timed out)${UPGRADED}`, {
    errno: 110,
    phase: 'upgraded',
    symptom: 'response_timeout',
    status: null,
  }),
  row('error', `recv() failed (104: Connection reset by peer)${UPGRADED}`, {
    errno: 104,
    phase: 'upgraded',
    symptom: 'reset',
    status: null,
  }),
  row('error', `upstream prematurely sent response${SEND}`, {
    phase: 'send_request',
    symptom: 'invalid_response',
    status: 502,
  }),

  header('upstream sent too big header', 'header_too_big'),
  header('upstream sent too big early hints', 'header_too_big'),
  header('upstream sent invalid header: "X-Bad\\x01..."', 'invalid_response'),
  header('memcached sent invalid response: "HTTP/1.1 200 OK"', 'invalid_response'),
  { ...header('upstream sent invalid header: "X-Bad\\x01..."', 'invalid_response'), level: 'info' },
  { ...header('upstream sent no valid HTTP/1.0 header', 'invalid_response'), status: 200 },
  header(
    'upstream sent duplicate header line: "Content-Length: 3", previous value: "Content-Length: 2"',
    'invalid_response',
  ),
  header('upstream sent "Content-Length" and "Transfer-Encoding" headers at the same time', 'invalid_response'),
  header('upstream sent unknown "Transfer-Encoding": "x"', 'invalid_response'),
  header('upstream sent invalid "Content-Length" header: "a"', 'invalid_response'),
  header('upstream sent too large http2 frame: 4740180', 'invalid_response'),
  header('upstream rejected request with error 7', 'stream_rejected'),
  header('upstream sent goaway with error 0', 'stream_rejected'),
  row('error', `upstream sent invalid chunked response${BODY}`, {
    phase: 'read_body',
    symptom: 'invalid_response',
    status: null,
  }),
  row('crit', `open() "/var/cache/nginx/proxy_temp/1/00/0000000001" failed (13: Permission denied)${BODY}`, {
    errno: 13,
    phase: 'read_body',
    symptom: 'other',
    status: null,
  }),
  row('crit', 'pwrite() "/var/cache/nginx/client_temp/0000000001" failed (28: No space left on device)', {
    errno: 28,
    symptom: 'other',
    status: 500,
    fields: 'noUpstream',
  }),
  row('error', 'auth request unexpected status: 503 while sending to client', {
    symptom: 'upstream_5xx',
    status: 500,
    fields: 'noUpstream',
  }),
  row('crit', `pwritev() "/var/cache/nginx/proxy_temp/1/00/0000000001" failed (28: No space left on device)${BODY}`, {
    errno: 28,
    phase: 'read_body',
    symptom: 'other',
    status: null,
  }),
  row('error', 'upstream prematurely closed connection while sending to client', {
    symptom: 'truncated_response',
    status: null,
  }),
  row('error', 'recv() failed (104: Connection reset by peer) while sending to client', {
    errno: 104,
    phase: 'read_body',
    symptom: 'reset',
    status: null,
  }),
  row('error', `something new happened${HEADER}`, { phase: 'read_header', symptom: 'other', status: 502 }),

  name('backend.local could not be resolved (3: Host not found)', 502),
  name('backend.local could not be resolved (2: Server failure)', 502),
  name('backend.local could not be resolved (110: Operation timed out)', 502),
  name('no resolver defined to resolve backend.local', 502),
  { ...name('backend.local could not be resolved (2: Server failure)', 500), fields: 'stream' },
  row('error', 'no port in upstream "backend"', { symptom: 'other', status: 500, fields: 'noUpstream' }),
  row('error', 'invalid URL prefix in "backend"', { symptom: 'other', status: 500, fields: 'noUpstream' }),
  row('error', 'failed to run balancer_by_lua*: balancer.lua:9: attempt to index a nil value', {
    symptom: 'other',
    status: 500,
    fields: 'noUpstream',
  }),
  row('error', `lua balancer: no peer set${CONNECT}`, { phase: 'connect', symptom: 'other', status: 500 }),
  row('error', 'upstream servers are busy or encounter error!', {
    symptom: 'no_live_upstreams',
    status: 502,
    fields: 'noUpstream',
  }),
  row('error', 'connect() failed (111: Connection refused) while connecting to upstream(proxy_connect)', {
    errno: 111,
    phase: 'connect',
    symptom: 'connect_refused',
    status: 502,
    fields: 'noUpstream',
  }),

  ...['stream', 'udp'].map((fields) =>
    row('error', `connect() failed (111: Connection refused)${CONNECT}`, {
      errno: 111,
      phase: 'connect',
      symptom: 'connect_refused',
      status: 502,
      fields: fields as 'stream',
    }),
  ),
  row('error', `upstream timed out (110: Connection timed out)${CONNECT}`, {
    errno: 110,
    phase: 'connect',
    symptom: 'connect_timeout',
    status: 502,
    fields: 'stream',
  }),
  row('error', `no live upstreams${CONNECT}`, {
    phase: 'connect',
    symptom: 'no_live_upstreams',
    status: 502,
    fields: 'stream',
  }),
  row('error', `recv() failed (104: Connection reset by peer)${SESSION}`, {
    errno: 104,
    phase: 'stream_proxy',
    symptom: 'reset',
    status: null,
    fields: 'stream',
  }),
  row('error', `recv() failed (111: Connection refused)${SESSION}`, {
    errno: 111,
    phase: 'stream_proxy',
    symptom: 'connect_refused',
    status: null,
    fields: 'udp',
  }),
  row('error', 'upstream timed out (110: Connection timed out) while proxying connection', {
    errno: 110,
    phase: 'stream_proxy',
    symptom: 'response_timeout',
    status: 502,
    fields: 'udp',
  }),
];

function header(message: string, symptom: Row['symptom'] & string): Row {
  return row('error', `${message}${HEADER}`, { phase: 'read_header', symptom, status: 502 });
}

function name(message: string, status: number): Row {
  return row('error', message, { phase: 'resolve', symptom: 'dns_failure', status, fields: 'noUpstream' });
}
