import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { factsRig } from './facts-rig.ts';
import { view } from './views.ts';

const peer = (address: string, port: number | null = 8080) => ({ peer: { scheme: 'http', address, port } });
const CART = { upstream_namespace: 'shop', upstream_service: 'cart', upstream_port: '80' };

describe('the upstream of an observation', () => {
  it('is the one that has the address, with its Service', () => {
    const { uses, facts, failed } = factsRig();
    uses({ cart: ['10.0.0.1:8080', '[fd00::1]:8080'], legacy: ['10.0.0.7:80'], php: ['unix:/run/php.sock'] });
    assert.deepEqual(facts.upstream(failed()), { upstream: 'cart', ...CART });
    assert.deepEqual(facts.upstream(failed(peer('FD00:0::1'))), { upstream: 'cart', ...CART });
    assert.deepEqual(facts.upstream(failed(peer('10.0.0.7', 80))), { ...UNKNOWN_UPSTREAM, upstream: 'legacy' });
    assert.deepEqual(facts.upstream(failed(peer('/run/php.sock', null))), { ...UNKNOWN_UPSTREAM, upstream: 'php' });
  });

  it('is the block that the line names, when there is such a block', () => {
    const { uses, facts, failed } = factsRig();
    uses({ cart: ['10.0.0.1:8080'] });
    assert.deepEqual(facts.upstream(failed(peer('cart', null))), { upstream: 'cart', ...CART });
    assert.deepEqual(facts.upstream(failed(peer('evil.example', null))), UNKNOWN_UPSTREAM);
    assert.deepEqual(facts.upstream(failed({ peer: null })), UNKNOWN_UPSTREAM);
  });

  it('keeps what is said, and completes it', () => {
    const { upstreams, facts, failed, now } = factsRig();
    upstreams.report(
      'envoy',
      view({ cart_v1: ['10.0.0.1:8080'] }, { proxy: 'envoy', source: 'envoy', readAtMs: now() }),
    );
    const said = { ...UNKNOWN_UPSTREAM, upstream: 'cart_v1' };
    assert.deepEqual(facts.upstream(failed({ proxy: 'envoy', peer: null, upstream: said })), {
      upstream: 'cart_v1',
      ...CART,
    });
    assert.deepEqual(facts.upstream(failed({ upstream: said })), said, 'another proxy');
  });

  it('is the cluster that has the host where Envoy’s log names one above it (an aggregate), which has none', () => {
    const { upstreams, facts, failed, now } = factsRig();
    const clusters = { cart_v1: ['10.0.0.1:8080'], pay: ['10.0.0.9:80'], all: [] };
    upstreams.report('envoy', view(clusters, { proxy: 'envoy', source: 'envoy', readAtMs: now() }));
    const placed = (name: string, more: Parameters<typeof failed>[0] = {}) =>
      facts.atClusterOfHost(failed({ proxy: 'envoy', upstream: { ...UNKNOWN_UPSTREAM, upstream: name }, ...more }))
        .upstream.upstream;
    assert.equal(placed('all'), 'cart_v1');
    assert.equal(placed('all', { peer: null }), 'all');
    assert.equal(placed('all', peer('10.0.0.77')), 'all', 'nobody has it');
    assert.equal(placed('pay'), 'pay', 'it has hosts of its own');
    assert.equal(placed('unheard_of'), 'unheard_of');
    assert.equal(placed('all', { proxy: 'nginx' }), 'all');
  });

  it('has no name when it is one of several, no address as a name, and none of our own', () => {
    const { uses, upstreams, facts, failed, now } = factsRig();
    uses({ cart: ['10.0.0.1:8080'], cart_v2: ['10.0.0.1:8080'] });
    assert.deepEqual(facts.upstream(failed()), { upstream: '', ...CART });
    uses({ cart: ['10.0.0.1:8080'], pay: ['10.0.0.1:8080'] });
    assert.deepEqual(facts.upstream(failed()), UNKNOWN_UPSTREAM);
    uses({ 'implicit:10.0.0.1:8080': ['10.0.0.1:8080'] });
    assert.equal(facts.upstream(failed()).upstream, 'implicit');
    upstreams.remove('conf');
    upstreams.report('seen', view({ 'observed:unknown': ['10.0.0.9:8080'] }, { source: 'observed', readAtMs: now() }));
    assert.deepEqual(facts.upstream(failed(peer('10.0.0.9'))), UNKNOWN_UPSTREAM);
  });

  it('is the cluster that had the host until lately, where requests are only seen to go on at it', () => {
    const { upstreams, facts, failed, now } = factsRig();
    const lists = (clusters: Record<string, readonly string[]>) =>
      upstreams.report('envoy', view(clusters, { proxy: 'envoy', source: 'envoy', readAtMs: now() }));
    const seen = (name: string) =>
      upstreams.report(
        'seen',
        view({ [name]: ['10.0.0.1:8080'] }, { proxy: 'envoy', source: 'observed', readAtMs: now() }),
      );
    const told = () => facts.upstream(failed({ proxy: 'envoy' }));
    seen('cart_seen');
    assert.deepEqual(told(), { upstream: '', ...CART }, 'never listed');
    lists({ cart_v1: ['10.0.0.1:8080'], cart_v2: ['10.0.0.2:8080'] });
    lists({ cart_v1: ['10.0.0.3:8080'], cart_v2: ['10.0.0.2:8080'] });
    assert.deepEqual(told(), { upstream: 'cart_v1', ...CART });
    assert.equal(facts.upstream(failed()).upstream, '', 'another proxy');
    seen('observed:unknown');
    assert.deepEqual(told(), { upstream: 'cart_v1', ...CART }, 'nobody has the address now');
    const said = { ...UNKNOWN_UPSTREAM, upstream: 'unheard_of' };
    assert.deepEqual(facts.upstream(failed({ proxy: 'envoy', upstream: said })), said, 'the log says another');
    seen('pay');
    assert.equal(told().upstream, '', 'another Service has it now');
    seen('cart_seen');
    lists({ cart_v1: ['10.0.0.3:8080'], cart_v2: ['10.0.0.1:8080'] });
    assert.equal(told().upstream, 'cart_v2', 'it is listed again');
    lists({ cart_v1: ['10.0.0.3:8080'], cart_v2: ['10.0.0.2:8080'] });
    assert.deepEqual(told(), { upstream: '', ...CART }, 'it was of several');
  });
});
