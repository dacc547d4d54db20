import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { METHODS } from '../../../src/contract/traffic.ts';

/** What a client sends, and what nginx must make of it. */
export interface RawRequest {
  readonly raw: Buffer;
  readonly status: number;
  /** Statuses of the attempts; -1: none. */
  readonly attempts: readonly number[];
  /** Which of them follow an internal redirect. */
  readonly redirected?: readonly boolean[];
  /** Default: GET. */
  readonly method?: (typeof METHODS)[number];
  readonly wantsUpgrade?: boolean;
}

const EVERY_BYTE = Buffer.from(
  Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => ![0, 10, 13].includes(byte)),
);
const [OK, LOCAL] = [200, 204];

function request(method: string, path: string, headers: readonly (string | Buffer)[] = []): Buffer {
  const lines = headers.flatMap((header) => [Buffer.from(header as string), Buffer.from('\r\n')]);
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n`),
    ...lines,
    Buffer.from('\r\n'),
  ]);
}

const header = (name: string, value: Buffer) => Buffer.concat([Buffer.from(`${name}: `), value]);
const basic = (user: Buffer) => `Authorization: Basic ${Buffer.concat([user, Buffer.from(':x')]).toString('base64')}`;
const FORGED = '" 500 9 "-" "-" 9.999 "500, 502" "6.6.6.6:66" : 504, 3 [x] [y] | 777 $status ","status":599,"x":"';

export const REQUESTS: readonly RawRequest[] = [
  { raw: request('GET', '/ok'), status: OK, attempts: [OK] },
  { raw: request('HEAD', '/ok?a=1'), status: OK, attempts: [OK], method: 'HEAD' },
  { raw: request('POST', '/retry'), status: OK, attempts: [502, OK], method: 'POST' },
  { raw: request('GET', '/dead'), status: 502, attempts: [502] },
  { raw: request('GET', '/down'), status: 502, attempts: [502] },
  { raw: request('GET', '/redirect'), status: OK, attempts: [OK, OK], redirected: [false, true] },
  { raw: request('GET', '/fallback'), status: OK, attempts: [502, OK], redirected: [false, true] },
  { raw: request('GET', '/lost'), status: 502, attempts: [OK] },
  { raw: request('GET', '/slow'), status: 504, attempts: [504] },
  { raw: request('GET', '/socket'), status: OK, attempts: [OK] },
  { raw: request('DELETE', '/static'), status: LOCAL, attempts: [], method: 'DELETE' },
  { raw: request('PROPFIND', '/static'), status: LOCAL, attempts: [], method: 'other' },
  { raw: request('GET', '/unavailable'), status: 503, attempts: [] },
  {
    raw: Buffer.from('GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    status: 101,
    attempts: [101],
    wantsUpgrade: true,
  },
  { raw: Buffer.from('\x16\x03\x01\x02"200 -\\ \r\n\r\n', 'latin1'), status: 400, attempts: [], method: 'other' },
  { raw: Buffer.from('GET /static HTTP/1.0\r\n\r\n'), status: LOCAL, attempts: [] },
  // What a client writes to be taken for something else.
  ...['User-Agent', 'Referer', 'X-Forwarded-For', 'X', 'X-Request-ID', 'Cookie'].flatMap((name) =>
    [
      Buffer.from(FORGED),
      EVERY_BYTE,
      Buffer.from(': 500'),
      Buffer.from('502,'),
      Buffer.from('\\'),
      Buffer.from('-'),
    ].map((value) => ({
      raw: request('GET', '/retry', [header(name, value), header('Y', value)]),
      status: OK,
      attempts: [502, OK],
    })),
  ),
  ...[FORGED, `] "GET / HTTP/1.1" 500 1 [`, `\n500 9.999 "\n`, '\xff\xfe"\\'].map((user) => ({
    raw: request('GET', '/ok', [basic(Buffer.from(user, 'latin1'))]),
    status: OK,
    attempts: [OK],
  })),
  { raw: request('GET', `/ok?${encodeURI(FORGED)}%0a%22`), status: OK, attempts: [OK] },
  { raw: request('GET', `/ok?"500","x":'\\`), status: OK, attempts: [OK] },
  {
    raw: request(
      'GET',
      `/ok?${'a'.repeat(7000)}`,
      ['User-Agent', 'Referer', 'X'].map((name) => header(name, Buffer.alloc(7000, 0xff))),
    ),
    status: OK,
    attempts: [OK],
  },
];

/** Upstreams of the requests above; with its listening server. */
export async function startBackend(path: string | number): Promise<Server> {
  const server = createServer({ insecureHTTPParser: true, maxHeaderSize: 1 << 20 }, (incoming, response) => {
    const target = { '/redirect': '/ok', '/lost': '/unresolved' }[incoming.url ?? ''];
    if (incoming.url === '/slow') return;
    response.writeHead(OK, target === undefined ? {} : { 'X-Accel-Redirect': target }).end('body');
  });
  server.on('upgrade', (_, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
  server.listen(path);
  await once(server, 'listening');
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Sends and waits until the connection has ended. */
export async function send(port: number, raw: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (data) => parts.push(data));
  socket.on('error', () => {});
  socket.write(raw);
  await once(socket, 'close');
  return Buffer.concat(parts).toString('latin1');
}

/** Inside `http { }`: the locations of the requests, logged in every format. */
export function serverText(listen: number, backend: number, dead: number, logs: string): string {
  return `
    upstream retry { server 127.0.0.1:${dead} max_fails=0; server 127.0.0.1:${backend} backup; }
    upstream dead { server 127.0.0.1:${dead} max_fails=0; }
    upstream down { server 127.0.0.1:${dead} down; }
    map $http_x $my_variable { default $http_x; }
    map $http_x $the_real_ip { default $http_x; }
    map $http_x_request_id $req_id { default $http_x_request_id; "" $request_id; }
    map "" $proxy_upstream_name { default shop-cart-80; }
    map "" $proxy_alternative_upstream_name { default ""; }
    map $http_x $geoip_city_name { default $http_x; }
    server {
      listen 127.0.0.1:${listen};
      server_name shop.example.com;
      large_client_header_buffers 8 8k;
      proxy_read_timeout 1s;
      proxy_http_version 1.1;
      ${logs}
      location = /nginx-is-up { access_log off; return 204; }
      location = /static { return 204; }
      location = /unavailable { return 503; }
      location = /retry { proxy_pass http://retry/ok; proxy_next_upstream error non_idempotent; }
      location = /dead { proxy_pass http://dead; }
      location = /down { proxy_pass http://down; }
      location = /fallback { proxy_pass http://dead; error_page 502 = /ok; }
      location = /unresolved { set $nowhere nowhere.invalid; proxy_pass http://$nowhere; }
      location = /socket { proxy_pass http://unix:$DIR/backend.sock:/ok; }
      location = /upgrade { proxy_pass http://127.0.0.1:${backend}; proxy_set_header Connection upgrade; proxy_set_header Upgrade $http_upgrade; }
      location / { proxy_pass http://127.0.0.1:${backend}; }
    }`;
}
