import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RateLimit } from '../../src/http/rate-limit.ts';

describe('RateLimit', () => {
  it('lets a burst through, then one request an interval', () => {
    const limit = new RateLimit({ intervalMs: 1000, burst: 2 }, 0);
    assert.deepEqual(
      [0, 0, 0, 999, 1000, 1001].map((now) => limit.allow(now)),
      [true, true, false, false, true, false],
    );
  });

  it('never saves more than the burst', () => {
    const limit = new RateLimit({ intervalMs: 10, burst: 2 }, 0);
    assert.deepEqual(
      [1e9, 1e9, 1e9].map((now) => limit.allow(now)),
      [true, true, false],
    );
  });

  it('is off with interval 0', () => {
    const limit = new RateLimit({ intervalMs: 0, burst: 0 }, 0);
    assert.ok([0, 0, 0].every((now) => limit.allow(now)));
  });

  it('does not lose tokens when the clock steps back', () => {
    const limit = new RateLimit({ intervalMs: 1000, burst: 1 }, 5000);
    assert.deepEqual([limit.allow(1000), limit.allow(1500), limit.allow(2000)], [true, false, true]);
  });
});
