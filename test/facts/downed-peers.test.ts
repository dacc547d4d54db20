import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Observation } from '../../src/contract/failure.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import type { Cause } from '../../src/contract/names.ts';
import { factsRig } from './facts-rig.ts';
import { server, view } from './views.ts';

const CART = { upstream: 'cart', upstream_namespace: 'shop', upstream_service: 'cart', upstream_port: '80' };

function setUp() {
  const rig = factsRig();
  rig.uses({ cart: ['10.0.0.1:8080', '10.0.0.2:8080'], pay: ['10.0.0.3:8080'] });
  /** A verdict on failures of 10.0.0.<n>. */
  const failed = (n: number, cause: Cause, count = 1, more: Partial<Observation> = {}) => {
    const peer = { scheme: 'http', address: `10.0.0.${n}`, port: 8080 };
    const of = rig.failed({ peer, count, ...more });
    rig.facts.failed(of, cause, rig.facts.upstream(of), count, [`why ${n}`]);
  };
  const storm = (block = 'cart') =>
    rig.failed({ symptom: 'no_live_upstreams', peer: { scheme: 'http', address: block, port: null } });
  const charged = (of: Observation) => {
    const answer = rig.facts.downed(of);
    if (!answer.isKnown) return answer.mayCome ? 'pending' : 'unknown';
    return answer.value.map(({ cause, weight }) => `${cause} ${weight}`);
  };
  return { ...rig, failed, storm, charged };
}

