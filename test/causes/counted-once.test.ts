import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CountedOnce } from '../../src/causes/counted-once.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { EDGE, setUp } from './counted-once-rig.ts';

describe('CountedOnce: nginx', () => {
  it('nginx: error log alone, access log alone: each failure at once', () => {
    for (const source of ['error_log', 'access_log'] as const) {
      const { once, fail, totals } = setUp('nginx', [source]);
      fail(source, 'connect_refused', 3);
      assert.deepEqual(totals(), { connect_refused: 3 });
      assert.ok(!once.isWaiting);
    }
  });

  it('nginx, both: the error log counts, whoever comes first; what stands in no error log is counted 5 s later', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'connect_refused', 3);
    fail('access_log', 'other', 2);
    fail('access_log', 'other', 3);
    fail('error_log', 'premature_close', 1);
    assert.deepEqual(totals(), { connect_refused: 3, premature_close: 1 });
    step(4_900);
    assert.deepEqual(totals(), { connect_refused: 3, premature_close: 1 });
    step(200);
    assert.deepEqual(totals(), { connect_refused: 3, premature_close: 1, other: 1 });
  });

  it('nginx, both: what broke off behind the header of an answer hides no answer that comes later', () => {
    const { fail, step, totals, passed } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'truncated_response', 3, { isOnlyHere: true });
    fail('access_log', 'other', 2);
    step(5_100);
    assert.deepEqual(totals(), { truncated_response: 3, other: 2 });
    assert.deepEqual(
      passed.map(({ isUntold }) => isUntold ?? false),
      [false, true],
    );
  });

  it('nginx: nobody says that the error log was silent where it is not read, or had not its time', () => {
    const alone = setUp('nginx', ['access_log']);
    alone.fail('access_log', 'other', 2);
    const both = setUp('nginx', ['error_log', 'access_log'], 1);
    both.fail('access_log', 'other', 2);
    both.fail('access_log', 'response_timeout');
    for (const { passed } of [alone, both])
      assert.deepEqual(
        passed.map(({ isUntold }) => isUntold ?? false),
        [false],
      );
  });

  it('nginx, both: what the kernel has given up is a 502 and no 504, whoever tells first', () => {
    const detail = 'kernel_timeout';
    const steps = [
      ['error_log', 'connect_timeout', 3, { detail }],
      ['error_log', 'response_timeout', 2, { detail }],
      ['error_log', 'response_timeout', 4, {}],
      ['access_log', 'other', 5, {}],
      ['access_log', 'response_timeout', 4, { isTimeout: true }],
    ] as const;
    for (const order of [steps, [...steps].reverse()]) {
      const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
      for (const [source, symptom, count, parts] of order) fail(source, symptom, count, parts);
      step(5_000);
      assert.deepEqual(totals(), { connect_timeout: 3, response_timeout: 6 });
    }
  });

  it('nginx, both: refused requests are what the configuration has them answered', () => {
    const rig = setUp('nginx', ['error_log', 'access_log']);
    rig.options.refusalStatuses = () => [502];
    const { fail, step, totals } = rig;
    fail('access_log', 'other', 4, { peer: null, ownStatus: 502 });
    fail('access_log', 'other', 1, { peer: null, ownStatus: 503 });
    fail('error_log', 'rate_limited', 4, { peer: null, failure: false, isAnswered: true });
    assert.deepEqual(totals(), { rate_limited: 4 });
    step(5_100);
    assert.deepEqual(totals(), { rate_limited: 4, other: 1 });
  });

  it('nginx, both: a line that was cut before its address is of an attempt, not of an answer of nginx itself', () => {
    for (const first of ['error_log', 'access_log'] as const) {
      const rig = setUp('nginx', ['error_log', 'access_log']);
      rig.options.refusalStatuses = () => [];
      const { fail, step, passed } = rig;
      const line = () => fail('error_log', 'connect_refused', 2, { peer: null });
      if (first === 'error_log') line();
      fail('access_log', 'other', 2);
      fail('access_log', 'other', 4, { peer: null, ownStatus: 503 });
      if (first === 'access_log') line();
      step(5_100);
      assert.deepEqual(
        passed.map(({ symptom, peer, count }) => [symptom, peer, count]),
        [
          ['connect_refused', null, 2],
          ['other', null, 4],
        ],
        first,
      );
    }
  });
});

