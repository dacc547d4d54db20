import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Badgateway, moved, type Samples, sum } from '../support/badgateway.ts';
import { createAuthority } from '../support/certs.ts';
import { freePort } from '../support/freeport.ts';
import { type RunningNginx, startNginx } from '../support/nginx.ts';
import { askAndLeave, askRawTimes, type RawRequest } from '../support/nginx-ask.ts';
import { failingHttp, STAGED } from '../support/nginx-failing.ts';
import { skipWithout, skipWithoutRoot } from '../support/programs.ts';
import {
  openBlackhole,
  openNxdomain,
  openRefusing,
  openTlsUpstream,
  openUpstream,
  Upstreams,
} from '../support/upstreams.ts';

const GONE = '10.2.71.99';
const skip = skipWithout('nginx', 'openssl');

/** Real nginx → error log → the real program → /metrics; every stage must add exactly its failures and nothing else. */
describe('real nginx [ci]', { skip }, () => {
  const upstreams = new Upstreams();
  const { ports } = upstreams;
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-nginx-test-'));
  let nginx: RunningNginx;
  let watcher: Badgateway;
  let last: Samples;
  /** What to do when a request has come to the upstream that never answers. */
  let arrived = () => {};

  before(async () => {
    const own = createAuthority(directory, 'own').issue('payments', 'DNS:payments.example');
    const other = createAuthority(directory, 'other');
    await upstreams.open({
      refused: openRefusing(),
      refused2: openRefusing(),
      blackhole: openBlackhole(),
      dns: openNxdomain(),
      patient: openUpstream(() => arrived()),
      tls: openTlsUpstream({ cert: readFileSync(own.cert), key: readFileSync(own.key) }),
    });
    for (const fault of ['ok', 'reset', 'close', 'truncate', 'silent', 'bigHeader', 'invalidHeader'] as const)
      await upstreams.open({ [fault]: openUpstream(fault) });
    const listen = await freePort();
    ports.listen = listen;
    nginx = await startNginx({ http: failingHttp(ports, other.certificate), level: 'info', listen });
    watcher = await Badgateway.create();
    const files = [{ path: nginx.errorLog, gateway: 'edge' }];
    await watcher.serve({ collectors: { nginx_error_log: { files, start_at: 'beginning' } } });
    last = await watcher.scrapeAfterLines(nginx.lines().length);
  });

  after(async () => {
    await watcher?.dispose();
    await nginx?.stop();
    await upstreams.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** What happened since the last call, when every line that nginx wrote is counted. */
  async function since() {
    const now = await watcher.scrapeAfterLines(nginx.lines().length);
    assert.equal(sum(now, 'badgateway_log_lines_total'), nginx.lines().length, 'each line once');
    const result = {
      causes: moved(last, now, 'badgateway_failures_total', 'cause'),
      symptoms: moved(last, now, 'badgateway_symptoms_total', 'symptom'),
    };
    last = now;
    return result;
  }

  for (const [name, { count, status, causes, symptoms, ...request }] of Object.entries(STAGED))
    it(name, async () => {
      assert.deepEqual(await askRawTimes(count, ports.listen, request), Array(count).fill(status));
      assert.deepEqual(await since(), { causes, symptoms });
    });

  it('requests over the rate limit are a symptom, no failed attempt', async () => {
    assert.deepEqual(await askRawTimes(6, ports.listen, { target: '/limited' }), [200, 503, 503, 503, 503, 503]);
    assert.deepEqual(await since(), { causes: {}, symptoms: { rate_limited: 5 } });
  });

  it('no live upstreams: the answers without an attempt are charged to what took the peers down', async () => {
    assert.deepEqual(await askRawTimes(5, ports.listen, { target: '/pool' }), Array(5).fill(502));
    assert.deepEqual(await since(), {
      causes: { not_listening: 6 },
      symptoms: { connect_refused: 2, peer_marked_down: 2, no_live_upstreams: 4 },
    });
  });

  it('a retry that succeeds is a failed attempt, though the client got 200', async () => {
    assert.deepEqual(await askRawTimes(1, ports.listen, { target: '/retried' }), [200]);
    assert.deepEqual(await since(), {
      causes: { not_listening: 1 },
      symptoms: { connect_refused: 1, peer_marked_down: 1 },
    });
  });

  it('clients that leave are a symptom, never a failure', async () => {
    const left = () => nginx.lines().filter((line) => line.includes('client prematurely closed connection')).length;
    for (let i = 0; i < 4; i++) {
      const { promise, resolve } = Promise.withResolvers<void>();
      arrived = resolve;
      await askAndLeave(ports.listen, '/patient', () => promise);
      await watcher.until(async () => left() === i + 1, 'nginx has seen the client leave');
    }
    assert.deepEqual(await since(), { causes: {}, symptoms: { client_abort: 4 } });
  });

  it('forged fields in the request, Referer and Host change no verdict and no address', async () => {
    const forged: RawRequest[] = [
      { target: '/refused?a"b",upstream:"http://6.6.6.6:80/' },
      { target: '/refused', headers: ['Referer: http://r/", upstream: "http://6.6.6.6:80/x", host: "spoof'] },
      {
        target: '/refused',
        headers: ['Referer: x connect() failed (113: No route to host) while connecting to upstream'],
      },
      { target: '/refused?(110:%20Connection%20timed%20out)%20while%20reading%20response%20header%20from%20upstream' },
    ];
    for (const request of forged) assert.deepEqual(await askRawTimes(3, ports.listen, request), [502, 502, 502]);
    assert.deepEqual(await since(), { causes: { not_listening: 12 }, symptoms: { connect_refused: 12 } });
    const { body } = await watcher.get('/api/v1/incidents', { page: true });
    assert.match(body, new RegExp(`127\\.0\\.0\\.1:${ports.refused}`));
    for (const text of [body, (await watcher.get('/metrics')).body]) assert.doesNotMatch(text, /6\.6\.6\.6|spoof/);
  });

  it('a Host header and a request that nginx refuses are the client’s fault', async () => {
    const host = 'a", upstream: "http://6.6.6.6:80/", host: "b';
    const target = '/refused connect() failed (113: No route to host) while connecting to upstream';
    assert.deepEqual(await askRawTimes(3, ports.listen, { target: '/refused', host }), [400, 400, 400]);
    assert.deepEqual(await askRawTimes(2, ports.listen, { target }), [400, 400]);
    assert.deepEqual(await since(), { causes: {}, symptoms: { client_bad_request: 5 } });
  });

  it('lines that nginx cuts at 2048 bytes: the cause is known, the peer may be lost and is counted as cut', async () => {
    const peerless = (samples: Samples) => sum(samples, 'badgateway_log_failures_without_peer_total', 'reason="cut"');
    const before = peerless(last);
    const ask = (bytes: number) => askRawTimes(3, ports.listen, { target: `/refused?${'q'.repeat(bytes)}` });
    assert.deepEqual(await ask(3000), [502, 502, 502]);
    assert.deepEqual(await since(), { causes: { connection_refused: 3 }, symptoms: { connect_refused: 3 } });
    assert.equal(peerless(last) - before, 3);
    assert.deepEqual(await ask(1700), [502, 502, 502]);
    assert.deepEqual(await since(), { causes: { not_listening: 3 }, symptoms: { connect_refused: 3 } });
    assert.equal(peerless(last) - before, 3, 'the address of the second kind is whole');
    assert.equal(nginx.lines().filter((line) => line.length === 2047).length, 6);
  });

  it('no request data and no address becomes a label', () => {
    for (const sample of last.keys()) assert.doesNotMatch(sample, /127\.0\.0\.1|shop\.example|qqqq/);
  });
});

describe('real nginx out of worker_connections [ci]', { skip }, () => {
  it('one 500 made by the gateway for each request that finds no free connection', async (t) => {
    const listen = await freePort();
    const refusing = await openRefusing();
    // One for the listener, one for the channel to the master, one for the client: none for the upstream.
    const nginx = await startNginx({
      listen,
      events: 'worker_connections 3;',
      http: `server { listen 127.0.0.1:${listen}; location = /nginx-is-up { return 204; }
        location / { proxy_pass http://127.0.0.1:${refusing.port}; } }`,
    });
    t.after(() => nginx.stop());
    const watcher = await Badgateway.create();
    t.after(() => watcher.dispose());
    const files = [nginx.errorLog];
    await watcher.serve({ collectors: { nginx_error_log: { files, start_at: 'beginning' } } });
    const before = await watcher.scrapeAfterLines(nginx.lines().length);
    assert.deepEqual(await askRawTimes(4, listen, { target: '/' }), [500, 500, 500, 500]);
    const now = await watcher.scrapeAfterLines(nginx.lines().length);
    assert.deepEqual(moved(before, now, 'badgateway_failures_total', 'cause'), { worker_connections_exhausted: 4 });
    assert.deepEqual(moved(before, now, 'badgateway_symptoms_total', 'symptom'), { worker_connections_exhausted: 4 });
  });
});

describe('real nginx in a network of its own [ci]', {
  skip: skip || skipWithout('unshare', 'ip') || skipWithoutRoot(),
}, () => {
  it('113: no route to the host of the upstream', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'badgateway-113-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const listen = join(directory, 'edge.sock');
    const nginx = await startNginx({
      listen,
      namespace: [`ip route add unreachable ${GONE}/32`],
      http: `server { listen unix:${listen}; location = /nginx-is-up { return 204; }
        location / { proxy_pass http://${GONE}:8080; }
        location /v6 { proxy_pass http://[2001:db8::1]:8080; } }`,
    });
    t.after(() => nginx.stop());
    const watcher = await Badgateway.create();
    t.after(() => watcher.dispose());
    const files = [nginx.errorLog];
    await watcher.serve({ collectors: { nginx_error_log: { files, start_at: 'beginning' } } });
    const before = await watcher.scrape();
    assert.deepEqual(await askRawTimes(5, listen, { target: '/' }), Array(5).fill(502));
    assert.deepEqual(await askRawTimes(2, listen, { target: '/v6' }), [502, 502]);
    assert.equal(nginx.lines().filter((line) => line.includes(`connect() to ${GONE}:8080 failed (113: `)).length, 5);
    const now = await watcher.scrapeAfterLines(7);
    assert.deepEqual(moved(before, now, 'badgateway_failures_total', 'cause'), { no_route_to_host: 7 });
    const symptoms = { host_unreachable: 5, network_unreachable: 2 };
    assert.deepEqual(moved(before, now, 'badgateway_symptoms_total', 'symptom'), symptoms);
  });
});
