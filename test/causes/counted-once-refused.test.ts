import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FailureSource, Observation } from '../../src/contract/failure.ts';
import type { Symptom } from '../../src/contract/names.ts';
import { setUp } from './counted-once-rig.ts';

/** `auth request unexpected status: 502` */
const COMPANION = { peer: null, failure: false, isAnswered: true } as const;

describe('CountedOnce: what nginx refuses', () => {
  it('nginx, both: a 503 of its own is the request that it refused, whoever tells first; one symptom and one failure', () => {
    for (const first of ['error_log', 'access_log'] as const) {
      const { fail, step, passed } = setUp('nginx', ['error_log', 'access_log']);
      const line = (count: number) =>
        fail('error_log', 'rate_limited', count, { peer: null, failure: false, isAnswered: true });
      const own = (count: number) => fail('access_log', 'other', count, { peer: null, ownStatus: 503 });
      if (first === 'error_log') line(3);
      own(2);
      if (first === 'access_log') line(3);
      step(5_000);
      assert.deepEqual(
        passed.map(({ symptom, failure, source, count }) => [symptom, failure, source, count]),
        [
          ['rate_limited', true, 'access_log', 2],
          ['rate_limited', false, 'error_log', 1],
        ],
        first,
      );
    }
  });

  it('nginx, both: what was only delayed or a dry run explains no 503; nor does a refusal of long ago, or an answer of an upstream', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'rate_limited', 1, { peer: null, failure: false });
    assert.deepEqual(totals(), { rate_limited: 1 });
    fail('access_log', 'other', 1, { peer: null, ownStatus: 503 });
    step(5_000);
    fail('error_log', 'connection_limited', 1, { peer: null, failure: false, isAnswered: true });
    fail('access_log', 'other', 1, { peer: null });
    step(5_000);
    fail('access_log', 'other', 1, { peer: null, ownStatus: 503 });
    step(5_000);
    assert.deepEqual(totals(), { rate_limited: 1, other: 3, connection_limited: 1 });
  });

  it('nginx, both: what was refused with a 429 explains no 503 beside it, and is no failure', () => {
    for (const first of ['error_log', 'access_log'] as const) {
      const { fail, step, passed, once } = setUp('nginx', ['error_log', 'access_log']);
      const line = () => fail('error_log', 'rate_limited', 5, { peer: null, failure: false, isAnswered: true });
      if (first === 'error_log') line();
      if (first === 'access_log') fail('access_log', 'other', 3, { peer: null, ownStatus: 503 });
      fail('access_log', 'rate_limited', 4, { peer: null, failure: false, ownStatus: 429 });
      if (first === 'error_log') fail('access_log', 'other', 3, { peer: null, ownStatus: 503 });
      if (first === 'access_log') line();
      fail('access_log', 'rate_limited', 9, { peer: null, failure: false, ownStatus: 429 });
      step(5_000);
      assert.ok(!once.isWaiting);
      assert.deepEqual(
        passed.map(({ symptom, failure, count }) => [symptom, failure, count]),
        [
          ['rate_limited', false, 4],
          ['rate_limited', true, 1],
          ['other', true, 2],
        ],
        first,
      );
    }
  });

  it('nginx: what the access log proves to be refused is so in every combination of logs, in any order, by each limit', () => {
    const line = { peer: null, failure: false, isAnswered: true } as const;
    const proved = { peer: null, isRefused: true } as const;
    type Step = readonly [FailureSource, Symptom, number, Partial<Observation>];
    const access: readonly Step[] = [
      ['access_log', 'connection_limited', 2, proved],
      ['access_log', 'rate_limited', 3, proved],
      ['access_log', 'rate_limited', 4, { ...proved, failure: false }],
    ];
    const error: readonly Step[] = [
      ['error_log', 'rate_limited', 7, line],
      ['error_log', 'connection_limited', 2, line],
    ];
    // The other limit may log at a level that the error log does not have.
    const quiet = error.slice(0, 1);
    const orders: readonly (readonly [readonly FailureSource[], readonly Step[]])[] = [
      [['access_log'], access],
      ...[error, quiet].flatMap((lines) =>
        [[...access, ...lines], [...lines, ...access], [...access].reverse().concat(lines)].map(
          (steps) => [['error_log', 'access_log'], steps] as const,
        ),
      ),
    ];
    for (const [sources, steps] of orders) {
      const rig = setUp('nginx', sources);
      rig.options.refusalStatuses = () => [599];
      for (const [source, symptom, count, parts] of steps) rig.fail(source, symptom, count, parts);
      rig.step(5_000);
      assert.deepEqual(rig.totals(), { connection_limited: 2, rate_limited: 7 }, JSON.stringify(steps));
      const failed = rig.passed.filter(({ failure }) => failure).reduce((sum, { count }) => sum + count, 0);
      assert.equal(failed, 5, JSON.stringify(steps));
    }
  });

  it('nginx, both: a maintenance page beside proved refusals is not called one', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('access_log', 'other', 2, { peer: null, ownStatus: 503 });
    fail('access_log', 'rate_limited', 3, { peer: null, isRefused: true });
    fail('error_log', 'rate_limited', 3, { peer: null, failure: false, isAnswered: true });
    step(5_000);
    assert.deepEqual(totals(), { rate_limited: 3, other: 2 });
  });

  it('nginx: what waits of proved refusals survives a restart as what it was', () => {
    const before = setUp('nginx', ['error_log', 'access_log']);
    before.fail('access_log', 'connection_limited', 2, { peer: null, isRefused: true });
    before.fail('access_log', 'rate_limited', 4, { peer: null, failure: false, isRefused: true });
    const { once, step, passed } = setUp('nginx', ['error_log', 'access_log']);
    once.restore(JSON.parse(JSON.stringify(before.once.save())));
    step(5_000);
    assert.deepEqual(
      passed.map(({ symptom, failure, count }) => [symptom, failure, count]),
      [
        ['connection_limited', true, 2],
        ['rate_limited', false, 4],
      ],
    );
  });

  it('nginx, both: the 500 of an auth_request is the attempt that failed, which its own line tells of', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('access_log', 'other', 2, { peer: null });
    fail('error_log', 'connect_refused', 3, { isSubrequest: true });
    fail('error_log', 'subrequest_failed', 3, COMPANION);
    fail('access_log', 'other', 2, { peer: null });
    step(5_000);
    assert.deepEqual(totals(), { connect_refused: 3, subrequest_failed: 3, other: 1 });
  });

  it('nginx, both: attempts of subrequests and of the requests themselves do not take each other’s word, whoever tells first', () => {
    const steps = [
      ['error_log', 'connect_refused', 6, {}],
      ['error_log', 'response_timeout', 4, { isSubrequest: true }],
      ['error_log', 'subrequest_failed', 4, COMPANION],
      ['access_log', 'other', 6, {}],
      ['access_log', 'other', 4, { peer: null }],
    ] as const;
    for (const order of [steps, [...steps.slice(3), ...steps.slice(0, 3)]]) {
      const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
      for (const [source, symptom, count, parts] of order) fail(source, symptom, count, parts);
      step(5_000);
      assert.deepEqual(totals(), { connect_refused: 6, response_timeout: 4, subrequest_failed: 4 });
    }
  });

  it('nginx, both: attempts of a mirror, which the access log does not have, explain none that it has', () => {
    const { fail, step, passed } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'connect_refused', 2, { isSubrequest: true });
    fail('access_log', 'other', 2);
    step(5_000);
    assert.deepEqual(
      passed.map(({ symptom, count, isUntold }) => [symptom, count, isUntold ?? false]),
      [
        ['connect_refused', 2, false],
        ['other', 2, true],
      ],
    );
  });

  it('nginx, both: with log_subrequest the access log has a line of the attempt, too', () => {
    const rig = setUp('nginx', ['error_log', 'access_log']);
    rig.options.mayLogSubrequests = () => true;
    rig.fail('error_log', 'connect_refused', 2, { isSubrequest: true });
    rig.fail('error_log', 'subrequest_failed', 2, COMPANION);
    rig.fail('access_log', 'other', 2);
    rig.fail('access_log', 'other', 2, { peer: null });
    rig.step(5_000);
    assert.deepEqual(rig.totals(), { connect_refused: 2, subrequest_failed: 2 });
  });

  it('nginx, both: a line that was cut may be of a subrequest', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'response_timeout', 2, { peer: null });
    fail('error_log', 'subrequest_failed', 2, COMPANION);
    fail('access_log', 'other', 2, { peer: null });
    step(5_000);
    assert.deepEqual(totals(), { response_timeout: 2, subrequest_failed: 2 });
  });

  it('nginx, both: the 500 for an address of proxy_bind that is not ours is the attempt, whose address the access log lacks', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'address_unavailable', 3, { detail: 'not_our_address' });
    fail('access_log', 'other', 4, { peer: null });
    step(5_000);
    assert.deepEqual(totals(), { address_unavailable: 3, other: 1 });
  });

  it('nginx, both: the 500 of a socket that could not be made ready is the attempt, whose address the access log lacks', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    const detail = 'not_begun';
    fail('error_log', 'permission_denied', 2, { detail });
    fail('access_log', 'other', 4, { peer: null });
    fail('error_log', 'other', 1, { detail });
    fail('error_log', 'address_unavailable', 1, { detail });
    step(5_000);
    assert.deepEqual(totals(), { permission_denied: 2, other: 1, address_unavailable: 1 });
  });

  it('nginx, both: the 500 of an auth_request whose service itself answered 502 is a failure of its own', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'connect_refused', 1, { isSubrequest: true });
    fail('error_log', 'subrequest_failed', 3, COMPANION);
    fail('access_log', 'other', 3, { peer: null });
    step(5_000);
    assert.deepEqual(totals(), { connect_refused: 1, subrequest_failed: 3, other: 2 });
  });

  it('nginx, both: subrequests that fail one after the other, before the access log is read, are each of an attempt of its own, over a restart too', () => {
    for (const isRestarted of [false, true]) {
      const before = setUp('nginx', ['error_log', 'access_log']);
      before.fail('error_log', 'response_timeout', 5, { isSubrequest: true });
      before.fail('error_log', 'subrequest_failed', 5, COMPANION);
      const after = isRestarted ? setUp('nginx', ['error_log', 'access_log']) : before;
      if (isRestarted) after.once.restore(JSON.parse(JSON.stringify(before.once.save())));
      after.fail('error_log', 'response_timeout', 15, { isSubrequest: true });
      after.fail('error_log', 'subrequest_failed', 15, COMPANION);
      after.fail('access_log', 'other', 20, { peer: null });
      after.step(5_000);
      const early = isRestarted ? 0 : 5;
      assert.deepEqual(after.totals(), { response_timeout: 15 + early, subrequest_failed: 15 + early });
    }
  });

  it('nginx: what waits of refused requests survives a restart as what it was', () => {
    const before = setUp('nginx', ['error_log', 'access_log']);
    before.fail('error_log', 'rate_limited', 2, { peer: null, failure: false, isAnswered: true });
    const { once, fail, step, passed } = setUp('nginx', ['error_log', 'access_log']);
    once.restore(JSON.parse(JSON.stringify(before.once.save())));
    fail('access_log', 'other', 1, { peer: null, ownStatus: 503 });
    step(5_000);
    assert.deepEqual(
      passed.map(({ symptom, failure, count }) => [symptom, failure, count]),
      [
        ['rate_limited', true, 1],
        ['rate_limited', false, 1],
      ],
    );
  });
});
