import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AddressStatus, UpstreamsReport } from '../src/http/views.ts';
import { endpoint, slice } from './facts/slices.ts';
import { EDGE, server, view } from './facts/views.ts';
import { createTruth } from './support/truth.ts';

const addressesOf = ({ gateways }: UpstreamsReport): AddressStatus[] =>
  gateways.flatMap(({ upstreams }) => upstreams.flatMap(({ addresses }) => addresses));
const statesOf = (report: UpstreamsReport) => addressesOf(report).map(({ address, state }) => `${address} ${state}`);

/** cart: 10.0.0.1 live, 10.0.0.2 stale, 10.0.0.3 foreign, 10.0.0.4 missing; pay: 10.0.0.3 live. */
function incident(mostListed?: number) {
  const rig = createTruth(mostListed === undefined ? {} : { mostListed });
  rig.service('shop/cart');
  rig.service('shop/pay');
  rig.current(slice('a', [endpoint('10.0.0.1', { podName: 'cart-1' }), endpoint('10.0.0.2', { podName: 'cart-2' })]));
  rig.current(
    slice('a', [endpoint('10.0.0.1', { podName: 'cart-1' }), endpoint('10.0.0.4', { podName: 'cart-4' })]),
    slice('p', [endpoint('10.0.0.3', { podName: 'pay-1' })], { service: 'shop/pay' }),
  );
  rig.truth.upstreams.report('conf', {
    ...view({}, { readAtMs: rig.now() }),
    upstreams: [
      {
        ...{ name: 'shop_cart_80', alias: '' },
        servers: [1, 2, 3].map((n) => server(`10.0.0.${n}:8080`, { place: `/etc/nginx/http.conf:${80 + n}` })),
      },
      { name: 'shop_pay_80', alias: '', servers: [server('10.0.0.3:8080')] },
    ],
  });
  rig.wait(3000);
  return rig;
}

