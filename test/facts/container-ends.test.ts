import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ContainerExit, Pod } from '../../src/contract/cluster.ts';
import type { ContainerEnd } from '../../src/contract/evidence.ts';
import { ContainerEnds } from '../../src/facts/container-ends.ts';

const NOW = 10_000_000;
const END: ContainerEnd = {
  ...{ podUid: 'u1', pod: 'shop/cart-1', container: 'app', isOomKill: false, reason: 'Error', exitCode: 1 },
  ...{ fromMs: NOW - 5_000, atMs: NOW - 5_000 },
};
const WHO = { podUids: ['u1'], pods: ['shop/cart-1'], containerIds: ['3f2a77aa'] };

function pod(restartCount: number, lastExit: ContainerExit | null, more: Partial<Pod> = {}): Pod {
  const base = { nodeName: '', phase: 'Running', ips: [], hostNetwork: false, ready: true, deletedAtMs: null };
  const container = { name: 'app', restartCount, ready: true, waitingReason: '', lastExit };
  return { key: 'shop/cart-1', uid: 'u1', containers: [container], ...base, ...more };
}

function setUp() {
  const clock = { nowMs: NOW };
  const ends = new ContainerEnds({ now: () => clock.nowMs });
  const told = () => ends.of(WHO, 0, Number.POSITIVE_INFINITY);
  return { clock, ends, told };
}

describe('ContainerEnds', () => {
  it('tells those of a pod by its uid or name, or of a container by its id, the latest first', () => {
    const { ends, told } = setUp();
    ends.ended(END);
    ends.ended({ ...END, podUid: '', container: 'db', atMs: NOW - 1_000 });
    ends.ended({ ...END, podUid: '', pod: '', container: '3f2a', atMs: NOW - 3_000 });
    ends.ended({ ...END, podUid: 'u2' });
    ends.ended({ ...END, podUid: '', pod: '', container: '' });
    assert.deepEqual(
      told().map(({ container }) => container),
      ['db', '3f2a', 'app'],
    );
    assert.deepEqual(
      ends.of(WHO, NOW - 5_000, NOW - 5_000).map(({ container }) => container),
      ['db', '3f2a', 'app'],
    );
    assert.deepEqual(ends.of(WHO, NOW - 999, NOW), []);
    assert.deepEqual(ends.of(WHO, 0, NOW - 5_001), []);
  });

  it('takes one kill that the cgroup and the API tell for one', () => {
    const cgroup = {
      ...END,
      pod: '',
      container: '',
      isOomKill: true,
      reason: '',
      exitCode: null,
      fromMs: NOW - 15_000,
      atMs: NOW,
    };
    const api = { ...END, isOomKill: true, reason: 'OOMKilled', exitCode: 137 };
    for (const order of [
      [cgroup, api],
      [api, cgroup],
    ]) {
      const { ends, told } = setUp();
      for (const end of order) ends.ended(end);
      assert.deepEqual(told(), [api]);
    }
    const { ends, told } = setUp();
    ends.ended(api);
    ends.ended(api);
    ends.ended({ ...api, fromMs: NOW, atMs: NOW });
    assert.equal(told().length, 2, 'killed twice');
    ends.ended({ ...cgroup, fromMs: NOW + 10_000, atMs: NOW + 20_000 });
    assert.equal(told().length, 3);
  });

  it('also where the cgroup has no name for the container but the beginning of its id', () => {
    const api = { ...END, isOomKill: true, reason: 'OOMKilled', exitCode: 137, containerId: '3f2a'.repeat(16) };
    const cgroup = { ...END, isOomKill: true, reason: '', exitCode: null, fromMs: NOW - 15_000, atMs: NOW };
    for (const [container, ends] of [
      ['3f2a3f2a3f2a', 1],
      ['4e1b4e1b4e1b', 2],
    ] as const) {
      const known = setUp();
      known.ends.ended({ ...cgroup, container });
      known.ends.ended(api);
      assert.equal(known.told().length, ends);
      assert.deepEqual(known.told().at(-1), api);
    }
  });

  it('reads the ends of containers from the pod', () => {
    const { ends, told } = setUp();
    const exit = { reason: 'OOMKilled', exitCode: 137, finishedAtMs: NOW - 2_000, containerId: '3f2a'.repeat(16) };
    ends.podChanged(null, pod(0, null));
    ends.podChanged(pod(0, null), pod(1, exit));
    ends.podChanged(pod(1, exit), pod(1, exit, { ready: false }));
    const [end, ...more] = told();
    assert.deepEqual(more, []);
    const said = {
      ...END,
      isOomKill: true,
      reason: 'OOMKilled',
      exitCode: 137,
      fromMs: NOW - 2_000,
      atMs: NOW - 2_000,
      containerId: '3f2a'.repeat(16),
    };
    assert.deepEqual(end, said);
    ends.podChanged(pod(1, exit), pod(2, { ...exit, finishedAtMs: NOW }));
    ends.podChanged(pod(2, exit), null);
    assert.equal(told().length, 2);
  });

  it('takes what had ended before the pod was first seen for news only when it is recent', () => {
    const exit = (finishedAtMs: number | null) => ({ reason: 'Error', exitCode: 1, finishedAtMs });
    const { ends, told } = setUp();
    ends.podChanged(null, pod(5, exit(NOW - 900_001)));
    ends.podChanged(null, pod(5, exit(null)));
    assert.equal(told().length, 0);
    ends.podChanged(pod(5, exit(null)), pod(6, exit(null)));
    assert.deepEqual(
      told().map(({ fromMs, atMs }) => [fromMs, atMs]),
      [[NOW - 15_000, NOW]],
    );
    ends.podChanged(null, pod(5, exit(NOW - 900_000), { uid: 'u1' }));
    assert.equal(told().length, 2);
  });

  it('forgets after a quarter of an hour, and when there are too many', () => {
    const { clock, ends, told } = setUp();
    ends.ended(END);
    clock.nowMs += 900_000;
    ends.ended({ ...END, atMs: clock.nowMs, fromMs: clock.nowMs });
    assert.equal(told().length, 1);
    for (let at = 0; at <= 2_000; at++) ends.ended({ ...END, atMs: clock.nowMs + at, fromMs: clock.nowMs + at });
    assert.deepEqual([told().length, ends.dropped], [2_000, 1]);
  });
});
