import { type Fault, NGINX_UPSTREAM } from '../fault.ts';
import { LISTEN } from './envoy-front.ts';
import { GOAWAY, h2, raw } from './envoy-protocols.ts';
import { KEPT, said } from './nginx-front.ts';

/** Answers the first bytes of each connection with these, and closes. */
const says = (answer: string) => raw(`socket.once('data', () => socket.end(${JSON.stringify(answer)}))`);
const OK = 'HTTP/1.1 200 OK\r\n';
const GRPC = `grpc_pass grpc://${NGINX_UPSTREAM};`;
const HTTP1 = `require('http').createServer((_, answer) => answer.end('ok'))${LISTEN}`;
/** Each connection answers once. */
const ANSWERS_ONCE = raw(
  "let asked = 0; socket.on('data', () => asked++ ? socket.destroy() : socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok'))",
);

/** Upstreams that speak another protocol than nginx was told, or the same one badly. */
export const NGINX_PROTOCOL_FAULTS: readonly Fault[] = [
  said('chunks-broken', 'a chunk has no length', 'protocol_error', 'invalid_response', {
    script: says(`${OK}Transfer-Encoding: chunked\r\n\r\nnonsense\r\n`),
    location: KEPT,
    isAnswered: true,
  }),
  said('no-http', 'the application does not speak HTTP', 'protocol_error', 'invalid_response', {
    script: says('SSH-2.0-OpenSSH_9.2\r\n'),
    isAnswered: true,
  }),
  said('set-cookie-too-big', 'cookies of 9 kB, proxy_buffer_size 4k', 'header_too_big', 'header_too_big', {
    script: says(`${OK}Set-Cookie: session=${'x'.repeat(9000)}\r\nContent-Length: 2\r\n\r\nok`),
  }),
  said('grpc-to-http1', 'gRPC to an application of HTTP/1', 'protocol_error', 'invalid_response', {
    script: HTTP1,
    location: GRPC,
  }),
  said('grpc-refused', 'the application refuses streams of gRPC', 'protocol_error', 'stream_rejected', {
    script: h2('stream.close(7);'),
    location: GRPC,
  }),
  said('grpc-goaway', 'the application says GOAWAY to streams of gRPC', 'protocol_error', 'stream_rejected', {
    script: raw(`socket.once('data', () => socket.write(${GOAWAY}))`),
    location: GRPC,
  }),
  said('fastcgi-to-http', 'FastCGI to an application of HTTP', 'protocol_error', 'invalid_response', {
    script: HTTP1,
    location: `fastcgi_pass ${NGINX_UPSTREAM};`,
  }),
  said('fastcgi-worker-dies', 'a FastCGI worker dies at each request', 'premature_close', 'premature_close', {
    script: raw("socket.once('data', () => socket.end())"),
    location: `fastcgi_pass ${NGINX_UPSTREAM}; fastcgi_param REQUEST_METHOD GET;`,
  }),
  said('uwsgi-worker-dies', 'a uwsgi worker dies at each request', 'premature_close', 'premature_close', {
    script: raw("socket.once('data', () => socket.end())"),
    location: `uwsgi_pass ${NGINX_UPSTREAM};`,
  }),
  said(
    'keepalive-closed',
    'a kept connection is closed when its second request comes',
    'premature_close',
    'premature_close',
    {
      script: ANSWERS_ONCE,
      location: KEPT,
      block: 'keepalive 8;',
    },
  ),
  said('slow-body', 'the application stops within its answer', 'response_timeout', 'response_timeout', {
    script: raw("socket.once('data', () => socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nhalf'))"),
    location: `proxy_pass http://${NGINX_UPSTREAM}; proxy_read_timeout 300ms;`,
    isAnswered: true,
  }),
  said('reset-in-body', 'the application resets within its answer', 'connection_reset', 'reset', {
    script: raw(
      "socket.once('data', () => { socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nhalf'); setTimeout(() => socket.resetAndDestroy(), 50); })",
    ),
    isAnswered: true,
  }),
  said(
    'stopped',
    'the application is stopped (SIGSTOP), and the kernel takes its connections',
    'response_timeout',
    'response_timeout',
    {
      script:
        "require('net').createServer().listen(8080, process.argv[1], () => { console.log('listens'); setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 100); })",
      location: `proxy_pass http://${NGINX_UPSTREAM}; proxy_read_timeout 300ms;`,
    },
  ),
];
