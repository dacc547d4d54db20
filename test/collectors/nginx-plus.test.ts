import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { nginxPlus } from '../../src/collectors/nginx-plus.ts';
import { createNginxPlusCollector } from '../../src/collectors/nginx-plus-collector.ts';
import { openFakePlusApi, plusUpstream } from '../support/fake-plus-api.ts';
import { UpstreamWatch } from '../support/upstream-watch.ts';

const createNginxPlus = await nginxPlus.load();

const watch = (config: object, socket = '/nonexistent/plus.sock', paths = { proc: '/proc', root: '' }) => {
  const create = (context: Parameters<typeof createNginxPlus>[1]) =>
    createNginxPlusCollector(nginxPlus.schema.parse(config), context, socket);
  return new UpstreamWatch(nginxPlus.metrics, create, paths);
};
const PEERS = 'badgateway_nginx_plus_peers';
const ERRORS = 'badgateway_nginx_plus_poll_errors_total';

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'badgateway-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

describe('nginx_plus (against a fake of its API)', () => {
  it('reports peers of http and stream, and counts their states', async (t) => {
    const fake = await openFakePlusApi(t);
    fake.http = { shop_cart_80: plusUpstream('shop_cart_80', '10.0.0.1:80', '10.0.0.2:80 draining') };
    fake.stream = { shop_cart_80: plusUpstream('z', '10.0.0.1:90 down'), dns: plusUpstream('dns', '10.0.0.3:53') };
    const unit = watch({ targets: [{ url: fake.url, gateway: 'edge' }] });
    const detail = '1 of 1 targets; 3 upstreams by API 9 as gateway edge';
    assert.deepEqual(await unit.poll(), { state: 'ok', detail });
    assert.deepEqual(unit.servers(), [
      'shop_cart_80=10.0.0.1:80',
      'shop_cart_80=10.0.0.2:80!',
      'stream:shop_cart_80=10.0.0.1:90!',
      'dns=10.0.0.3:53',
    ]);
    const { proxy, source, readAtMs, subject } = unit.view() ?? {};
    assert.deepEqual([proxy, source, readAtMs, subject?.gateway], ['nginx', 'nginx_plus', 1_000_000, 'edge']);
    assert.deepEqual(unit.values(PEERS, 'state'), { up: 2, draining: 1, down: 1 });
    assert.equal(unit.series(PEERS), 7);
    await unit.poll();
    assert.deepEqual(fake.log, [
      'GET /api/',
      'GET /api/9/http/upstreams',
      'GET /api/9/stream/upstreams',
      'GET /api/9/http/upstreams',
      'GET /api/9/stream/upstreams',
    ]);
  });

  it('says the same objects while only counters change', async (t) => {
    const fake = await openFakePlusApi(t);
    fake.http = { a: plusUpstream('a', '10.0.0.1:80'), b: plusUpstream('b', '10.0.0.2:80') };
    const unit = watch({ targets: [{ url: fake.url }] });
    await unit.poll();
    const before = unit.view()?.upstreams;
    fake.http = { a: plusUpstream('a', '10.0.0.1:80 unavail'), b: plusUpstream('b', '10.0.0.2:80') };
    await unit.poll();
    assert.equal(unit.view()?.upstreams, before);
    fake.http = { ...fake.http, a: plusUpstream('a', '10.0.0.9:80') };
    await unit.poll();
    const after = unit.view()?.upstreams;
    assert.deepEqual([after === before, after?.[1] === before?.[1]], [false, true]);
  });

  it('asks an older one in its version, at another path, and takes 404 of streams for none', async (t) => {
    const fake = await openFakePlusApi(t, 0, '/ops/plus');
    Object.assign(fake, { versions: [1, 2, 3], http: { a: plusUpstream('a', '10.0.0.1:80') } });
    const unit = watch({ targets: [{ url: `${fake.url}/ops/plus/` }] });
    assert.match((await unit.poll()).detail, /1 upstream by API 3/);
    assert.deepEqual(fake.log, [
      'GET /ops/plus/',
      'GET /ops/plus/3/http/upstreams',
      'GET /ops/plus/3/stream/upstreams',
    ]);
    assert.deepEqual([...unit.views.keys()], [`nginx_plus:${fake.url}/ops/plus`]);
  });

  it('says nothing new when a poll fails, and asks for the versions again', async (t) => {
    const fake = await openFakePlusApi(t);
    fake.http = { a: plusUpstream('a', '10.0.0.1:80') };
    const unit = watch({ targets: [{ url: fake.url }] });
    await unit.poll();
    const before = unit.view();
    for (const [change, reason] of [
      [{ status: 403 }, 'status'],
      [{ status: 200, versions: [10] }, 'malformed'],
      [{ versions: [4], http: [] }, 'malformed'],
      [{ http: {}, stream: 'text' }, 'malformed'],
    ] as const) {
      Object.assign(fake, change);
      await assert.rejects(async () => await unit.poll(), reason);
      assert.deepEqual([unit.view() === before, unit.series(PEERS)], [true, 0]);
    }
    assert.deepEqual(unit.values(ERRORS, 'reason'), { status: 1, malformed: 3 });
    Object.assign(fake, { http: { a: plusUpstream('a', '10.0.0.2:80') }, stream: null });
    assert.match((await unit.poll()).detail, /by API 4/);
    assert.deepEqual(unit.servers(), ['a=10.0.0.2:80']);
    await unit.collector.stop?.();
    assert.deepEqual([unit.views.size, unit.series(PEERS)], [0, 0]);
  });

  it('finds the socket of NGINX Gateway Fabric, and knows when it is gone', async (t) => {
    const root = directory(t);
    mkdirSync(join(root, 'run'));
    const paths = { proc: '/proc', root };
    const unit = watch({}, '/run/plus.sock', paths);
    const socket = join(root, 'run/plus.sock');
    assert.deepEqual(await unit.poll(), {
      state: 'absent',
      detail: `no API of NGINX Plus: ${socket} is not there; set collectors.nginx_plus.targets`,
    });
    const fake = await openFakePlusApi(t, socket);
    fake.http = { a: plusUpstream('a', 'unix:/var/run/nginx/nginx-503-server.sock') };
    assert.equal((await unit.poll()).state, 'ok');
    assert.deepEqual(unit.view()?.upstreams[0].servers[0].kind, 'placeholder');
    assert.deepEqual(unit.collector.notes?.(), [`API of NGINX Plus at unix:${socket}:/api`]);
    await fake.close();
    assert.match((await unit.poll()).detail, /^no API of NGINX Plus/);
    assert.deepEqual([unit.views.size, unit.series(PEERS)], [0, 0]);
    assert.equal((await watch({ discover: false }, '/run/plus.sock', paths).poll()).state, 'absent');
  });

  it('reads a configured socket', async (t) => {
    const socket = join(directory(t), 'plus.sock');
    const fake = await openFakePlusApi(t, socket);
    fake.http = { a: plusUpstream('a', '10.0.0.1:80') };
    for (const url of [`unix:${socket}`, `unix:${socket}:/api`]) {
      const unit = watch({ targets: [{ url }] });
      assert.equal((await unit.poll()).state, 'ok', url);
    }
  });
});
