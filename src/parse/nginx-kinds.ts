import { SYMPTOMS, type Symptom } from '../contract/names.ts';
import { bytes, standsAt } from './bytes.ts';

/**
 * Every message that says something about a failure, by its beginning. Nothing a client can write stands before these
 * words, so a prefix cannot be forged. Texts: nginx/nginx src/http/ngx_http_upstream.c, src/event/ngx_event_*.c,
 * src/core/ngx_connection.c, src/stream/ngx_stream_proxy_module.c; 1.9 to 1.31.
 */
export interface Kind {
  readonly prefix: string;
  /**
   * What follows the prefix. `errno`: a number; `address`: an address, then ` failed (` and a number;
   * `text`: anything up to ` while ACTION`; `file`: a path, which a client may have chosen unless the level is crit.
   */
  readonly then: 'errno' | 'address' | 'text' | 'file';
  /** `connect` and `io`: the errno decides; `close`: the phase decides. */
  readonly symptom: Symptom | 'connect' | 'io' | 'close' | 'none';
  /** Counted as a failed attempt: only in an upstream phase, always (at `error` and above, with a connection), or never. */
  readonly failure: 'upstream' | 'always' | 'never';
  /** The symptom when the phase is not the upstream's. */
  readonly elsewhere: Symptom | 'none';
}

type Row = readonly [
  prefix: string,
  then: Kind['then'],
  symptom: Kind['symptom'],
  failure: Kind['failure'],
  elsewhere: Kind['elsewhere'],
];

/** Of these nginx's own failed attempts make none: the service that `auth_request` asks has answered so. */
const ANSWERED = ['500', '501', '503', '505', '507', '508', '511', '52', '53'];

