import type { Symptom } from '../../../src/contract/names.ts';
import type { Draw } from './scene.ts';

/** One form of error line. The truth comes from here and never from a classifier. */
export interface Kind {
  readonly name: string;
  readonly weight: number;
  readonly level: string;
  readonly message: (draw: Draw) => string;
  /** ` while …` of an upstream action. */
  readonly action?: string;
  /** null: says nothing about a gateway failure. */
  readonly symptom: Symptom | null;
  /** True when the line is *the* record of a failed attempt. */
  readonly failure: boolean;
  /** What the line's `upstream:` field names. */
  readonly peer: 'tcp' | 'https' | 'grpc' | 'unix' | 'block' | 'none';
  /** Which fields follow the message. */
  readonly fields: 'request' | 'stream' | 'client' | 'forged_host' | 'none';
}

const CONNECT = 'connecting to upstream';
const TLS = 'SSL handshaking to upstream';
const SEND = 'sending request to upstream';
const HEADER = 'reading response header from upstream';
const BODY = 'reading upstream';

type Options = Partial<Pick<Kind, 'level' | 'peer' | 'fields'>>;
type Message = string | ((draw: Draw) => string);

function textOf(message: Message): (draw: Draw) => string {
  return typeof message === 'string' ? () => message : message;
}

/** A failed attempt: level error, request fields and a TCP peer unless said otherwise. */
function attempt(
  id: readonly [Symptom, string, number],
  action: string,
  message: Message,
  options: Options = {},
): Kind {
  const [symptom, suffix, weight] = id;
  const base = { level: 'error', peer: 'tcp', fields: 'request' } as const;
  const name = suffix === '' ? symptom : `${symptom}/${suffix}`;
  return { ...base, ...options, name, weight, action, message: textOf(message), symptom, failure: true };
}

/** A companion line, a client's fault or a policy denial: a symptom, never a failure. */
function symptomOnly(
  id: readonly [Symptom, string, number],
  level: string,
  message: Message,
  options: Options = {},
): Kind {
  const [symptom, suffix, weight] = id;
  const base = { peer: 'none', fields: 'request' } as const;
  return {
    ...base,
    ...options,
    name: `${symptom}/${suffix}`,
    weight,
    level,
    message: textOf(message),
    symptom,
    failure: false,
  };
}

const connectTo = (errno: number) => (draw: Draw) => `connect() to ${draw.pod} failed${draw.errno(errno)}`;
const failed = (call: string, errno: number) => (draw: Draw) => `${call}() failed${draw.errno(errno)}`;
const timedOut = (draw: Draw) => `upstream timed out${draw.errno(110)}`;
const unixFailed = (errno: number) => (draw: Draw) => `connect() to unix:${draw.pod} failed${draw.errno(errno)}`;
const CLOSED = 'upstream prematurely closed connection';
const STREAM: Options = { fields: 'stream' };
const WRONG_VERSION = 'SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number)';
const ALERT =
  'SSL_do_handshake() failed (SSL: error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:SSL alert number 40)';
const GONE = 'epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too';

