import type { Cause, Symptom } from '../../src/contract/names.ts';
import type { RawRequest } from './nginx-ask.ts';

interface Story extends RawRequest {
  readonly count: number;
  readonly status: number;
  /** What each failure must add, by cause and by symptom. */
  readonly causes: Readonly<Partial<Record<Cause, number>>>;
  readonly symptoms: Readonly<Partial<Record<Symptom, number>>>;
}

/** Requests to `failingHttp`, and what each of them must count as. */
export const STAGED: Readonly<Record<string, Story>> = {
  'success moves nothing': { target: '/ok', count: 5, status: 200, causes: {}, symptoms: {} },
  '111: refused': {
    target: '/refused',
    count: 5,
    status: 502,
    causes: { not_listening: 5 },
    symptoms: { connect_refused: 5 },
  },
  '110 while connecting': {
    target: '/blackhole',
    count: 3,
    status: 504,
    causes: { connect_timeout: 3 },
    symptoms: { connect_timeout: 3 },
  },
  '110 while reading': {
    target: '/silent',
    count: 4,
    status: 504,
    causes: { response_timeout: 4 },
    symptoms: { response_timeout: 4 },
  },
  '104: reset while reading': {
    target: '/reset',
    count: 6,
    status: 502,
    causes: { connection_reset: 6 },
    symptoms: { reset: 6 },
  },
  'closed before a header': {
    target: '/close',
    count: 7,
    status: 502,
    causes: { premature_close: 7 },
    symptoms: { premature_close: 7 },
  },
  'closed within the body': {
    target: '/truncate',
    count: 3,
    status: 200,
    causes: { truncated_response: 3 },
    symptoms: { truncated_response: 3 },
  },
  'too big header': {
    target: '/bigHeader',
    count: 4,
    status: 502,
    causes: { header_too_big: 4 },
    symptoms: { header_too_big: 4 },
  },
  'invalid header': {
    target: '/invalidHeader',
    count: 3,
    status: 502,
    causes: { protocol_error: 3 },
    symptoms: { invalid_response: 3 },
  },
  'name that does not exist': {
    target: '/dns',
    count: 5,
    status: 502,
    causes: { dns_failure: 5 },
    symptoms: { dns_failure: 5 },
  },
  'certificate of an unknown authority': {
    target: '/tls-verify',
    count: 4,
    status: 502,
    causes: { upstream_tls: 4 },
    symptoms: { tls_verify: 4 },
  },
  'TLS spoken to a plain port': {
    target: '/tls-plain',
    count: 3,
    status: 502,
    causes: { upstream_tls: 3 },
    symptoms: { tls_handshake: 3 },
  },
  'a missing unix socket': {
    target: '/socket',
    count: 3,
    status: 502,
    causes: { not_listening: 3 },
    symptoms: { socket_missing: 3 },
  },
};

/** Upstreams at these ports, behind a port of their own. */
export function failingHttp(ports: Readonly<Record<string, number>>, otherAuthority: string): string {
  const to = (name: string, extra = '') => `location /${name} { proxy_pass http://127.0.0.1:${ports[name]}; ${extra} }`;
  return `
  limit_req_zone $server_name zone=tight:1m rate=1r/m;
  upstream pool { server 127.0.0.1:${ports.refused}; server 127.0.0.1:${ports.refused2}; }
  upstream mixed { server 127.0.0.1:${ports.refused} weight=100; server 127.0.0.1:${ports.ok}; }
  proxy_connect_timeout 300ms;
  proxy_read_timeout 300ms;
  server {
    listen 127.0.0.1:${ports.listen};
    server_name shop.example;
    large_client_header_buffers 4 16k;
    location = /nginx-is-up { return 204; }
    ${['ok', 'refused', 'blackhole', 'silent', 'reset', 'close', 'truncate', 'bigHeader', 'invalidHeader'].map((name) => to(name)).join('\n')}
    location /patient { proxy_pass http://127.0.0.1:${ports.patient}; proxy_read_timeout 60s; }
    location /dns { resolver 127.0.0.1:${ports.dns} ipv6=off; set $name cart.shop.svc; proxy_pass http://$name:8080; }
    location /tls-verify {
      proxy_pass https://127.0.0.1:${ports.tls};
      proxy_ssl_verify on;
      proxy_ssl_trusted_certificate ${otherAuthority};
    }
    location /tls-plain { proxy_pass https://127.0.0.1:${ports.ok}; }
    location /socket { proxy_pass http://unix:$DIR/nobody.sock:; }
    location /limited { limit_req zone=tight; proxy_pass http://127.0.0.1:${ports.ok}; }
    location /pool { proxy_pass http://pool; }
    location /retried { proxy_pass http://mixed; }
  }`;
}
