import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { ingressNginx } from '../../src/collectors/ingress-nginx.ts';
import { createIngressNginxCollector } from '../../src/collectors/ingress-nginx-collector.ts';
import { backendJson, openFakeIngressNginx } from '../support/fake-ingress-nginx.ts';
import { freePort } from '../support/freeport.ts';
import { UpstreamWatch } from '../support/upstream-watch.ts';

const createIngressNginx = await ingressNginx.load();

const watch = (config: object, port = 1, paths = { proc: '/proc', root: '' }) => {
  const place = { host: '127.0.0.1', port };
  const create = (context: Parameters<typeof createIngressNginx>[1]) =>
    createIngressNginxCollector(ingressNginx.schema.parse(config), context, place);
  return new UpstreamWatch(ingressNginx.metrics, create, paths);
};
const bodyOf = (...backends: readonly object[]) => JSON.stringify(backends);
const CART = backendJson('shop-cart-80', ['10.0.0.1:8080', '10.0.0.2:8080']);
const PAY = backendJson('shop-pay-80', ['pay.example.com:443']);
const ERRORS = 'badgateway_ingress_nginx_poll_errors_total';
const BACKENDS = 'badgateway_ingress_nginx_backends';

/** The environment of a sidecar, for one test. */
function inPod(t: TestContext, environment: Record<string, string>): void {
  const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, environment);
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

