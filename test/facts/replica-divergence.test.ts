import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Conditions } from '../../src/facts/conditions.ts';
import { ReplicaDivergence } from '../../src/facts/replica-divergence.ts';
import type { TrackedUpstream } from '../../src/facts/tracked-upstream.ts';
import { EDGE, view } from './views.ts';

function replica(pod: string, ...addresses: string[]): TrackedUpstream[] {
  const seen = view({ cart: addresses }, { subject: { ...EDGE, pod } });
  return [{ view: seen, upstream: seen.upstreams[0] } as unknown as TrackedUpstream];
}

function setUp() {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const conditions = new Conditions(clock);
  const divergence = new ReplicaDivergence(clock, conditions);
  return (seconds: number, ...upstreams: TrackedUpstream[][]) => {
    clock.nowMs = seconds * 1000;
    divergence.look(upstreams.flat());
    return Object.fromEntries(conditions.all().map(({ subject, isActive }) => [subject.pod, isActive]));
  };
}

it('names the replica whose addresses changed longest ago, after half a minute', () => {
  const look = setUp();
  const old = ['10.0.0.1:80', '10.0.0.2:80'];
  assert.deepEqual(look(0, replica('a', ...old), replica('b', ...old.toReversed())), { a: false, b: false });
  const changed = ['10.0.0.1:80', '10.0.0.3:80'];
  assert.deepEqual(look(10, replica('a', ...old), replica('b', ...changed)), { a: false, b: false });
  assert.deepEqual(look(39, replica('a', ...old), replica('b', ...changed)), { a: false, b: false });
  assert.deepEqual(look(41, replica('a', ...old), replica('b', ...changed)), { a: true, b: false });
  assert.deepEqual(look(42, replica('a', ...changed), replica('b', ...changed)), { a: false, b: false });
});

it('says nothing of one replica, nor of one that is gone', () => {
  const look = setUp();
  assert.deepEqual(look(0, replica('a', '10.0.0.1:80')), {});
  look(1, replica('a', '10.0.0.1:80'), replica('b', '10.0.0.2:80'));
  assert.deepEqual(look(60, replica('b', '10.0.0.2:80')), {});
});

it('takes a replica that lacks an upstream for one that differs, and seen addresses for nothing', () => {
  const look = setUp();
  const both = view({ cart: ['10.0.0.1:80'], pay: ['10.0.0.9:80'] }, { subject: { ...EDGE, pod: 'b' } });
  const full = both.upstreams.map((upstream) => ({ view: both, upstream }) as unknown as TrackedUpstream);
  look(0, replica('a', '10.0.0.1:80'));
  look(1, replica('a', '10.0.0.1:80'), full);
  assert.deepEqual(look(40, replica('a', '10.0.0.1:80'), full), { a: true, b: false });
  const observed = view({ cart: ['10.0.0.7:80'] }, { subject: { ...EDGE, pod: 'c' }, source: 'observed' });
  const seen = [{ view: observed, upstream: observed.upstreams[0] } as unknown as TrackedUpstream];
  assert.deepEqual(look(41, seen), {});
});
