import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, createServer as createHttp2Server } from 'node:http2';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { createAuthority } from '../support/certs.ts';
import { askTimes } from '../support/envoy-ask.ts';
import { skipWithoutEnvoy } from '../support/envoy-binary.ts';
import { openBlackhole } from '../support/envoy-blackhole.ts';
import { watchEnvoy } from '../support/envoy-collect.ts';
import { type EnvoySpec, freePorts, type RunningEnvoy, startEnvoy } from '../support/envoy-rig.ts';

const skip = skipWithoutEnvoy();
const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';
const HTTP2 = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

describe('envoy collector with a real Envoy [ci]', { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'envoy-e2e-'));
  const servers: Server[] = [];
  const ports: Record<string, number> = {};
  let spec: EnvoySpec;
  let running: RunningEnvoy;
  let blackhole: Awaited<ReturnType<typeof openBlackhole>>;
  let watch: ReturnType<typeof watchEnvoy>;

  const serve = async (name: string, server: Server) => {
    servers.push(server);
    server.listen(ports[name], '127.0.0.1');
  };
  const onSocket = (react: (socket: Socket) => void) => (socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', () => react(socket));
  };

  before(async () => {
    const names = ['admin', 'listen', 'tcp', 'closed', 'closed2', 'close', 'garbage', 'silent', 'h2', 'tls', 'ok'];
    const free = await freePorts(names.length);
    names.forEach((name, index) => {
      ports[name] = free[index];
    });
    blackhole = await openBlackhole();
    const trusted = createAuthority(directory, 'trusted');
    const { cert, key } = createAuthority(directory, 'other').issue('server', 'DNS:localhost');
    await serve('close', createServer(onSocket((socket) => socket.destroy())));
    await serve('garbage', createServer(onSocket((socket) => socket.write('GARBAGE NOT HTTP\r\n\r\n'))));
    await serve('silent', createServer(onSocket(() => {})));
    await serve(
      'ok',
      createServer(
        onSocket((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')),
      ),
    );
    await serve(
      'tls',
      createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, () => {}),
    );
    const h2 = createHttp2Server();
    h2.on('sessionError', () => {});
    h2.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      if (headers[':path'] === '/h2die') stream.session?.destroy();
      else stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    });
    await serve('h2', h2 as unknown as Server);
    const on = (name: string) => [{ port: ports[name] }];
    const tls = (context: object) => ({
      transport_socket: { name: 'tls', typed_config: { '@type': TLS, ...context } },
    });
    const trust = { common_tls_context: { validation_context: { trusted_ca: { filename: trusted.certificate } } } };
    const tcpCheck = {
      timeout: '0.1s',
      interval: '0.1s',
      unhealthy_threshold: 1,
      healthy_threshold: 1,
      tcp_health_check: {},
    };
    const checked = { health_checks: [tcpCheck], common_lb_config: { healthy_panic_threshold: { value: 0 } } };
    spec = {
      listenPort: ports.listen,
      admin: { port: ports.admin },
      tcp: { port: ports.tcp, cluster: 'tcp.refused' },
      clusters: [
        { name: 'outbound|80||refused.ns.svc.cluster.local', hosts: [{ port: ports.closed }, { port: ports.closed2 }] },
        { name: 'tcp.refused', hosts: on('closed') },
        { name: 'blackhole', hosts: [{ port: blackhole.port }] },
        { name: 'empty/none:80', hosts: [] },
        { name: 'checked', hosts: on('closed'), extra: checked },
        {
          name: 'circuit',
          hosts: on('silent'),
          extra: { circuit_breakers: { thresholds: [{ max_pending_requests: 0 }] } },
        },
        { name: 'close', hosts: on('close') },
        { name: 'h2', hosts: on('h2'), extra: HTTP2 },
        { name: 'garbage', hosts: on('garbage') },
        { name: 'slow', hosts: on('silent') },
        { name: 'plain-as-tls', hosts: on('garbage'), extra: tls({}) },
        { name: 'untrusted', hosts: on('tls'), extra: tls(trust) },
        { name: 'socket', hosts: [{ path: join(directory, 'nobody.sock') }] },
        { name: 'ok', hosts: on('ok') },
      ],
      routes: [
        { prefix: '/refused', route: { cluster: 'outbound|80||refused.ns.svc.cluster.local' } },
        {
          prefix: '/retried',
          route: { cluster: 'socket', retry_policy: { retry_on: 'connect-failure', num_retries: 2 } },
        },
        { prefix: '/blackhole', route: { cluster: 'blackhole' } },
        { prefix: '/empty', route: { cluster: 'empty/none:80' } },
        { prefix: '/checked', route: { cluster: 'checked' } },
        { prefix: '/circuit', route: { cluster: 'circuit' } },
        { prefix: '/close', route: { cluster: 'close' } },
        { prefix: '/h2', route: { cluster: 'h2' } },
        { prefix: '/garbage', route: { cluster: 'garbage' } },
        { prefix: '/slow', route: { cluster: 'slow', timeout: '0.1s' } },
        { prefix: '/plain-as-tls', route: { cluster: 'plain-as-tls' } },
        { prefix: '/untrusted', route: { cluster: 'untrusted' } },
        { prefix: '/unknown', route: { cluster_header: 'x-cluster' } },
        { prefix: '/ok', route: { cluster: 'ok' } },
      ],
    };
    running = await startEnvoy(spec);
    watch = watchEnvoy({ discover: false, targets: [{ url: `http://127.0.0.1:${ports.admin}` }] });
    await watch.poll();
  });

  after(async () => {
    await running?.stop();
    await blackhole?.close();
    for (const server of servers) server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const staged = (
    name: string,
    story: { path: string; count: number; status: number; upstream: string; symptom: string },
  ) =>
    it(name, async () => {
      const { path, count, status, upstream, symptom } = story;
      await watch.poll();
      assert.deepEqual(await askTimes(count, ports.listen, path), Array(count).fill(status));
      await watch.poll();
      assert.deepEqual(watch.failures(upstream), { [symptom]: count });
    });

  const refused = 'outbound|80||refused.ns.svc.cluster.local';
  staged('refused', { path: '/refused', count: 6, status: 503, upstream: refused, symptom: 'connect_refused' });
  staged('connect timeout', {
    path: '/blackhole',
    count: 2,
    status: 503,
    upstream: 'blackhole',
    symptom: 'connect_timeout',
  });
  staged('no endpoints', {
    path: '/empty',
    count: 3,
    status: 503,
    upstream: 'empty/none:80',
    symptom: 'no_healthy_upstream',
  });
  staged('circuit open', { path: '/circuit', count: 4, status: 503, upstream: 'circuit', symptom: 'circuit_open' });
  staged('upstream closes an HTTP/1 request', {
    path: '/close',
    count: 5,
    status: 503,
    upstream: 'close',
    symptom: 'premature_close',
  });
  staged('upstream resets an HTTP/2 stream', {
    path: '/h2reset',
    count: 3,
    status: 503,
    upstream: 'h2',
    symptom: 'reset',
  });
  staged('upstream drops an HTTP/2 connection', {
    path: '/h2die',
    count: 2,
    status: 503,
    upstream: 'h2',
    symptom: 'premature_close',
  });
  staged('upstream does not speak HTTP', {
    path: '/garbage',
    count: 2,
    status: 502,
    upstream: 'garbage',
    symptom: 'protocol_error',
  });
  staged('slow upstream', { path: '/slow', count: 3, status: 504, upstream: 'slow', symptom: 'response_timeout' });
  staged('plaintext upstream of a TLS cluster', {
    path: '/plain-as-tls',
    count: 2,
    status: 503,
    upstream: 'plain-as-tls',
    symptom: 'tls_handshake',
  });
  staged('untrusted certificate', {
    path: '/untrusted',
    count: 2,
    status: 503,
    upstream: 'untrusted',
    symptom: 'tls_verify',
  });
  staged('no cluster of that name', { path: '/unknown', count: 2, status: 503, upstream: '', symptom: 'no_cluster' });

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
    const first = watch.failures(refused).connect_refused ?? 0;
    const others = watch.observations.filter(({ upstream }) => upstream.upstream !== refused);
    await watch.poll();
    assert.equal(first + (watch.failures(refused).connect_refused ?? 0), 2);
    assert.deepEqual([...others, ...watch.observations.filter(({ upstream }) => upstream.upstream !== refused)], []);
    await watch.poll();
    assert.deepEqual(watch.observations, []);
  });
});
