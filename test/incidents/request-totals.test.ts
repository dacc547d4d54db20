import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RequestTotals } from '../../src/incidents/request-totals.ts';
import { EDGE, START } from './staged.ts';

const at = (seconds: number) => START + seconds * 1000;
const since = (totals: RequestTotals, seconds: number) => totals.since('gw', 'edge', at(seconds));

describe('requests since a moment', () => {
  it('of all replicas, over restarts of one', () => {
    const totals = new RequestTotals();
    const other = { ...EDGE, pod: 'edge-2' };
    for (const [second, one, two] of [
      [0, 1000, 50],
      [10, 1100, 60],
      [20, 7, 70],
      [30, 17, 80],
    ] as const) {
      totals.seen(EDGE, one, at(second));
      totals.seen(other, two, at(second));
    }
    assert.equal(since(totals, 0), 100 + 7 + 10 + 30);
    assert.equal(since(totals, 25), 20);
    assert.equal(since(totals, 100), 0);
  });

  it('is not known for a gateway that nobody reads, or before the first look', () => {
    const totals = new RequestTotals();
    assert.equal(since(totals, 0), null);
    totals.seen(EDGE, 5, at(100));
    assert.equal(since(totals, 0), null);
    assert.equal(since(totals, 90), 0);
  });

  it('is bounded and exact enough over a day', () => {
    const totals = new RequestTotals();
    for (let second = 0; second <= 86_400; second += 5) totals.seen(EDGE, second * 10, at(second));
    assert.equal(since(totals, 0), 864_000);
    for (const hours of [1, 6, 23]) {
      const expected = hours * 36_000;
      const found = since(totals, 86_400 - hours * 3600) ?? 0;
      assert.ok(found >= expected && found <= expected * 1.04, `${hours} h: ${found} instead of ${expected}`);
    }
  });
});
