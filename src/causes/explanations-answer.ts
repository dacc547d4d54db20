import type { Cause } from '../contract/names.ts';
import type { Explanation } from './explanations.ts';

/** Causes that are about what became of a request that was sent. */
export const ANSWER_EXPLANATIONS = {
  response_timeout: {
    title: 'No answer in time',
    meaning: 'The peer accepted the connection but did not send (or take) data before the gateway’s timeout.',
    likely: [
      'a slow request, query or lock in the program',
      'all its workers are busy',
      'proxy_read_timeout is shorter than the work takes',
    ],
    next: 'The program’s latency and its own downstream calls at that minute; then proxy_read_timeout and proxy_send_timeout.',
  },
  premature_close: {
    title: 'Closed without an answer',
    meaning: 'The peer closed the connection before it sent a complete response header.',
    likely: [
      'an idle keepalive connection was closed just as the gateway used it',
      'the program crashed or was stopped without draining',
      'it speaks another protocol than the gateway on that port',
    ],
    next: 'Crashes and restarts of the program at that second; else make its keepalive timeout longer than the gateway’s.',
  },
  connection_reset: {
    title: 'Connection reset',
    meaning: 'The peer broke the connection off (RST) before it had answered.',
    likely: [
      'the program crashed, was killed, or was stopped without draining',
      'it closed an idle keepalive connection just as the gateway used it',
      'a proxy, load balancer or firewall between them dropped the connection',
    ],
    next: 'Restarts and OOM kills of the peer first (kubectl describe pod); then compare its keepalive timeout with keepalive_timeout of the upstream block.',
  },
  truncated_response: {
    title: 'Answer cut off',
    meaning: 'The peer stopped in the middle of its response; the client got a status and a part of the body.',
    likely: [
      'the program crashed or timed out while it was sending',
      'it announced more in Content-Length than it sent',
    ],
    next: 'The program’s own log at that second: worker timeouts, crashes, memory limit.',
  },
  upstream_tls: {
    title: 'TLS to the upstream failed',
    meaning: 'The handshake with the peer or the check of its certificate failed.',
    likely: [
      'certificate expired, wrong name or unknown CA (proxy_ssl_name, proxy_ssl_trusted_certificate)',
      'no SNI sent: proxy_ssl_server_name is off',
      'the port speaks plain HTTP, or wants another protocol version or a client certificate',
    ],
    next: 'openssl s_client -connect ADDRESS:PORT -servername NAME </dev/null | openssl x509 -noout -dates -subject -issuer',
  },
  protocol_error: {
    title: 'Answer not understood',
    meaning: 'The peer broke the protocol that the gateway speaks with it, or refused the stream.',
    likely: [
      'invalid or duplicate response headers',
      'HTTP/1 spoken to an HTTP/2 or gRPC port, or the other way round',
      'the peer closes its HTTP/2 connections (GOAWAY) while requests start',
    ],
    next: 'curl -v the peer directly and compare with proxy_pass, grpc_pass and proxy_http_version.',
  },
  header_too_big: {
    title: 'Response header too big',
    meaning: 'The response header does not fit into the gateway’s buffer.',
    likely: [
      'many or large Set-Cookie headers',
      'a long redirect or token in a header',
      'proxy_buffer_size left at 4k or 8k',
    ],
    next: 'curl -sD- -o/dev/null the peer directly | wc -c; then raise proxy_buffer_size (fastcgi_buffer_size).',
  },
  app_error: {
    title: 'The application answered 5xx',
    meaning: 'The gateway passed on an error that the program behind it made.',
    likely: ['an error in the application or in something it depends on'],
    next: 'The application’s own log at that minute.',
  },
} as const satisfies Readonly<Partial<Record<Cause, Explanation>>>;
