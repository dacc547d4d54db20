import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndpointSlice } from '../../src/contract/endpoint.ts';
import { EndpointIndex } from '../../src/facts/endpoint-index.ts';
import { addressText, missingAddresses, stateOfAddress } from '../../src/facts/endpoint-states.ts';
import type { PastOwners } from '../../src/facts/past-owners.ts';
import { endpoint, slice } from './slices.ts';

const CART = { service: 'shop/cart', portName: 'http' };
const IP = '10.0.0.1';
const nobody = () => false;

function state(
  slices: readonly EndpointSlice[],
  { ip = IP, port = 8080, wasOwner = nobody, isShared = nobody as Required<PastOwners>['isShared'] } = {},
) {
  const index = new EndpointIndex();
  for (const one of slices) index.set(one);
  return stateOfAddress(index, CART, { ip, port }, { wasOwner, isShared });
}

const other = (ip: string, port = 8080, podUid = 'other') =>
  slice('other', [endpoint(ip, { podUid })], { service: 'shop/pay', ports: [{ name: '', number: port }] });

describe('stateOfAddress', () => {
  it('live: an endpoint that is ready', () => assert.equal(state([slice('a', [endpoint(IP)])]), 'live'));
  it('live: terminating, and published though not ready', () =>
    assert.equal(state([slice('a', [endpoint(IP, { terminating: true })])]), 'live'));
  it('live: all ports', () =>
    assert.equal(state([slice('a', [endpoint(IP)], { ports: [{ name: 'http', number: null }] })]), 'live'));
  it('live: the better word of two slices that are being rewritten', () =>
    assert.equal(state([slice('a', [endpoint(IP, { ready: false })]), slice('b', [endpoint(IP)])]), 'live'));
  it('terminating', () =>
    assert.equal(state([slice('a', [endpoint(IP, { ready: false, terminating: true })])]), 'terminating'));
  it('not_ready', () => assert.equal(state([slice('a', [endpoint(IP, { ready: false })])]), 'not_ready'));
  it('port_drift: another number of the same port', () =>
    assert.equal(state([slice('a', [endpoint(IP)])], { port: 9090 }), 'port_drift'));
  it('live: a named target port that differs from pod to pod', () => {
    const slices = [
      slice('a', [endpoint('10.0.0.2')]),
      slice('b', [endpoint(IP)], { ports: [{ name: 'http', number: 9090 }] }),
    ];
    assert.equal(state(slices, { port: 9090 }), 'live');
  });
  it('stale: nobody has it', () => assert.equal(state([slice('a', [endpoint('10.0.0.2')])]), 'stale'));
  it('live: the slice calls the port otherwise, as one that gets another name is called for a while', () =>
    assert.equal(state([slice('a', [endpoint(IP)], { ports: [{ name: 'admin', number: 8080 }] })]), 'live'));
  it('stale: only another port of the Service with another number has it', () =>
    assert.equal(state([slice('a', [endpoint(IP)], { ports: [{ name: 'admin', number: 8081 }] })]), 'stale'));
  it('foreign: an endpoint of another Service', () => assert.equal(state([other(IP)]), 'foreign'));
  it('foreign: the pod of another Service has the address alone, whatever its port is', () =>
    assert.equal(state([other(IP, 9090)]), 'foreign'));
  it('stale: several pods have the address with other ports, as those on the host network do', () =>
    assert.equal(state([other(IP, 9090, 'u8'), { ...other(IP, 9091, 'u9'), key: 'shop/second' }]), 'stale'));
  it('foreign, stale: a pod that has no address of its own, by its port', () => {
    const isShared = (...asked: string[]) => asked.join() === `${IP},other`;
    assert.deepEqual([state([other(IP)], { isShared }), state([other(IP, 9090)], { isShared })], ['foreign', 'stale']);
  });
  it('stale: the pod that was behind the Service is only behind another one now', () =>
    assert.equal(
      state([other(IP, 8080, 'u1')], { wasOwner: (...asked) => asked.join() === `shop/cart,${IP},u1` }),
      'stale',
    ));
  it('live: another Service has it too', () => assert.equal(state([other(IP), slice('a', [endpoint(IP)])]), 'live'));
  it('an IPv6 address', () => assert.equal(state([slice('a', [endpoint('fd00::1')])], { ip: 'fd00::1' }), 'live'));
});

describe('missingAddresses', () => {
  const missing = (slices: readonly EndpointSlice[], used: string[]) => {
    const index = new EndpointIndex();
    for (const one of slices) index.set(one);
    return missingAddresses(index, CART, new Set(used)).map(addressText);
  };

  it('are the ready ones that are not used, each once', () => {
    const slices = [
      slice('a', [endpoint(IP), endpoint('10.0.0.2'), endpoint('10.0.0.3', { ready: false })]),
      slice('b', [endpoint('10.0.0.2'), endpoint('fd00::1')]),
    ];
    assert.deepEqual(missing(slices, ['10.0.0.1:8080']), ['10.0.0.2:8080', '[fd00::1]:8080']);
  });

  it('are none of other ports and other Services, and none where all ports may be used', () => {
    const ports = [{ name: 'http', number: null }];
    assert.deepEqual(missing([other(IP), slice('a', [endpoint(IP)], { ports })], []), []);
    assert.deepEqual(missing([slice('a', [endpoint(IP)], { ports: [{ name: 'admin', number: 1 }] })], []), []);
  });
});
