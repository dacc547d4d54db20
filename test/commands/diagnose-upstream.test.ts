import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { knownUpstreams } from '../../src/commands/diagnose-case.ts';
import type { UpstreamsReport } from '../../src/http/views.ts';
import { emptyReport } from '../support/http-doubles.ts';
import { ALL_PASS, AT, ask, checks, collector, outcomes, QUIET, upstreamsOf } from './told-upstreams.ts';

const PENDING = { pod: 'shop/cart-8', phase: 'Pending', text: 'not scheduled: Unschedulable', isStuck: true };
const CREATING = {
  ...{ pod: 'shop/cart-9', phase: 'Pending', text: 'container app waits: ContainerCreating', isStuck: false },
};
const podsOf = (notReady: UpstreamsReport['pods'][number]['notReady'], service = 'shop/cart') => {
  return [{ service, total: notReady.length, isWhole: true, at: new Date(AT).toISOString(), notReady }];
};

describe('the upstream, and steps 1 and 2', () => {
  it('pass where everything is seen and good', () => {
    assert.deepEqual(outcomes({}), ALL_PASS);
  });

  it('find the upstream by block, Service, its port, or address', () => {
    for (const asked of ['shop_cart_80', 'shop/cart', 'shop/cart:80', 'cart', '10.0.0.2:8080'])
      assert.equal(ask({}, asked).gateways.length, 1, asked);
    assert.throws(() => ask({}, 'pay'), /no upstream "pay" is known; there are shop\/cart: badgateway upstreams/);
  });

  it('names those that are like what was asked first', () => {
    const known = (asked: string) => {
      const upstreams = upstreamsOf({});
      const [gateway] = upstreams.gateways;
      const named = (name: string) => ({
        ...gateway.upstreams[0],
        ...{ name: `shop_${name}_80`, service: { namespace: 'shop', name, port: '80' } },
      });
      const gateways = [{ ...gateway, upstreams: ['catalog', 'redis', 'postgres', 'card', 'cart'].map(named) }];
      const incidents = { at: '', incidents: [], total: 0, dropped: 0 };
      const looked = { status: emptyReport(), upstreams: { ...upstreams, gateways }, incidents };
      return knownUpstreams(looked, asked).slice(0, 2);
    };
    assert.deepEqual(known('postgress')[0], 'shop/postgres');
    assert.deepEqual(known('shop/crat')[0], 'shop/cart');
    assert.deepEqual(known('nothing-like-it'), ['shop/catalog', 'shop/redis']);
  });

  it('1: no ready endpoint; then nothing else is looked at', () => {
    const { steps } = ask({ states: ['not_ready', 'stale'] });
    assert.deepEqual(
      steps.map(({ outcome }) => outcome),
      ['fail', ...Array.from({ length: 6 }, () => 'unknown')],
    );
    assert.equal(steps[0].checks[0].text, 'shop/cart has no ready endpoint, 1 more not ready or terminating');
    assert.match(steps[0].checks[0].next ?? '', /kubectl -n shop get endpointslices,pods/);
    assert.deepEqual(steps[3].checks, [
      { outcome: 'unknown', text: 'not looked at: no pod of it is ready, so step 1 comes first' },
    ]);
  });

  it('1: an upstream that lists nothing, of a Service without endpoints', () => {
    const conditions = { ...QUIET, no_endpoints: 'shop/cart:80, shop/pay:80' };
    assert.equal(ask({ states: [], conditions }).steps[0].outcome, 'fail');
  });

  it('1: a pod in CrashLoopBackOff, but only one of its own', () => {
    const looping = (pod: string) => ({ ...QUIET, crash_looping: `${pod} (app): 7 restarts, last exit Error (1)` });
    const { steps } = ask({ conditions: looping('shop/cart-2') });
    assert.deepEqual(
      steps.map(({ outcome }) => outcome),
      ['fail', ...ALL_PASS.slice(1)],
    );
    assert.equal(steps[0].checks[1].next, 'kubectl -n shop logs cart-2 --previous');
    assert.deepEqual(outcomes({ conditions: looping('pay/pay-1') }), ALL_PASS);
  });

  it('1: pods that are Pending and stand in no slice; then nothing else is looked at', () => {
    const conditions = { ...QUIET, no_endpoints: 'shop/cart:80' };
    const { steps } = ask({ states: [], conditions, pods: podsOf([PENDING, CREATING]) });
    assert.equal(
      steps[0].checks.find(({ text }) => text.startsWith('2 of 2'))?.text,
      '2 of 2 pods not ready: shop/cart-8 (Pending, not scheduled: Unschedulable); shop/cart-9 (Pending, container app waits: ContainerCreating)',
    );
    assert.deepEqual(
      steps.map(({ outcome }) => outcome),
      ['fail', ...Array.from({ length: 6 }, () => 'unknown')],
    );
  });

  it('1: a pod that is stuck fails it beside ready ones, one that starts or is of another Service does not', () => {
    assert.deepEqual(outcomes({ pods: podsOf([CREATING]) }), ALL_PASS);
    assert.deepEqual(outcomes({ pods: podsOf([PENDING], 'shop/pay') }), ALL_PASS);
    assert.deepEqual(outcomes({ pods: podsOf([PENDING]) }), ['fail', ...ALL_PASS.slice(1)]);
  });

  it('1: no pod that the Service selects, but only where none is ready', () => {
    const conditions = { ...QUIET, no_endpoints: 'shop/cart:80' };
    assert.match(
      checks({ states: [], conditions, pods: podsOf([]) }, 1).join(),
      /no pod has the labels that shop\/cart selects/,
    );
    assert.deepEqual(outcomes({ pods: podsOf([]) }), ALL_PASS);
  });

  it('2: the container that is not ready is named', () => {
    const text = 'container proxy is not ready';
    const pods = podsOf([{ pod: 'shop/cart-2', phase: 'Running', text, isStuck: false }]);
    assert.equal(
      checks({ states: ['live', 'not_ready'], pods }, 2)[0],
      `1 address not ready: 10.0.0.2:8080 (shop/cart-2: ${text})`,
    );
  });

  it('1: unknown without a source, without a Service, and while the slices are old', () => {
    const collectors = [collector('kubernetes', 'not_permitted', 'endpointslices: forbidden')];
    assert.match(
      checks({ freshness: 'unwatched', collectors }, 1)[0],
      /kubernetes is not permitted \(endpointslices: forbidden\); the rights it needs: docs\/collectors\/kubernetes\.md/,
    );
    const [unmapped] = ask({ hasService: false }, 'shop_cart_80').steps[0].checks;
    assert.equal(unmapped.text, 'no Service is known for it: its name has no reading');
    assert.match(checks({ freshness: 'stale' }, 1)[0], /the EndpointSlices are stale/);
  });
});
