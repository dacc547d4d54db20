import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unresolvedName, withResolution } from '../../src/collectors/envoy-unresolved.ts';
import { CLUSTER_STATS, type ClusterStat } from '../../src/parse/envoy-stats.ts';

const ask = (total: number, stats: Partial<Record<ClusterStat, number>>) =>
  unresolvedName(
    { total },
    Float64Array.from(CLUSTER_STATS, (stat) => stats[stat] ?? 0),
  );

/** As Envoy 1.36.4 counts (test/faults: dns-failure-envoy and its kin). */
describe('a cluster whose name gives no address', () => {
  it('the name does not exist: each look-up succeeds', () => {
    assert.match(ask(0, { update_success: 7 }) ?? '', /knows no address/);
  });

  it('the name server fails or does not answer', () => {
    assert.match(ask(0, { update_failure: 3 }) ?? '', /no look-up of its name has succeeded/);
  });

  it('not while it has hosts: Envoy keeps them when a look-up fails', () => {
    assert.equal(ask(1, { update_success: 7, update_failure: 100 }), null);
  });

  it('not a static cluster, which looks nothing up', () => assert.equal(ask(0, {}), null));

  it('is said of the upstream in use, another object exactly when that changes', () => {
    const inUse = { name: 'cart', alias: '', servers: [] };
    const totals = Float64Array.from(CLUSTER_STATS, (stat) => (stat === 'update_failure' ? 3 : 0));
    const lost = withResolution(inUse, { total: 0 }, totals);
    assert.match(lost.unresolved ?? '', /update_failure/);
    assert.equal(withResolution(lost, { total: 0 }, totals), lost);
    assert.deepEqual(withResolution(lost, { total: 1 }, totals), inUse);
    assert.equal(withResolution(inUse, { total: 1 }, totals), inUse);
  });

  it('not a cluster of a control plane: it was given nothing, or nobody has told it', () => {
    assert.equal(ask(0, { update_success: 2, update_time: 1_763_772_000_000 }), null);
    assert.equal(ask(0, { update_failure: 12, init_fetch_timeout: 1 }), null);
  });
});
