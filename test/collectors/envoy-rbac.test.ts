import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deniedSentence, RbacDenials } from '../../src/collectors/envoy-rbac.ts';
import type { GlobalStat } from '../../src/parse/envoy-global-stats.ts';

const stat = (name: string, growth: number, kind: GlobalStat = 'rbac_denied') => ({
  ...{ stat: kind, name, growth, value: growth },
});
const IN = 'http.in.rbac';
const denied = (growth: number) => stat(`${IN}.denied`, growth);
const byPolicy = (growth: number, policy = 'no-secrets') =>
  stat(`${IN}.policy.${policy}.denied`, growth, 'rbac_policy_denied');
const allowedBy = (growth: number) => stat(`${IN}.policy.ok.allowed`, growth, 'rbac_policy_allowed');

describe('RbacDenials', () => {
  it('names the filter, before 1.29 too, and does not guess whether a policy matched', () => {
    const found = new RbacDenials().measure([
      ...[stat('connect_authzrbac.denied', 2), stat('http.in.rbac.second.denied', 1), stat('tcp.rbac.denied', 0)],
      stat('listener.0.0.0.0_80.downstream_cx_total', 5, 'downstream_cx_total'),
    ]);
    const unknown = (count: number) => ({ policy: 0, none: 0, unknown: count });
    assert.deepEqual(found, [
      { filter: 'connect_authzrbac', count: 2, byMatch: unknown(2), policies: [] },
      { filter: 'http.in.rbac.second', count: 1, byMatch: unknown(1), policies: [] },
    ]);
    assert.equal(deniedSentence(found[0]), 'the RBAC filter connect_authzrbac denied 2');
  });

  it('tells denials by a policy from those that none matches, these when the next reading has not named one', () => {
    const rbac = new RbacDenials();
    const [first] = rbac.measure([denied(5), byPolicy(2)]);
    assert.deepEqual(first.byMatch, { policy: 2, none: 0, unknown: 0 });
    const [late] = rbac.measure([denied(0), byPolicy(0)]);
    assert.deepEqual([late.count, late.byMatch], [0, { policy: 0, none: 3, unknown: 0 }]);
    assert.equal(
      deniedSentence({ ...first, byMatch: { policy: 2, none: 3, unknown: 0 } }),
      'the RBAC filter http.in.rbac denied 5: 2 by policy no-secrets, 3 that no policy of it matches',
    );
    assert.deepEqual(rbac.measure([denied(0), byPolicy(0)]), []);
  });

  it('says of none that no policy matched it while Envoy stands between its two counters', () => {
    const rbac = new RbacDenials();
    const told = [
      [1, 0],
      [0, 1],
      [4, 5],
      [1, 0],
      [0, 0],
    ].map(([count, matched]) => rbac.measure([denied(count), byPolicy(matched), allowedBy(1)])[0]?.byMatch.none ?? 0);
    assert.deepEqual(told, [0, 0, 0, 0, 0]);
  });

  it('knows from an allowed request that policies are counted', () => {
    const rbac = new RbacDenials();
    rbac.measure([denied(3), allowedBy(1)]);
    assert.deepEqual(rbac.measure([denied(1), allowedBy(0)])[0].byMatch, { policy: 0, none: 3, unknown: 0 });
  });

  it('puts filters beyond 100 together, and names three policies', () => {
    const rbac = new RbacDenials();
    const many = Array.from({ length: 103 }, (_, at) => stat(`http.f${at}.rbac.denied`, 1));
    const found = rbac.measure(many);
    assert.equal(found.length, 101);
    assert.deepEqual([found[100].filter, found[100].count], ['other', 3]);
    const [one] = new RbacDenials().measure([denied(4), ...['a', 'b', 'c', 'd'].map((name) => byPolicy(1, name))]);
    assert.deepEqual([one.policies, one.byMatch.policy], [['a', 'b', 'c'], 4]);
  });

  it('forgets with the process', () => {
    const rbac = new RbacDenials();
    rbac.measure([denied(5), byPolicy(1)]);
    rbac.restart();
    assert.deepEqual(rbac.measure([denied(0), byPolicy(0)]), []);
  });
});
