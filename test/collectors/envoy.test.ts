import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { envoy, envoySchema } from '../../src/collectors/envoy.ts';
import { clusterJson, serveAdmin } from '../support/envoy-admin.ts';
import { watchEnvoy } from '../support/envoy-collect.ts';

const issuesOf = (config: object) =>
  envoySchema()
    .safeParse(config)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('envoy configuration', () => {
  it('works without any', () => {
    const config = envoy.schema.parse({});
    assert.deepEqual(
      [config.enabled, config.interval, config.targets, config.discover, config.timeout],
      [true, 10_000, [], true, 5000],
    );
  });

  it('refuses an address that is not local unless it is meant', () => {
    assert.match(
      issuesOf({ targets: [{ url: 'http://10.0.0.5:9901' }] })?.[0] ?? '',
      /^targets\.0\.url: is neither loopback nor a unix socket/,
    );
    assert.equal(
      issuesOf({ targets: [{ url: 'http://10.0.0.5:9901', allow_remote: true }, { url: 'unix:/a.sock' }] }),
      undefined,
    );
  });

  it('refuses what is no URL and unknown keys', () => {
    assert.equal(
      issuesOf({ targets: [{ url: 'https://127.0.0.1:1' }, { url: 'http://127.0.0.1:1', x: 1 }], y: 1 })?.length,
      3,
    );
  });
});

describe('envoy collector', () => {
  it('is absent, and says where it looked, when there is no Envoy', async (test) => {
    const other = await serveAdmin(test);
    other.answers['/server_info'] = (response) => void response.end('<html>');
    const watch = watchEnvoy({}, [1, other.port]);
    const outcome = await watch.collector.poll(new AbortController().signal);
    assert.equal(outcome.state, 'absent');
    assert.match(outcome.detail, /nothing listens on http:\/\/127\.0\.0\.1:1; http:.* answers, but not as an Envoy/);
    assert.deepEqual(
      watch.collector.targets?.().map(({ state }) => state),
      ['absent', 'absent'],
    );
    assert.deepEqual(other.log, ['/server_info', 'end']);
  });

  it('gives an only Envoy the name envoy and several their ports, for good', async (test) => {
    const [first, second] = [await serveAdmin(test), await serveAdmin(test)];
    const only = watchEnvoy({}, [first.port]);
    await only.poll();
    assert.match((await only.samples('badgateway_envoy_up'))[0], /gateway="envoy"} 1/);
    const both = watchEnvoy({ targets: [{ url: first.url, gateway: 'edge' }] }, [first.port, second.port]);
    await both.poll();
    const gateways = (await both.samples('badgateway_envoy_up')).map((line) => /gateway="([^"]+)"/.exec(line)?.[1]);
    assert.deepEqual(gateways, ['edge', `envoy-${second.port}`]);
  });

  it('reports what the running Envoy uses, the same objects while nothing changes, and lets its last word age', async (test) => {
    const admin = await serveAdmin(test);
    const shop = { ...clusterJson('shop', { '10.0.0.1:8080': {} }), eds_service_name: 'shop/cart/http' };
    admin.clusters = { cluster_statuses: [shop, clusterJson('empty')] };
    const watch = watchEnvoy({ discover: false, targets: [{ url: admin.url, gateway: 'edge', pod: 'edge-1' }] });
    await watch.poll();
    const [view] = watch.views.values();
    assert.deepEqual(view.subject, { namespace: '', pod: 'edge-1', container: '', gateway: 'edge' });
    assert.deepEqual(
      view.upstreams.map(({ name, alias, servers }) => [
        name,
        alias,
        servers.map(({ host, port }) => `${host}:${port}`),
      ]),
      [
        ['shop', 'shop/cart/http', ['10.0.0.1:8080']],
        ['empty', '', []],
      ],
    );
    watch.clock.ms += 10_000;
    await watch.poll();
    const [later] = watch.views.values();
    assert.equal(later.upstreams[0], view.upstreams[0]);
    assert.equal(later.readAtMs, view.readAtMs + 10_000);
    admin.answers['/clusters'] = (response) => response.writeHead(503).end();
    watch.clock.ms += 10_000;
    await assert.rejects(watch.poll());
    assert.equal([...watch.views.values()][0].readAtMs, later.readAtMs);
    await watch.collector.stop?.();
    assert.equal(watch.views.size, 0);
  });

  it('goes on with the others when one Envoy fails, and fails when none answers', async (test) => {
    const admin = await serveAdmin(test);
    const watch = watchEnvoy({
      discover: false,
      targets: [{ url: admin.url }, { url: 'unix:/nonexistent/envoy.sock' }],
    });
    const outcome = await watch.collector.poll(new AbortController().signal);
    assert.match(
      outcome.detail,
      /^1 of 2 Envoys answer; GET unix:\/nonexistent\/envoy\.sock\/clusters: connect ENOENT/,
    );
    assert.deepEqual(
      (await watch.samples('badgateway_envoy_up')).map((line) => line.replace(/.*gateway="([\w-]+)"}/, '$1')).sort(),
      [`envoy-${admin.port} 1`, 'envoy-envoy 0'],
    );
    const none = watchEnvoy({ discover: false, targets: [{ url: 'unix:/nonexistent/envoy.sock' }] });
    await assert.rejects(none.poll(), /no Envoy answers/);
  });

  it('leaves no series behind when stopped', async (test) => {
    const admin = await serveAdmin(test);
    admin.clusters = { cluster_statuses: [clusterJson('a')] };
    const watch = watchEnvoy({ discover: false, targets: [{ url: admin.url }] });
    await watch.poll();
    assert.ok((await watch.samples('badgateway_envoy_')).length > 10);
    await watch.collector.stop?.();
    const left = (await watch.samples('badgateway_envoy_')).filter((line) => !/_total\{/.test(line));
    assert.deepEqual(left, []);
  });
});
