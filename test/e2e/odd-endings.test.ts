import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LAG_MS } from '../../src/causes/counted-once-sources.ts';
import { BUILTIN_FORMATS } from '../../src/parse/access-log/builtin-formats.ts';
import { Badgateway, moved, sum } from '../support/badgateway.ts';
import { freePort } from '../support/freeport.ts';
import { type RunningNginx, startNginx } from '../support/nginx.ts';
import { skipWithout } from '../support/programs.ts';
import { openRefusing, openUpstream, type Upstream } from '../support/upstreams.ts';

const FORMAT = BUILTIN_FORMATS.badgateway.map((word) => `'${word}'`).join(' ');

interface Ending {
  /** As sent; an array: in pieces, 200 ms apart. */
  readonly sends: string | readonly string[];
  /** The client leaves so long after its last byte, without waiting for an answer. */
  readonly leavesMs?: number;
  /** Of the access log's lines. */
  readonly statuses: readonly number[];
  /** Failures by symptom with both logs; none where it is left out. */
  readonly both?: Readonly<Record<string, number>>;
  /** The same with one log, where it is another. */
  readonly error?: Readonly<Record<string, number>>;
  readonly access?: Readonly<Record<string, number>>;
}

const get = (path: string, ...headers: string[]) =>
  [`GET ${path} HTTP/1.1`, 'Host: a', 'Connection: close', ...headers, '', ''].join('\r\n');
const post = (path: string, length: number, ...headers: string[]) =>
  get(path, `Content-Length: ${length}`, ...headers).replace('GET', 'POST');

/** How requests end that are neither answered by their upstream nor simply failed by it. */
const ENDINGS: Readonly<Record<string, Ending>> = {
  'a body after 100 Continue': { sends: [post('/ok', 4, 'Expect: 100-continue'), 'body'], statuses: [200] },
  'the client leaves while the upstream works': { sends: get('/silent?leave'), leavesMs: 100, statuses: [499] },
  'return 444': { sends: get('/drop'), statuses: [444] },
  'a body that ends early': { sends: [post('/ok', 100), 'half'], leavesMs: 50, statuses: [400] },
  'a body that ends early, not buffered': { sends: [post('/unbuffered', 100), 'half'], leavesMs: 50, statuses: [400] },
  'a body that stops': { sends: post('/ok', 100), statuses: [408] },
  'a header that stops': { sends: 'GET /ok HTTP/1.1\r\nHost:', statuses: [408] },
  'no request at all': { sends: '', leavesMs: 20, statuses: [] },
  'HTTP/0.9': { sends: 'GET /local\r\n', statuses: [200] },
  'no HTTP': { sends: '\x16\x03\x01\r\n\r\n', statuses: [400] },
  'a mirror that refuses': {
    ...{ sends: get('/mirrored'), statuses: [200], both: { connect_refused: 1 }, access: {} },
  },
  'two servers before the one that answers': {
    sends: get('/next'),
    statuses: [200],
    both: { connect_refused: 2 },
    access: { other: 2 },
  },
  'filled the cache': { sends: get('/cached'), statuses: [200] },
  'answered by the cache': { sends: get('/cached'), statuses: [200] },
  'an answer of the upstream that error_page hides': {
    ...{ sends: get('/hidden'), statuses: [200], both: { upstream_5xx: 1 }, error: {} },
  },
  'an internal redirect to what refuses': {
    ...{ sends: get('/redirected'), statuses: [502], both: { connect_refused: 1 }, access: { other: 1 } },
  },
  'an error page of another upstream': {
    sends: get('/rescued'),
    statuses: [200],
    both: { connect_refused: 1 },
    access: { other: 1 },
  },
  'an error page of what refuses as well': {
    sends: get('/lost'),
    statuses: [502],
    both: { connect_refused: 2 },
    access: { other: 2 },
  },
  'a body of the upstream that ends early': {
    ...{ sends: get('/truncated'), statuses: [200], both: { truncated_response: 1 }, access: {} },
  },
  'a subrequest whose own line is logged': {
    sends: get('/logged-auth'),
    // The first one is the subrequest's: log_subrequest counts it as a request.
    statuses: [502, 500],
    both: { connect_refused: 1 },
    access: { other: 2 },
  },
  'a stale answer of the cache, a second after it was filled': {
    sends: get('/stale'),
    statuses: [200],
    both: { connect_refused: 1 },
    access: { other: 1 },
  },
};

/** Answers by code; the first one asks whether nginx is up. */
const CODES = tally([200, ...Object.values(ENDINGS).flatMap(({ statuses }) => statuses)]);

