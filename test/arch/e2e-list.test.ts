import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

/** What runs against real programs on every change; a file that goes missing is not noticed otherwise. */
const FIXED = [
  'access-log.test.ts',
  'alert-chain.test.ts',
  'alerts.test.ts',
  'both-logs-restarts.test.ts',
  'causes-across-nodes.test.ts',
  'compose.test.ts',
  'demo.test.ts',
  'diagnose.test.ts',
  'envoy-access-cause.test.ts',
  'envoy-access-log.test.ts',
  'envoy-access.test.ts',
  'envoy-admin.test.ts',
  'envoy-broken.test.ts',
  'envoy-restarts.test.ts',
  'envoy-told.test.ts',
  'envoy.test.ts',
  'faults.test.ts',
  'kernel.test.ts',
  'kubernetes-context.test.ts',
  'nginx.test.ts',
  'node-pods.test.ts',
  'node.test.ts',
  'odd-endings.test.ts',
  'own-answers.test.ts',
  'page-served.test.ts',
  'page.test.ts',
  'prometheus.test.ts',
  'serve.test.ts',
  'traffic-truth.test.ts',
  'upstreams-changes.test.ts',
  'upstreams-envoy.test.ts',
  'upstreams-nginx.test.ts',
  'upstreams-outage.test.ts',
  'upstreams-rollout.test.ts',
  'web-config-prometheus.test.ts',
  'web-config-rotation.test.ts',
  'web-config.test.ts',
];

describe('the list of end-to-end tests', () => {
  it('is complete', () =>
    assert.deepEqual(
      readdirSync('test/e2e')
        .filter((name) => name.endsWith('.test.ts'))
        .sort(),
      FIXED,
    ));

  it('says of each when it runs', () => {
    const unmarked = FIXED.filter((name) => !/\[(ci|nightly)\]/.test(readFileSync(`test/e2e/${name}`, 'utf8')));
    assert.deepEqual(unmarked, []);
  });

  it('has no test that is switched off', () => {
    const off = FIXED.filter((name) =>
      /\b(skip|todo): true|\.(skip|todo|only)\(/.test(readFileSync(`test/e2e/${name}`, 'utf8')),
    );
    assert.deepEqual(off, []);
  });
});
