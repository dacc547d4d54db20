import { BODY, CONNECT, HEADER, type Row, row, SEND, TLS } from './nginx-lines.ts';

const NO = { fields: 'noUpstream' } as const;
const BARE = { fields: 'none' } as const;

/** Forms that are no failed attempt however much they look like one. */
export const TRAP_ROWS: readonly Row[] = [
  // Companions.
  row('warn', `upstream server temporarily disabled${CONNECT}`, { phase: 'connect', symptom: 'peer_marked_down' }),
  row('warn', `upstream server temporarily disabled${HEADER}`, { phase: 'read_header', symptom: 'peer_marked_down' }),
  row('error', 'auth request unexpected status: 502 while sending to client', { symptom: 'subrequest_failed', ...NO }),
  row('warn', `upstream sent duplicate header line: "Date: x", previous value: "Date: y", ignored${HEADER}`, {
    phase: 'read_header',
  }),
  row('warn', `upstream sent more data than specified in "Content-Length" header${BODY}`, { phase: 'read_body' }),
  row(
    'warn',
    `an upstream response is buffered to a temporary file /var/cache/nginx/proxy_temp/5/00/0000000005${BODY}`,
    { phase: 'read_body' },
  ),
  row('warn', 'a client request body is buffered to a temporary file /var/cache/nginx/client_temp/1', NO),
  row('error', `FastCGI sent in stderr: "PHP message: connect() failed (111: Connection refused)${CONNECT}"${HEADER}`, {
    phase: 'read_header',
  }),
  row('crit', `SSL_shutdown() failed (SSL: error:140E0197:SSL routines:SSL_shutdown:shutdown while in init)${TLS}`, {
    phase: 'tls_handshake',
  }),
  // Clients.
  row(
    'info',
    `epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too${HEADER}`,
    { phase: 'read_header', symptom: 'client_abort' },
  ),
  row(
    'info',
    `epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too${CONNECT}`,
    { phase: 'connect', symptom: 'client_abort' },
  ),
  row(
    'info',
    `kevent() reported that client prematurely closed connection, so upstream connection is closed too${SEND}`,
    { phase: 'send_request', symptom: 'client_abort' },
  ),
  row('info', 'client prematurely closed connection', { symptom: 'client_abort', ...NO }),
  row('info', 'client canceled stream 7 while processing HTTP/2 connection', { symptom: 'client_abort', ...NO }),
  row('info', `recv() failed (104: Connection reset by peer)${BODY}`, {
    errno: 104,
    phase: 'read_body',
    symptom: 'client_abort',
  }),
  row('info', 'writev() failed (32: Broken pipe) while sending to client', { errno: 32, symptom: 'client_abort' }),
  row('info', 'client timed out (110: Connection timed out) while sending to client', {
    errno: 110,
    symptom: 'client_abort',
    ...NO,
  }),
  row('info', 'client timed out (110: Connection timed out) while reading client request headers', {
    errno: 110,
    ...NO,
  }),
  row('info', 'recv() failed (104: Connection reset by peer) while waiting for request', { errno: 104, ...NO }),
  row('info', 'recv() failed (104: Connection reset by peer) while proxying and reading from client', {
    errno: 104,
    symptom: 'client_abort',
    fields: 'stream',
  }),
  row('info', 'client 127.0.0.1 closed keepalive connection', BARE),
  row('info', 'client sent invalid request while reading client request line', {
    symptom: 'client_bad_request',
    ...NO,
  }),
  row('info', 'client sent invalid host header while reading client request headers', {
    symptom: 'client_bad_request',
    ...NO,
  }),
  row('error', 'broken header: "GET / HTTP/1.1" while reading PROXY protocol', {
    symptom: 'client_bad_request',
    ...NO,
  }),
  row(
    'info',
    'SSL_do_handshake() failed (SSL: error:0A000416:SSL routines::sslv3 alert certificate unknown:SSL alert number 46) while SSL handshaking',
    { symptom: 'client_tls_error', ...NO },
  ),
  row('crit', 'SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking', {
    symptom: 'client_tls_error',
    ...NO,
  }),
  row('crit', 'SSL_read() failed (SSL: error:0A000126:SSL routines::unexpected eof while reading) while keepalive', {
    symptom: 'client_tls_error',
    ...NO,
  }),
  row('info', 'peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking', {
    errno: 104,
    symptom: 'client_tls_error',
    ...NO,
  }),
  // Policy.
  row('error', 'limiting requests, excess: 10.420 by zone "perip"', { symptom: 'rate_limited', ...NO }),
  row('error', 'limiting requests, dry run, excess: 10.420 by zone "perip"', { symptom: 'rate_limited', ...NO }),
  row('warn', 'delaying request, excess: 1.000, by zone "perip"', { symptom: 'rate_limited', ...NO }),
  row('error', 'limiting connections by zone "addr"', { symptom: 'connection_limited', ...NO }),
  row('error', 'client intended to send too large body: 10485761 bytes', { symptom: 'body_too_large', ...NO }),
  row('error', 'client intended to send too large chunked body: 1048576+4096 bytes', {
    symptom: 'body_too_large',
    ...NO,
  }),
  row('error', 'access forbidden by rule', { symptom: 'access_denied', ...NO }),
  row('error', 'access forbidden by rule while initializing session', { symptom: 'access_denied', fields: 'stream' }),
  row('error', 'user "a" was not found in "/etc/nginx/.htpasswd"', { symptom: 'access_denied', ...NO }),
  // The gateway's own state.
  row('alert', '1024 worker_connections are not enough', { symptom: 'worker_connections_exhausted', ...BARE }),
  row('warn', '1024 worker_connections are not enough, reusing connections', {
    symptom: 'connections_reused',
    ...BARE,
  }),
  row('crit', 'accept4() failed (24: Too many open files)', { errno: 24, symptom: 'fds_exhausted', ...BARE }),
  row('alert', 'worker process 310 exited on signal 9', { symptom: 'worker_crash', ...BARE }),
  row('alert', 'worker process 310 exited on signal 11 (core dumped)', { symptom: 'worker_crash', ...BARE }),
  row('notice', 'worker process 310 exited with code 0', BARE),
  row('alert', '*1 open socket #3 left in connection 4', BARE),
  row('notice', 'signal 1 (SIGHUP) received from 1, reconfiguring', BARE),
  row('crit', 'ngx_slab_alloc() failed: no memory in upstream zone "backend"', BARE),
  row('emerg', 'host not found in upstream "backend" in /etc/nginx/conf.d/http.conf:9', {
    symptom: 'config_rejected',
    ...BARE,
  }),
  row('emerg', 'bind() to 0.0.0.0:80 failed (98: Address already in use)', {
    errno: 98,
    symptom: 'config_rejected',
    ...BARE,
  }),
  row('emerg', 'bind() to unix:/var/run/nginx/nginx-502-server.sock failed (98: Address in use)', {
    errno: 98,
    symptom: 'config_rejected',
    ...BARE,
  }),
  // Names in the background.
  row('error', 'send() failed (111: Connection refused) while resolving, resolver: 10.96.0.10:53', {
    errno: 111,
    phase: 'resolve',
    symptom: 'dns_failure',
    ...BARE,
  }),
  row('error', 'unexpected DNS response for backend.local', BARE),
  row('error', 'backend.local could not be resolved (3: Host not found)', {
    phase: 'resolve',
    symptom: 'dns_failure',
    ...BARE,
  }),
  row(
    'warn',
    'no resolver defined to resolve r3.o.lencr.org while requesting certificate status, responder: r3.o.lencr.org',
    BARE,
  ),
  row(
    'error',
    'r3.o.lencr.org could not be resolved (110: Operation timed out) while requesting certificate status, responder: r3.o.lencr.org',
    BARE,
  ),
  row(
    'error',
    'OCSP responder timed out (110: Connection timed out) while requesting certificate status, responder: r3.o.lencr.org',
    { errno: 110, ...BARE },
  ),
  // Lua.
  row('warn', `[lua] balancer.lua:345: balance(): no peer was returned, balancer: round_robin${CONNECT}`, {
    phase: 'connect',
  }),
  row(
    'error',
    `[lua] balancer.lua:350: balance(): attempted to proxy to self, balancer: chash, peer: 10.1.1.1:80${CONNECT}`,
    { phase: 'connect' },
  ),
  row('error', '[lua] client.lua:123: request(): upstream timed out (110: Connection timed out)', NO),
  row('error', 'lua tcp socket connect timed out, when connecting to 10.0.0.1:6379', NO),
  row('error', 'connect() failed (111: Connection refused), context: ngx.timer', { errno: 111, ...BARE }),
  row('error', 'connect() failed (111: Connection refused)', { errno: 111, ...NO }),
  row(
    'error',
    'lua entry thread aborted: runtime error: connect() failed (111: Connection refused) while connecting to upstream',
    { ...NO, errno: 111, phase: 'connect' },
  ),
  // Files and text that a client chose.
  row('error', 'open() "/usr/share/nginx/html/favicon.ico" failed (2: No such file or directory)', { errno: 2, ...NO }),
  row('error', 'open() "/srv/a while resolving" failed (2: No such file or directory)', { errno: 2, ...NO }),
  row(
    'error',
    `open() "/srv/connect() failed (111: Connection refused)${CONNECT}" failed (2: No such file or directory)`,
    { errno: 2, ...NO },
  ),
  row(
    'error',
    `"/srv/upstream timed out (110: Connection timed out)${HEADER}/index.html" is not found (2: No such file or directory)`,
    { errno: 2, ...NO },
  ),
  row('error', 'directory index of "/srv/www/" is forbidden', NO),
  row('error', 'rewrite or internal redirection cycle while internally redirecting to "/index.html"', NO),
  // Stream sessions.
  row('info', 'connection timed out (110: Connection timed out) while proxying connection', {
    errno: 110,
    phase: 'stream_proxy',
    fields: 'stream',
  }),
  row('info', 'client 192.168.1.7:4000 connected to 0.0.0.0:5432', BARE),
  row('info', 'upstream disconnected, bytes from/to client:3/0, bytes from/to upstream:0/3', BARE),
];
