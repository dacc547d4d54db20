import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/**
 * Stands for the API of NGINX Plus; it is none, and no NGINX Plus was at hand to compare. Answers have the documented form
 * (nginx.org, ngx_http_api_module, version 9).
 */
export interface FakePlusApi {
  readonly url: string;
  versions: unknown;
  http: Record<string, unknown>;
  /** Null: nginx has no streams. */
  stream: Record<string, unknown> | null;
  /** Status of every answer; 200: as they are. */
  status: number;
  /** `METHOD target` in order of arrival. */
  readonly log: string[];
  close(): Promise<void>;
}

/** `place`: a port or the path of a unix socket. `root`: where the API is. */
export async function openFakePlusApi(
  test: TestContext,
  place: number | string = 0,
  root = '/api',
): Promise<FakePlusApi> {
  const server = createServer((request, response) => {
    fake.log.push(`${request.method} ${request.url}`);
    request.on('data', () => fake.log.push('a body'));
    const answers: Record<string, unknown> = { [`GET ${root}/`]: fake.versions };
    for (const version of Array.isArray(fake.versions) ? fake.versions : []) {
      answers[`GET ${root}/${version}/http/upstreams`] = fake.http;
      answers[`GET ${root}/${version}/stream/upstreams`] = fake.stream;
    }
    const answer = answers[`${request.method} ${request.url}`] ?? null;
    const status = fake.status !== 200 ? fake.status : answer === null ? 404 : 200;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(status === 200 ? answer : errorJson(status)));
  });
  const close = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  server.listen(typeof place === 'string' ? { path: place } : { port: place, host: '127.0.0.1' });
  await once(server, 'listening');
  test.after(close);
  const url =
    typeof place === 'string' ? `unix:${place}` : `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const versions = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const fake: FakePlusApi = { url, versions, http: {}, stream: null, status: 200, log: [], close };
  return fake;
}

function errorJson(status: number): object {
  return {
    error: { status, text: 'path not found', code: 'PathNotFound' },
    request_id: 'f9c5a7e2c1d3b0a4968e7d5f1c2b3a40',
    href: 'https://nginx.org/en/docs/http/ngx_http_api_module.html',
  };
}

/** An upstream of `http` with all documented fields; peers as `address state`. */
export function plusUpstream(zone: string, ...peers: readonly string[]): object {
  return { peers: peers.map(plusPeer), keepalive: 0, zombies: 0, zone };
}

function plusPeer(text: string, id: number): object {
  const [server, state = 'up'] = text.split(' ');
  return {
    id,
    server,
    name: server,
    backup: false,
    weight: 1,
    state,
    active: 0,
    ssl: { handshakes: 0, handshakes_failed: 0, session_reuses: 0 },
    requests: 667231,
    header_time: 20,
    response_time: 36,
    responses: { '1xx': 0, '2xx': 666310, '3xx': 0, '4xx': 915, '5xx': 6, codes: { '200': 666310 }, total: 667231 },
    sent: 251946292,
    received: 19222475454,
    fails: 0,
    unavail: 0,
    health_checks: { checks: 26214, fails: 0, unhealthy: 0, last_passed: true },
    downtime: 0,
    selected: '2026-11-20T08:40:02Z',
  };
}
