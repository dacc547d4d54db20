import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CountedOnce } from '../../src/causes/counted-once.ts';
import type { FailureSource, Observation } from '../../src/contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import type { ProxyKind, Symptom } from '../../src/contract/names.ts';

const EDGE = { namespace: '', pod: '', container: '', gateway: 'edge' };

/** One gateway with these sources. */
function setUp(proxy: ProxyKind, sources: readonly FailureSource[], mostWaiting = 100) {
  let nowMs = 1_000_000;
  const passed: Observation[] = [];
  let hurried = 0;
  const awaited: Symptom[] = [];
  const options = {
    ...{ clock: { now: () => nowMs }, isLogFollowed: () => sources.includes('access_log'), mostWaiting },
    refusalStatuses: (): readonly number[] | null => null,
    pass: (one: Observation) => void passed.push(one),
    onHurried: (count: number) => {
      hurried += count;
    },
    onWait: ({ symptom }: Observation) => void awaited.push(symptom),
  };
  const once = new CountedOnce(options);
  for (const source of sources) if (source !== 'access_log') once.present(proxy, EDGE, source);
  const fail = (source: FailureSource, symptom: Symptom, count = 1, parts: Partial<Observation> = {}) => {
    const peer = { scheme: 'http', address: '10.0.0.1', port: 8080 };
    const common = { proxy, subject: EDGE, peer, upstream: { ...UNKNOWN_UPSTREAM, upstream: 'cart' } };
    once.observe({ ...common, symptom, count, source, failure: true, sinceMs: nowMs - 1, atMs: nowMs, ...parts });
  };
  const step = (ms: number) => {
    nowMs += ms;
    once.tick(nowMs);
  };
  const totals = () => {
    const sums: Record<string, number> = {};
    for (const { symptom, count } of passed) sums[symptom] = (sums[symptom] ?? 0) + count;
    return sums;
  };
  return { once, fail, step, totals, options, passed, awaited, hurried: () => hurried };
}