describe('ingress_nginx', () => {
  it('reports what a controller uses, as the same objects while nothing changes', async (t) => {
    const fake = await openFakeIngressNginx(t);
    fake.body = bodyOf(CART, PAY);
    const unit = watch({ targets: [{ url: fake.url, gateway: 'edge', namespace: 'ingress', pod: 'edge-1' }] });
    const detail = '1 of 1 targets; 2 backends as gateway edge';
    assert.deepEqual(await unit.poll(), { state: 'ok', detail });
    const subject = { namespace: 'ingress', pod: 'edge-1', container: '', gateway: 'edge' };
    const first = unit.view();
    assert.deepEqual(
      { ...first, upstreams: unit.servers() },
      {
        proxy: 'nginx',
        source: 'ingress_nginx',
        subject,
        readAtMs: 1_000_000,
        upstreams: ['shop-cart-80=10.0.0.1:8080', 'shop-cart-80=10.0.0.2:8080', 'shop-pay-80=pay.example.com:443'],
      },
    );
    assert.deepEqual(unit.values(BACKENDS), { edge: 2 });
    unit.nowMs += 2000;
    await unit.poll();
    const second = unit.view();
    assert.deepEqual([second?.readAtMs, second?.upstreams === first?.upstreams], [1_002_000, true]);
    fake.body = bodyOf(backendJson('shop-cart-80', ['10.0.0.3:8080']), PAY);
    await unit.poll();
    const third = unit.view();
    assert.deepEqual(unit.servers(), ['shop-cart-80=10.0.0.3:8080', 'shop-pay-80=pay.example.com:443']);
    assert.equal(third?.upstreams[1], first?.upstreams[1]);
    assert.deepEqual([[...unit.views.keys()], fake.forbidden], [[`ingress_nginx:${fake.url}`], []]);
  });

  it('says nothing new when a poll fails: the last word ages', async (t) => {
    const fake = await openFakeIngressNginx(t);
    fake.body = bodyOf(CART);
    const unit = watch({ targets: [{ url: fake.url }] });
    await unit.poll();
    const before = unit.view();
    for (const [body, status, reason] of [
      ['nil', 200, 'not_ready'],
      ['{}', 200, 'malformed'],
      [bodyOf(CART).slice(0, -1), 200, 'malformed'],
      ['', 200, 'malformed'],
      [bodyOf(CART), 500, 'status'],
    ] as const) {
      Object.assign(fake, { body, status });
      unit.nowMs += 2000;
      await assert.rejects(async () => await unit.poll(), reason);
      assert.equal(unit.view(), before);
      assert.equal(unit.values(ERRORS, 'reason')[reason] > 0, true, reason);
      assert.deepEqual([unit.series(BACKENDS), unit.collector.targets?.()[0].state], [0, 'failed']);
    }
    assert.deepEqual(unit.values(ERRORS, 'reason'), { not_ready: 1, malformed: 3, status: 1 });
    fake.status = 200;
    await unit.poll();
    assert.deepEqual([unit.view()?.readAtMs, unit.values(BACKENDS)], [unit.nowMs, { nginx: 1 }]);
    await unit.collector.stop?.();
    assert.deepEqual([unit.views.size, unit.series(BACKENDS)], [0, 0]);
  });

  it('goes on with the other targets', async (t) => {
    const [good, bad] = [await openFakeIngressNginx(t), await openFakeIngressNginx(t)];
    Object.assign(good, { body: bodyOf(CART) });
    await bad.close();
    const targets = [
      { url: bad.url, gateway: 'bad' },
      { url: good.url, gateway: 'good' },
    ];
    const unit = watch({ targets });
    const outcome = await unit.poll();
    assert.equal(outcome.state, 'ok');
    assert.match(outcome.detail, /^1 of 2 targets; .*ECONNREFUSED/);
    assert.deepEqual([unit.values(ERRORS, 'reason'), unit.values(BACKENDS)], [{ unreachable: 1 }, { good: 1 }]);
    assert.deepEqual([...unit.views.keys()], [`ingress_nginx:${good.url}`]);
  });

  it('counts what it leaves out', async (t) => {
    const fake = await openFakeIngressNginx(t);
    fake.body = bodyOf(CART, CART, {}, backendJson('a-b-80', ['10.0.0.1:x']));
    const unit = watch({ targets: [{ url: fake.url }] });
    await unit.poll();
    const skipped = unit.values('badgateway_ingress_nginx_skipped_backends', 'reason');
    assert.deepEqual([skipped, unit.values(BACKENDS)], [{ invalid: 2, duplicate: 1 }, { nginx: 1 }]);
  });

  it('abandons an answer over 64 MiB', async (t) => {
    const fake = await openFakeIngressNginx(t);
    fake.body = Buffer.alloc(64 * 1024 * 1024 + 1, ' ');
    const unit = watch({ targets: [{ url: fake.url }], timeout: '20s' });
    await assert.rejects(async () => await unit.poll(), /larger than/);
    assert.deepEqual(unit.values(ERRORS, 'reason'), { too_large: 1 });
  });

  it('counts a silent server as a timeout, and ends at once when cancelled', async (t) => {
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    t.after(() => server.close());
    const { port } = server.address() as { port: number };
    const unit = watch({ targets: [{ url: `http://127.0.0.1:${port}` }], timeout: '50ms' });
    await assert.rejects(async () => await unit.poll(), /no complete answer within 50 ms/);
    await assert.rejects(async () => await unit.poll(AbortSignal.abort()), /cancelled/);
    assert.deepEqual(unit.values(ERRORS, 'reason'), { timeout: 1 });
  });

  it('reads an answer that comes in many pieces', async (t) => {
    const fake = await openFakeIngressNginx(t);
    const many = Array.from({ length: 20_000 }, (_, at) => backendJson(`ns-svc${at}-80`, ['10.0.0.1:80']));
    fake.body = bodyOf(...many);
    const unit = watch({ targets: [{ url: fake.url }], timeout: '20s' });
    await unit.poll();
    assert.deepEqual([unit.values(BACKENDS), unit.servers().at(-1)], [{ nginx: 20_000 }, 'ns-svc19999-80=10.0.0.1:80']);
  });
});

