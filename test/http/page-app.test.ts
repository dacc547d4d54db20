import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
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
      /^default-src 'none'; style-src 'sha256-[^']+'; img-src data:; .*frame-ancestors 'none'$/,
    );
    assert.ok(body.includes(`href="http://127.0.0.1:${metrics.split(':')[1]}/metrics"`));
    assert.ok(body.includes('http-equiv="refresh"'));
    assert.ok(!(await ask(page, '/?refresh=off')).body.includes('http-equiv="refresh"'));
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

  it('the metrics listener takes any Host header', async () => {
    assert.equal((await ask(metrics, '/metrics', { headers: { Host: 'gateway-1.example' } })).status, 200);
  });
});
