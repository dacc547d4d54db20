import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Servers, ServersOptions } from '../../src/http/servers.ts';
import { createServers } from '../../src/http/servers.ts';
import { ask } from '../support/http-ask.ts';
import type { Doubles } from '../support/http-doubles.ts';
import { createDoubles, incidentReport } from '../support/http-doubles.ts';

let doubles: Doubles;
let servers: Servers;
let metrics: string;
let page: string;

async function start(extra: Partial<ServersOptions> = {}): Promise<void> {
  servers = createServers({ ...doubles, listen: { metrics: '127.0.0.1:0', page: '127.0.0.1:0' }, ...extra });
  await servers.start();
  metrics = servers.addresses().metrics!;
  page = servers.addresses().page!;
}

beforeEach(async () => {
  doubles = createDoubles();
  await start();
});
afterEach(() => servers.stop());

describe('the page listener', () => {
  beforeEach(() => {
    doubles.statusSource.report = incidentReport(Date.now());
  });

  it('serves the page with a CSP that fits it', async () => {
    const { status, headers, body } = await ask(page, '/');
    assert.deepEqual(
      [status, headers['content-type'], headers['x-content-type-options'], headers['referrer-policy']],
      [200, 'text/html; charset=utf-8', 'nosniff', 'no-referrer'],
    );
    assert.match(
      String(headers['content-security-policy']),
      /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; connect-src 'self'; .*frame-ancestors 'none'$/,
    );
    assert.ok(body.includes(`href="http://127.0.0.1:${metrics.split(':')[1]}/metrics"`));
    const still = (await ask(page, '/?refresh=off')).body;
    for (const part of ['<noscript><meta http-equiv="refresh"', '<script>'])
      assert.deepEqual([body.includes(part), still.includes(part)], [true, false], part);
  });

  it('serves the same as JSON', async () => {
    const { headers, body } = await ask(page, '/api/v1/status');
    assert.equal(headers['content-type'], 'application/json; charset=utf-8');
    assert.deepEqual(JSON.parse(body.toString()), doubles.statusSource.report);
  });

  it('serves the upstreams as JSON, those that are asked for', async () => {
    const { headers, body } = await ask(page, '/api/v1/upstreams?gateway=edge&state=stale');
    assert.equal(headers['content-type'], 'application/json; charset=utf-8');
    assert.deepEqual(JSON.parse(body.toString()), doubles.statusSource.upstreamsReport);
    assert.deepEqual(doubles.statusSource.queries, [{ gateway: 'edge', state: 'stale' }]);
    const labels = { handler: 'upstreams', code: '200' };
    assert.equal(doubles.value('badgateway_http_requests_total', labels), 1);
  });

  it('refuses a parameter that it does not know, by its name', async () => {
    const { status, headers, body } = await ask(page, '/api/v1/upstreams?gatway=edge');
    assert.deepEqual([status, headers['content-type']], [400, 'text/plain; charset=utf-8']);
    assert.equal(body.toString(), 'Unknown parameter "gatway": there are gateway, upstream, state\n');
    assert.deepEqual(doubles.statusSource.queries, []);
  });

  it('has a health check and no metrics', async () => {
    assert.equal((await ask(page, '/-/healthy')).status, 200);
    assert.equal((await ask(page, '/metrics')).status, 404);
  });

  for (const path of ['/', '/api/v1/status', '/api/v1/upstreams', '/-/healthy']) {
    it(`${path} refuses a foreign Host header`, async () => {
      assert.equal((await ask(page, path, { headers: { Host: 'rebound.example:9503' } })).status, 421);
      assert.equal((await ask(page, path, { headers: { Host: 'localhost:1' } })).status, 200);
    });
  }

  it('/events refuses a foreign Host header', async () => {
    assert.equal((await ask(page, '/events', { headers: { Host: 'rebound.example:9503' } })).status, 421);
    const { status, headers } = await ask(page, '/events', { method: 'HEAD' });
    assert.deepEqual([status, headers['content-type']], [200, 'text/event-stream; charset=utf-8']);
  });

  it('stop ends open streams, instead of cutting them off', async () => {
    const stream = ask(page, '/events');
    while (doubles.value('badgateway_http_event_streams') !== 1) await delay(10);
    await servers.stop();
    // Rejects where the connection was cut.
    assert.match((await stream).body.toString(), /^retry: 2000\n\n/);
  });

  it('the metrics listener takes any Host header', async () => {
    assert.equal((await ask(metrics, '/metrics', { headers: { Host: 'gateway-1.example' } })).status, 200);
  });
});