const ROWS: readonly Row[] = [
  ['connect() failed (', 'errno', 'connect', 'upstream', 'none'],
  ['connect() to ', 'address', 'connect', 'upstream', 'none'],
  ['upstream timed out (', 'errno', 'response_timeout', 'always', 'none'],
  ['upstream prematurely closed connection', 'text', 'close', 'always', 'none'],
  ['upstream prematurely closed ', 'text', 'close', 'always', 'none'],
  ['upstream closed prematurely ', 'text', 'close', 'always', 'none'],
  ['upstream prematurely sent response', 'text', 'invalid_response', 'upstream', 'none'],
  ['upstream server temporarily disabled', 'text', 'peer_marked_down', 'never', 'peer_marked_down'],
  ['upstream sent too big ', 'text', 'header_too_big', 'upstream', 'none'],
  ['upstream sent goaway', 'text', 'stream_rejected', 'upstream', 'none'],
  ['upstream sent ', 'text', 'invalid_response', 'upstream', 'none'],
  ['memcached sent invalid ', 'text', 'invalid_response', 'upstream', 'none'],
  ['upstream rejected request with error', 'text', 'stream_rejected', 'upstream', 'none'],
  ['upstream SSL certificate ', 'text', 'tls_verify', 'upstream', 'none'],
  ['upstream servers are busy or encounter error!', 'text', 'no_live_upstreams', 'always', 'none'],
  ['no live upstreams', 'text', 'no_live_upstreams', 'upstream', 'none'],
  ['no resolver defined to resolve ', 'text', 'dns_failure', 'always', 'none'],
  ['no port in upstream ', 'text', 'other', 'always', 'none'],
  ['no host in upstream ', 'text', 'other', 'always', 'none'],
  ['invalid port in upstream ', 'text', 'other', 'always', 'none'],
  ['invalid URL prefix in ', 'text', 'other', 'always', 'none'],
  ['failed to run balancer_by_lua', 'text', 'other', 'always', 'none'],
  ['lua balancer: no peer set', 'text', 'other', 'always', 'none'],
  ['recv() failed (', 'errno', 'io', 'upstream', 'none'],
  ['readv() failed (', 'errno', 'io', 'upstream', 'none'],
  ['recvmsg() failed (', 'errno', 'io', 'upstream', 'none'],
  ['send() failed (', 'errno', 'io', 'upstream', 'none'],
  ['sendmsg() failed (', 'errno', 'io', 'upstream', 'none'],
  ['sendfile() failed (', 'errno', 'io', 'upstream', 'none'],
  ['writev() failed (', 'errno', 'io', 'upstream', 'none'],
  ['WSARecv() failed (', 'errno', 'io', 'upstream', 'none'],
  ['WSASend() failed (', 'errno', 'io', 'upstream', 'none'],
  ['open() "', 'file', 'other', 'upstream', 'none'],
  // Temporary files, of the body of a request too: that is answered with 500.
  ['pwrite() "', 'file', 'other', 'always', 'none'],
  ['pwritev() "', 'file', 'other', 'always', 'none'],
  ['SSL_do_handshake() failed (', 'text', 'tls_handshake', 'upstream', 'client_tls_error'],
  ['SSL_read() failed (', 'text', 'tls_handshake', 'upstream', 'client_tls_error'],
  ['SSL_write() failed (', 'text', 'tls_handshake', 'upstream', 'client_tls_error'],
  ['peer closed connection in SSL handshake', 'text', 'tls_handshake', 'upstream', 'client_tls_error'],
  ['SSL_shutdown() failed (', 'text', 'none', 'never', 'none'],
  ['ignoring stale global SSL error', 'text', 'none', 'never', 'none'],
  ['client SSL certificate ', 'text', 'client_tls_error', 'never', 'client_tls_error'],
  ['proxy_connect: upstream connect timed out', 'text', 'connect_timeout', 'always', 'none'],
  ['proxy_connect: upstream read timed out', 'text', 'response_timeout', 'always', 'none'],
  ['bind(', 'address', 'connect', 'upstream', 'none'],
  ['socket() failed (', 'errno', 'fds_exhausted', 'upstream', 'fds_exhausted'],
  ['setsockopt(IP_BIND_ADDRESS_NO_PORT) failed, ignored', 'text', 'none', 'never', 'none'],
  ['setsockopt(SO_KEEPALIVE) failed, ignored', 'text', 'none', 'never', 'none'],
  ['setsockopt(', 'text', 'other', 'upstream', 'none'],
  ['the new socket has number ', 'text', 'fds_exhausted', 'upstream', 'fds_exhausted'],
  ['accept4() failed (', 'errno', 'fds_exhausted', 'never', 'fds_exhausted'],
  ['accept() failed (', 'errno', 'fds_exhausted', 'never', 'fds_exhausted'],
  ['limiting requests', 'text', 'rate_limited', 'never', 'rate_limited'],
  ['delaying request', 'text', 'rate_limited', 'never', 'rate_limited'],
  ['limiting connections', 'text', 'connection_limited', 'never', 'connection_limited'],
  ['access forbidden by rule', 'text', 'access_denied', 'never', 'access_denied'],
  ['no user/password was provided', 'text', 'access_denied', 'never', 'access_denied'],
  ['user "', 'text', 'access_denied', 'never', 'access_denied'],
  ['client intended to send too large ', 'text', 'body_too_large', 'never', 'body_too_large'],
  ['client sent ', 'text', 'client_bad_request', 'never', 'client_bad_request'],
  ['broken header: ', 'text', 'client_bad_request', 'never', 'client_bad_request'],
  ['client prematurely closed ', 'text', 'client_abort', 'never', 'client_abort'],
  ['client canceled stream ', 'text', 'client_abort', 'never', 'client_abort'],
  ['client timed out (', 'errno', 'io', 'upstream', 'none'],
  ['epoll_wait() reported that client prematurely closed', 'text', 'client_abort', 'never', 'client_abort'],
  ['kevent() reported that client prematurely closed', 'text', 'client_abort', 'never', 'client_abort'],
  ...ANSWERED.map(
    (status): Row => [`auth request unexpected status: ${status}`, 'text', 'upstream_5xx', 'always', 'none'],
  ),
  ['auth request unexpected status: ', 'text', 'subrequest_failed', 'never', 'subrequest_failed'],
  ['worker process ', 'text', 'worker_crash', 'never', 'worker_crash'],
  ['unknown process ', 'text', 'worker_crash', 'never', 'worker_crash'],
  ['cache manager process ', 'text', 'worker_crash', 'never', 'worker_crash'],
  ['FastCGI sent in stderr: ', 'text', 'none', 'never', 'none'],
  ['an upstream response is buffered', 'text', 'none', 'never', 'none'],
  ['a client request body is buffered', 'text', 'none', 'never', 'none'],
  // `[lua]`, `[kong]` and other programs inside nginx: they quote what they like.
  ['[', 'text', 'none', 'never', 'none'],
  ['stream [lua] ', 'text', 'none', 'never', 'none'],
  ['stream lua ', 'text', 'none', 'never', 'none'],
  ['lua ', 'text', 'none', 'never', 'none'],
];

