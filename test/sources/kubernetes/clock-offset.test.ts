import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockOffset } from '../../../src/sources/kubernetes/clock-offset.ts';

const AT = Date.parse('2026-11-21T08:00:00Z');

/** A server whose clock is ahead by so much, asked at so many milliseconds after AT by our clock; each way takes as long as it says. */
function rig(aheadMs: number) {
  const offset = new ClockOffset();
  const server = { aheadMs };
  const ours = { setMs: 0 };
  let lastMs = 0;
  return {
    server,
    ours,
    ask(atMs: number, [thereMs, backMs]: readonly [number, number] = [5, 5]) {
      const sentMs = AT + atMs + ours.setMs;
      const stampMs = AT + atMs + thereMs + server.aheadMs;
      lastMs = atMs + thereMs + backMs;
      const heardMs = AT + lastMs + ours.setMs;
      offset.take({ sentMs, heardMs, steadyMs: lastMs, date: new Date(stampMs).toUTCString() });
    },
    /** Least and most, seconds. */
    bounds(laterMs = 0) {
      const found = offset.bounds(lastMs + laterMs);
      return found === null ? null : [found.leastMs / 1000, found.mostMs / 1000];
    },
    raw: offset,
  };
}

test('one answer says it to a second and the time that it took', () => {
  const { ask, bounds } = rig(0);
  assert.equal(bounds(), null);
  ask(300, [10, 30]);
  const [least, most] = bounds()!;
  assert.deepEqual(
    [least, most].map((one) => one.toFixed(3)),
    ['-0.340', '0.700'],
  );
});

test('several answers say it closer, and what it is lies always between', () => {
  for (const aheadMs of [-7_654, -400, 0, 123, 3_600_000]) {
    const { ask, bounds } = rig(aheadMs);
    for (let n = 0; n < 40; n++) {
      ask(n * 7_130, [n % 5, n % 9]);
      const [least, most] = bounds()!;
      assert.ok(least * 1000 <= aheadMs && aheadMs <= most * 1000, `${least} ${aheadMs} ${most}`);
    }
    const [least, most] = bounds()!;
    assert.ok(most - least < 0.3, `${most - least}`);
  }
});

test('a slow answer says nothing wrong, wherever the time went', () => {
  for (const ways of [
    [9_000, 5],
    [5, 9_000],
  ] as const) {
    const { ask, bounds } = rig(0);
    ask(0, ways);
    const [least, most] = bounds()!;
    assert.ok(least <= 0 && most >= 0 && most - least > 9);
  }
});

test('after a clock was set, the server’s or ours, only what was said since counts', () => {
  const one = rig(0);
  for (let n = 0; n < 10; n++) one.ask(n * 7_130);
  one.server.aheadMs = 30_000;
  one.ask(100_000);
  const [least, most] = one.bounds()!;
  assert.ok(least > 28 && most <= 31, `${least} ${most}`);
  const other = rig(0);
  for (let n = 0; n < 10; n++) other.ask(n * 7_130);
  // By a tenth of a second, which contradicts nothing that was said.
  other.ours.setMs = -100;
  other.ask(100_000);
  const [from, to] = other.bounds()!;
  assert.ok(from <= 0.1 && to >= 0.1, `${from} ${to}`);
});

test('what is old says nothing any more, and what is no date never does', () => {
  const { ask, bounds, raw } = rig(0);
  for (const date of [undefined, '', 'soon']) raw.take({ sentMs: AT, heardMs: AT, steadyMs: 1, date });
  assert.equal(bounds(), null);
  ask(0);
  assert.notEqual(bounds(1_800_000), null);
  assert.equal(bounds(1_800_001), null);
});
