import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { EndpointState } from '../../src/contract/endpoint.ts';
import { lastBad, wasEverReady } from '../../src/facts/bad-phase.ts';
import type { AddressPhase } from '../../src/facts/endpoint-timeline.ts';
import { failure } from './facts-rig.ts';

const phase = (value: EndpointState, sinceMs: number | null): AddressPhase => ({ value, sinceMs, at: [] });
const OF = failure(2_000);

it('the last bad state of the span counts, also one that was heard of a little later; not one of not ready', () => {
  const bad = (...phases: AddressPhase[]) => lastBad(phases, OF, 3_000)?.value;
  assert.equal(bad(phase('live', null)), undefined);
  assert.equal(bad(phase('live', null), phase('stale', 2_900)), 'stale');
  assert.equal(bad(phase('live', null), phase('stale', 3_100)), undefined);
  assert.equal(bad(phase('live', null), phase('not_ready', 2_900)), undefined);
  assert.equal(bad(phase('terminating', null), phase('not_ready', 2_900)), 'terminating');
  assert.equal(bad(phase('not_ready', null), phase('live', 1_500)), 'not_ready');
  assert.equal(bad(phase('not_ready', null), phase('live', 500)), undefined);
});

it('knows whether it was ever ready since it appeared', () => {
  const [absent, starting, live] = [phase('stale', null), phase('not_ready', 1), phase('live', 2)];
  assert.equal(wasEverReady([absent, starting], starting), false);
  assert.equal(wasEverReady([absent, live, { ...starting, sinceMs: 3 }], live), true);
  assert.equal(wasEverReady([starting], starting), undefined);
});
