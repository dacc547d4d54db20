import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LoggedHosts } from '../../src/causes/counted-once-hosts.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { EDGE, setUp } from './counted-once-rig.ts';

/** Envoy's default format of what a filter answered: neither why nor where. */
const PLACELESS = { peer: null, upstream: UNKNOWN_UPSTREAM } as const;
const HOST = { scheme: 'tcp', address: '10.0.0.1', port: 8080 };
const BY_HOST = { peer: HOST, upstream: UNKNOWN_UPSTREAM } as const;
const HELPER = { scheme: 'tcp', address: '10.0.0.9', port: 9000 };

describe('CountedOnce: hosts that the lines of Envoy name', () => {
  it('answers of a filter are no timeouts of a host that has its own lines, whoever tells first', () => {
    for (const isLogFirst of [true, false]) {
      const { once, fail, step, totals } = setUp('envoy', ['stats', 'access_log']);
      once.named('envoy', EDGE, HOST);
      if (isLogFirst) fail('access_log', 'other', 10, PLACELESS);
      fail('stats', 'response_timeout', 10, { peer: HOST });
      if (!isLogFirst) fail('access_log', 'other', 10, PLACELESS);
      // The timeouts end behind the filter's answers.
      fail('access_log', 'response_timeout', 10, BY_HOST);
      step(15_000);
      assert.deepEqual(totals(), { response_timeout: 10, other: 10 });
      assert.ok(!once.isWaiting);
    }
  });

  it('they are of a host that no line names: a service that a filter asks', () => {
    const { once, fail, totals } = setUp('envoy', ['stats', 'access_log']);
    once.named('envoy', EDGE, HOST);
    fail('access_log', 'other', 10, PLACELESS);
    fail('stats', 'connect_refused', 10, { peer: HELPER });
    assert.deepEqual(totals(), { connect_refused: 10 });
  });

  it('what a service failed by its flag may be of a host that is asked for itself, too', () => {
    const { once, fail, totals } = setUp('envoy', ['stats', 'access_log']);
    once.named('envoy', EDGE, HELPER);
    fail('access_log', 'other', 10, { ...PLACELESS, isOfService: true });
    fail('stats', 'connect_refused', 10, { peer: HELPER });
    assert.deepEqual(totals(), { connect_refused: 10 });
  });

  it('another gateway’s lines say nothing of it', () => {
    const { once, fail, totals } = setUp('envoy', ['stats', 'access_log']);
    once.named('envoy', { ...EDGE, gateway: 'other' }, HELPER);
    fail('access_log', 'other', 10, PLACELESS);
    fail('stats', 'connect_refused', 10, { peer: HELPER });
    assert.deepEqual(totals(), { connect_refused: 10 });
  });
});

it('LoggedHosts forgets those that were named longest ago', () => {
  const hosts = new LoggedHosts();
  const line = { symptom: 'other', ...PLACELESS } as const;
  const isElsewhere = (port: number) => hosts.isElsewhere('edge', line, { peer: { ...HOST, port } });
  for (let port = 0; port < 20_000; port++) hosts.named('edge', { ...HOST, port });
  hosts.named('edge', { ...HOST, port: 0 });
  hosts.named('edge', { ...HOST, port: 20_000 });
  assert.deepEqual([0, 1, 2, 20_000].map(isElsewhere), [true, false, true, true]);
});