const ATTEMPTS: readonly Kind[] = [
  attempt(['connect_refused', '', 1500], CONNECT, failed('connect', 111)),
  attempt(['connect_refused', 'stream', 60], CONNECT, failed('connect', 111), STREAM),
  attempt(['connect_timeout', '', 1100], CONNECT, timedOut),
  attempt(['connect_timeout', 'kernel', 80], CONNECT, failed('connect', 110)),
  attempt(['connect_timeout', 'stream', 30], CONNECT, timedOut, STREAM),
  attempt(['host_unreachable', '', 600], CONNECT, failed('connect', 113)),
  attempt(['host_unreachable', 'to', 300], CONNECT, connectTo(113)),
  attempt(['network_unreachable', '', 60], CONNECT, connectTo(101)),
  attempt(['connect_reset', '', 50], CONNECT, failed('connect', 104)),
  attempt(['address_unavailable', '', 60], CONNECT, connectTo(99), { level: 'crit' }),
  attempt(['socket_missing', '', 120], CONNECT, unixFailed(2), { level: 'crit', peer: 'unix' }),
  attempt(['queue_full', '', 120], CONNECT, unixFailed(11), { peer: 'unix' }),
  attempt(['permission_denied', '', 40], CONNECT, unixFailed(13), { level: 'crit', peer: 'unix' }),
  attempt(['response_timeout', 'header', 1200], HEADER, timedOut),
  attempt(['response_timeout', 'body', 150], BODY, timedOut),
  attempt(['response_timeout', 'send', 50], SEND, timedOut),
  attempt(['response_timeout', 'tls', 30], TLS, timedOut, { peer: 'https' }),
  attempt(['premature_close', '', 1100], HEADER, CLOSED),
  attempt(['premature_close', 'unix', 40], HEADER, CLOSED, { peer: 'unix' }),
  attempt(['truncated_response', '', 200], BODY, CLOSED),
  attempt(['reset', 'header', 600], HEADER, failed('recv', 104)),
  attempt(['reset', 'body', 80], BODY, failed('readv', 104)),
  attempt(['reset', 'upgraded', 60], 'proxying upgraded connection', failed('recv', 104)),
  attempt(['reset', 'stream', 30], 'proxying and reading from upstream', failed('recv', 104), STREAM),
  attempt(['broken_pipe', '', 100], SEND, failed('writev', 32)),
  attempt(['no_live_upstreams', '', 600], CONNECT, 'no live upstreams', { peer: 'block' }),
  attempt(
    ['dns_failure', 'code', 120],
    '',
    (draw) =>
      `${draw.host} could not be resolved (${draw.random.pick(['3: Host not found', '2: Server failure', '110: Operation timed out'])})`,
    { peer: 'none' },
  ),
  attempt(['dns_failure', 'resolver', 30], '', (draw) => `no resolver defined to resolve ${draw.host}`, {
    peer: 'none',
  }),
  attempt(['tls_handshake', 'version', 120], TLS, WRONG_VERSION, { peer: 'https' }),
  attempt(['tls_handshake', 'alert', 40], TLS, ALERT, { peer: 'https' }),
  attempt(['tls_handshake', 'closed', 40], TLS, (draw) => `peer closed connection in SSL handshake${draw.errno(104)}`, {
    peer: 'https',
  }),
  attempt(['tls_verify', 'expired', 60], TLS, 'upstream SSL certificate verify error: (10:certificate has expired)', {
    peer: 'https',
  }),
  attempt(['tls_verify', 'name', 30], TLS, (draw) => `upstream SSL certificate does not match "${draw.host}"`, {
    peer: 'https',
  }),
  attempt(['header_too_big', '', 120], HEADER, 'upstream sent too big header'),
  attempt(['invalid_response', 'header', 40], HEADER, 'upstream sent invalid header: "X-Bad\\x01..."'),
  attempt(['invalid_response', 'chunk', 30], BODY, 'upstream sent invalid chunked response'),
  attempt(['stream_rejected', 'request', 30], HEADER, 'upstream rejected request with error 7', { peer: 'grpc' }),
  attempt(['stream_rejected', 'goaway', 20], HEADER, 'upstream sent goaway with error 2', { peer: 'grpc' }),
  attempt(['worker_connections_exhausted', '', 60], CONNECT, '1024 worker_connections are not enough', {
    level: 'alert',
  }),
  attempt(['fds_exhausted', '', 30], CONNECT, failed('socket', 24), { level: 'alert' }),
  attempt(['other', '', 30], HEADER, failed('recv', 105), { level: 'alert' }),
];

const COMPANIONS: readonly Kind[] = [
  {
    ...attempt(['peer_marked_down', '', 300], CONNECT, 'upstream server temporarily disabled', { level: 'warn' }),
    failure: false,
  },
  { ...attempt(['client_abort', 'header', 450], HEADER, GONE, { level: 'info' }), failure: false },
  { ...attempt(['client_abort', 'send', 150], SEND, GONE, { level: 'info' }), failure: false },
  symptomOnly(['subrequest_failed', '', 50], 'error', 'auth request unexpected status: 502 while sending to client'),
  symptomOnly(
    ['client_bad_request', 'line', 50],
    'info',
    'client sent invalid request while reading client request line',
  ),
  symptomOnly(
    ['client_bad_request', 'port', 20],
    'info',
    'client sent plain HTTP request to HTTPS port while reading client request headers',
  ),
  symptomOnly(
    ['client_bad_request', 'forged', 5],
    'info',
    'client sent invalid host header while reading client request headers',
    { fields: 'forged_host' },
  ),
  symptomOnly(['client_tls_error', '', 20], 'info', `${WRONG_VERSION} while SSL handshaking`, { fields: 'client' }),
  symptomOnly(
    ['rate_limited', '', 250],
    'error',
    (draw) => `limiting requests, excess: ${draw.random.below(99)}.420 by zone "perip"`,
  ),
  symptomOnly(['connection_limited', '', 80], 'error', 'limiting connections by zone "addr"'),
  symptomOnly(
    ['body_too_large', '', 80],
    'error',
    (draw) => `client intended to send too large body: ${1_048_577 + draw.random.below(9_999_999)} bytes`,
  ),
  symptomOnly(['access_denied', '', 100], 'error', 'access forbidden by rule'),
  symptomOnly(['worker_connections_exhausted', 'accept', 40], 'alert', '1024 worker_connections are not enough', {
    fields: 'none',
  }),
  symptomOnly(['fds_exhausted', 'accept', 20], 'crit', failed('accept4', 24), { fields: 'none' }),
  symptomOnly(
    ['worker_crash', '', 10],
    'alert',
    (draw) =>
      `worker process ${100 + draw.random.below(900)} exited on signal ${draw.random.pick(['9', '11 (core dumped)'])}`,
    { fields: 'none' },
  ),
  symptomOnly(
    ['config_rejected', '', 5],
    'emerg',
    (draw) => `host not found in upstream "${draw.host}" in /etc/nginx/conf.d/http.conf:${draw.random.below(900)}`,
    { fields: 'none' },
  ),
];

export const KINDS: readonly Kind[] = [...ATTEMPTS, ...COMPANIONS];
