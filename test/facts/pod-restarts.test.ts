import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ContainerExit, Pod } from '../../src/contract/cluster.ts';
import { PodRestarts } from '../../src/facts/pod-restarts.ts';

function pod(restartCount: number, more: Partial<Pod> & { exit?: string } = {}): Pod {
  const { exit, ...rest } = more;
  const lastExit: ContainerExit | null = exit === undefined ? null : { reason: exit, exitCode: 1, finishedAtMs: null };
  return {
    ...{ key: 'shop/cart-7d9c8b5f4-x2x4z', uid: 'u1', nodeName: 'n', phase: 'Running', ips: [], hostNetwork: false },
    ...{ ready: true, deletedAtMs: null },
    containers: [{ name: 'app', restartCount, ready: true, waitingReason: '', lastExit }],
    ...rest,
  };
}

function setUp(isOfInterest = true) {
  const heard: string[] = [];
  const restarts = new PodRestarts(
    {
      restarted: ({ namespace, workload, container }, reason, count) =>
        heard.push(`${namespace}/${workload}/${container} ${reason} ${count}`),
      readinessChanged: ({ namespace, workload }, isReady) => heard.push(`${namespace}/${workload} ${isReady}`),
    },
    () => isOfInterest,
  );
  return { heard, restarts };
}

describe('PodRestarts', () => {
  it('counts each restart once, with the reason of the last, by workload', () => {
    const { heard, restarts } = setUp();
    restarts.change(null, pod(3, { exit: 'Error' }));
    restarts.change(pod(3), pod(4, { exit: 'OOMKilled' }));
    restarts.change(pod(4), pod(4, { exit: 'OOMKilled' }));
    restarts.change(pod(4), pod(7, { exit: 'Error' }));
    assert.deepEqual(heard, ['shop/cart/app oom_killed 1', 'shop/cart/app error 1', 'shop/cart/app unknown 2']);
  });

  it('goes on with the pod that takes the place of another', () => {
    const { heard, restarts } = setUp();
    restarts.change(null, pod(9));
    restarts.change(pod(9), null);
    const next = { key: 'shop/cart-7d9c8b5f4-bbbbb', uid: 'u2' };
    restarts.change(null, pod(0, next));
    restarts.change(pod(0, next), pod(1, { ...next, exit: 'WhoKnows' }));
    assert.deepEqual(heard, ['shop/cart/app other 1']);
  });

  it('does not mistake a pod of the same name for the same pod', () => {
    const { heard, restarts } = setUp();
    restarts.change(null, pod(0, { key: 'shop/db-0' }));
    restarts.change(pod(0, { key: 'shop/db-0' }), pod(5, { key: 'shop/db-0', uid: 'u2', ready: false }));
    assert.deepEqual(heard, []);
  });

  it('counts what happened while we were restarted, and tolerates any saved state', () => {
    const first = setUp();
    first.restarts.change(null, pod(2));
    const second = setUp();
    second.restarts.restore(JSON.parse(JSON.stringify(first.restarts.save())));
    second.restarts.change(null, pod(3, { exit: 'Completed' }));
    assert.deepEqual(second.heard, ['shop/cart/app completed 1']);
    for (const bad of [null, 7, [1, ['x'], ['y', 'z'], ['u1 app', 1.5]], { a: 1 }]) {
      const third = setUp();
      third.restarts.restore(bad);
      third.restarts.change(null, pod(1));
      assert.deepEqual(third.heard, []);
    }
  });

  it('hears when readiness changes, and nothing of pods nobody asks for', () => {
    const { heard, restarts } = setUp();
    restarts.change(null, pod(0));
    restarts.change(pod(0), pod(0, { ready: false }));
    restarts.change(pod(0, { ready: false }), pod(0));
    assert.deepEqual(heard, ['shop/cart false', 'shop/cart true']);
    const other = setUp(false);
    other.restarts.change(null, pod(0));
    other.restarts.change(pod(0), pod(1, { ready: false }));
    assert.deepEqual(other.heard, []);
  });

  it('forgets the oldest when there are too many, and says so', () => {
    const { restarts } = setUp();
    for (let i = 0; i < 10_001; i++) restarts.change(null, pod(0, { uid: `u${i}` }));
    assert.equal(restarts.dropped, 1);
    assert.equal((restarts.save() as unknown[]).length, 10_000);
  });
});