describe('ingress_nginx looks around', () => {
  it('finds a controller beside it, named after the pod', async (t) => {
    inPod(t, { POD_NAMESPACE: 'ingress', POD_NAME: 'ingress-nginx-controller-6d4cf56db6-x7k2p' });
    const fake = await openFakeIngressNginx(t);
    fake.body = bodyOf(CART);
    const unit = watch({}, fake.port);
    assert.equal((await unit.poll()).state, 'ok');
    const subject = { namespace: 'ingress', pod: 'ingress-nginx-controller-6d4cf56db6-x7k2p', container: '' };
    assert.deepEqual(unit.view()?.subject, { ...subject, gateway: 'ingress-nginx-controller' });
    assert.deepEqual(unit.collector.notes?.(), [`ingress-nginx at ${fake.url}`]);
    const agent = watch({}, fake.port, { proc: '/proc', root: '/host' });
    await agent.poll();
    assert.deepEqual(agent.view()?.subject, { namespace: '', pod: '', container: '', gateway: 'nginx' });
    assert.deepEqual(fake.forbidden, []);
  });

  it('looks once a minute while nothing is there', async (t) => {
    const port = await freePort();
    const unit = watch({}, port);
    const { state, detail } = await unit.poll();
    assert.equal(state, 'absent');
    const nothing = `nothing listens on http://127.0.0.1:${port}`;
    assert.equal(detail, `no ingress-nginx: ${nothing}; set collectors.ingress_nginx.targets`);
    const fake = await openFakeIngressNginx(t, port);
    fake.body = bodyOf(CART);
    unit.nowMs += 59_999;
    assert.equal((await unit.poll()).state, 'absent');
    unit.nowMs += 1;
    assert.equal((await unit.poll()).state, 'ok');
    assert.deepEqual([unit.servers().length, unit.values(ERRORS, 'reason')], [2, {}]);
  });

  it('takes only an answer of the right form for ingress-nginx', async (t) => {
    const fake = await openFakeIngressNginx(t);
    for (const body of ['[]', '[{"id":1}]', '{"name":"a"}', 'ok', bodyOf(CART, {})]) {
      fake.body = body;
      const unit = watch({}, fake.port);
      assert.equal((await unit.poll()).state, 'absent', body);
      assert.deepEqual([unit.views.size, unit.values(ERRORS, 'reason')], [0, {}]);
    }
    Object.assign(fake, { body: bodyOf(CART), status: 404 });
    assert.match((await watch({}, fake.port).poll()).detail, /status 404/);
  });

  it('looks again at once at a controller that has just begun', async (t) => {
    const fake = await openFakeIngressNginx(t);
    fake.body = 'nil';
    const unit = watch({}, fake.port);
    assert.match((await unit.poll()).detail, /has not told nginx any backends yet/);
    fake.body = bodyOf(CART);
    assert.equal((await unit.poll()).state, 'ok');
  });

  it('keeps one that it has found for a minute of silence', async (t) => {
    const fake = await openFakeIngressNginx(t);
    fake.body = bodyOf(CART);
    const unit = watch({}, fake.port);
    await unit.poll();
    await fake.close();
    await assert.rejects(async () => await unit.poll(), /ECONNREFUSED/);
    assert.equal(unit.views.size, 1);
    unit.nowMs += 59_999;
    await assert.rejects(async () => await unit.poll(), /ECONNREFUSED/);
    unit.nowMs += 1;
    assert.match((await unit.poll()).detail, /^no ingress-nginx: nothing listens/);
    assert.equal(unit.views.size, 0);
  });

  it('looks at nothing when targets are configured or it is told not to', async (t) => {
    const fake = await openFakeIngressNginx(t);
    const other = `http://127.0.0.1:${await freePort()}`;
    await assert.rejects(async () => await watch({ targets: [{ url: other }] }, fake.port).poll());
    const off = await watch({ discover: false }, fake.port).poll();
    const what = 'no ingress-nginx: no targets configured, discovery is off';
    assert.deepEqual(off, { state: 'absent', detail: `${what}; set collectors.ingress_nginx.targets` });
    assert.equal(fake.answered, 0);
  });
});
