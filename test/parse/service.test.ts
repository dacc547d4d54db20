import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readService } from '../../src/parse/service.ts';
import { service } from '../kubernetes/objects.ts';

test('ports, addresses and flags of a Service; a port without name, a named and an absent target port', () => {
  const ports = [
    { name: 'http', port: 80, targetPort: 8080 },
    { port: 443, targetPort: 'https' },
    { port: 9000 },
    { port: 9001, targetPort: 0 },
    { port: 70_000 },
  ];
  const clusterIPs = ['10.96.3.4', 'FD00:0::1'];
  assert.deepEqual(
    readService(service({ name: 'cart', spec: { ports, clusterIPs, publishNotReadyAddresses: true } })),
    {
      key: 'shop/cart',
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: '', port: 443, targetPort: 'https' },
        { name: '', port: 9000, targetPort: '' },
        { name: '', port: 9001, targetPort: '' },
      ],
      clusterIps: ['10.96.3.4', 'fd00::1'],
      externalName: '',
      publishNotReadyAddresses: true,
    },
  );
});

test('headless, ExternalName, and of before dual stack', () => {
  const read = (spec: object) => readService({ metadata: { namespace: 'shop', name: 'cart' }, spec });
  assert.deepEqual(read({ clusterIP: 'None', clusterIPs: ['None'] })?.clusterIps, []);
  assert.deepEqual(read({ clusterIP: '10.96.0.9' })?.clusterIps, ['10.96.0.9']);
  const external = read({ type: 'ExternalName', externalName: 'db.example.com', clusterIP: '10.0.0.1' });
  assert.deepEqual([external?.externalName, external?.clusterIps], ['db.example.com', []]);
  assert.equal(read({ type: 'ClusterIP', externalName: 'left.over' })?.externalName, '');
});

test('where else it is reached: a port of every node, external addresses and those of load balancers', () => {
  const spec = {
    ports: [
      { port: 80, nodePort: 30_080 },
      { port: 81, nodePort: 0 },
    ],
    externalIPs: ['192.0.2.1', 'x'],
  };
  const status = { loadBalancer: { ingress: [{ ip: '2001:DB8::1' }, { hostname: 'lb.example.com' }, null] } };
  const read = readService({ metadata: { namespace: 'shop', name: 'cart' }, spec, status });
  assert.deepEqual(read?.externalIps, ['192.0.2.1', '2001:db8::1']);
  assert.deepEqual(read?.ports, [
    { name: '', port: 80, targetPort: '', nodePort: 30_080 },
    { name: '', port: 81, targetPort: '' },
  ]);
});

test('what is no Service is none, and nothing throws', () => {
  for (const value of [
    null,
    undefined,
    7,
    'x',
    [],
    {},
    { metadata: { name: 'cart' } },
    { metadata: { namespace: 'a' } },
  ]) {
    assert.equal(readService(value), null);
  }
  const odd = { metadata: { namespace: 'a', name: 'b' }, spec: { ports: 'x', clusterIPs: [7, null] } };
  assert.deepEqual(readService(odd)?.ports, []);
});

test('the labels that it selects, sorted; none where one cannot be in a selector', () => {
  const selector = (value: unknown, more: object = {}) =>
    readService({ metadata: { namespace: 'shop', name: 'cart' }, spec: { ...more, selector: value } })?.selector;
  assert.equal(selector({ tier: 'web', 'app.kubernetes.io/name': 'cart' }), 'app.kubernetes.io/name=cart,tier=web');
  assert.equal(selector({ app: '' }), 'app=');
  for (const none of [undefined, null, {}, { app: 'a,b=c' }, { app: 'a', 'b in (c)': 'd' }])
    assert.equal(selector(none), undefined);
  assert.equal(selector({ app: 'cart' }, { type: 'ExternalName', externalName: 'x' }), undefined);
  assert.equal(selector(Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`l${n}`, 'x']))), undefined);
});