describe('real nginx, requests that end oddly [ci]', { skip: skipWithout('nginx') }, () => {
  const upstreams: Upstream[] = [];
  let nginx: RunningNginx;

  before(async () => {
    const ports = { listen: await freePort(), backend: await freePort() };
    const open = async (opening: Promise<Upstream>) => {
      const upstream = await opening;
      upstreams.push(upstream);
      return upstream.port;
    };
    const [refusing, refusing2] = [await open(openRefusing()), await open(openRefusing())];
    const [truncate, silent] = [await open(openUpstream('truncate')), await open(openUpstream('silent'))];
    const http = httpBlock({ ...ports, refusing, refusing2, truncate, silent });
    nginx = await startNginx({ http, listen: ports.listen });
    for (const ending of Object.values(ENDINGS)) await run(ports.listen, ending);
  });
  after(async () => {
    await nginx?.stop();
    for (const upstream of upstreams) await upstream.close();
  });

  async function counted(logs: Logs) {
    const watcher = await Badgateway.create();
    const access = { path: join(nginx.directory, 'access.log'), gateway: 'edge', format: 'badgateway' };
    const errors = { path: nginx.errorLog, gateway: 'edge' };
    const expected = total(symptomsWith(logs));
    try {
      await watcher.serve({
        collectors: {
          nginx_error_log: { enabled: logs !== 'access', files: [errors], start_at: 'beginning' },
          nginx_access_log: { enabled: logs !== 'error', files: [access], start_at: 'beginning' },
          envoy: { enabled: false },
        },
      });
      await watcher.until(async () => {
        const samples = await watcher.scrape();
        const isRead = logs === 'error' || sum(samples, 'badgateway_requests_total') >= total(CODES);
        const isCounted = sum(samples, 'badgateway_failures_total') >= expected;
        return isRead && isCounted && samples.get('badgateway_verdicts_pending') === 0;
      }, 'everything is counted and judged');
      // What only one log tells of waits so long for the other.
      await delay(LAG_MS.nginx + 1000);
      return await watcher.scrape();
    } finally {
      await watcher.dispose();
    }
  }

  for (const logs of ['both', 'error', 'access'] as const)
    it(`each failure once, with ${logs === 'both' ? 'both logs' : `the ${logs} log alone`}, and each answer by its code`, async () => {
      const samples = await counted(logs);
      const of = (family: string, label: string) => moved(new Map(), samples, family, label);
      const expected = symptomsWith(logs);
      const others = {
        ...(logs === 'access' ? {} : { subrequest_failed: 1 }),
        ...(logs === 'error' ? {} : { client_abort: 1 }),
      };
      assert.deepEqual(of('badgateway_symptoms_total', 'symptom'), { ...expected, ...others });
      assert.equal(sum(samples, 'badgateway_failures_total'), total(expected));
      assert.deepEqual(of('badgateway_requests_total', 'code'), logs === 'error' ? {} : CODES);
    });
});

function tally(codes: readonly number[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

type Logs = 'both' | 'error' | 'access';

const total = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((all, count) => all + count, 0);

/** Of failures. */
function symptomsWith(logs: Logs): Record<string, number> {
  const symptoms: Record<string, number> = {};
  for (const ending of Object.values(ENDINGS))
    for (const [symptom, count] of Object.entries(ending[logs] ?? ending.both ?? {}))
      symptoms[symptom] = (symptoms[symptom] ?? 0) + count;
  return symptoms;
}

async function run(port: number, { sends, leavesMs }: Ending): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  const closed = once(socket, 'close');
  for (const piece of [sends].flat()) {
    if (piece !== '') socket.write(piece, 'latin1');
    await delay(200);
  }
  if (leavesMs !== undefined) {
    await delay(leavesMs);
    socket.destroy();
  }
  await closed;
  // What was written for a client that has gone.
  await delay(50);
}

function httpBlock(port: Readonly<Record<string, number>>): string {
  const at = (name: string) => `127.0.0.1:${port[name]}`;
  return `
  log_format full ${FORMAT};
  proxy_cache_path $DIR/cache keys_zone=cache:1m;
  upstream next { server ${at('refusing')} max_fails=0; server ${at('refusing2')} max_fails=0; server ${at('backend')} backup; }
  server {
    listen ${at('backend')};
    location /app { return 503; }
    location /to-dead { add_header X-Accel-Redirect /dead; return 200; }
    location / { return 200 "hello"; }
  }
  server {
    listen ${at('listen')};
    access_log $DIR/access.log full;
    client_header_timeout 1s;
    client_body_timeout 1s;
    proxy_read_timeout 2s;
    location / { proxy_pass http://${at('backend')}; }
    location /local { return 200 "hello"; }
    location /silent { proxy_pass http://${at('silent')}; }
    location /drop { return 444; }
    location /unbuffered { proxy_request_buffering off; proxy_pass http://${at('silent')}; }
    location /mirrored { mirror /copy; proxy_pass http://${at('backend')}; }
    location = /copy { internal; proxy_pass http://${at('refusing')}; }
    location /next { proxy_pass http://next; }
    proxy_cache_key all;
    proxy_cache_valid 200 1s;
    location /cached { proxy_cache cache; proxy_pass http://${at('backend')}; }
    location /stale { proxy_cache cache; proxy_cache_use_stale error; proxy_pass http://${at('refusing')}; }
    location /hidden { proxy_intercept_errors on; error_page 503 =200 /local; proxy_pass http://${at('backend')}/app; }
    location /redirected { proxy_pass http://${at('backend')}/to-dead; }
    location /dead { proxy_pass http://${at('refusing')}; }
    location /rescued { proxy_pass http://${at('refusing')}; error_page 502 =200 @other; }
    location @other { proxy_pass http://${at('backend')}; }
    location /lost { proxy_pass http://${at('refusing')}; error_page 502 @dead; }
    location @dead { proxy_pass http://${at('refusing2')}; }
    location /truncated { proxy_pass http://${at('truncate')}; }
    location /logged-auth { auth_request /ask; log_subrequest on; proxy_pass http://${at('backend')}; }
    location = /ask { internal; log_subrequest on; proxy_pass http://${at('refusing')}; }
  }`;
}
