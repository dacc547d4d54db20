import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Day, forecast } from '../../src/capacity/forecast.ts';
import { randomHistory } from './random-history.ts';

const nightly = process.env.BADGATEWAY_NIGHTLY === '1';

/** `peak` of each day, oldest first; a trough far below, as of traffic. */
function daysOf(
  count: number,
  peak: (at: number) => number | null,
  limit: number | ((at: number) => number) = 1000,
): Day[] {
  return Array.from({ length: count }, (_, at) => {
    const value = peak(at);
    return {
      peak: value,
      trough: value === null ? null : value * 0.2,
      limit: typeof limit === 'number' ? limit : limit(at),
    };
  });
}

describe('forecast', () => {
  it('tells a line to the day, and the growth by day', () => {
    const told = forecast(
      daysOf(28, (at) => 530 + 10 * at),
      1000,
    );
    assert.equal(told.shape, 'growth');
    assert.equal(told.isCertain, true);
    assert.ok(Math.abs(told.daysLeft!.estimate - 20) < 0.1, JSON.stringify(told));
    assert.ok(Math.abs(told.perDay! - 10) < 0.01);
  });

  it('promises nothing of what does not grow, but that it does not within twice the time seen', () => {
    const told = forecast(
      daysOf(28, () => 700),
      1000,
    );
    assert.deepEqual([told.shape, told.daysLeft, told.isCertain, told.notBefore], ['flat', null, true, 56]);
  });

  it('tells growth below weekdays, and waits for the busy day', () => {
    const told = forecast(
      daysOf(28, (at) => (at % 7 >= 5 ? 200 : 600) + 5 * at),
      1000,
    );
    assert.equal(told.shape, 'growth');
    assert.ok(told.isCertain);
    assert.ok(Math.abs(told.daysLeft!.estimate - 53) <= 2, JSON.stringify(told.daysLeft));
  });

  it('tells growth whose quiet days are a share of the busy ones', () => {
    const told = forecast(
      daysOf(28, (at) => (530 + 10 * at) * (at % 7 >= 5 ? 0.5 : 1)),
      1000,
    );
    assert.ok(told.isCertain, JSON.stringify(told));
    // Day 47 is a Saturday and day 48 a Sunday (0 is a Monday): 49 is the first that reaches it.
    assert.ok(Math.abs(told.daysLeft!.estimate - 22) <= 1, JSON.stringify(told.daysLeft));
  });

  it('cannot tell two weeks with weekdays from a jump between them', () => {
    const told = forecast(
      daysOf(14, (at) => (at % 7 >= 5 ? 200 : 600) + 5 * at),
      1000,
    );
    assert.equal(told.isCertain, false);
    assert.ok(told.daysLeft === null || told.daysLeft.most === Number.POSITIVE_INFINITY, JSON.stringify(told));
  });

  it('is not certain of a slope beside a jump', () => {
    const told = forecast(
      daysOf(28, (at) => 400 + 5 * at + (at >= 18 ? 150 : 0)),
      800,
    );
    assert.equal(told.stepAt, 18);
    // 685 on the last day, of 800.
    assert.ok(Math.abs(told.daysLeft!.estimate - 23) < 1, JSON.stringify(told));
    assert.deepEqual([told.isCertain, Math.round(told.perDay!)], [false, 5]);
  });

  it('tells a step from a slope', () => {
    const told = forecast(
      daysOf(28, (at) => (at < 16 ? 400 : 700)),
      1000,
    );
    assert.deepEqual([told.shape, told.daysLeft, told.stepAt], ['step', null, 16]);
    assert.equal(told.isCertain, false);
  });

  it('tells a step below weekdays', () => {
    const told = forecast(
      daysOf(28, (at) => (at < 12 ? 400 : 600) * (at % 7 >= 5 ? 0.5 : 1)),
      1000,
    );
    assert.deepEqual([told.shape, told.daysLeft], ['step', null]);
  });

  it('tells a leak that restarts end, and never calls it certain', () => {
    const days = daysOf(28, (at) => 300 + 100 * (at % 6)).map((day) => ({ ...day, trough: day.peak! - 90 }));
    const told = forecast(days, 1000);
    assert.equal(told.shape, 'sawtooth');
    assert.equal(told.isCertain, false);
    assert.equal(told.perDay, 100);
  });

  it('takes a week of traffic for no leak, although it rises until Friday', () => {
    const told = forecast(
      daysOf(28, (at) => [500, 520, 540, 560, 580, 300, 310][at % 7]),
      1000,
    );
    assert.equal(told.shape, 'flat');
  });

  it('calls nothing a leak whose nights are not known', () => {
    const days = daysOf(28, (at) => 300 + 100 * (at % 6)).map((day) => ({ ...day, trough: null }));
    assert.notEqual(forecast(days, 1000).shape, 'sawtooth');
  });

  it('compares with the limit of now, when it changed', () => {
    const told = forecast(
      daysOf(
        28,
        (at) => 530 + 10 * at,
        (at) => (at < 20 ? 900 : 1000),
      ),
      1000,
    );
    assert.ok(Math.abs(told.daysLeft!.estimate - 20) < 0.1);
    assert.match(told.why.join(), /the limit changed 8 days ago/);
  });

  it('leaves out days in which an earlier limit cut the peaks off', () => {
    const told = forecast(
      daysOf(
        28,
        (at) => (at < 24 ? Math.min(530 + 15 * at, 700) : 530 + 15 * at),
        (at) => (at < 24 ? 700 : 2000),
      ),
      2000,
    );
    assert.equal(told.shape, 'not_enough_data');
    assert.match(told.why.join(), /had reached an earlier limit/);
  });

  it('has not enough data of six days, of an old history, of none', () => {
    assert.equal(
      forecast(
        daysOf(6, (at) => 500 + at),
        1000,
      ).shape,
      'not_enough_data',
    );
    assert.equal(
      forecast(
        daysOf(28, (at) => (at > 23 ? null : 500 + at)),
        1000,
      ).shape,
      'not_enough_data',
    );
    assert.equal(
      forecast(
        daysOf(28, () => null),
        1000,
      ).shape,
      'not_enough_data',
    );
    assert.equal(forecast([], 1000).shape, 'not_enough_data');
  });

  it('is never certain before each weekday was seen twice', () => {
    const told = forecast(
      daysOf(10, (at) => 530 + 30 * at),
      1000,
    );
    assert.equal(told.isCertain, false);
    assert.match(told.why.join(), /weekdays cannot be told/);
  });

  it('says when a limit is reached, and when none is known', () => {
    assert.equal(
      forecast(
        daysOf(28, () => 990),
        1000,
      ).shape,
      'at_limit',
    );
    const told = forecast(
      daysOf(28, (at) => 500 + 10 * at),
      null,
    );
    assert.deepEqual([told.shape, told.daysLeft, told.notBefore], ['growth', null, null]);
  });

  it('does not follow a single day far above the others', () => {
    const told = forecast(
      daysOf(28, (at) => (at === 11 ? 940 : 530 + 10 * at + 3 * Math.sin(at * 12.9))),
      1000,
    );
    assert.ok(Math.abs(told.daysLeft!.estimate - 20) < 1, JSON.stringify(told));
    assert.match(told.why.join(), /1 single day far above/);
  });

  it('doubts a promise when the last day alone stands out', () => {
    const told = forecast(
      daysOf(28, (at) => (at === 27 ? 850 : 500 + 5 * at)),
      1000,
    );
    assert.equal(told.isCertain, false);
    assert.match(told.why.join(), /the last days stand out/);
  });

  it('doubts a promise when the last days stand out', () => {
    const told = forecast(
      daysOf(28, (at) => (at >= 26 ? 900 : 530 + 2 * at)),
      1000,
    );
    assert.equal(told.isCertain, false);
  });

  it('promises nothing that is off by more than 15 %, or a day, without calling it uncertain', () => {
    let [certain, bounds] = [0, 0];
    const property = fc.property(fc.integer({ min: 1, max: 2 ** 30 }), (seed) => {
      const { days, limit, truth, what } = randomHistory(seed);
      const { isCertain, daysLeft, notBefore, shape } = forecast(days, limit);
      if (!isCertain || shape === 'at_limit') return;
      if (daysLeft !== null) {
        certain++;
        const allowed = Math.max(0.15 * truth, 1);
        assert.ok(Math.abs(daysLeft.estimate - truth) <= allowed, `${what}: ${daysLeft.estimate} days, truth ${truth}`);
      }
      bounds++;
      assert.ok(truth >= notBefore! * 0.85 - 1, `${what}: not before ${notBefore}, truth ${truth}`);
    });
    fc.assert(property, nightly ? { numRuns: 5000 } : { numRuns: 250, seed: 20261121 });
    assert.ok(certain >= 10 && bounds >= 40, `it promises too little to be tested: ${certain}, ${bounds}`);
  });
});