describe('CountedOnce: attempts and answers of nginx', () => {
  it('nginx, both: timeouts are none of the failures that nginx answers 502 for, nor is another address', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'response_timeout');
    fail('access_log', 'other');
    fail('access_log', 'response_timeout', 1, { peer: { scheme: 'http', address: '10.0.0.2', port: 8080 } });
    step(6_000);
    assert.deepEqual(totals(), { response_timeout: 2, other: 1 });
  });

  it('nginx, both: a 504 of which the access log does not know what took so long is the timeout of the error log', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'connect_timeout', 2);
    fail('access_log', 'other', 3, { isTimeout: true });
    step(5_000);
    assert.deepEqual(totals(), { connect_timeout: 2, other: 1 });
  });

  it('nginx, both: an error line without an address is the attempt that nothing else tells of', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'connect_refused', 2, { peer: null });
    fail('error_log', 'fds_exhausted', 3);
    fail('access_log', 'other', 2);
    fail('access_log', 'other', 3, { peer: null });
    step(5_000);
    assert.deepEqual(totals(), { connect_refused: 2, fds_exhausted: 3 });
  });

  it('nginx, both: a client that left is one, also over a restart', () => {
    const { once, fail, step, totals, options } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'client_abort', 2, { failure: false, peer: null });
    fail('access_log', 'client_abort', 3, { failure: false, peer: null });
    fail('error_log', 'connect_refused');
    assert.equal(once.waiting, 1);
    const next = new CountedOnce(options);
    next.restore(JSON.parse(JSON.stringify(once.save())));
    next.tick(Number.POSITIVE_INFINITY);
    assert.deepEqual(totals(), { client_abort: 3, connect_refused: 1 });
    step(6_000);
  });

  it('an answer of the upstream itself waits for nobody', () => {
    const { fail, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'premature_close');
    fail('access_log', 'upstream_5xx', 2, { isOnlyHere: true });
    assert.deepEqual(totals(), { premature_close: 1, upstream_5xx: 2 });
  });
});

describe('CountedOnce', () => {
  it('forgets after ten minutes what the other source never told of', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'connect_refused');
    step(600_001);
    fail('access_log', 'other');
    step(5_000);
    assert.deepEqual(totals(), { connect_refused: 1, other: 1 });
  });

  it('passes the oldest on when too many wait, and says so; a clock that was set back holds nothing', () => {
    const { fail, step, totals, hurried } = setUp('nginx', ['error_log', 'access_log'], 2);
    for (let port = 1; port <= 3; port++)
      fail('access_log', 'other', 2, { peer: { scheme: 'http', address: '10.0.0.1', port } });
    assert.deepEqual([totals(), hurried()], [{ other: 2 }, 2]);
    step(-3_600_000);
    assert.deepEqual(totals(), { other: 6 });
  });

  it('a restart keeps what waits and what is counted already', () => {
    const { once, fail, options, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'connect_refused', 2);
    fail('access_log', 'response_timeout', 3);
    const saved = JSON.parse(JSON.stringify(once.save()));
    const next = new CountedOnce(options);
    for (const nonsense of [null, 7, { waiting: {}, credits: [1, [2], ['x', [[1]]]] }]) next.restore(nonsense);
    next.restore(saved);
    next.present('nginx', EDGE, 'error_log');
    const common = { proxy: 'nginx', subject: EDGE, upstream: UNKNOWN_UPSTREAM, failure: true } as const;
    const peer = { scheme: 'http', address: '10.0.0.1', port: 8080 };
    next.observe({ ...common, peer, symptom: 'other', source: 'access_log', count: 2, sinceMs: 0, atMs: 1 });
    assert.equal(next.waiting, 3);
    next.tick(Number.POSITIVE_INFINITY);
    assert.deepEqual(totals(), { connect_refused: 2, response_timeout: 3 });
  });

  it('any order within the lag: as many as the one that knows of more', () => {
    const step = fc.record({
      source: fc.constantFrom('error_log', 'access_log'),
      count: fc.integer({ min: 1, max: 5 }),
    });
    const steps = fc.array(fc.tuple(step, fc.integer({ min: 0, max: 100 })), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (all) => {
        const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
        const told = { error_log: 0, access_log: 0 };
        for (const [{ source, count }, ms] of all) {
          const side = source as 'error_log' | 'access_log';
          fail(side, side === 'error_log' ? 'connect_refused' : 'other', count);
          told[side] += count;
          step(ms);
        }
        step(5_000);
        const { connect_refused = 0, other = 0 } = totals();
        assert.equal(connect_refused, told.error_log);
        assert.equal(other, Math.max(0, told.access_log - told.error_log));
      }),
    );
  });
});
