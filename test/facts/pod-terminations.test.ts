import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PodTerminations, type Termination } from '../../src/facts/pod-terminations.ts';
import { readPod } from '../../src/parse/pod.ts';

const AT = Date.parse('2026-11-21T08:00:00Z');
const iso = (ms: number) => new Date(ms).toISOString().replace('.000', '');

interface Story {
  readonly uid?: string;
  /** Seconds after AT; absent: not deleted. */
  readonly deleted?: number;
  /** Seconds after AT, by container. */
  readonly ended?: Readonly<Record<string, number>>;
  readonly exitCode?: number;
}

function podOf({ uid = 'u-1', deleted, ended = {}, exitCode = 143 }: Story) {
  const grace = 30;
  const deletion =
    deleted === undefined
      ? {}
      : { deletionTimestamp: iso(AT + (deleted + grace) * 1000), deletionGracePeriodSeconds: grace };
  const containerStatuses = ['app', 'proxy'].map((name) => {
    const at = ended[name];
    const terminated = { reason: 'Error', exitCode, finishedAt: iso(AT + (at ?? 0) * 1000) };
    return { name, ready: at === undefined, state: at === undefined ? { running: {} } : { terminated } };
  });
  const metadata = { namespace: 'shop', name: 'cart-7d9f8c-x2x7k', uid, ...deletion };
  return readPod({ metadata, status: { phase: 'Running', podIP: '10.0.0.1', containerStatuses } })!;
}

function ground(isOfInterest = true) {
  const ended: Termination[] = [];
  let nowMs = AT;
  const memory = new PodTerminations({
    clock: { now: () => nowMs },
    isOfInterest: () => isOfInterest,
    ended: (one) => ended.push(one),
  });
  let before: ReturnType<typeof podOf> | null = null;
  return {
    memory,
    ended,
    /** What the API says so many milliseconds after AT. */
    at(ms: number, story: Story | null) {
      nowMs = AT + ms;
      const after = story === null ? null : podOf(story);
      memory.change(before, after);
      before = after;
    },
    told: () => ended.map(({ of, seconds, isAbrupt }) => `${of.workload} ${of.container} ${seconds} ${isAbrupt}`),
  };
}

test('each container is measured once, from the deletion to its own end', () => {
  const { at, told } = ground();
  at(0, {});
  at(10_300, { deleted: 10 });
  at(25_400, { deleted: 10, ended: { app: 25 } });
  at(25_500, { deleted: 10, ended: { app: 25 } });
  at(40_200, { deleted: 10, ended: { app: 25, proxy: 40 } });
  at(41_000, null);
  assert.deepEqual(told(), ['cart app 15 false', 'cart proxy 30 false']);
});

test('within the second of the deletion is abrupt; the next second may be less or more than one', () => {
  const first = ground();
  first.at(0, {});
  first.at(10_300, { deleted: 10 });
  first.at(10_900, { deleted: 10, ended: { app: 10 } });
  assert.deepEqual(first.told(), ['cart app 0 true']);
  assert.equal(first.ended[0].exitCode, 143);
  const second = ground();
  second.at(0, {});
  second.at(10_900, { deleted: 10 });
  second.at(11_900, { deleted: 10, ended: { app: 11 } });
  assert.deepEqual(second.told(), ['cart app 1 false']);
});

test('a clock of the API server that is ahead makes nothing abrupt: by our own we had heard of the deletion before', () => {
  const { at, told } = ground();
  at(0, {});
  // Deleted at 10 s by our clock, which the API server calls 15 s; ended 5 s later.
  at(10_100, { deleted: 15 });
  at(15_300, { deleted: 15, ended: { app: 15 } });
  assert.deepEqual(told(), ['cart app 0 false']);
});

test('what had ended before the deletion, and a pod that was being deleted when it was first seen, are not measured', () => {
  const crashed = ground();
  crashed.at(0, { ended: { app: -60 } });
  crashed.at(10_300, { deleted: 10, ended: { app: -60 } });
  assert.deepEqual(crashed.told(), []);
  const late = ground();
  late.at(20_000, { deleted: 10, ended: { app: 10 } });
  assert.deepEqual(late.told(), []);
  late.at(40_000, { deleted: 10, ended: { app: 10, proxy: 30 } });
  assert.deepEqual(late.told(), ['cart proxy 20 false']);
});

test('pods of others are not measured, and a pod of the same name is another one', () => {
  const others = ground(false);
  others.at(0, {});
  others.at(10_300, { deleted: 10, ended: { app: 10 } });
  assert.deepEqual(others.told(), []);
  const { at, told } = ground();
  at(0, { uid: 'u-1', deleted: 1, ended: { app: 1 } });
  at(60_000, { uid: 'u-2' });
  at(70_300, { uid: 'u-2', deleted: 70, ended: { app: 72 } });
  assert.deepEqual(told(), ['cart app 2 false']);
});

test('an abrupt end is found by the address and the time of failures', () => {
  const { at, memory } = ground();
  at(0, {});
  at(10_300, { deleted: 10, ended: { app: 10 } });
  const found = (ip: string, from: number, to: number) => memory.abruptAt(ip, AT + from, AT + to).length;
  assert.deepEqual([found('10.0.0.1', 10_000, 10_500), found('10.0.0.1', 9_000, 11_000)], [1, 1]);
  assert.deepEqual([found('10.0.0.1', 8_000, 9_900), found('10.0.0.1', 12_001, 13_000)], [0, 0]);
  assert.equal(found('10.0.0.2', 10_000, 10_500), 0);
});

test('a thousand deleted pods are remembered; more are counted', () => {
  const { memory } = ground();
  for (let n = 0; n < 1_002; n++) {
    const pod = podOf({ uid: `u-${n}`, deleted: 1 });
    memory.change(null, pod);
  }
  assert.equal(memory.dropped, 2);
});