describe('the report of upstreams', () => {
  it('says of every address its state, since when, where it stands and whose it is; the worst first', () => {
    const report = incident().reports.report({});
    const since = '2026-11-21T03:00:00.000Z';
    const place = (line: number) => `/etc/nginx/http.conf:${line}`;
    assert.deepEqual(addressesOf(report), [
      {
        ...{ address: '10.0.0.2:8080', state: 'stale', why: '', since, place: place(82) },
        owner: { pod: 'shop/cart-2', isCurrent: false },
      },
      {
        ...{ address: '10.0.0.3:8080', state: 'foreign', why: '', since, place: place(83) },
        owner: { pod: 'shop/pay-1', isCurrent: true },
      },
      {
        ...{ address: '10.0.0.4:8080', state: 'missing', why: '', since, place: '' },
        owner: { pod: 'shop/cart-4', isCurrent: true },
      },
      {
        ...{ address: '10.0.0.1:8080', state: 'live', why: '', since, place: place(81) },
        owner: { pod: 'shop/cart-1', isCurrent: true },
      },
      {
        ...{ address: '10.0.0.3:8080', state: 'live', why: '', since, place: '' },
        owner: { pod: 'shop/pay-1', isCurrent: true },
      },
    ]);
  });

  it('says of every gateway and upstream what is known, and how old the cluster is', () => {
    const { at, gateways, counts, cluster, notCompared, truncated } = incident().reports.report({});
    assert.equal(at, '2026-11-21T03:00:03.000Z');
    assert.deepEqual([notCompared, truncated], [0, 0]);
    assert.deepEqual([counts.live, counts.stale, counts.foreign, counts.missing], [2, 1, 1, 1]);
    const [{ upstreams, ...gateway }] = gateways;
    const readAt = '2026-11-21T03:00:00.000Z';
    assert.deepEqual(gateway, { proxy: 'nginx', subject: EDGE, source: 'nginx_config', readAt, isOld: false });
    const [{ addresses: _, counts: own, ...cart }] = upstreams;
    assert.deepEqual(cart, {
      name: 'shop_cart_80',
      service: { namespace: 'shop', name: 'cart', port: '80' },
      mapping: { method: 'name', reason: 'its name says so' },
      isStatic: false,
      driftSince: '2026-11-21T03:00:00.000Z',
      slicesChangedAt: null,
    });
    assert.equal(own.stale, 1);
    assert.deepEqual(cluster, [
      { resource: 'endpointslices', freshness: 'fresh', currentAt: readAt, objects: 2 },
      { resource: 'services', freshness: 'fresh', currentAt: readAt, objects: 2 },
      { resource: 'pods', freshness: 'unwatched', currentAt: null, objects: 0 },
    ]);
  });

  it('says when the slices of each Service changed, of one that was only listed nothing', () => {
    const rig = incident();
    rig.current(slice('a', [endpoint('10.0.0.1', { podName: 'cart-1', ready: false })]));
    const [{ upstreams }] = rig.reports.report({}).gateways;
    const changed = upstreams.map(({ name, slicesChangedAt }) => [name, slicesChangedAt]);
    assert.deepEqual(changed, [
      ['shop_cart_80', '2026-11-21T03:00:03.000Z'],
      ['shop_pay_80', null],
    ]);
  });

  it('names why a server is not compared', () => {
    const rig = createTruth();
    rig.service('shop/cart', { clusterIps: ['10.96.0.1'] });
    rig.service('shop/ext', { externalName: 'api.example.org' });
    rig.service('shop/np', { ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 }] });
    rig.current(slice('a', [endpoint('10.0.0.1')]));
    const base = { host: '', port: null, place: '', isDraining: false };
    rig.truth.upstreams.report('conf', {
      ...view(
        { shop_ext_80: ['192.0.2.1:443'], shop_np_80: ['192.0.2.9:30080'], vip: ['10.96.0.1:80'] },
        { readAtMs: rig.now() },
      ),
    });
    rig.truth.upstreams.report('other', {
      ...view({}, { readAtMs: rig.now(), subject: { ...EDGE, pod: 'edge-2' } }),
      upstreams: [
        {
          ...{ name: 'shop_cart_80', alias: '' },
          servers: [
            server('10.0.0.1:8080'),
            server('10.96.0.1:80'),
            server('unix:/run/503.sock'),
            { ...base, kind: 'hostname', host: 'cart.shop.svc', port: 80 },
            { ...base, kind: 'placeholder', host: '0.0.0.1', port: 80 },
            { ...base, kind: 'variable' },
            { ...base, kind: 'ip', host: '10.0.0.9' },
          ],
        },
      ],
    });
    const report = rig.reports.report({});
    assert.deepEqual(
      addressesOf(report).map(({ address, state, why, owner }) => [address, state, why, owner]),
      [
        ['192.0.2.1:443', '', 'external_name', null],
        ['192.0.2.9:30080', '', 'node_port', null],
        ['10.96.0.1:80', '', 'cluster_ip', null],
        ['10.96.0.1:80', '', 'cluster_ip', null],
        ['unix:/run/503.sock', '', 'unix', null],
        ['cart.shop.svc:80', '', 'hostname', null],
        ['0.0.0.1:80', '', 'placeholder', null],
        ['', '', 'variable', null],
        ['10.0.0.9', '', 'no_port', null],
        ['10.0.0.1:8080', 'live', '', null],
      ],
    );
    assert.equal(report.notCompared, 9);
    assert.deepEqual(
      report.gateways.flatMap(({ upstreams }) => upstreams.map(({ name, isStatic }) => [name, isStatic])),
      [
        ['shop_ext_80', true],
        ['shop_np_80', true],
        ['vip', true],
        ['shop_cart_80', false],
      ],
    );
  });

  it('filters by gateway, upstream and state, exactly; the counts are of all states', () => {
    const { reports, truth, now } = incident();
    const subject = { ...EDGE, gateway: 'edge-west', pod: 'west-1' };
    truth.upstreams.report('west', view({ blog: ['10.9.9.9:80'] }, { subject, readAtMs: now() }));
    assert.deepEqual(statesOf(reports.report({ gateway: 'edge-west' })), ['10.9.9.9:80 unknown']);
    assert.deepEqual(statesOf(reports.report({ upstream: 'shop_pay_80' })), ['10.0.0.3:8080 live']);
    assert.deepEqual(statesOf(reports.report({ gateway: 'edge', state: 'stale' })), ['10.0.0.2:8080 stale']);
    assert.equal(reports.report({ gateway: 'edge', state: 'stale' }).counts.live, 2);
    assert.deepEqual(reports.report({ gateway: 'edg' }).gateways, []);
    assert.deepEqual(reports.report({ upstream: 'shop_pay' }).gateways, []);
    assert.deepEqual(statesOf(reports.report({ state: '' })), []);
  });

  it('leaves out the least important of too many, and says how many', () => {
    const report = incident(3).reports.report({});
    assert.deepEqual(statesOf(report), ['10.0.0.2:8080 stale', '10.0.0.3:8080 foreign', '10.0.0.4:8080 missing']);
    assert.equal(report.truncated, 2);
    assert.deepEqual([report.counts.live, report.gateways[0].upstreams.length], [2, 1]);
  });

  it('says unknown, without a time, when the slices or the proxy are old', () => {
    const { reports, truth, wait, now } = incident();
    wait(600_000);
    const old = reports.report({});
    assert.deepEqual([old.cluster[0].freshness, old.gateways[0].isOld, old.counts.unknown], ['stale', true, 4]);
    assert.deepEqual(addressesOf(old)[0].since, null);
    truth.cluster.current('endpointslices', now());
    assert.deepEqual(reports.report({}).counts.unknown, 4, 'the proxy is still old');
  });

  it('lists upstreams without servers and proxies without upstreams, unless a state is asked for', () => {
    const { truth, reports, now } = createTruth();
    truth.upstreams.report('a', view({ empty: [] }, { readAtMs: now() }));
    truth.upstreams.report('b', view({}, { readAtMs: now(), subject: { ...EDGE, gateway: 'bare', pod: '' } }));
    const names = ({ gateways }: UpstreamsReport) =>
      gateways.map(({ subject, upstreams }) => [subject.gateway, ...upstreams.map(({ name }) => name)]);
    assert.deepEqual(names(reports.report({})), [['edge', 'empty'], ['bare']]);
    assert.deepEqual(names(reports.report({ gateway: 'bare' })), [['bare']]);
    assert.deepEqual(names(reports.report({ state: 'live' })), []);
  });

  it('has the conditions of the gateways that were asked for', () => {
    const { truth, reports } = incident();
    truth.conditions.condition({ condition: 'config_invalid', subject: EDGE, isActive: true, evidence: 'line 7' });
    const since = '2026-11-21T03:00:03.000Z';
    assert.deepEqual(
      reports.report({}).conditions.filter(({ condition }) => condition === 'config_invalid'),
      [{ condition: 'config_invalid', subject: EDGE, isActive: true, evidence: 'line 7', since }],
    );
    assert.deepEqual(reports.report({ gateway: 'other' }).conditions, []);
  });
});