export const KINDS: readonly Kind[] = ROWS.map(([prefix, then, symptom, failure, elsewhere]) => ({
  prefix,
  then,
  symptom,
  failure,
  elsewhere,
}));

/** From this level on a file that cannot be opened is not there, and a client chose its name: nothing else of the line matters. */
export const MISSING_FILE_LEVEL = 3;

export function isMissingFile({ then, failure }: Kind, level: number): boolean {
  return then === 'file' && failure === 'upstream' && level >= MISSING_FILE_LEVEL;
}

export interface CompiledKind extends Kind {
  readonly bytes: Uint8Array;
  /** Indexes into SYMPTOMS; -1 when something else decides. */
  readonly symptomIndex: number;
  readonly elsewhereIndex: number;
}

/** Many kinds begin with `upstream `: the byte here tells most of them apart. */
const SECOND_LOOK = 9;
const LISTS: (readonly CompiledKind[])[] = [[]];
/** Index into LISTS by first byte and byte at SECOND_LOOK. */
const LIST_BY_BYTES = new Uint8Array(256 * 256);

/** The kind of the message at `at`, or undefined. */
export function kindAt(buffer: Uint8Array, at: number): CompiledKind | undefined {
  const list = LISTS[LIST_BY_BYTES[(buffer[at] << 8) | buffer[at + SECOND_LOOK]]];
  for (let i = 0; i < list.length; i++) if (standsAt(buffer, at, list[i].bytes)) return list[i];
  return undefined;
}

function compile(kind: Kind): CompiledKind {
  const indexOf = (symptom: string) => (SYMPTOMS as readonly string[]).indexOf(symptom);
  const [symptomIndex, elsewhereIndex] = [indexOf(kind.symptom), indexOf(kind.elsewhere)];
  return { ...kind, bytes: bytes(kind.prefix), symptomIndex, elsewhereIndex };
}

const compiled = KINDS.map(compile);
for (const first of new Set(compiled.map((kind) => kind.bytes[0]))) {
  const sameFirst = compiled.filter((kind) => kind.bytes[0] === first);
  const short = sameFirst.filter((kind) => kind.bytes.length <= SECOND_LOOK);
  LIST_BY_BYTES.fill(LISTS.push(short) - 1, first << 8, (first + 1) << 8);
  // Only second bytes that occur: a loop over all 256 was compiled, and that mapped 5 MB of the compiler.
  for (const second of new Set(sameFirst.map((kind) => kind.bytes[SECOND_LOOK]))) {
    if (second === undefined) continue;
    const list = sameFirst.filter((kind) => short.includes(kind) || kind.bytes[SECOND_LOOK] === second);
    LIST_BY_BYTES[(first << 8) | second] = LISTS.push(list) - 1;
  }
}
