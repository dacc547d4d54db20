import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENVOY_METRICS } from '../../src/collectors/envoy-metrics.ts';
import { expiry } from '../../src/collectors/expiry.ts';
import { CERTIFICATE_METRICS } from '../../src/contract/certificate-metrics.ts';

test('certificates of files and of Envoy are the same families, so that one rule judges both', () => {
  for (const [name, declaration] of Object.entries(CERTIFICATE_METRICS)) {
    assert.equal(expiry.metrics[name as keyof typeof CERTIFICATE_METRICS], declaration);
    assert.equal(ENVOY_METRICS[name as keyof typeof CERTIFICATE_METRICS], declaration);
  }
  const [first, second] = Object.values(CERTIFICATE_METRICS);
  assert.deepEqual(first.labels, second.labels, 'rules subtract one from the other');
});
