import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HistogramsParser, ownerKey } from '../../src/parse/envoy-histograms.ts';
import { MAX_STATS_LINE_BYTES } from '../../src/parse/envoy-stats.ts';

const ANSWER = `# TYPE envoy_cluster_upstream_rq_time histogram
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="web.a",le="0.5"} 0
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="web.a",le="1000"} 3
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="web.a",le="3.6e+06"} 4
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="web.a",le="+Inf"} 5
envoy_cluster_upstream_rq_time_sum{envoy_cluster_name="web.a"} 4000123.5
envoy_cluster_upstream_rq_time_count{envoy_cluster_name="web.a"} 5
envoy_cluster_internal_upstream_rq_time_bucket{envoy_cluster_name="web.a",le="+Inf"} 5
envoy_cluster_upstream_rq_time_bucket{zone="a",envoy_cluster_name="b\\"\\\\c",le="+Inf"} 1
envoy_cluster_upstream_rq_time_bucket{zone="b",envoy_cluster_name="b\\"\\\\c",le="+Inf"} 2

# TYPE envoy_http_downstream_rq_time histogram
envoy_http_downstream_rq_time_bucket{envoy_http_conn_manager_prefix="admin",le="+Inf"} 9
envoy_http_downstream_rq_time_bucket{envoy_http_conn_manager_prefix="edge",le="+Inf"} 7
envoy_http_downstream_rq_time_sum{envoy_http_conn_manager_prefix="edge"} 12
envoy_http_downstream_rq_time_sum{envoy_http_conn_manager_prefix="edge"} NaN
envoy_http_downstream_rq_time_bucket{le="1"} 7
`;

function parse(answer: string, size = answer.length) {
  const parser = new HistogramsParser();
  const bytes = Buffer.from(answer, 'latin1');
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
  parser.end();
  return parser.found;
}

describe('latencies of /stats/prometheus', () => {
  it('buckets and sums by cluster and connection manager, wherever the answer is cut', () => {
    for (const size of [1, 7, 100, ANSWER.length]) {
      const { upstream, downstream } = parse(ANSWER, size);
      assert.deepEqual([...upstream.keys()], ['web.a', 'b"\\c']);
      assert.deepEqual(upstream.get('web.a'), {
        bounds: [0.5, 1000, 3_600_000, Number.POSITIVE_INFINITY],
        counts: [0, 3, 4, 5],
        sum: 4_000_123.5,
      });
      assert.deepEqual([...downstream], [['edge', { bounds: [Number.POSITIVE_INFINITY], counts: [7], sum: 12 }]]);
    }
  });

  it('what is behind the first dot of a name is in the name of the family', () => {
    const { upstream, downstream } = parse(
      [
        'envoy_cluster_shop_svc_upstream_rq_time_sum{envoy_cluster_name="web"} 1',
        'envoy_cluster_external_upstream_rq_time_sum{envoy_cluster_name="web"} 2',
        'envoy_cluster_zone_a_b_upstream_rq_time_sum{envoy_cluster_name="web"} 2',
        'envoy_http_http_downstream_rq_time_sum{envoy_http_conn_manager_prefix="ingress"} 3',
        'envoy_http_http_upstream_rq_time_sum{envoy_http_conn_manager_prefix="ingress"} 4',
      ].join('\n'),
    );
    assert.deepEqual([...upstream.keys()], [ownerKey('web', 'shop_svc')]);
    assert.deepEqual([...downstream.keys()], [ownerKey('ingress', 'http')]);
  });

  it('several series of one cluster are one', () => {
    assert.deepEqual(parse(ANSWER).upstream.get('b"\\c')?.counts, [3]);
  });

  it('a line that is too long is none, and the next one is read', () => {
    const long = `envoy_cluster_upstream_rq_time_sum{x="${'x'.repeat(MAX_STATS_LINE_BYTES)}",envoy_cluster_name="a"} 1`;
    assert.deepEqual([...parse(`${long}\n${ANSWER}`, 1000).upstream.keys()], ['web.a', 'b"\\c']);
  });

  it('anything else says nothing', () => {
    const { upstream, downstream } = parse(
      '{"version":"x"}\n<html>\nenvoy_cluster_upstream_rq_time_sum{envoy_cluster_name="a"} -1\n',
    );
    assert.equal(upstream.size + downstream.size, 0);
  });
});
