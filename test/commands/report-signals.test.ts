import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ENVOY_METRICS } from '../../src/collectors/envoy-metrics.ts';
import { LISTENERS_METRICS } from '../../src/collectors/listeners-metrics.ts';
import { runSignals, type SignalsOptions } from '../../src/commands/report-signals.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { TRAFFIC_METRICS } from '../../src/contract/traffic.ts';
import { NO_ADDRESSES } from '../../src/facts/upstream-comparison.ts';
import { createServers, type Servers } from '../../src/http/servers.ts';
import type { AddressStatus, CollectorStatus, GatewayUpstreams, UpstreamStatus } from '../../src/http/views.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { TrafficAccounts } from '../../src/metrics/traffic.ts';
import { createDoubles, emptyReport, emptyUpstreams } from '../support/http-doubles.ts';

const NODE = { namespace: 'gw', container: 'proxy' };
const EDGE = { ...NODE, pod: 'edge-1', gateway: 'edge' };
const MESH = { ...NODE, pod: 'mesh-1', gateway: 'mesh' };

function unit(name: string, state: CollectorStatus['state'], detail: string): CollectorStatus {
  return { name, state, detail, lastSuccessAt: null, durationMs: null, targets: [] };
}

function peer(address: string, pod: string | null): AddressStatus {
  const owner = pod === null ? null : { pod, isCurrent: true };
  return { address, state: 'live', why: '', since: null, place: '', owner };
}

function upstream(name: string, addresses: readonly AddressStatus[] = []): UpstreamStatus {
  return {
    ...{ name, isStatic: false, counts: NO_ADDRESSES, driftSince: null, slicesChangedAt: null, addresses },
    service: { namespace: 'shop', name: 'cart', port: '80' },
    mapping: { method: 'name', reason: 'its name' },
  };
}

function gateway(proxy: 'nginx' | 'envoy', ...upstreams: readonly UpstreamStatus[]): GatewayUpstreams {
  const source = proxy === 'nginx' ? 'nginx_config' : 'envoy';
  const readAt = '2026-11-21T03:00:00.000Z';
  return { proxy, subject: proxy === 'nginx' ? EDGE : MESH, source, readAt, isOld: false, upstreams };
}

