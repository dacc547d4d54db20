import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NEW, ObservedRig, OLD } from './observed-rig.ts';
import { endpoint, slice } from './slices.ts';
import { EDGE, view } from './views.ts';

const CART = 'observed:shop/cart:http';
const UNKNOWN = 'observed:unknown';

describe('ObservedUpstreams', () => {
  it('puts an address under the Service that has it, and nothing is missing', () => {
    const rig = new ObservedRig();
    rig.endpoints('shop/cart', OLD.ip, NEW.ip, '10.0.0.3');
    rig.used(OLD);
    assert.deepEqual(rig.seen(), { [CART]: ['shop/cart', 'live 1'] });
    rig.used(NEW);
    rig.wait(10);
    assert.deepEqual(rig.seen(), { [CART]: ['shop/cart', 'live 2'] });
    const [{ mapped }] = rig.truth.upstreams();
    assert.deepEqual([mapped.method, mapped.portNumber, mapped.isStatic], ['reverse', '80', false]);
  });

  it('says of an address in an error line that its Service has no longer: stale', () => {
    const rig = new ObservedRig();
    rig.wait(1);
    rig.endpoints('shop/cart', NEW.ip);
    rig.wait(600);
    rig.failed({});
    rig.wait(4);
    assert.deepEqual(rig.seen(), { [CART]: ['shop/cart', 'stale 1'] });
    assert.equal(rig.truth.upstreams()[0].compared.driftSinceMs, rig.nowMs - 3000);
  });

  it('says so while lines go on, and no longer than 30 s after the last', () => {
    const rig = new ObservedRig();
    rig.endpoints('shop/cart', NEW.ip);
    for (let line = 0; line < 10; line++) {
      rig.failed({});
      rig.wait(20);
      assert.deepEqual(rig.seen(), { [CART]: ['shop/cart', 'stale 1'] });
    }
    assert.ok(rig.nowMs - rig.truth.upstreams()[0].compared.driftSinceMs! > 190_000);
    rig.wait(10);
    assert.deepEqual(rig.seen(), { [CART]: ['shop/cart', 'stale 1'] });
    rig.wait(1);
    assert.deepEqual(rig.seen(), {});
  });

  it('does not call an address stale that was used while it was live', () => {
    const rig = new ObservedRig();
    rig.used(OLD);
    rig.failed({});
    rig.wait(5);
    rig.endpoints('shop/cart', NEW.ip);
    rig.used(NEW);
    for (let second = 0; second < 60; second++) {
      rig.wait(1);
      assert.deepEqual(rig.seen(), { [CART]: ['shop/cart', 'live 1'] });
    }
  });

  it('says of an address in a line that Envoy wrote later whether it had gone before the request', () => {
    for (const [goneSeconds, expected] of [
      [3, {}],
      [8, { [CART]: ['shop/cart', 'stale 1'] }],
    ] as const) {
      const rig = new ObservedRig();
      rig.wait(100 - goneSeconds);
      rig.endpoints('shop/cart', NEW.ip);
      rig.wait(goneSeconds);
      // Read 5 s after the failure, for the first time.
      const at = { sinceMs: rig.nowMs - 5_001, atMs: rig.nowMs - 4_001, readMs: rig.nowMs };
      rig.failed({}, { ...at, proxy: 'envoy', source: 'access_log' });
      rig.wait(4);
      assert.deepEqual(rig.seen(), expected, `gone for ${goneSeconds} s`);
    }
  });

  it('says nothing by the counters of Envoy, which list their hosts themselves', () => {
    const rig = new ObservedRig();
    rig.failed({}, { proxy: 'envoy', source: 'stats' });
    rig.wait(4);
    assert.deepEqual(rig.seen(), {});
  });

  it('nor one with an old connection only; one with a new connection is', () => {
    const rig = new ObservedRig();
    rig.held(OLD);
    rig.wait(5);
    rig.endpoints('shop/cart', NEW.ip);
    for (let look = 0; look < 60; look++) {
      rig.wait(10);
      rig.held(OLD);
      assert.deepEqual(rig.seen(), {});
    }
    // Begun after the look before, at which it was not live already.
    rig.used(OLD, rig.nowMs - 10_000);
    rig.wait(4);
    assert.deepEqual(rig.seen(), { [CART]: ['shop/cart', 'stale 1'] });
  });

  it('does not trust a connection that may have been begun before the address left', () => {
    const rig = new ObservedRig();
    rig.wait(10);
    rig.endpoints('shop/cart', NEW.ip);
    rig.used(OLD, rig.nowMs - 10_000);
    rig.wait(8);
    assert.deepEqual(rig.seen(), {});
    rig.used(OLD, rig.nowMs - 8_000);
    rig.wait(4);
    assert.deepEqual(rig.seen(), { [CART]: ['shop/cart', 'stale 1'] });
  });

  it('the same for an endpoint that is going: terminating only when it was used since', () => {
    const rig = new ObservedRig();
    rig.used(OLD);
    rig.wait(1);
    const going = endpoint(OLD.ip, { ready: false, terminating: true });
    rig.cluster.set('endpointslices', slice('shop-cart', [going]));
    rig.wait(5);
    assert.deepEqual(rig.seen(), {});
    rig.failed({});
    rig.wait(4);
    assert.deepEqual(rig.seen(), { [CART]: ['shop/cart', 'terminating 1'] });
  });

  it('leaves unknown what no Service has, or two have', () => {
    const rig = new ObservedRig();
    rig.endpoints('shop/other', OLD.ip);
    rig.failed({});
    rig.used({ ip: '192.0.2.1', port: 443 });
    rig.wait(30);
    assert.deepEqual(rig.seen(), { [UNKNOWN]: [null, 'unknown 2'] });
  });

  it('finds the Service of an address later, and takes it out of the unknown ones', () => {
    const rig = new ObservedRig();
    rig.used(NEW);
    assert.deepEqual(rig.seen(), { [UNKNOWN]: [null, 'unknown 1'] });
    rig.endpoints('shop/cart', OLD.ip, NEW.ip);
    assert.deepEqual(rig.seen(), { [CART]: ['shop/cart', 'live 1'] });
  });

  it('never makes a name of an address', () => {
    const rig = new ObservedRig();
    for (let i = 0; i < 200; i++) rig.used({ ip: `10.0.${i}.1`, port: 8000 + i });
    rig.failed({ address: 'fd00::17', port: 80 });
    rig.wait(5);
    for (const name of Object.keys(rig.seen())) assert.match(name, /^observed:(unknown|shop\/cart:http)$/);
  });

  it('takes lines of nginx with an IP address and a port only', () => {
    const rig = new ObservedRig();
    rig.failed(null);
    rig.failed({ address: '/run/app.sock', port: null });
    rig.failed({ address: 'cart', port: null });
    rig.failed({ address: 'cart.shop', port: 80 });
    rig.failed({}, { proxy: 'envoy' });
    assert.equal(rig.observed.size, 0);
    rig.failed({ address: 'FD00:0:0::17', port: 8080 });
    rig.failed({ address: 'fd00::17', port: 8080 });
    assert.equal(rig.observed.size, 1);
  });

  it('takes one port of a Service that has two with this number, the same each time', () => {
    const rig = new ObservedRig();
    const ports = ['web', 'admin', 'http'].map((name) => ({ name, number: 8080 }));
    rig.cluster.set('endpointslices', slice('shop-cart', [endpoint(OLD.ip)], { ports }));
    rig.used(OLD);
    assert.deepEqual(Object.keys(rig.seen()), ['observed:shop/cart:admin']);
  });

  it('forgets an address after five minutes, and the gateway with its last one', () => {
    const rig = new ObservedRig();
    rig.used(OLD);
    rig.wait(300);
    assert.deepEqual([rig.observed.size, rig.removals, rig.truth.views().length], [1, 0, 1]);
    rig.wait(1);
    assert.deepEqual([rig.observed.size, rig.removals, rig.truth.views().length], [0, 1, 0]);
    rig.used(OLD);
    assert.deepEqual(rig.seen(), { [CART]: ['shop/cart', 'live 1'] });
  });

  it('forgets what was seen at a time that a clock set back has yet to reach', () => {
    const rig = new ObservedRig();
    rig.used(OLD);
    rig.nowMs -= 3_600_000;
    rig.observed.look(rig.nowMs);
    assert.equal(rig.observed.size, 0);
  });

  it('reports a change at once and the same every five seconds, with the time of the last address', () => {
    const rig = new ObservedRig();
    rig.used(OLD);
    rig.wait(1);
    assert.equal(rig.reports, 1);
    rig.wait(4);
    assert.equal(rig.reports, 1);
    const [before] = rig.truth.upstreams();
    rig.held(OLD);
    rig.wait(1);
    const [after] = rig.truth.upstreams();
    assert.equal(rig.reports, 2);
    assert.equal(after.upstream, before.upstream);
    assert.equal(after.view.readAtMs, rig.nowMs - 1000);
    rig.used({ ip: '192.0.2.1', port: 443 });
    rig.wait(1);
    assert.equal(rig.reports, 3);
  });

  it('keeps so many addresses of one gateway and of all, and counts the others', () => {
    const rig = new ObservedRig({ mostOfOne: 2, most: 3 });
    for (let i = 1; i <= 4; i++) rig.used({ ip: `10.0.0.${i}`, port: 80 });
    rig.used({ ip: '10.0.0.1', port: 80 });
    assert.deepEqual([rig.observed.size, rig.observed.dropped], [2, 2]);
    for (let i = 1; i <= 4; i++) rig.observed.used('envoy', EDGE, { ip: `10.0.0.${i}`, port: 80 }, rig.nowMs);
    assert.deepEqual([rig.observed.size, rig.observed.dropped], [3, 5]);
    rig.wait(301);
    rig.used(OLD);
    assert.deepEqual([rig.observed.size, rig.observed.dropped], [1, 5]);
  });

  it('says nothing where the proxy itself tells all', () => {
    const rig = new ObservedRig();
    rig.failed({});
    rig.truth.report('conf', view({ shop_cart_80: ['10.0.0.1:8080'] }, { readAtMs: rig.nowMs }));
    assert.deepEqual(rig.seen(), { shop_cart_80: ['shop/cart', 'live 1'] });
  });

  it('says nothing of slices that are not known yet', () => {
    const rig = new ObservedRig();
    rig.failed({});
    rig.cluster.forget('endpointslices');
    rig.nowMs += 1000;
    rig.failed({});
    rig.nowMs += 5000;
    assert.deepEqual(rig.seen(), { [CART]: ['shop/cart', 'unknown 1'] });
  });
});
