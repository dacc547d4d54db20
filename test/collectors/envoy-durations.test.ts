import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EnvoyDurations, growthOf } from '../../src/collectors/envoy-durations.ts';
import { EnvoyMemory } from '../../src/collectors/envoy-memory.ts';
import { ENVOY_METRICS } from '../../src/collectors/envoy-metrics.ts';
import type { UpstreamTraffic } from '../../src/contract/traffic.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { ClustersParser } from '../../src/parse/envoy-clusters.ts';
import { type EnvoyHistogram, HistogramsParser } from '../../src/parse/envoy-histograms.ts';
import { testContext } from '../support/context.ts';
import { clusterJson } from '../support/envoy-admin.ts';

const EDGE = { namespace: '', pod: '', container: '', gateway: 'mesh' };
const INF = Number.POSITIVE_INFINITY;
const NOTHING: EnvoyHistogram = { bounds: [], counts: [], sum: 0 };

/** An answer: so many requests of 3 ms, and of 700 ms, of the cluster and of the connection manager. */
function answer(fast: number, slow: number): string {
  const lines = (family: string, label: string) => {
    const sample = (kind: string, le: string, value: number) =>
      `envoy_${family}_rq_time_${kind}{${label}${le}} ${value}`;
    return [
      ...[sample('bucket', ',le="1"', 0), sample('bucket', ',le="5"', fast), sample('bucket', ',le="500"', fast)],
      ...[sample('bucket', ',le="1000"', fast + slow), sample('bucket', ',le="+Inf"', fast + slow)],
      sample('sum', '', fast * 3 + slow * 700),
    ];
  };
  return [
    ...lines('cluster_upstream', 'envoy_cluster_name="outbound|80||web"'),
    ...lines('http_downstream', 'envoy_http_conn_manager_prefix="edge"'),
  ].join('\n');
}

describe('growth of a distribution', () => {
  it('what is in a bucket goes where it surely is, or higher', () => {
    const now = { bounds: [1, 5, 300, 500, INF], counts: [1, 3, 6, 10, 15], sum: 9000 };
    const before = { ...now, counts: [1, 1, 2, 2, 3], sum: 1000 };
    assert.deepEqual(growthOf(now, before, [0.005, 0.25, 0.4]), { counts: [2, 0, 2, 8], sum: 8 });
    assert.deepEqual(growthOf(now, NOTHING, [0.001, 0.005, 0.5]), { counts: [1, 2, 7, 5], sum: 9 });
  });

  it('bounds in any order; other bounds, or fewer requests, are those of another process', () => {
    const now = { bounds: [INF, 5], counts: [4, 3], sum: 40 };
    assert.deepEqual(growthOf(now, { ...now, counts: [2, 2], sum: 10 }, [1]), { counts: [1, 1], sum: 0.03 });
    assert.deepEqual(growthOf(now, { ...now, bounds: [INF, 6] }, [1]), { counts: [3, 1], sum: 0.04 });
    assert.deepEqual(growthOf(now, { ...now, counts: [5, 3] }, [1]), { counts: [3, 1], sum: 0.04 });
  });
});

describe('latencies of an Envoy without an access log', () => {
  function setUp(names = ['outbound|80||web']) {
    const registry = new MetricRegistry({ now: Date.now });
    const upstreams: UpstreamTraffic[] = [];
    const state = { isFollowed: false };
    const base = testContext(registry.writers(ENVOY_METRICS));
    const context = {
      ...base,
      traffic: {
        ...base.traffic,
        isFollowed: () => state.isFollowed,
        upstream: (_: unknown, __: unknown, one: UpstreamTraffic) => void upstreams.push(one),
      },
    };
    const memory = new EnvoyMemory();
    memory.begin();
    const clusters = new ClustersParser(memory.addCluster);
    clusters.push(Buffer.from(JSON.stringify({ cluster_statuses: names.map((name) => clusterJson(name)) })));
    clusters.end();
    const durations = new EnvoyDurations(context, EDGE);
    const settle = (text: string | null, uptime = 100) => {
      const parser = new HistogramsParser();
      parser.push(Buffer.from(text ?? ''));
      parser.end();
      durations.settle(text === null ? null : parser.found, memory, uptime);
    };
    const requests = async () => {
      const text = (await registry.render('text', 'test')).toString();
      const of = (suffix: string) =>
        Number(new RegExp(`^badgateway_request_duration_seconds_${suffix}\\{.*\\} (.*)$`, 'm').exec(text)?.[1]);
      return [of('count'), of('sum')];
    };
    const seen = () =>
      upstreams.splice(0).map(({ upstream, durations: { counts, sum } }) => [upstream, [...Array.from(counts)], sum]);
    return { durations, settle, requests, seen, state };
  }
  const counts = (fast: number, slow: number) => [fast, 0, 0, 0, 0, slow, 0, 0, 0, 0, 0, 0];

  it('counts what has grown since the first poll', async () => {
    const { settle, requests, seen } = setUp();
    settle(answer(100, 10));
    assert.deepEqual([await requests(), seen()], [[0, 0], []]);
    settle(answer(103, 12));
    assert.deepEqual(seen(), [['outbound|80||web', counts(3, 2), 1.409]]);
    assert.deepEqual(await requests(), [5, 1.409]);
  });

  it('finds a cluster whose tag ends at its first dot; two that look alike are nobody', async () => {
    const { settle, seen } = setUp(['web.shop-a', 'web.shop_a', 'web.shop.b']);
    const sample = (rest: string, count: number) =>
      `envoy_cluster_${rest}_upstream_rq_time_bucket{envoy_cluster_name="web",le="+Inf"} ${count}\n`;
    settle('');
    settle(sample('shop_a', 3) + sample('shop_b', 4) + sample('shop_c', 5));
    assert.deepEqual(
      seen().map(([upstream]) => upstream),
      ['web.shop.b'],
    );
  });

  it('one poll without an answer loses nothing', async () => {
    const { settle, seen } = setUp();
    settle(answer(100, 10));
    settle(null);
    settle(answer(104, 10));
    assert.deepEqual(seen(), [['outbound|80||web', counts(4, 0), 0.012]]);
  });

  it('another process begins at 0, also when it has counted more already', async () => {
    const { settle, seen } = setUp();
    settle(answer(100, 10));
    settle(answer(200, 10), 5);
    assert.deepEqual(seen(), [['outbound|80||web', counts(200, 10), 7.6]]);
  });

  it('nothing while the access log is followed, nor of that time afterwards', async () => {
    const { durations, settle, requests, seen, state } = setUp();
    settle(answer(100, 10));
    state.isFollowed = true;
    assert.equal(durations.isWanted, false);
    settle(answer(150, 10));
    state.isFollowed = false;
    assert.equal(durations.isWanted, true);
    settle(answer(200, 10));
    assert.deepEqual(await requests(), [0, 0]);
    settle(answer(201, 10));
    assert.deepEqual(seen(), [['outbound|80||web', counts(1, 0), 0.003]]);
    assert.deepEqual(await requests(), [1, 0.003]);
  });
});
