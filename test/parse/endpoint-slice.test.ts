import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readEndpointSlice } from '../../src/parse/endpoint-slice.ts';

const SLICE = {
  addressType: 'IPv4',
  metadata: { namespace: 'shop', name: 'cart-x7k2p', labels: { 'kubernetes.io/service-name': 'cart' } },
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: [
    {
      addresses: ['10.244.1.17'],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: 'Pod', namespace: 'shop', name: 'cart-0', uid: 'u0' },
      nodeName: 'n1',
      zone: 'z1',
    },
  ],
};

function conditions(value: unknown) {
  const slice = readEndpointSlice({ ...SLICE, endpoints: [{ addresses: ['10.0.0.1'], conditions: value }] });
  const { ready, serving, terminating } = slice?.endpoints[0] ?? {};
  return [ready, serving, terminating];
}

describe('readEndpointSlice', () => {
  it('keeps what is asked for', () => {
    assert.deepEqual(readEndpointSlice(SLICE), {
      key: 'shop/cart-x7k2p',
      service: 'shop/cart',
      addressType: 'IPv4',
      ports: [{ name: 'http', number: 8080 }],
      endpoints: [
        {
          ip: '10.244.1.17',
          ready: true,
          serving: true,
          terminating: false,
          podUid: 'u0',
          podName: 'cart-0',
        },
      ],
    });
  });

  it('fills in conditions that are not said as the API defines them', () => {
    assert.deepEqual(conditions(undefined), [true, true, false]);
    assert.deepEqual(conditions({ ready: null }), [true, true, false]);
    assert.deepEqual(conditions({ ready: false }), [false, false, false]);
    assert.deepEqual(conditions({ ready: false, serving: true, terminating: true }), [false, true, true]);
  });

  it('knows the port without a number, the port without a name, and no ports', () => {
    const ports = (value: unknown) => readEndpointSlice({ ...SLICE, ports: value })?.ports;
    assert.deepEqual(ports([{ port: null }]), [{ name: '', number: null }]);
    assert.deepEqual(ports([{ port: 80 }, { name: 'x', port: 70_000 }, { port: 'http' }]), [{ name: '', number: 80 }]);
    assert.deepEqual(ports(undefined), []);
  });

  it('writes addresses in one way; names are no endpoints', () => {
    const ips = (addressType: string, addresses: string[]) =>
      readEndpointSlice({ ...SLICE, addressType, endpoints: [{ addresses }] })?.endpoints.map(({ ip }) => ip);
    assert.deepEqual(ips('IPv6', ['FD00:0::17', 'nonsense']), ['fd00::17']);
    assert.deepEqual(ips('FQDN', ['db.example.com']), undefined);
  });

  it('takes a pod only for a pod', () => {
    const targetRef = { kind: 'Node', name: 'n1', uid: 'u1' };
    const slice = readEndpointSlice({ ...SLICE, endpoints: [{ addresses: ['10.0.0.1'], targetRef }] });
    assert.equal(slice?.endpoints[0].podUid, '');
  });

  it('is null for a slice of no Service, and for what is none', () => {
    assert.equal(readEndpointSlice({ ...SLICE, metadata: { ...SLICE.metadata, labels: {} } }), null);
    for (const value of [null, undefined, 7, 'x', [], {}, { metadata: null }])
      assert.equal(readEndpointSlice(value), null);
  });

  it('reads any JSON without an error, and no more than the API allows', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void readEndpointSlice(value)));
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (ports, endpoints) => {
        readEndpointSlice({ ...SLICE, ports: [ports], endpoints: [endpoints, { addresses: endpoints }] });
      }),
    );
    const many = Array.from({ length: 5000 }, () => ({ addresses: ['10.0.0.1'] }));
    assert.equal(readEndpointSlice({ ...SLICE, endpoints: many })?.endpoints.length, 1000);
  });
});
