import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noHealthyUpstream } from '../../src/causes/rules/no-healthy-upstream.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { type Answer, known, pending, unknown } from '../../src/facts/answer.ts';
import type { EndpointFact, ListenerFact } from '../../src/facts/facts.ts';
import { endpointFact, failed, fakeFacts, type Given, listenerFact, NOON } from '../support/fake-facts.ts';

const storm = failed({ symptom: 'no_healthy_upstream', proxy: 'envoy', peer: null });
const server = (last: number) => ({ scheme: 'tcp', address: `10.0.0.${last}`, port: 80 });
const failing = (count: number, total = count): NonNullable<Given['unhealthy']> =>
  known({ failing: Array.from({ length: count }, (_, at) => server(at + 1)), total });
const byAddress =
  <T>(answers: Readonly<Record<string, Answer<T>>>, otherwise: Answer<T> = unknown('nobody looked')) =>
  (address: string) =>
    answers[address] ?? otherwise;

function shares(given: Given) {
  const judgement = noHealthyUpstream.judge(storm, fakeFacts({ downed: known([]), ...given }));
  if (judgement === null || judgement === 'wait' || 'evidence' in judgement) return judgement;
  return Object.fromEntries(judgement.charges.map(({ cause, weight }) => [cause, weight]));
}

describe('a storm of an upstream whose health checks fail', () => {
  it('is charged to what is proved of each server, with its share', () => {
    const endpoint = byAddress<EndpointFact>({ '10.0.0.1': endpointFact({ state: 'stale' }) }, endpointFact());
    const listener = byAddress<ListenerFact>(
      {
        '10.0.0.2': listenerFact({ state: 'bound_to_loopback' }),
        '10.0.0.3': listenerFact({ state: 'not_listening' }),
      },
      listenerFact(),
    );
    const given = { unhealthy: failing(4), endpoint, listener };
    assert.deepEqual(shares(given), {
      ...{ stale_endpoint: 1, bound_to_loopback: 1, not_listening: 1 },
      no_healthy_upstream: 1,
    });
  });

  it('remains what it is where somebody listens, and where nothing is known', () => {
    assert.equal(shares({ unhealthy: failing(2), listener: listenerFact(), endpoint: endpointFact() }), null);
    assert.equal(shares({ unhealthy: failing(2) }), null);
    assert.equal(shares({ unhealthy: failing(0, 2), listener: listenerFact({ state: 'not_listening' }) }), null);
    assert.equal(shares({ unhealthy: unknown('which upstream?') }), null);
  });

  it('is not charged to a pod that its own readiness probe says is not ready, as that follows from the same', () => {
    const endpoint = endpointFact({ state: 'not_ready', wasReady: true, sinceMs: NOON - 20_000 });
    assert.equal(shares({ unhealthy: failing(1), endpoint, listener: listenerFact() }), null);
    const starts = endpointFact({ state: 'not_ready', wasReady: false });
    assert.deepEqual(shares({ unhealthy: failing(1), endpoint: starts }), { not_ready_endpoint: 1 });
  });

  it('waits for what may come of any of them, and until Envoy is read', () => {
    const listener = byAddress<ListenerFact>({ '10.0.0.1': listenerFact({ state: 'not_listening' }) }, pending('soon'));
    assert.equal(shares({ unhealthy: failing(2), listener }), 'wait');
    assert.equal(shares({ unhealthy: pending('soon') }), 'wait');
  });

  it('is charged to failed requests first', () => {
    const charges = [{ cause: 'response_timeout', upstream: UNKNOWN_UPSTREAM, weight: 2, evidence: [] }] as const;
    const listener = listenerFact({ state: 'not_listening' });
    assert.deepEqual(shares({ downed: known(charges), unhealthy: failing(1), listener }), { response_timeout: 2 });
  });

  it('asks about 32 servers, and takes the others to be like them', () => {
    const listener = byAddress<ListenerFact>({ '10.0.0.1': listenerFact({ state: 'not_listening' }) }, listenerFact());
    assert.deepEqual(shares({ unhealthy: failing(100), listener }), { not_listening: 1, no_healthy_upstream: 31 });
    const all = listenerFact({ state: 'not_listening' });
    assert.deepEqual(shares({ unhealthy: failing(100), listener: all }), { not_listening: 32 });
  });

  it('says whose checks fail', () => {
    const given = { downed: known([]), unhealthy: failing(5), listener: listenerFact({ state: 'not_listening' }) };
    const judgement = noHealthyUpstream.judge(storm, fakeFacts(given));
    assert.ok(judgement !== null && judgement !== 'wait' && 'charges' in judgement);
    assert.deepEqual(judgement.charges[0].evidence, [
      'Envoy’s health checks of 10.0.0.1:80, 10.0.0.2:80, 10.0.0.3:80 and 2 more fail',
      'at 12:00:01 UTC nothing listened at 10.0.0.1:80',
    ]);
  });
});
