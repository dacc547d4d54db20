import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CAUSE_RULES } from '../../src/causes/rules/index.ts';
import type { Observation } from '../../src/contract/failure.ts';
import type { Facts } from '../../src/facts/facts.ts';
import { factsRig } from './facts-rig.ts';
import { endpoint, slice } from './slices.ts';
import { EDGE } from './views.ts';

const GONE = '10.0.0.1';
const timedOut = { symptom: 'connect_timeout' } as const;

function judged(of: Observation, facts: Facts): string {
  for (const rule of CAUSE_RULES) {
    const said = rule.symptoms.has(of.symptom) ? rule.judge(of, facts) : null;
    if (said === 'wait') return 'wait';
    if (said !== null && 'evidence' in said) return `${rule.cause}: ${said.evidence.join(' | ')}`;
  }
  return 'general';
}

/** cart on 10.0.0.1 and 10.0.0.2, both live and followed for 40 s; `connectMs` is configured, null: no configuration is read. */
function setUp(connectMs: number | null) {
  const rig = factsRig();
  const states = (state: 'live' | 'terminating' | 'not_ready' | 'stale') => {
    const one = endpoint(GONE, {
      ...(state === 'live' ? {} : { ready: false }),
      ...(state === 'terminating' ? { terminating: true } : {}),
    });
    rig.cluster.set('endpointslices', slice('a', [...(state === 'stale' ? [] : [one]), endpoint('10.0.0.2')]));
  };
  states('live');
  rig.hear();
  rig.uses({ cart: ['10.0.0.1:8080', '10.0.0.2:8080'] });
  const connect = connectMs === null ? null : { leastMs: connectMs, mostMs: connectMs };
  const limits = {
    byUpstream: new Map([['cart', { connect, answer: null, header: null }]]),
    all: { connect, answer: null, header: null },
  };
  rig.settings.push({ subject: EDGE, master: null, listens: [], workerConnections: null, limits });
  rig.step(40_000);
  const cause = () => {
    const of = rig.failed(timedOut);
    rig.step(2_000);
    return judged(of, rig.facts);
  };
  return { ...rig, states, cause };
}

describe('attempts to connect that timed out began as long before', () => {
  for (const state of ['terminating', 'stale', 'not_ready'] as const) {
    it(`${state} since a moment after the SYN was sent: that is not why`, () => {
      const { states, step, cause } = setUp(60_000);
      states(state);
      step(60_500);
      assert.equal(cause(), 'general');
    });

    it(`${state} since before it was sent`, () => {
      const { states, step, cause } = setUp(60_000);
      states(state);
      step(61_500);
      assert.match(cause(), new RegExp(`^${state}_endpoint: `));
    });

    it(`${state} for as long as any is known to wait, where nobody knows how long this one does`, () => {
      const { states, step, cause } = setUp(null);
      states(state);
      step(75_500);
      assert.equal(cause(), 'general');
      step(1_000);
      assert.match(cause(), new RegExp(`^${state}_endpoint: `));
    });
  }

  it('a short timeout needs no more', () => {
    const { states, step, cause } = setUp(1_000);
    states('stale');
    step(2_500);
    assert.match(cause(), /^stale_endpoint: /);
  });

  it('belong to what the address was then, whatever it became while they waited', () => {
    const { states, step, cause } = setUp(10_000);
    states('terminating');
    step(20_000);
    states('stale');
    step(5_000);
    assert.match(
      cause(),
      /^terminating_endpoint: 10\.0\.0\.1:8080 was a terminating endpoint of shop\/cart when the attempts began since [\d:]+ UTC;/,
    );
  });

  it('one that was live again meanwhile proves nothing', () => {
    const { states, step, cause } = setUp(30_000);
    states('not_ready');
    step(40_000);
    states('live');
    step(5_000);
    states('not_ready');
    step(5_000);
    assert.equal(cause(), 'general');
  });

  it('a Service without endpoints for as long is why; one that lost them meanwhile is not', () => {
    const { cluster, uses, step, failed, facts } = setUp(60_000);
    uses({ vip: ['10.96.0.1:80'], cart: ['10.0.0.1:8080'] });
    cluster.set('endpointslices', slice('a', []));
    const ready = () => {
      const of = failed({ ...timedOut, peer: { scheme: 'http', address: '10.96.0.1', port: 80 } });
      step(2_000);
      const answer = facts.readyEndpoints(of);
      return answer.isKnown ? answer.value.ready : answer.why;
    };
    step(30_000);
    assert.equal(ready(), 2);
    step(40_000);
    assert.equal(ready(), 0);
  });

  it('the state of before anybody looked is not known to be older than that', () => {
    const rig = factsRig();
    rig.cluster.set('endpointslices', slice('a', [endpoint('10.0.0.2')]));
    rig.hear();
    rig.uses({ cart: ['10.0.0.1:8080'] });
    rig.step(30_000);
    const of = rig.failed(timedOut);
    rig.step(2_000);
    assert.equal(judged(of, rig.facts), 'general');
    rig.step(60_000);
    const later = rig.failed(timedOut);
    rig.step(2_000);
    assert.match(judged(later, rig.facts), /^stale_endpoint/);
  });
});
