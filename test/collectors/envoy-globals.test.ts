import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainGlobals } from '../../src/collectors/envoy-globals.ts';
import type { GlobalStat } from '../../src/parse/envoy-global-stats.ts';

test('what the overload manager refused or reset is a failure, by each of its counters', () => {
  for (const stat of ['downstream_rq_overload_close', 'rq_overload_local_reply', 'streams_reset'] as const)
    assert.deepEqual(explainGlobals(new Map([[stat, 4]]), []), [
      { symptom: 'overload', failure: true, host: null, count: 4 },
    ]);
});

test('connections that were closed with their request unread stand in no access log', () => {
  const growths = new Map<GlobalStat, number>([
    ['downstream_rq_overload_close', 7],
    ['connections_shed', 5],
  ]);
  const what = { symptom: 'overload', failure: true, host: null };
  assert.deepEqual(explainGlobals(growths, []), [
    { ...what, count: 5, isOnlyHere: true },
    { ...what, count: 2 },
  ]);
});

test('what grew is told, a denial with who denied, and no failure of this gateway', () => {
  const growths = new Map<GlobalStat, number>([
    ['no_cluster', 2],
    ['no_route', 0],
    ['rbac_denied', 3],
  ]);
  const byMatch = { policy: 0, none: 0, unknown: 3 };
  const denied = [
    { filter: 'http.in.rbac', count: 3, byMatch, policies: [] },
    // Only now known of requests of the poll before.
    { filter: 'tcp.rbac', count: 0, byMatch: { policy: 0, none: 4, unknown: 0 }, policies: [] },
  ];
  assert.deepEqual(explainGlobals(growths, denied), [
    { symptom: 'no_cluster', failure: true, host: null, count: 2 },
    { symptom: 'rbac_denied', failure: false, host: null, count: 3, said: 'the RBAC filter http.in.rbac denied 3' },
  ]);
});
