import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENVOY_METRICS } from '../../src/collectors/envoy-metrics.ts';
import { countRefusedCertificates, refusedCertificates } from '../../src/collectors/envoy-verify.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { CLUSTER_STATS, type ClusterStat } from '../../src/parse/envoy-stats.ts';

const growth = (stats: Partial<Record<ClusterStat, number>>) =>
  Float64Array.from(CLUSTER_STATS, (stat) => stats[stat] ?? 0);
const two = growth({ 'ssl.fail_verify_san': 12, 'ssl.fail_verify_no_cert': 1 });

test('says why certificates were refused, each reason with its counter', () => {
  assert.equal(
    refusedCertificates(two),
    'certificates refused: 12 without a name that is expected (ssl.fail_verify_san), 1 not given at all (ssl.fail_verify_no_cert)',
  );
  assert.match(refusedCertificates(growth({ 'ssl.fail_verify_error': 3 })), /: 3 of no trusted authority.*_error\)$/);
  assert.match(refusedCertificates(growth({ 'ssl.fail_verify_cert_hash': 3 })), /: 3 not the one .*_cert_hash\)$/);
});

test('counts by kind, and has no series of a kind that never was', async () => {
  let nowMs = 1e12;
  const registry = new MetricRegistry({ now: () => nowMs });
  const labels = { namespace: '', pod: '', container: '', gateway: 'g', upstream: 'cart' };
  countRefusedCertificates(registry.writers(ENVOY_METRICS), labels, two);
  countRefusedCertificates(registry.writers(ENVOY_METRICS), labels, growth({}));
  nowMs += 600_000;
  const text = (await registry.render('text', 'test')).toString();
  assert.deepEqual(
    text
      .match(/^badgateway_envoy_upstream_certificates_refused_total.*$/gm)
      ?.map((line) => line.replace(/^.*kind=/, ''))
      .sort(),
    ['"no_cert"} 1', '"san"} 12'],
  );
});