describe('CountedOnce', () => {
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
    const both = setUp('nginx', ['error_log', 'access_log']);
    both.fail('access_log', 'other', 2);
    both.once.settle();
    for (const { passed } of [alone, both])
      assert.deepEqual(
        passed.map(({ isUntold }) => isUntold ?? false),
        [false],
      );
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
    fail('error_log', 'connect_refused', 3);
    fail('error_log', 'subrequest_failed', 3, { peer: null, failure: false, isAnswered: true });
    fail('access_log', 'other', 2, { peer: null });
    step(5_000);
    assert.deepEqual(totals(), { connect_refused: 3, subrequest_failed: 3, other: 1 });
  });

  it('nginx, both: the 500 of an auth_request whose service itself answered 502 is a failure of its own', () => {
    const { fail, step, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'connect_refused', 1);
    fail('error_log', 'subrequest_failed', 3, { peer: null, failure: false, isAnswered: true });
    fail('access_log', 'other', 3, { peer: null });
    step(5_000);
    assert.deepEqual(totals(), { connect_refused: 1, subrequest_failed: 3, other: 2 });
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
    next.settle();
    assert.deepEqual(totals(), { client_abort: 3, connect_refused: 1 });
    step(6_000);
  });

  it('an answer of the upstream itself waits for nobody', () => {
    const { fail, totals } = setUp('nginx', ['error_log', 'access_log']);
    fail('error_log', 'premature_close');
    fail('access_log', 'upstream_5xx', 2, { isOnlyHere: true });
    assert.deepEqual(totals(), { premature_close: 1, upstream_5xx: 2 });
  });

  it('Envoy: statistics alone at once; with the access log that counts, what only the statistics know is counted 15 s later', () => {
    const alone = setUp('envoy', ['stats']);
    alone.fail('stats', 'connect_refused', 4);
    assert.deepEqual(alone.totals(), { connect_refused: 4 });
    const both = setUp('envoy', ['stats', 'access_log']);
    both.fail('stats', 'connect_timeout', 4);
    both.fail('stats', 'upstream_5xx', 2);
    both.step(10_000);
    both.fail('access_log', 'connect_refused', 3);
    both.fail('access_log', 'upstream_5xx', 2);
    both.fail('access_log', 'no_healthy_upstream', 1, { upstream: { ...UNKNOWN_UPSTREAM, upstream: 'other' } });
    both.step(4_000);
    const expected = { connect_refused: 3, upstream_5xx: 2, no_healthy_upstream: 1 };
    assert.deepEqual(both.totals(), expected);
    both.step(1_000);
    assert.deepEqual(both.totals(), { ...expected, connect_timeout: 1 });
  });

  it('Envoy: a log that does not say why takes the symptom of the statistics, whoever comes first, and keeps its host', () => {
    const peer = { scheme: 'http', address: '10.0.0.9', port: 1 };
    for (const order of [['stats', 'access_log'] as const, ['access_log', 'stats'] as const]) {
      const { once, fail, step, totals, passed } = setUp('envoy', ['stats', 'access_log']);
      for (const source of order)
        fail(
          source,
          source === 'stats' ? 'connect_refused' : 'other',
          2,
          source === 'stats' ? { peer: null } : { peer },
        );
      assert.deepEqual(totals(), { connect_refused: 2 });
      // What the statistics say is no word of the log's: that would know the errno.
      assert.deepEqual([passed[0]?.peer, passed[0]?.source], [peer, 'stats']);
      assert.ok(!once.isWaiting);
      fail('access_log', 'other', 3, { peer });
      step(12_000);
      assert.deepEqual(totals(), { connect_refused: 2, other: 3 });
      fail('stats', 'connect_refused', 4);
      step(15_000);
      assert.deepEqual(totals(), { connect_refused: 3, other: 3 });
    }
  });

  it('Envoy: statistics that do not know whether the upstream answered so are what the log says, whoever comes first', () => {
    for (const symptom of ['reset', 'upstream_5xx'] as const) {
      for (const order of [['stats', 'access_log'] as const, ['access_log', 'stats'] as const]) {
        const { once, fail, step, totals } = setUp('envoy', ['stats', 'access_log']);
        for (const source of order) fail(source, source === 'stats' ? 'other' : symptom, 2);
        assert.deepEqual(totals(), { [symptom]: 2 });
        assert.ok(!once.isWaiting);
        fail('stats', 'other', 3, { upstream: { ...UNKNOWN_UPSTREAM, upstream: 'stock' } });
        fail('access_log', symptom, 1);
        step(15_000);
        assert.deepEqual(totals(), { [symptom]: 3, other: 3 }, 'of another cluster');
      }
    }
  });

  it('Envoy: a log that does not say why waits for two readings of the statistics, and no longer', () => {
    const rig = setUp('envoy', ['stats', 'access_log']);
    const { once, fail, step, totals } = rig;
    const read = (ms: number) => {
      step(ms);
      once.read('envoy', EDGE, 'stats', rig.options.clock.now());
    };
    read(0);
    step(500);
    fail('access_log', 'other', 2);
    read(2_000);
    assert.deepEqual(totals(), {}, 'what one reading cannot tell apart comes with the next');
    fail('stats', 'connect_refused', 1);
    assert.deepEqual(totals(), { connect_refused: 1 });
    read(2_000);
    assert.deepEqual(totals(), { connect_refused: 1, other: 1 });
    // Written late: the statistics have been read twice since.
    fail('access_log', 'other', 1, { atMs: rig.options.clock.now() - 3_000 });
    assert.deepEqual(totals(), { connect_refused: 1, other: 2 });
    assert.ok(!once.isWaiting);
  });

  it('Envoy: what was tried again stands in no access log, and is counted at once', () => {
    const { once, fail, totals } = setUp('envoy', ['stats', 'access_log']);
    fail('stats', 'connect_refused', 2, { isOnlyHere: true });
    assert.deepEqual(totals(), { connect_refused: 2 });
    fail('stats', 'connect_refused', 1);
    fail('access_log', 'connect_refused', 1);
    assert.deepEqual(totals(), { connect_refused: 3 });
    assert.ok(!once.isWaiting);
  });

  it('Envoy’s default format: no cluster, so by host, and by what can have no host', () => {
    const at = (address: string) => ({ peer: { scheme: 'tcp', address, port: 80 } });
    const unsaid = { upstream: UNKNOWN_UPSTREAM };
    for (const isLogFirst of [true, false]) {
      const { fail, step, totals, once } = setUp('envoy', ['stats', 'access_log']);
      const log = () => {
        fail('access_log', 'response_timeout', 2, { ...unsaid, ...at('10.0.0.1') });
        fail('access_log', 'no_healthy_upstream', 1, { ...unsaid, peer: null });
        fail('access_log', 'other', 3, { ...unsaid, ...at('10.0.0.2') });
        fail('access_log', 'reset', 1, { ...unsaid, ...at('10.0.0.3') });
      };
      if (isLogFirst) log();
      fail('stats', 'no_healthy_upstream', 1, { peer: null });
      fail('stats', 'connect_refused', 4, at('10.0.0.2'));
      fail('stats', 'response_timeout', 2, at('10.0.0.1'));
      // No host has counted it.
      fail('stats', 'reset', 1, { peer: null });
      if (!isLogFirst) log();
      step(15_000);
      // One of the refused was tried again.
      assert.deepEqual(totals(), { response_timeout: 2, no_healthy_upstream: 1, connect_refused: 4, reset: 1 });
      assert.ok(!once.isWaiting);
    }
  });

  it('Envoy’s default format: what had no host takes its cluster from the statistics, whoever comes first', () => {
    const said = { peer: null, upstream: UNKNOWN_UPSTREAM };
    for (const isLogFirst of [true, false]) {
      const { fail, step, passed, once } = setUp('envoy', ['stats', 'access_log']);
      const log = () => {
        fail('access_log', 'no_healthy_upstream', 2, said);
        fail('access_log', 'circuit_open', 1, said);
      };
      if (isLogFirst) log();
      fail('stats', 'circuit_open', 1, { peer: null });
      fail('stats', 'no_healthy_upstream', 3, { peer: null, upstream: { ...UNKNOWN_UPSTREAM, upstream: 'shop' } });
      if (!isLogFirst) log();
      step(15_000);
      const told = passed.map(({ symptom, upstream: { upstream }, count }) => `${symptom} ${upstream} ${count}`);
      assert.deepEqual(told.sort(), [
        'circuit_open cart 1',
        'no_healthy_upstream shop 1',
        'no_healthy_upstream shop 2',
      ]);
      assert.ok(!once.isWaiting);
    }
    const alone = setUp('envoy', ['access_log']);
    alone.fail('access_log', 'no_healthy_upstream', 2, said);
    assert.deepEqual(alone.totals(), { no_healthy_upstream: 2 });
  });

  it('Envoy’s default format: a breaker that opened when a host was chosen is the one of the cluster', () => {
    for (const isLogFirst of [true, false]) {
      const { fail, step, totals, once } = setUp('envoy', ['stats', 'access_log']);
      const log = () => {
        fail('access_log', 'circuit_open', 3, { upstream: UNKNOWN_UPSTREAM });
        fail('access_log', 'circuit_open', 2, { upstream: UNKNOWN_UPSTREAM, peer: null });
        fail('access_log', 'reset', 1, { upstream: UNKNOWN_UPSTREAM });
      };
      if (isLogFirst) log();
      fail('stats', 'circuit_open', 5, { peer: null });
      if (!isLogFirst) log();
      step(15_000);
      assert.deepEqual(totals(), { circuit_open: 5, reset: 1 });
      assert.ok(!once.isWaiting);
    }
  });

  it('Envoy: what a log cannot place takes host and cluster of the statistics, and what waits is told of', () => {
    const { fail, step, passed, awaited } = setUp('envoy', ['stats', 'access_log']);
    fail('access_log', 'other', 2, { peer: null, upstream: UNKNOWN_UPSTREAM });
    fail('stats', 'connect_refused', 3, { upstream: { ...UNKNOWN_UPSTREAM, upstream: 'authorization' } });
    assert.deepEqual(awaited, ['other', 'connect_refused']);
    step(15_000);
    assert.deepEqual(
      passed.map(({ symptom, peer, upstream, count }) => [symptom, peer?.address, upstream.upstream, count]),
      [
        ['connect_refused', '10.0.0.1', 'authorization', 2],
        ['connect_refused', '10.0.0.1', 'authorization', 1],
      ],
    );
  });

  it('Envoy: what failed before the statistics were first read is told by the log alone, also over a restart', () => {
    const { fail, step, totals, once, options } = setUp('envoy', ['stats', 'access_log']);
    fail('access_log', 'reset', 2, { sinceMs: 900_000, atMs: 901_000 });
    fail('stats', 'reset', 1);
    step(15_000);
    assert.deepEqual(totals(), { reset: 3 });
    fail('access_log', 'reset', 5);
    const next = new CountedOnce(options);
    next.restore(JSON.parse(JSON.stringify(once.save())));
    next.present('envoy', EDGE, 'stats');
    const again = { subject: EDGE, peer: null, upstream: { ...UNKNOWN_UPSTREAM, upstream: 'cart' } };
    const nowMs = options.clock.now();
    next.observe({
      ...{ ...again, proxy: 'envoy', symptom: 'reset', failure: true, count: 1, sinceMs: nowMs, atMs: nowMs },
    });
    next.settle();
    assert.deepEqual(totals(), { reset: 9 });
  });

  it('Envoy: a log that says the other name of a cluster (alt_stat_name) tells of the same failures', () => {
    const logged = { upstream: { ...UNKNOWN_UPSTREAM, upstream: 'alias' } };
    for (const isLogFirst of [true, false]) {
      const { once, fail, step, totals, options } = setUp('envoy', ['stats', 'access_log']);
      if (isLogFirst) fail('access_log', 'reset', 2, logged);
      fail('stats', 'reset', 2, { upstreamAlias: 'alias' });
      fail('stats', 'reset', 1, { upstreamAlias: 'other' });
      if (!isLogFirst) fail('access_log', 'reset', 2, logged);
      step(15_000);
      assert.deepEqual(totals(), { reset: 3 });
      fail('stats', 'reset', 4, { upstreamAlias: 'alias' });
      const next = new CountedOnce(options);
      next.restore(JSON.parse(JSON.stringify(once.save())));
      next.present('envoy', EDGE, 'stats');
      const peer = { scheme: 'http', address: '10.0.0.1', port: 8080 };
      const nowMs = options.clock.now();
      next.observe({
        ...{ proxy: 'envoy', subject: EDGE, symptom: 'reset', failure: true, count: 4, peer, source: 'access_log' },
        ...{ ...logged, sinceMs: nowMs - 1, atMs: nowMs },
      });
      next.settle();
      assert.deepEqual(totals(), { reset: 7 });
    }
  });

  it('Envoy: of symptoms that are no failures the statistics tell, where both do', () => {
    for (const [sources, count] of [
      [['access_log'], 1],
      [['stats', 'access_log'], 2],
    ] as const) {
      const { fail, totals } = setUp('envoy', sources);
      fail('access_log', 'route_not_found', 1, { failure: false });
      fail('access_log', 'client_abort', 1, { failure: false });
      if (count === 2) fail('stats', 'route_not_found', 2, { failure: false });
      assert.deepEqual(totals(), { route_not_found: count, client_abort: 1 });
    }
  });

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
    next.settle();
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
