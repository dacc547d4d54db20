import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Cause } from '../../src/contract/names.ts';
import { ranked } from '../../src/incidents/root-cause.ts';

const order = (counts: Partial<Record<Cause, number>>) =>
  ranked(Object.entries(counts).map(([cause, count]) => ({ cause: cause as Cause, count }))).map(({ cause }) => cause);

describe('the root cause', () => {
  it('has the most failures', () => {
    assert.deepEqual(order({ oom_killed: 10, stale_endpoint: 90 }), ['stale_endpoint', 'oom_killed']);
  });

  it('is precise where a precise one has a fair share', () => {
    assert.equal(order({ connection_refused: 70, stale_endpoint: 30 })[0], 'stale_endpoint');
    assert.equal(order({ connection_refused: 90, stale_endpoint: 10 })[0], 'connection_refused');
    assert.equal(order({ unidentified: 60, connection_refused: 20, oom_killed: 25 })[0], 'unidentified');
    assert.equal(order({ no_live_upstreams: 500, listen_queue_overflow: 300 })[0], 'listen_queue_overflow');
  });

  it('of equals a named one, then the first', () => {
    assert.equal(order({ unidentified: 5, connect_timeout: 5 })[0], 'connect_timeout');
    assert.equal(order({ connect_timeout: 5, connection_reset: 5 })[0], 'connect_timeout');
    assert.deepEqual(order({}), []);
  });
});
