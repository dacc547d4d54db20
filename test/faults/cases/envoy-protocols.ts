import type { Fault } from '../fault.ts';
import { HTTP2, LISTEN, standing } from './envoy-front.ts';

/** A server of HTTP/2 that does this with each `stream`. */
export const h2 = (does: string) => `const server = require('http2').createServer();
  server.on('session', (session) => session.on('error', () => {}));
  server.on('stream', (stream) => { stream.on('error', () => {}); ${does} });
  server${LISTEN};`;
/** A server that does this with each `socket`, and sends what it has. */
export const raw = (does: string) =>
  `require('net').createServer((socket) => { socket.on('error', () => {}); ${does} })${LISTEN}`;
/** Frames of HTTP/2 (RFC 9113 §6): an empty SETTINGS, and a GOAWAY that names no stream as taken. */
export const GOAWAY = "Buffer.from('0000000400000000000000080700000000000000000000000002', 'hex')";
const OK = "socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok')";
/** An alert of TLS 1.2 (RFC 8446 §6): unexpected_message. */
const ALERT = "socket.once('data', () => socket.end(Buffer.from('1503010002020a', 'hex')))";

const MISUNDERSTOOD = { expected: { protocol_error: 1 }, symptoms: ['protocol_error'] } as const;
const CLOSED = { expected: { premature_close: 1 }, symptoms: ['premature_close'] } as const;

/** Upstreams that speak another protocol than Envoy was told, and what goes wrong on HTTP/2. */
export const ENVOY_PROTOCOL_FAULTS: readonly Fault[] = [
  standing(
    { name: 'http2-to-http1-envoy', what: 'Envoy speaks HTTP/2, the application HTTP/1', ...MISUNDERSTOOD },
    { script: `require('http').createServer((_, answer) => answer.end('ok'))${LISTEN}`, cluster: HTTP2 },
  ),
  standing(
    { name: 'http1-to-http2-envoy', what: 'Envoy speaks HTTP/1, the application HTTP/2 only', ...MISUNDERSTOOD },
    { script: h2('stream.respond(); stream.end();') },
  ),
  standing(
    { name: 'plain-to-tls-envoy', what: 'plain HTTP to a port that speaks TLS: it answers an alert', ...MISUNDERSTOOD },
    { script: raw(ALERT) },
  ),
  standing(
    { name: 'reset-envoy', what: 'the application resets (RST), of which Envoy says that it closed', ...CLOSED },
    { app: { does: 'reset' } },
  ),
  standing(
    { name: 'keepalive-closed-envoy', what: 'a kept connection is closed when its second request comes', ...CLOSED },
    { script: raw(`let asked = 0; socket.on('data', () => asked++ ? socket.destroy() : ${OK})`) },
  ),
  standing(
    { name: 'http2-closed-envoy', what: 'the application closes a connection with streams on it', ...CLOSED },
    { script: h2('stream.session.destroy();'), cluster: HTTP2 },
  ),
  standing(
    {
      ...{ name: 'http2-reset-envoy', what: 'the application resets its streams (INTERNAL_ERROR)' },
      ...{ expected: { connection_reset: 1 }, symptoms: ['reset'] },
    },
    { script: h2('stream.close(2);'), cluster: HTTP2 },
  ),
  standing(
    {
      ...{ name: 'http2-truncated-envoy', what: 'the application resets its streams within the body' },
      ...{ expected: { truncated_response: 1 }, symptoms: ['truncated_response'] },
    },
    {
      script: h2(
        "stream.respond({ 'content-length': 9 }); stream.write('half'); setTimeout(() => stream.close(2), 30);",
      ),
      cluster: HTTP2,
    },
  ),
];
