import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { durationBounds, TRAFFIC_METRICS, type UpstreamTraffic } from '../../src/contract/traffic.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { TrafficAccounts } from '../../src/metrics/traffic.ts';

const EDGE = { namespace: '', pod: '', container: '', gateway: 'edge' };
const CART = { upstream: 'cart', upstream_namespace: 'shop', upstream_service: 'cart', upstream_port: '80' };
const NOTHING: UpstreamTraffic = {
  ...{ peer: null, upstream: '', answers: new Map(), attempts: new Map(), retries: new Map() },
  ...{ newConnections: 0, reusedConnections: 0, durations: { counts: [0, 0, 0], sum: 0 } },
};

function setUp() {
  const registry = new MetricRegistry({ now: () => 0 }, 1000, durationBounds([0.1, 0.5]));
  const metrics = registry.writers(TRAFFIC_METRICS);
  const answered: string[] = [];
  const accounts = new TrafficAccounts(
    metrics,
    (_proxy, _subject, peer) => (peer?.address === '10.0.0.1' ? CART : UNKNOWN_UPSTREAM),
    (peer) => answered.push(`${peer.address} ${peer.port}`),
  );
  const figure = (name: string, labels: Record<string, string>) => registry.get(name)?.value(labels);
  const samples = async () => (await registry.render('text', 'test')).toString();
  return { registry, accounts, answered, figure, samples };
}

describe('TrafficAccounts', () => {
  it('tells where a program has answered: a 5xx may be the gateway’s own', () => {
    const { accounts, answered } = setUp();
    const told = (address: string, codes: readonly string[]) => {
      const attempts = new Map(codes.map((code) => [code, 1]));
      accounts.upstream('nginx', EDGE, { ...NOTHING, peer: { scheme: 'http', address, port: 8080 }, attempts });
    };
    told('10.0.0.1', ['502', '404']);
    told('10.0.0.2', ['502', '504', 'none', 'other', '5xx']);
    told('10.0.0.3', ['2xx']);
    assert.deepEqual(answered, ['10.0.0.1 8080', '10.0.0.3 8080']);
  });

  it('counts under the Service behind the address, and adds up', async () => {
    const { accounts, figure, registry } = setUp();
    const traffic: UpstreamTraffic = {
      ...NOTHING,
      peer: { scheme: 'http', address: '10.0.0.1', port: 8080 },
      answers: new Map([['200', 5]]),
      attempts: new Map([
        ['200', 5],
        ['502', 1],
      ]),
      retries: new Map([['POST', 1]]),
      ...{ newConnections: 1, reusedConnections: 4, durations: { counts: [3, 2, 1], sum: 2.5 } },
    };
    accounts.upstream('nginx', EDGE, traffic);
    accounts.upstream('nginx', EDGE, traffic);
    accounts.upstream('nginx', EDGE, { ...NOTHING, answers: new Map([['404', 7]]) });
    const nginx = { ...EDGE, proxy: 'nginx' };
    assert.equal(figure('badgateway_requests_total', { ...nginx, ...CART, code: '200' }), 10);
    assert.equal(figure('badgateway_requests_total', { ...nginx, ...UNKNOWN_UPSTREAM, code: '404' }), 7);
    assert.equal(figure('badgateway_upstream_attempts_total', { ...nginx, ...CART, code: '502' }), 2);
    assert.equal(figure('badgateway_upstream_retries_total', { ...nginx, ...CART, method: 'POST' }), 2);
    assert.equal(figure('badgateway_upstream_connections_total', { ...nginx, ...CART, connection: 'reused' }), 8);
    assert.equal(figure('badgateway_upstream_connections_total', { ...nginx, ...CART, connection: 'new' }), 2);
    const page = (await registry.render('text', 'test')).toString();
    const histograms = page.split('\n').filter((line) => line.startsWith('badgateway_upstream_duration_seconds_'));
    assert.equal(histograms.length, 5, 'none for what has no upstream');
  });

  it('publishes what clients got of a gateway, with the configured bounds', async () => {
    const { accounts, samples } = setUp();
    assert.deepEqual(accounts.buckets, [0.1, 0.5]);
    accounts.follows('nginx', EDGE);
    assert.match(await samples(), /badgateway_request_duration_seconds_count\{.*gateway="edge".*\} 0/);
    const traffic = { requestBytes: 100, responseBytes: 2000, upgrades: 1 };
    accounts.gateway('nginx', EDGE, { ...traffic, durations: { counts: [1, 1, 1], sum: 3.25 } });
    await samples();
    const page = await samples();
    assert.match(page, /badgateway_request_duration_seconds_bucket\{le="0.5",.*\} 2\n/);
    assert.match(page, /badgateway_request_duration_seconds_sum\{.*\} 3.25\n/);
    assert.match(page, /badgateway_response_bytes_total\{.*\} 2000\n/);
  });

  it('knows whose log is followed', () => {
    const { accounts } = setUp();
    accounts.follows('envoy', EDGE);
    assert.ok(accounts.isFollowed('envoy', EDGE));
    accounts.leaves('envoy', EDGE);
    assert.ok(!accounts.isFollowed('envoy', EDGE));
  });
});
