import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Cause, Symptom } from '../../src/contract/names.ts';
import { ranked } from '../../src/incidents/root-cause.ts';

/** Counts, and of precise causes what was said. */
type Case = Partial<Record<Cause, number | readonly [number, ...Symptom[]]>>;

function order(counts: Case): Cause[] {
  const causes = Object.entries(counts).map(([cause, value]) => {
    const [count, ...symptoms] = typeof value === 'number' ? [value] : value;
    return { cause: cause as Cause, count, symptoms: symptoms.map((symptom) => ({ symptom: symptom as Symptom })) };
  });
  return ranked(causes).map(({ cause }) => cause);
}

describe('the root cause', () => {
  it('has the most failures', () => {
    assert.deepEqual(order({ oom_killed: 10, stale_endpoint: 90 }), ['stale_endpoint', 'oom_killed']);
  });

  it('is precise where a precise one has a fair share of what looked the same', () => {
    assert.equal(order({ connection_refused: 70, stale_endpoint: [30, 'connect_refused'] })[0], 'stale_endpoint');
    assert.equal(order({ connection_refused: 90, stale_endpoint: [10, 'connect_refused'] })[0], 'connection_refused');
    assert.equal(order({ no_route_to_host: 70, stale_endpoint: [30, 'host_unreachable'] })[0], 'stale_endpoint');
    assert.equal(
      order({ no_live_upstreams: 500, listen_queue_overflow: [300, 'connect_timeout'] })[0],
      'listen_queue_overflow',
    );
  });

  it('is the general one where the precise one is another story', () => {
    for (const vague of ['response_timeout', 'premature_close', 'connect_timeout', 'unidentified'] as const)
      assert.deepEqual(order({ [vague]: 74, stale_endpoint: [26, 'connect_refused'] }), [vague, 'stale_endpoint']);
    assert.equal(order({ no_live_upstreams: 60, fds_exhausted: [40, 'fds_exhausted'] })[0], 'no_live_upstreams');
    assert.equal(order({ response_timeout: 74, oom_killed: [26, 'reset'] })[0], 'response_timeout');
  });

  it('what looked the same counts for the precise one, and for one only', () => {
    assert.deepEqual(order({ response_timeout: 80, connection_refused: 60, stale_endpoint: [30, 'connect_refused'] }), [
      'stale_endpoint',
      'response_timeout',
      'connection_refused',
    ]);
    assert.deepEqual(
      order({
        app_error: 50,
        connection_refused: 40,
        oom_killed: [20, 'connect_refused'],
        stale_endpoint: [25, 'connect_refused'],
      }),
      ['stale_endpoint', 'app_error', 'connection_refused', 'oom_killed'],
    );
  });

  it('of equals a named one, then the first', () => {
    assert.equal(order({ unidentified: 5, connect_timeout: 5 })[0], 'connect_timeout');
    assert.equal(order({ connect_timeout: 5, connection_reset: 5 })[0], 'connect_timeout');
    assert.deepEqual(order({}), []);
  });
});
