import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeConnect, judgeRead, type Observed, observe } from '../../src/commands/report-timeouts-judge.ts';

const one = (ms: number) => ({ leastMs: ms, mostMs: ms });
const between = (moreThan: number, atMost: number | null): Observed => ({ attempts: 5000, moreThan, atMost });

describe('observe', () => {
  it('says between which bounds p99.9 is, of at least 1000 attempts', () => {
    const [bound, last] = [0.5, Number.POSITIVE_INFINITY];
    assert.deepEqual(
      observe([
        [0.1, 999],
        [bound, 1000],
        [last, 1000],
      ]),
      { attempts: 1000, moreThan: 0, atMost: 0.1 },
    );
    assert.deepEqual(
      observe([
        [0.1, 998],
        [bound, 1000],
        [last, 1000],
      ]),
      { attempts: 1000, moreThan: 0.1, atMost: 0.5 },
    );
    assert.deepEqual(
      observe([
        [0.1, 900],
        [bound, 998],
        [last, 1000],
      ]),
      { attempts: 1000, moreThan: 0.5, atMost: null },
    );
    assert.equal(
      observe([
        [0.1, 999],
        [bound, 999],
        [last, 999],
      ]),
      null,
    );
    assert.equal(observe([]), null);
  });
});

describe('judgeRead', () => {
  const cases: readonly (readonly [number, Observed, string, number | null])[] = [
    [3_600_000, between(0.25, 0.5), 'far_above', 1000],
    [5001, between(0.25, 0.5), 'far_above', 1000],
    [5000, between(0.25, 0.5), 'fits', null],
    [500, between(0.25, 0.5), 'fits', null],
    [499, between(0.25, 0.5), 'unclear', null],
    [250, between(0.25, 0.5), 'below', 1000],
    [60_000, between(60, null), 'below', null],
    [61_000, between(60, null), 'unclear', null],
    // 200 times the bound, and less than any pause.
    [1000, between(0, 0.005), 'fits', null],
    [1001, between(0, 0.005), 'far_above', 1000],
  ];
  for (const [ms, observed, verdict, suggestedMs] of cases)
    it(`${ms} ms against ${observed.moreThan} to ${observed.atMost} s is ${verdict}`, () => {
      const judged = judgeRead(one(ms), observed);
      assert.deepEqual([judged.verdict, judged.suggestedMs], [verdict, suggestedMs]);
    });

  it('says of several settings only what holds for all of them', () => {
    const verdict = (leastMs: number, mostMs: number) => judgeRead({ leastMs, mostMs }, between(0.25, 0.5)).verdict;
    assert.equal(verdict(6000, 60_000), 'far_above');
    assert.equal(verdict(5000, 60_000), 'unclear');
    assert.equal(verdict(100, 60_000), 'unclear');
    assert.equal(verdict(100, 200), 'below');
    assert.equal(verdict(1000, 5000), 'fits');
  });
});

describe('judgeConnect', () => {
  it('is never below: that does not show in durations of whole attempts', () => {
    for (const ms of [1, 100, 499]) assert.equal(judgeConnect(one(ms), between(0.25, 0.5)).verdict, 'unclear');
    assert.equal(judgeConnect(one(60_000), between(60, null)).verdict, 'unclear');
  });

  it('is far above when it is so for the whole attempt, and two lost packets fit in what is suggested', () => {
    assert.deepEqual(judgeConnect(one(60_000), between(0, 0.005)), {
      ...{ verdict: 'far_above', suggestedMs: 3000 },
      why: '999 of 1000 attempts take at most 0.005 s, connecting included',
    });
    assert.equal(judgeConnect(one(3000), between(0, 0.005)).verdict, 'fits');
    assert.equal(judgeConnect({ leastMs: 3000, mostMs: 60_000 }, between(0, 0.005)).verdict, 'unclear');
  });
});
