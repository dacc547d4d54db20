import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Endpoint, EndpointSlice } from '../../src/contract/endpoint.ts';
import { packSlice } from '../../src/parse/packed-slice.ts';

const ENDPOINT = fc.record({
  ip: fc.oneof(fc.ipV4(), fc.ipV6()),
  ready: fc.boolean(),
  serving: fc.boolean(),
  terminating: fc.boolean(),
  podUid: fc.oneof(fc.uuid(), fc.constant(''), fc.string(), fc.constant('8A6E0804-2BD0-4672-B79D-D97027F9071A')),
  podName: fc.oneof(fc.constantFrom('', 'cart-7d9c8b5f4-xk2p9', 'cart-7d9c8b5f4-xk9aa', 'cart-0'), fc.string()),
});

function sliceOf(endpoints: readonly Endpoint[]): EndpointSlice {
  return {
    key: 'shop/cart-x7k2p',
    service: 'shop/cart',
    addressType: 'IPv6',
    ports: [{ name: 'http', number: 8080 }],
    endpoints,
  };
}

function unpacked({ key, service, addressType, ports, endpoints }: EndpointSlice): EndpointSlice {
  const all = endpoints.map(({ ip, ready, serving, terminating, podUid, podName }) => ({
    ...{ ip, ready, serving, terminating, podUid, podName },
  }));
  return { key, service, addressType, ports, endpoints: all };
}

describe('packSlice', () => {
  it('says what the slice says, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(ENDPOINT, { maxLength: 8 }), (endpoints) => {
        const slice = sliceOf(endpoints);
        assert.deepEqual(unpacked(packSlice(slice)), unpacked(slice));
      }),
    );
  });

  it('keeps names of one owner, which begin alike', () => {
    const named = (podName: string): Endpoint => ({
      ...{ ip: '10.0.0.1', ready: true, serving: true, terminating: false, podUid: '', podName },
    });
    for (const names of [
      ['cart-7d9c8b5f4-xk2p9', 'cart-7d9c8b5f4-aaaaa'],
      ['cart-0', 'cart-0'],
      ['cart-9', 'cart-10'],
    ])
      assert.deepEqual(
        packSlice(sliceOf(names.map(named))).endpoints.map(({ podName }) => podName),
        names,
      );
  });

  it('has the endpoints of each of two that are asked by turns', () => {
    const [one, other] = ['10.0.0.1', '10.0.0.2'].map((ip) =>
      packSlice(sliceOf([{ ip, ready: true, serving: true, terminating: false, podUid: '', podName: '' }])),
    );
    assert.deepEqual(
      [one, other, one].map(({ endpoints }) => endpoints[0].ip),
      ['10.0.0.1', '10.0.0.2', '10.0.0.1'],
    );
  });
});
