import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Servers, ServersOptions } from '../../src/http/servers.ts';
import { createServers } from '../../src/http/servers.ts';
import { ask } from '../support/http-ask.ts';
import type { Doubles } from '../support/http-doubles.ts';
import { createDoubles } from '../support/http-doubles.ts';

let doubles: Doubles;
let servers: Servers;
let metrics: string;

async function start(extra: Partial<ServersOptions> = {}): Promise<void> {
  servers = createServers({ ...doubles, listen: { metrics: '127.0.0.1:0', page: '127.0.0.1:0' }, ...extra });
  await servers.start();
  metrics = servers.addresses().metrics!;
}

beforeEach(async () => {
  doubles = createDoubles();
  await start();
});
afterEach(() => servers.stop());

describe('GET /metrics', () => {
  it('answers in the text format, uncached, without telling its software', async () => {
    const { status, headers, body } = await ask(metrics, '/metrics', { headers: { 'User-Agent': 'curl/8' } });
    assert.deepEqual(
      [status, body.toString(), headers['content-type'], headers['cache-control']],
      [200, 'up 1\n', 'text/plain; version=0.0.4; charset=utf-8', 'no-store'],
    );
    assert.deepEqual(
      [headers['x-powered-by'], headers.etag, headers.vary, headers['content-length']],
      [undefined, undefined, 'Accept, Accept-Encoding', '5'],
    );
    assert.deepEqual(doubles.metricsSource.scrapers, ['127.0.0.1 curl/8']);
  });

  it('answers OpenMetrics where it is preferred', async () => {
    const { headers } = await ask(metrics, '/metrics', {
      headers: { Accept: 'application/openmetrics-text;version=1.0.0' },
    });
    assert.equal(headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8');
  });

  it('compresses where it is accepted', async () => {
    doubles.metricsSource.body = Buffer.from('up 1\n'.repeat(10_000));
    const { headers, body } = await ask(metrics, '/metrics', { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(headers['content-encoding'], 'gzip');
    assert.ok(body.length < 1000);
    assert.deepEqual(gunzipSync(body), doubles.metricsSource.body);
  });

  it('says how long a page in pieces is', async () => {
    doubles.metricsSource.body = Buffer.from('up 1\n'.repeat(10_000));
    const { headers, body } = await ask(metrics, '/metrics', {});
    assert.equal(headers['content-length'], '50000');
    assert.deepEqual(body, doubles.metricsSource.body);
  });

  it('HEAD has the type, no body, and is no scrape', async () => {
    const { status, headers, body } = await ask(metrics, '/metrics', { method: 'HEAD' });
    assert.deepEqual(
      [status, headers['content-type'], body.length],
      [200, 'text/plain; version=0.0.4; charset=utf-8', 0],
    );
    assert.deepEqual(doubles.metricsSource.scrapers, []);
  });

  it('says 503, why and when to come back while the tail catches up', async () => {
    doubles.metricsSource.behind = '3 MiB of /var/log/nginx/error.log to read';
    const { status, headers, body } = await ask(metrics, '/metrics');
    assert.deepEqual(
      [status, headers['retry-after'], body.toString()],
      [503, '1', 'Catching up: 3 MiB of /var/log/nginx/error.log to read\n'],
    );
    assert.equal((await ask(metrics, '/-/ready')).status, 200);
  });

  it('answers 500 without a stack when rendering fails, and goes on', async () => {
    const render = doubles.metricsSource.render;
    doubles.metricsSource.render = () => Promise.reject(new Error('secret /path'));
    const { status, headers, body } = await ask(metrics, '/metrics', { headers: { 'Accept-Encoding': 'gzip' } });
    assert.deepEqual(
      [status, body.toString(), headers['content-encoding']],
      [500, 'Internal error; the log has the reason.\n', undefined],
    );
    assert.match(JSON.stringify(doubles.logged), /secret/);
    doubles.metricsSource.render = render;
    assert.equal((await ask(metrics, '/metrics')).status, 200);
  });

  it('is not delayed by a client that does not read', async () => {
    doubles.metricsSource.body = Buffer.alloc(8 * 1024 * 1024, 'x');
    const [host, port] = metrics.split(':');
    const slow = Array.from({ length: 20 }, () => connect(Number(port), host).pause());
    for (const socket of slow) socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    while (doubles.metricsSource.scrapers.length < 20) await new Promise((resolve) => setTimeout(resolve, 5));
    doubles.metricsSource.body = Buffer.from('up 1\n');
    assert.equal((await ask(metrics, '/metrics')).body.toString(), 'up 1\n');
    for (const socket of slow) socket.destroy();
  });

  it('bounds the agent of a scraper', async () => {
    await ask(metrics, '/metrics', { headers: { 'User-Agent': 'x'.repeat(5000) } });
    assert.equal(doubles.metricsSource.scrapers[0].length, '127.0.0.1 '.length + 200);
  });
});

describe('the other paths of the metrics listener', () => {
  it('/-/healthy says so', async () =>
    assert.equal((await ask(metrics, '/-/healthy')).body.toString(), 'badgateway is healthy.\n'));

  it('/-/ready follows the configuration', async () => {
    assert.equal((await ask(metrics, '/-/ready')).status, 200);
    doubles.metricsSource.isReady = false;
    const { status, body } = await ask(metrics, '/-/ready');
    assert.deepEqual([status, body.toString()], [503, 'badgateway is not ready: no configuration yet\n']);
  });

  it('an unknown path gets the list', async () => {
    const { status, body } = await ask(metrics, '/nope<script>');
    assert.equal(status, 404);
    assert.match(body.toString(), /^Not found\. There is:\n {2}GET \/metrics\n/);
    assert.ok(!body.includes('script'));
  });

  for (const path of ['/', '/api/v1/status']) {
    it(`${path} is not here`, async () => assert.equal((await ask(metrics, path)).status, 404));
  }

  it('another method gets 405 with the right one', async () => {
    const { status, headers } = await ask(metrics, '/metrics', { method: 'DELETE' });
    assert.deepEqual([status, headers.allow], [405, 'GET, HEAD']);
  });

  it('POST /-/reload is off by default and names the flag', async () => {
    const { status, body } = await ask(metrics, '/-/reload', { method: 'POST' });
    assert.equal(status, 403);
    assert.match(body.toString(), /--web\.enable-lifecycle/);
  });

  it('POST /-/reload reloads when enabled; GET and web pages cannot', async () => {
    await servers.stop();
    const results = [
      { ok: true, message: 'reloaded' },
      { ok: false, message: 'collectors.x: unknown key' },
    ];
    await start({ reload: async () => results.shift()! });
    assert.deepEqual(
      [(await ask(metrics, '/-/reload')).status, (await ask(metrics, '/-/reload')).headers.allow],
      [405, 'POST'],
    );
    assert.equal((await ask(metrics, '/-/reload', { method: 'POST', headers: { Origin: 'http://evil' } })).status, 403);
    const answers = [
      await ask(metrics, '/-/reload', { method: 'POST' }),
      await ask(metrics, '/-/reload', { method: 'POST' }),
    ];
    assert.deepEqual(
      answers.map(({ status, body }) => `${status} ${body}`),
      ['200 reloaded\n', '500 collectors.x: unknown key\n'],
    );
  });

  it('counts answers by handler and code', async () => {
    await ask(metrics, '/metrics');
    await ask(metrics, '/secret-token-in-path');
    const name = 'badgateway_http_requests_total';
    assert.equal(doubles.value(name, { handler: 'metrics', code: '200' }), 1);
    assert.equal(doubles.value(name, { handler: 'other', code: '404' }), 1);
  });
});
