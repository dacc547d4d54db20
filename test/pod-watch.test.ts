import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterState } from '../src/facts/cluster-state.ts';
import { MetricRegistry } from '../src/metrics/registry.ts';
import { readPod } from '../src/parse/pod.ts';
import { PodWatch } from '../src/pod-watch.ts';
import { failure } from './facts/facts-rig.ts';
import { endpoint, slice } from './facts/slices.ts';

const AT = Date.parse('2026-11-21T08:00:00Z');

/** Deleted and ended at AT + 10 s, when so much of it is said. */
function podOf(name: string, ip: string, said: 'runs' | 'deleted' | 'over') {
  const terminated = { reason: 'Error', exitCode: 143, finishedAt: '2026-11-21T08:00:10Z' };
  const state = said === 'over' ? { terminated } : { running: {} };
  const deletion = { deletionTimestamp: '2026-11-21T08:00:40Z', deletionGracePeriodSeconds: 30 };
  const metadata = { namespace: 'shop', name, uid: `uid-${ip}`, ...(said === 'runs' ? {} : deletion) };
  const containerStatuses = [{ name: 'app', restartCount: 0, ready: said === 'runs', state }];
  return readPod({ metadata, status: { phase: 'Running', podIP: ip, containerStatuses } })!;
}

test('the ends of pods behind Services are measured, and those that broke off requests are told to the audit', async () => {
  let nowMs = AT;
  const clock = { now: () => nowMs };
  const registry = new MetricRegistry(clock);
  const wanted = () => ({ namespaces: [], names: [], hasUnnamed: false });
  const cluster = new ClusterState({ clock, staleAfterMs: 60_000, wanted });
  const saved: string[] = [];
  const checkpoint = { register: (name: string) => void saved.push(name) };
  const watch = new PodWatch({ clock, cluster, upstreams: { views: () => [] }, registry, checkpoint });
  cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1')]));
  const all = ['runs', 'deleted', 'over'] as const;
  for (const [index, said] of all.entries()) {
    nowMs = AT + [0, 10_200, 10_700][index];
    cluster.set('pods', podOf('cart-7d9f8c-x2x7k', '10.0.0.1', said));
    cluster.set('pods', podOf('other-7d9f8c-b5w2z', '10.0.0.2', said));
  }
  watch.observe(failure(nowMs, { symptom: 'premature_close', count: 3 }));
  assert.deepEqual(
    watch.abruptExits('shop/cart').map(({ exits, failures, exitCode }) => [exits, failures, exitCode]),
    [[1, 3, 143]],
  );
  assert.deepEqual(watch.abruptExits('shop/other'), []);
  watch.publish();
  const text = async () => (await registry.render('text', 'test')).toString();
  await text();
  nowMs += 600_000;
  const counts = (await text())
    .split('\n')
    .filter((line) => line.startsWith('badgateway_pod_termination_seconds_count'));
  assert.deepEqual(counts, [
    'badgateway_pod_termination_seconds_count{namespace="shop",workload="cart",container="app"} 1',
  ]);
  assert.deepEqual(saved, ['pod_restarts']);
  assert.deepEqual(watch.dropped(), { abrupt_exits: 0, pod_restarts: 0, pod_terminations: 0 });
});
