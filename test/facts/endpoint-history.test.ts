import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EndpointSlice } from '../../src/contract/endpoint.ts';
import { EndpointHistory, RETENTION_MS } from '../../src/facts/endpoint-history.ts';
import { endpoint, slice } from './slices.ts';

const IP = '10.0.0.1';
const CART = { service: 'shop/cart', portName: 'http' };
const pay = (...ips: string[]) =>
  slice(
    'pay',
    ips.map((ip) => endpoint(ip)),
    { service: 'shop/pay' },
  );

describe('EndpointHistory', () => {
  it('knows who is behind an address, by Service and port', () => {
    const history = new EndpointHistory();
    const ports = [
      { name: 'http', number: 8080 },
      { name: 'admin', number: 9090 },
    ];
    history.change(null, slice('a', [endpoint(IP)], { ports }), 0);
    history.change(null, pay(IP), 0);
    assert.deepEqual(history.servicesOf(IP, 8080, 0), [
      { service: 'shop/pay', portName: 'http', isCurrent: true },
      { ...CART, isCurrent: true },
    ]);
    assert.deepEqual(history.servicesOf(IP, 9090, 0), [{ service: 'shop/cart', portName: 'admin', isCurrent: true }]);
    assert.deepEqual([history.servicesOf(IP, 80, 0), history.servicesOf('10.0.0.2', 8080, 0)], [[], []]);
    assert.equal(history.size, 3);
  });

  it('says when the last slice that had the address went', () => {
    const history = new EndpointHistory();
    const [one, other] = ['a', 'b'].map((name) =>
      slice(name, [endpoint(IP)], { ports: [{ name: 'http', number: 80 }] }),
    );
    assert.equal(history.goneMs(IP, 80, CART), null);
    history.change(null, one, 1_000);
    history.change(null, other, 1_000);
    history.change(one, null, 2_000);
    assert.equal(history.goneMs(IP, 80, CART), null, 'one still has it');
    history.change(other, null, 3_000);
    assert.equal(history.goneMs(IP, 80, CART), 3_000);
    assert.equal(history.goneMs(IP, 81, CART), null);
    assert.equal(history.goneMs(IP, 80, { ...CART, portName: 'admin' }), null);
  });

  it('takes a port without a number for all ports', () => {
    const history = new EndpointHistory();
    history.change(null, slice('a', [endpoint(IP)], { ports: [{ name: 'http', number: null }] }), 0);
    assert.deepEqual(history.servicesOf(IP, 1, 0), [{ ...CART, isCurrent: true }]);
  });

  it('remembers for an hour after an address was last seen, not after it came', () => {
    const history = new EndpointHistory();
    const before = slice('a', [endpoint(IP), endpoint('10.0.0.2')]);
    history.change(null, before, 0);
    const goneMs = 10 * RETENTION_MS;
    history.change(before, slice('a', [endpoint('10.0.0.2')]), goneMs);
    assert.deepEqual(history.servicesOf(IP, 8080, goneMs + RETENTION_MS), [{ ...CART, isCurrent: false }]);
    assert.deepEqual(history.servicesOf(IP, 8080, goneMs + RETENTION_MS + 1), []);
    assert.deepEqual(history.servicesOf('10.0.0.2', 8080, goneMs + 9 * RETENTION_MS), [{ ...CART, isCurrent: true }]);
    assert.equal(history.wasOwner('shop/cart', IP, `uid-${IP}`), true);
    history.change(null, null, goneMs + RETENTION_MS + 1);
    assert.deepEqual([history.wasOwner('shop/cart', IP, `uid-${IP}`), history.size, history.dropped], [false, 1, 0]);
  });

  it('stays current while another slice of the Service has the address', () => {
    const history = new EndpointHistory();
    const [a, b] = [slice('a', [endpoint(IP)]), slice('b', [endpoint(IP)])];
    history.change(null, a, 0);
    history.change(null, b, 0);
    history.change(a, null, 1);
    assert.deepEqual(history.servicesOf(IP, 8080, 2), [{ ...CART, isCurrent: true }]);
    history.change(b, null, 2);
    assert.deepEqual(history.servicesOf(IP, 8080, 2), [{ ...CART, isCurrent: false }]);
    history.change(b, null, 3);
    assert.deepEqual(history.servicesOf(IP, 8080, 3), [{ ...CART, isCurrent: false }]);
  });

  it('tells pods at one address apart', () => {
    const history = new EndpointHistory();
    const before = slice('a', [endpoint(IP, { podUid: 'u1' })]);
    history.change(null, before, 0);
    history.change(before, slice('a', [endpoint(IP, { podUid: 'u2' }), endpoint('10.0.0.2', { podUid: '' })]), 1);
    const asked = ['u1', 'u2', 'u3', ''].map((uid) => history.wasOwner('shop/cart', IP, uid));
    assert.deepEqual(asked, [true, true, false, false]);
    assert.equal(history.wasOwner('shop/pay', IP, 'u1'), false);
    assert.equal(history.wasOwner('shop/cart', '10.0.0.2', ''), false);
    assert.equal(history.servicesOf(IP, 8080, 1).length, 1);
  });

  it('knows pods that had an address together, but not the next one', () => {
    const pod = (key: string, podUid: string) => slice(key, [endpoint(IP, { podUid })], { service: `shop/${key}` });
    const history = new EndpointHistory();
    history.change(null, pod('a', 'u1'), 0);
    history.change(null, pod('b', 'u2'), 100_000);
    history.change(pod('a', 'u1'), null, 105_000);
    assert.deepEqual([history.isShared(IP, 'u1'), history.isShared(IP, 'u2')], [false, false], 'heard of late');
    history.change(null, pod('c', 'u3'), 200_000);
    history.change(null, pod('d', 'u3'), 200_000);
    history.change(null, pod('e', ''), 200_000);
    history.change(pod('b', 'u2'), null, 215_000);
    assert.deepEqual(
      ['u1', 'u2', 'u3', ''].map((uid) => history.isShared(IP, uid)),
      [false, true, true, false],
    );
  });

  it('is bounded: the oldest that are no longer seen go first, what is in use never, and all is counted', () => {
    const history = new EndpointHistory({ mostEntries: 32 });
    const ips = (from: number, count: number) => Array.from({ length: count }, (_, i) => `10.0.0.${from + i}`);
    const of = (key: string, from: number, count: number) =>
      slice(
        key,
        ips(from, count).map((ip) => endpoint(ip)),
      );
    const [a, b] = [of('a', 1, 16), of('b', 17, 16)];
    history.change(null, a, 0);
    history.change(null, b, 0);
    history.change(null, of('c', 33, 1), 1);
    assert.deepEqual([history.size, history.dropped, history.servicesOf('10.0.0.33', 8080, 1)], [32, 1, []]);
    history.change(b, null, 2_000);
    history.change(a, of('a', 1, 15), 3_000);
    history.change(null, of('d', 34, 1), 4_000);
    assert.deepEqual([history.size, history.dropped], [31, 3]);
    const unseen = ips(1, 34).filter((ip) => history.servicesOf(ip, 8080, 4_000).length === 0);
    assert.deepEqual(unseen, ['10.0.0.17', '10.0.0.18', '10.0.0.33']);
    assert.equal(history.servicesOf('10.0.0.34', 8080, 4_000).length, 1);
    // Deleting what was not taken in leaves the rest as it is.
    history.change(of('c', 33, 1), null, 4_000);
    assert.equal(history.size, 31);
  });

  it('says what a list of all that was ever seen says', () => {
    const uid = fc.constantFrom('u1', 'u2', '');
    const ip = fc.constantFrom(IP, '10.0.0.2');
    const change = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      service: fc.constantFrom('shop/cart', 'shop/pay'),
      endpoints: fc.option(fc.array(fc.tuple(ip, uid), { maxLength: 4 }), { nil: undefined }),
      afterMs: fc.constantFrom(0, 1_000, RETENTION_MS / 2, RETENTION_MS, RETENTION_MS + 1),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const history = new EndpointHistory();
        const slices = new Map<string, EndpointSlice>();
        const lastSeenMs = new Map<string, number>();
        let nowMs = 0;
        for (const { key, service, endpoints, afterMs } of changes) {
          nowMs += afterMs;
          const before = slices.get(key) ?? null;
          const after =
            endpoints === undefined
              ? null
              : slice(
                  key,
                  endpoints.map(([at, podUid]) => endpoint(at, { podUid })),
                  { service },
                );
          history.change(before, after, nowMs);
          for (const one of before?.endpoints ?? []) lastSeenMs.set(`${before?.service} ${one.ip}`, nowMs);
          if (after === null) slices.delete(key);
          else slices.set(key, after);
        }
        for (const service of ['shop/cart', 'shop/pay'])
          for (const at of [IP, '10.0.0.2']) {
            const isCurrent = [...slices.values()].some(
              (one) => one.service === service && one.endpoints.some((found) => found.ip === at),
            );
            const seenMs = lastSeenMs.get(`${service} ${at}`) ?? Number.NEGATIVE_INFINITY;
            const expected =
              isCurrent || nowMs - seenMs <= RETENTION_MS ? [{ service, portName: 'http', isCurrent }] : [];
            const found = history.servicesOf(at, 8080, nowMs).filter((one) => one.service === service);
            assert.deepEqual(found, expected);
          }
      }),
    );
  });
});