describe('badgateway report signals', () => {
  let servers: Servers;
  let access: { server: string; metrics: string };
  let registry: MetricRegistry;
  let doubles: ReturnType<typeof createDoubles>;
  let traffic: TrafficAccounts;

  beforeEach(async () => {
    let nowMs = 0;
    registry = new MetricRegistry({ now: () => nowMs });
    const metrics = registry.writers(TRAFFIC_METRICS);
    traffic = new TrafficAccounts(metrics, (_proxy, _subject, _peer, name) => ({
      ...UNKNOWN_UPSTREAM,
      upstream: name,
    }));
    doubles = createDoubles();
    const render = async () => {
      await registry.render('text', 'test');
      nowMs += 120_000;
      return { contentType: 'text/plain', parts: [await registry.render('text', 'test')], release: () => {} };
    };
    const metricsSource = { render, ready: () => ({ ready: true, reason: '' }), catchingUp: () => null };
    const listen = { metrics: '127.0.0.1:0', page: '127.0.0.1:0' };
    servers = createServers({ ...doubles, metricsSource, listen });
    await servers.start();
    const { page, metrics: metricsAddress } = servers.addresses();
    access = { server: `http://${page}`, metrics: `http://${metricsAddress}` };
  });
  afterEach(() => servers.stop());

  function sees(gateways: readonly GatewayUpstreams[], collectors: readonly CollectorStatus[] = [], isFresh = false) {
    const { cluster } = emptyUpstreams();
    const fresh = cluster.map((one) => ({ ...one, freshness: 'fresh' as const }));
    doubles.statusSource.upstreamsReport = { ...emptyUpstreams(), gateways, cluster: isFresh ? fresh : cluster };
    doubles.statusSource.report = { ...emptyReport(), collectors };
  }

  /** One request that was answered so, as an access log tells it. */
  function asked(proxy: 'nginx' | 'envoy', name: string, code: string, connections = 1): void {
    const counts = new Array(traffic.buckets.length + 1).fill(1);
    const one = new Map([[code, 1]]);
    traffic.upstream(proxy, proxy === 'nginx' ? EDGE : MESH, {
      ...{ peer: null, upstream: name, answers: one, attempts: one, retries: new Map() },
      ...{ newConnections: connections, reusedConnections: 0, durations: { counts, sum: 1 } },
    });
  }

  async function run(options: SignalsOptions = {}) {
    let out = '';
    const notes: string[] = [];
    const terminal = {
      out: (text: string) => {
        out += text;
      },
      note: (one: string) => void notes.push(one),
    };
    const code = await runSignals({ ...access, ...options }, terminal);
    return { code, out, notes: notes.join('\n') };
  }

  async function signals(name: string) {
    const { upstreams } = JSON.parse((await run({ json: true })).out);
    return upstreams.find((one: { name: string }) => one.name === name).signals;
  }

  const states = (found: Record<string, { state: string }>) =>
    Object.fromEntries(Object.entries(found).map(([name, { state }]) => [name, state]));

  it('without logs, Kubernetes and listeners: says of each what is not there, and why', async () => {
    sees(
      [gateway('nginx', upstream('shop_cart_80'), upstream('stream:db'))],
      [
        unit('nginx_access_log', 'absent', 'no access log is configured'),
        unit('kubernetes', 'absent', 'no service account token'),
        unit('listeners', 'not_permitted', 'needs SYS_PTRACE'),
      ],
    );
    const { code, out, notes } = await run();
    assert.deepEqual([code, notes], [0, '']);
    assert.equal(
      out,
      `nginx edge

UPSTREAM      failures  codes  latency  retries  connections  circuit_breaking  endpoint_state  listen_queue  local_ports
shop_cart_80  no        no     no       no       no           no                no              no            no
stream:db     no        no     no       no       no           no                no              no            no

failures: no: no error log of the gateway is read (nginx_error_log does not run)
codes, latency, retries, connections: no: no access log of the gateway is followed (nginx_access_log: absent, no access log is configured) (of shop_cart_80)
circuit_breaking: no: nginx has none: a server that max_fails takes out shows as no_live_upstreams (of shop_cart_80)
endpoint_state: no: EndpointSlices are not watched (kubernetes: absent, no service account token)
listen_queue: no: sockets that listen are not read (listeners: not_permitted, needs SYS_PTRACE)
local_ports: no: sockets of the gateway are not read (upstream_sockets does not run)
codes, latency, retries, connections, circuit_breaking: no: it is TCP: only HTTP has codes, retries and a circuit breaker for requests (of stream:db)
`,
    );
  });

  it('a followed log: what was asked is there, the rest shows with its first request', async () => {
    traffic.follows('nginx', EDGE);
    asked('nginx', 'shop_cart_80', '200');
    asked('nginx', 'bare', '502', 0);
    sees([gateway('nginx', upstream('shop_cart_80'), upstream('bare'), upstream('quiet'))]);
    const available = { codes: 'available', latency: 'available', retries: 'available', connections: 'available' };
    const of = async (name: string) => {
      const { codes, latency, retries, connections } = states(await signals(name));
      return { codes, latency, retries, connections };
    };
    assert.deepEqual(await of('shop_cart_80'), available);
    assert.deepEqual(await of('bare'), { ...available, connections: 'unavailable' });
    const quiet = await signals('quiet');
    assert.equal(quiet.codes.state, 'unknown');
    assert.match(quiet.codes.why, /followed, and no request of it has been counted/);
  });

  it('a log that names no upstream has the codes of the gateway, and nothing of its upstreams', async () => {
    traffic.follows('nginx', EDGE);
    asked('nginx', '', '200');
    sees([gateway('nginx', upstream('shop_cart_80'))]);
    const { codes, latency, retries } = await signals('shop_cart_80');
    assert.deepEqual([codes.state, latency.state, retries.state], ['partial', 'unknown', 'unknown']);
    assert.match(latency.why, /none of its requests named an upstream: its format needs \$upstream_addr/);
  });

  it('Envoy: a TCP cluster has no codes, retries and request breakers; of others HTTP must have shown', async () => {
    const envoy = registry.writers(ENVOY_METRICS);
    envoy.up.set(MESH, 1);
    const names = ['tcproute/db/main', 'outbound|80||cart', 'raw', 'quiet'];
    for (const name of names) envoy.circuitOpen.set({ ...MESH, upstream: name, priority: 'default', breaker: 'rq' }, 0);
    sees([gateway('envoy', ...names.map((name) => upstream(name)))]);
    envoy.requests.inc({ ...MESH, proxy: 'envoy', code: '2xx', ...UNKNOWN_UPSTREAM }, 5);
    const before = await signals('quiet');
    assert.deepEqual(
      [before.failures.state, before.codes.state, before.retries.state],
      ['available', 'partial', 'unavailable'],
    );
    assert.match(before.codes.why, /^only of the gateway as a whole: no access log of the gateway is followed/);
    traffic.follows('envoy', MESH);
    asked('envoy', 'outbound|80||cart', '503');
    asked('envoy', 'raw', 'none');
    const of = async (name: string) => {
      const { codes, retries, circuit_breaking } = states(await signals(name));
      return [codes, retries, circuit_breaking];
    };
    assert.deepEqual(await of('tcproute/db/main'), ['unavailable', 'unavailable', 'unavailable']);
    assert.deepEqual(await of('outbound|80||cart'), ['available', 'available', 'available']);
    assert.deepEqual(await of('raw'), ['unknown', 'unknown', 'partial']);
    assert.deepEqual(await of('quiet'), ['unknown', 'unknown', 'partial']);
    assert.match((await signals('tcproute/db/main')).codes.why, /it is TCP/);
  });

  it('endpoints and listen queues: of pods, and of peers on this node', async () => {
    const { queue } = registry.writers(LISTENERS_METRICS);
    queue.set({ namespace: 'shop', pod: 'cart-1', netns: 'pod', port: '8080' }, 0);
    const [here, there] = [peer('10.0.0.1:8080', 'shop/cart-1'), peer('10.0.0.2:8080', 'shop/cart-2')];
    const static_ = {
      ...upstream('static', [{ ...peer('db:5432', null), state: '', why: 'hostname' }]),
      isStatic: true,
    } as const;
    const all = [upstream('near', [here]), upstream('both', [here, there]), upstream('far', [there]), static_];
    sees([gateway('nginx', ...all)], [unit('listeners', 'ok', '')], true);
    const of = async (name: string) => {
      const { endpoint_state, listen_queue } = states(await signals(name));
      return [endpoint_state, listen_queue];
    };
    assert.deepEqual(await of('near'), ['available', 'available']);
    assert.deepEqual(await of('both'), ['available', 'partial']);
    assert.deepEqual(await of('far'), ['available', 'unavailable']);
    assert.deepEqual(await of('static'), ['unavailable', 'unavailable']);
    assert.match(
      (await signals('both')).listen_queue.why,
      /^of 1 of 2 peers; peers on other nodes: ask the agents there/,
    );
  });

  it('one gateway only; 2 where something cannot be told, with the next step', async () => {
    sees([gateway('nginx', upstream('shop_cart_80')), gateway('envoy', upstream('cart'))]);
    assert.doesNotMatch((await run({ gateway: 'mesh' })).out, /shop_cart_80/);
    const blind = await run({ metrics: 'http://127.0.0.1:1' });
    assert.equal(blind.code, 2);
    assert.match(blind.notes, /nobody listens there: give the address of its metrics/);
    assert.match(blind.out, /^failures, codes, latency, .*: \?: \/metrics could not be read/m);
    const none = await run({ gateway: 'other' });
    assert.deepEqual([none.code, none.out], [2, '']);
    assert.match(none.notes, /no upstream is known/);
    assert.match((await run({ server: 'http://127.0.0.1:1' })).notes, /nobody listens there: is badgateway running/);
  });
});
