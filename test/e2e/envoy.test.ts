import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuthority } from '../support/certs.ts';
import { askTimes } from '../support/envoy-ask.ts';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { watchEnvoy } from '../support/envoy-collect.ts';
import { failingEnvoy, openResettingHttp2, REFUSED, STAGED } from '../support/envoy-failing.ts';
import { type EnvoySpec, freePorts, type RunningEnvoy, startEnvoy } from '../support/envoy-rig.ts';
import { openBlackhole, openRefusing, openTlsUpstream, openUpstream, Upstreams } from '../support/upstreams.ts';

const skip = skipWithoutEnvoy();

describe('envoy collector with a real Envoy [ci]', { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'envoy-e2e-'));
  const upstreams = new Upstreams();
  const { ports } = upstreams;
  let spec: EnvoySpec;
  let running: RunningEnvoy;
  let watch: ReturnType<typeof watchEnvoy>;

  before(async () => {
    const trusted = createAuthority(directory, 'trusted');
    const { cert, key } = createAuthority(directory, 'other').issue('server', 'DNS:localhost');
    await upstreams.open({
      closed: openRefusing(),
      closed2: openRefusing(),
      blackhole: openBlackhole(),
      close: openUpstream('close'),
      garbage: openUpstream('noHttp'),
      silent: openUpstream('silent'),
      ok: openUpstream('ok'),
      tls: openTlsUpstream({ cert: readFileSync(cert), key: readFileSync(key) }),
      h2: openResettingHttp2(),
    });
    [ports.admin, ports.listen, ports.tcp] = await freePorts(3);
    spec = failingEnvoy(ports, { authority: trusted.certificate, socket: join(directory, 'nobody.sock') });
    running = await startEnvoy(spec);
    watch = watchEnvoy({ discover: false, targets: [{ url: `http://127.0.0.1:${ports.admin}` }] });
    await watch.poll();
  });

  after(async () => {
    await running?.stop();
    await upstreams.close();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const [name, { path, count, status, upstream, symptom }] of Object.entries(STAGED))
    it(name, async () => {
      await watch.poll();
      assert.deepEqual(await askTimes(count, ports.listen, path), Array(count).fill(status));
      await watch.poll();
      assert.deepEqual(watch.failures(upstream), { [symptom]: count });
    });

  it('refused requests are split over the hosts that refused them', async () => {
    await watch.poll();
    await askTimes(6, ports.listen, '/refused');
    await watch.poll();
    const peers = watch.observations.map(({ peer, count }) => [peer?.address, peer?.port, count]);
    const expected = [
      ['127.0.0.1', ports.closed, 3],
      ['127.0.0.1', ports.closed2, 3],
    ];
    assert.deepEqual(peers.sort(), expected.sort());
  });

  it('host that fails its health check', async () => {
    for (let tries = 0; tries < 100; tries++) {
      await watch.poll();
      const members = await watch.samples('badgateway_envoy_cluster_members');
      if (members.some((line) => line.includes('"checked",state="healthy"} 0'))) break;
      await delay(50);
    }
    await watch.poll();
    assert.deepEqual(await askTimes(3, ports.listen, '/checked'), [503, 503, 503]);
    await watch.poll();
    assert.deepEqual(watch.failures('checked'), { no_healthy_upstream: 3 });
  });

  it('each retried attempt is a failure, at a unix socket nobody listens on', async () => {
    await watch.poll();
    await askTimes(1, ports.listen, '/retried');
    await watch.poll();
    assert.deepEqual(watch.failures('socket'), { connect_refused: 3 });
    const [seen] = watch.observations;
    assert.deepEqual(seen.peer, { scheme: 'unix', address: join(directory, 'nobody.sock'), port: null });
  });

  it('a TCP proxy connection that cannot be made', async () => {
    await watch.poll();
    const socket = connect(ports.tcp, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    await new Promise((resolve) => socket.on('close', resolve));
    await watch.poll();
    assert.deepEqual(watch.failures('tcp.refused'), { connect_refused: 1 });
  });

  it('success is nobody’s failure', async () => {
    await watch.poll();
    assert.deepEqual(await askTimes(5, ports.listen, '/ok'), Array(5).fill(200));
    await watch.poll();
    assert.deepEqual(watch.observations, []);
  });

  it('answers are counted by code', async () => {
    const fresh = watchEnvoy({
      discover: false,
      targets: [{ url: `http://127.0.0.1:${ports.admin}`, gateway: 'edge' }],
    });
    await fresh.poll();
    await askTimes(2, ports.listen, '/ok');
    await askTimes(3, ports.listen, '/refused');
    await askTimes(1, ports.listen, '/garbage');
    await askTimes(1, ports.listen, '/slow');
    await askTimes(1, ports.listen, '/unknown');
    await askTimes(1, ports.listen, '/nothing-here');
    await fresh.poll();
    const samples = await fresh.samples('badgateway_requests_total');
    const byCode = samples.map((line) => /code="(\w+)",upstream="",.*} (\d+)/.exec(line)?.slice(1).join(' '));
    assert.deepEqual(byCode, ['1xx 0', '2xx 2', '3xx 0', '4xx 1', '502 1', '503 4', '504 1', '5xx_other 0']);
    assert.match(samples[0], /namespace="",pod="",container="",gateway="edge",proxy="envoy"/);
  });

  it('finds an Envoy by its port and says where there is none', async () => {
    const found = watchEnvoy({}, [ports.admin, ports.closed, ports.garbage]);
    await found.poll();
    const targets = found.collector.targets?.() ?? [];
    assert.deepEqual(
      targets.map(({ state }) => state),
      ['ok', 'absent', 'absent'],
    );
    assert.match(targets[0].detail, /^Envoy 1\.\d+\.\d+ live, 14 clusters as gateway envoy$/);
    assert.equal(targets[1].detail, `nothing listens on http://127.0.0.1:${ports.closed}`);
  });

  it('a restart is no jump, and failures of the new process count', async () => {
    await watch.poll();
    await delay(2100);
    await watch.poll();
    await running.stop();
    await assert.rejects(watch.poll(), /no Envoy answers/);
    assert.deepEqual(await watch.samples('badgateway_envoy_server_live'), []);
    assert.deepEqual(await watch.samples('badgateway_envoy_cluster_members'), []);
    running = await startEnvoy(spec);
    await askTimes(2, ports.listen, '/refused');
    // The first poll may find the process younger than itself and leave the counting to the next one.
    await watch.poll();
    const first = watch.failures(REFUSED).connect_refused ?? 0;
    const others = watch.observations.filter(({ upstream }) => upstream.upstream !== REFUSED);
    await watch.poll();
    assert.equal(first + (watch.failures(REFUSED).connect_refused ?? 0), 2);
    assert.deepEqual([...others, ...watch.observations.filter(({ upstream }) => upstream.upstream !== REFUSED)], []);
    await watch.poll();
    assert.deepEqual(watch.observations, []);
  });
});