describe('what took the peers down', () => {
  it('the failures of the block’s peers within fail_timeout, by cause, with their evidence', () => {
    const { facts, failed, storm, charged, step } = setUp();
    failed(1, 'stale_endpoint', 2);
    failed(3, 'response_timeout', 9);
    step(3_000);
    failed(2, 'connection_refused');
    failed(2, 'connection_refused');
    failed(2, 'connection_refused', 1, { subject: { namespace: 'gw', pod: 'edge-9', container: '', gateway: 'edge' } });
    failed(2, 'truncated_response', 5, { symptom: 'truncated_response' });
    step(5_000);
    const of = storm();
    assert.deepEqual(charged(of), ['stale_endpoint 2', 'connection_refused 2']);
    const answer = facts.downed(of);
    assert.deepEqual(answer.isKnown && [answer.value[0].upstream, answer.value[0].evidence], [
      CART,
      ['2 failures of 10.0.0.1:8080 before took the peers of cart out (stale endpoint)', 'why 1'],
    ]);
    step(5_000);
    assert.deepEqual(charged(storm()), ['connection_refused 2']);
    step(30_000);
    assert.deepEqual(charged(storm()), [], 'it is known that nothing was seen');
  });

  it('is not what failed of a server that failures never take out: it is at its limit of connections', () => {
    const { uses, failed, storm, charged } = setUp();
    const servers = [server('10.0.0.1:8080', { isNeverTakenOut: true }), server('10.0.0.2:8080')];
    uses({}, { upstreams: [{ name: 'cart', alias: '', servers }] });
    failed(1, 'response_timeout', 9);
    assert.deepEqual(charged(storm()), [], 'nothing was seen that took it out');
    failed(2, 'not_listening');
    assert.deepEqual(charged(storm()), ['not_listening 1']);
  });

  it('waits for verdicts, and asks nothing of other symptoms', () => {
    const { failed, storm, charged, pending } = setUp();
    failed(1, 'stale_endpoint');
    pending.is = true;
    assert.equal(charged(storm()), 'pending');
    pending.is = false;
    assert.deepEqual(charged(storm()), ['stale_endpoint 1']);
    assert.equal(charged(storm('other')), 'unknown', 'which peers a block has that nobody configured');
    assert.equal(charged({ ...storm(), symptom: 'connect_refused' }), 'unknown');
  });

  it('looks back further while the storm lasts, and is no reason of itself', () => {
    const { facts, failed, storm, charged, step } = setUp();
    failed(1, 'oom_killed');
    for (let at = 0; at < 3; at++) {
      step(9_000);
      const of = storm();
      assert.deepEqual(charged(of), ['oom_killed 1'], `after ${at}`);
      facts.failed(of, 'no_live_upstreams', UNKNOWN_UPSTREAM, 5, []);
    }
    step(9_000);
    assert.deepEqual(charged(storm()), []);
  });

  it('knows peers that the configuration had until lately', () => {
    const { uses, failed, storm, charged, step } = setUp();
    failed(1, 'stale_endpoint');
    step(1_000);
    uses({ cart: ['10.0.0.2:8080'], pay: ['10.0.0.3:8080'] });
    assert.deepEqual(charged(storm()), ['stale_endpoint 1']);
    assert.deepEqual(charged(storm('pay')), []);
  });

  it('of an Envoy cluster by its name', () => {
    const { upstreams, failed, storm, now, charged } = setUp();
    upstreams.report('envoy', view({ cart: ['10.0.0.1:8080'] }, { proxy: 'envoy', source: 'envoy', readAtMs: now() }));
    const upstream = { ...UNKNOWN_UPSTREAM, upstream: 'cart' };
    failed(1, 'connect_timeout', 4, { proxy: 'envoy', upstream });
    failed(7, 'app_error', 2, { proxy: 'envoy', upstream });
    failed(8, 'app_error', 2, { proxy: 'envoy', upstream: { ...upstream, upstream: 'pay' } });
    const asked: Observation = { ...storm(), proxy: 'envoy', peer: null, upstream, symptom: 'no_healthy_upstream' };
    assert.deepEqual(charged(asked), ['connect_timeout 4', 'app_error 2']);
  });

  it('one upstream with many peers does not push out what others need', () => {
    const { facts, failed, storm, charged } = setUp();
    failed(1, 'stale_endpoint');
    for (let at = 0; at < 3_000; at++)
      failed(1, 'oom_killed', 1, {
        peer: { scheme: '', address: `10.1.${at >> 8}.${at & 255}`, port: 80 },
        upstream: { ...UNKNOWN_UPSTREAM, upstream: 'many' },
      });
    assert.deepEqual(charged(storm()), ['stale_endpoint 1']);
    assert.equal(facts.dropped().downed_peers, 1_000);
  });

  it('not of another upstream with the same address', () => {
    const { uses, failed, storm, charged } = setUp();
    uses({ cart: ['10.0.0.1:8080'], cart_v2: ['10.0.0.1:8080'] });
    failed(1, 'upstream_tls', 1, { upstream: { ...UNKNOWN_UPSTREAM, upstream: 'cart_v2' } });
    assert.deepEqual([charged(storm('cart')), charged(storm('cart_v2'))], [[], ['upstream_tls 1']]);
  });

  it('of an address of several upstreams when the failures name none', () => {
    const { uses, failed, storm, charged } = setUp();
    uses({ cart: ['10.0.0.1:8080'], cart_v2: ['10.0.0.1:8080'], pay: ['10.0.0.3:8080'] });
    failed(1, 'stale_endpoint');
    assert.deepEqual([charged(storm('cart')), charged(storm('cart_v2'))], [['stale_endpoint 1'], ['stale_endpoint 1']]);
    assert.deepEqual(charged(storm('pay')), []);
  });

  it('forgets after a minute, and when there are too many', () => {
    const { failed, storm, charged, step } = setUp();
    for (let at = 0; at < 3_000; at++)
      failed(1, 'stale_endpoint', 1, { peer: { scheme: '', address: '10.0.0.1', port: at } });
    failed(2, 'oom_killed');
    assert.deepEqual(charged(storm()).includes('oom_killed 1'), true);
    step(61_001);
    failed(2, 'connection_refused');
    assert.deepEqual(charged(storm()), ['connection_refused 1']);
  });
});
