import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { clusterJson, serveAdmin } from '../support/envoy-admin.ts';
import { watchEnvoy } from '../support/envoy-collect.ts';

async function start(test: TestContext, config: object = {}) {
  const admin = await serveAdmin(test);
  admin.clusters = { cluster_statuses: [clusterJson('a', { '10.0.0.1:80': {} })] };
  const watch = watchEnvoy({ discover: false, targets: [{ url: admin.url }], ...config });
  const fail = (count: number) => {
    admin.clusters = { cluster_statuses: [clusterJson('a', { '10.0.0.1:80': { cx_connect_fail: count } })] };
    admin.stats = {
      ...admin.stats,
      'cluster.a.upstream_cx_connect_fail': count,
      'cluster.a.upstream_rq_pending_failure_eject': count,
    };
  };
  const failures = async () => {
    await watch.poll();
    return watch.failures('a').connect_refused ?? 0;
  };
  return { admin, watch, fail, failures };
}

describe('one poll', () => {
  it('asks one thing after another', async (test) => {
    const { admin, watch } = await start(test);
    await watch.poll();
    const paths = ['/clusters', '/stats', '/server_info', '/certs', '/stats/prometheus'];
    assert.deepEqual(
      admin.log,
      paths.flatMap((path) => [path, 'end']),
    );
  });

  it('invents no failure at the first poll, and counts a cluster born later from 0', async (test) => {
    const { admin, watch, fail, failures } = await start(test);
    fail(100);
    assert.equal(await failures(), 0);
    const old = clusterJson('a', { '10.0.0.1:80': { cx_connect_fail: 100 } });
    admin.clusters = { cluster_statuses: [old, clusterJson('b', { '10.0.0.2:80': { cx_connect_fail: 3 } })] };
    admin.stats = {
      ...admin.stats,
      'cluster.b.upstream_cx_connect_fail': 3,
      'cluster.b.upstream_rq_pending_failure_eject': 3,
    };
    assert.equal(await failures(), 0);
    assert.deepEqual(watch.failures('b'), { connect_refused: 3 });
    assert.equal(watch.observations[0].peer?.address, '10.0.0.2');
  });

  it('says what it uses before what failed: a verdict is not to rest on the poll before', async (test) => {
    const { admin, watch, fail } = await start(test);
    await watch.poll();
    watch.clock.ms += 10_000;
    fail(1);
    const { cluster_statuses } = admin.clusters as { cluster_statuses: object[] };
    admin.clusters = { cluster_statuses: [...cluster_statuses, clusterJson('b', { '10.0.0.2:80': {} })] };
    await watch.poll();
    assert.equal(watch.observations.length, 1);
    const [{ readAtMs, upstreams }] = watch.viewsAtFailure;
    assert.equal(readAtMs, watch.clock.ms);
    assert.deepEqual(upstreams.map(({ name }) => name).sort(), ['a', 'b']);
    admin.clusters = { cluster_statuses };
    fail(2);
    await watch.poll();
    assert.deepEqual(
      watch.viewsAtFailure[0].upstreams.map(({ name }) => name),
      ['a'],
      'a cluster that has gone is in use no more',
    );
  });

  it('charges an upstream’s 503 to the host and the time of the poll before', async (test) => {
    const { admin, watch } = await start(test);
    admin.stats = { 'cluster.a.upstream_cx_http1_total': 9 };
    const [firstMs, afterMs] = [watch.clock.ms, 10_000];
    await watch.poll();
    watch.clock.ms += afterMs;
    admin.clusters = { cluster_statuses: [clusterJson('a', { '10.0.0.1:80': { rq_error: 3 } })] };
    admin.stats = { ...admin.stats, 'cluster.a.upstream_rq_503': 2, 'cluster.a.upstream_rq_500': 1 };
    const told = () => watch.observations.map(({ count, peer, sinceMs, atMs }) => [count, peer?.port, sinceMs, atMs]);
    await watch.poll();
    assert.deepEqual(told(), [[1, 80, firstMs, firstMs + afterMs]]);
    watch.clock.ms += afterMs;
    await watch.poll();
    assert.deepEqual(told(), [[2, 80, firstMs, firstMs + 2 * afterMs]]);
    assert.deepEqual(watch.failures('a'), { upstream_5xx: 2 });
    await watch.poll();
    assert.deepEqual(told(), []);
  });

  it('counts exactly over a restart, a reset of the counters by hand and a failed poll', async (test) => {
    const { admin, watch, fail, failures } = await start(test);
    fail(10);
    await failures();
    fail(12);
    assert.equal(await failures(), 2);
    fail(5);
    assert.equal(await failures(), 5, 'reset by hand');
    admin.answers['/stats'] = (response) => void response.writeHead(500).end();
    fail(6);
    await assert.rejects(watch.poll(), /status 500/);
    admin.answers = {};
    fail(7);
    assert.equal(await failures(), 2, 'over the failed poll');
    admin.uptime = admin.uptimeAll = 5;
    fail(9);
    assert.equal(await failures(), 9, 'a new process that failed more often than the old one');
    assert.equal(await failures(), 0);
  });

  it('leaves a process born during the poll to the next one', async (test) => {
    const { admin, fail, failures } = await start(test);
    fail(10);
    await failures();
    admin.uptime = admin.uptimeAll = 0;
    assert.equal(await failures(), 0);
    admin.uptime = admin.uptimeAll = 10;
    fail(3);
    assert.equal(await failures(), 3);
  });

  it('does not count again what a hot restart carried over', async (test) => {
    const { admin, fail, failures } = await start(test);
    fail(10);
    await failures();
    admin.uptime = 5;
    admin.uptimeAll = 130;
    fail(4);
    assert.equal(await failures(), 0);
    fail(6);
    assert.equal(await failures(), 2);
  });

  it('tells a restart as evidence, once, with the moment that it began', async (test) => {
    const { admin, watch } = await start(test);
    await watch.poll();
    await watch.poll();
    assert.equal(watch.evidence.changes.length, 0);
    admin.uptime = admin.uptimeAll = 5;
    for (let at = 0; at < 2; at++) await watch.poll();
    const [{ subject, ...cold }] = watch.evidence.changes;
    assert.equal(subject?.gateway, 'envoy');
    const about = { kind: 'restart', service: '' };
    assert.deepEqual(cold, { ...about, atMs: watch.clock.ms - 5_000, text: 'Envoy restarted' });
    admin.uptime = 2;
    admin.uptimeAll = 30;
    for (let at = 0; at < 2; at++) await watch.poll();
    assert.equal(watch.evidence.changes.length, 2);
    const { text, atMs } = watch.evidence.changes[1];
    assert.match(text, /^Envoy restarted hot/);
    assert.equal(atMs, watch.clock.ms - 2_000);
  });

  it('waits one poll for the host of a failure that was counted between two answers', async (test) => {
    const { admin, watch, fail, failures } = await start(test);
    await failures();
    const before = admin.clusters;
    fail(2);
    admin.clusters = before;
    assert.equal(await failures(), 0);
    fail(2);
    assert.equal(await failures(), 2);
    assert.equal(watch.observations[0].peer?.port, 80);
  });

  it('charges the host that left with its last failures', async (test) => {
    const { admin, watch, fail, failures } = await start(test);
    await failures();
    fail(2);
    admin.clusters = { cluster_statuses: [clusterJson('a', { '10.0.0.9:80': {} })] };
    assert.equal(await failures(), 2);
    assert.equal(watch.observations[0].peer?.address, '10.0.0.1');
  });

  it('shows zeros for every cluster, and takes a vanished one away', async (test) => {
    const { admin, watch } = await start(test);
    await watch.poll();
    const open = await watch.samples('badgateway_envoy_cluster_circuit_open');
    assert.equal(open.length, 5);
    assert.ok(open.every((line) => line.includes('upstream="a",priority="default"') && line.endsWith(' 0')));
    admin.clusters = { cluster_statuses: [] };
    await watch.poll();
    assert.deepEqual(await watch.samples('badgateway_envoy_cluster_'), []);
  });

  it('takes the gauges away when Envoy stops answering, and counts why', async (test) => {
    const { admin, watch } = await start(test);
    admin.stats = { 'control_plane.connected_state': 1, 'server.memory_allocated': 5 };
    await watch.poll();
    assert.equal((await watch.samples('badgateway_envoy_control_plane_connected')).length, 1);
    admin.answers['/clusters'] = (response) => void response.end('{"cluster_statuses":[{');
    await assert.rejects(watch.poll(), /document ends early/);
    for (const family of ['control_plane', 'memory', 'cluster', 'info', 'server_live'])
      assert.deepEqual(await watch.samples(`badgateway_envoy_${family}`), [], family);
    assert.match((await watch.samples('badgateway_envoy_poll_errors_total'))[0], /reason="malformed"} 1/);
  });

  it('tells how often it writes its access logs, if Envoy says', async (test) => {
    const { admin, watch } = await start(test);
    await watch.poll();
    assert.deepEqual(watch.lags, []);
    const version = { version: 'sha/1.36.4/Clean/RELEASE/BoringSSL' };
    admin.answers['/server_info'] = (response) =>
      void response.end(JSON.stringify({ ...version, command_line_options: { file_flush_interval: '1s' } }));
    await watch.poll();
    assert.deepEqual(watch.lags, [['written', 1_000]]);
  });

  it('goes on without certificates where /certs is refused', async (test) => {
    const { admin, watch } = await start(test);
    admin.answers['/certs'] = (response) => void response.writeHead(403).end();
    await watch.poll();
    assert.match((await watch.samples('badgateway_envoy_up'))[0], / 1$/);
    assert.match((await watch.samples('badgateway_envoy_poll_errors_total'))[0], /reason="status"} 1/);
  });

  it('abandons an answer over the limit', async (test) => {
    const { admin, watch } = await start(test, { max_response_bytes: '64KiB' });
    admin.answers['/clusters'] = (response) => void response.end(Buffer.alloc(70_000, ' '));
    await assert.rejects(watch.poll(), /answer is larger than 65536 bytes/);
  });
});

describe('back-off', () => {
  it('doubles the time between polls while answers are slow, and shows it', async (test) => {
    const { admin, watch } = await start(test, { timeout: '2s', interval: '10s' });
    admin.answers['/stats'] = (response) => void setTimeout(() => response.end(), 1200);
    const interval = async () =>
      Number((await watch.samples('badgateway_envoy_poll_interval_seconds'))[0].split(' ')[1]);
    await watch.poll();
    assert.equal(await interval(), 20);
    watch.clock.ms = Date.now();
    const asked = admin.log.length;
    await watch.poll();
    assert.equal(admin.log.length > asked, false, 'not due');
    watch.clock.ms = Date.now() + 20_000;
    admin.answers = {};
    await watch.poll();
    assert.equal(await interval(), 10);
  });

  it('stays at five minutes at most', async (test) => {
    const { admin, watch } = await start(test, { timeout: '100ms', interval: '200s' });
    admin.answers['/clusters'] = () => {};
    await assert.rejects(watch.poll(), /no complete answer within 100 ms/);
    assert.match((await watch.samples('badgateway_envoy_poll_interval_seconds'))[0], / 300$/);
  });
});
