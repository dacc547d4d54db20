import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ENDPOINT_STATES } from '../../src/contract/endpoint.ts';
import { bySeverity, gatewayText, proxyText, STATE_ORDER } from '../../src/http/upstream-words.ts';

describe('the order of addresses', () => {
  it('has every state once', () => assert.deepEqual([...STATE_ORDER].sort(), [...ENDPOINT_STATES, ''].sort()));

  it('is by state, then the oldest first, then those of unknown age; states of a newer version are last', () => {
    const [early, late] = ['2026-11-21T03:00:00.000Z', '2026-11-21T03:00:01.000Z'];
    const sorted = [
      ['brand_new', early],
      ['live', early],
      ['stale', null],
      ['stale', late],
      ['foreign', early],
      ['stale', early],
      ['', null],
    ] as const;
    assert.deepEqual(
      sorted
        .map(([state, since]) => ({ state, since }))
        .sort(bySeverity)
        .map(({ state, since }) => [state, since]),
      [
        ['stale', early],
        ['stale', late],
        ['stale', null],
        ['foreign', early],
        ['', null],
        ['live', early],
        ['brand_new', early],
      ],
    );
  });
});

describe('gatewayText', () => {
  it('names the replica where there is one', () => {
    assert.equal(gatewayText({ gateway: 'edge', pod: 'edge-1' }), 'edge (edge-1)');
    assert.equal(gatewayText({ gateway: 'edge', pod: '' }), 'edge');
    assert.equal(gatewayText({ gateway: 'edge', pod: 'edge' }), 'edge');
  });
});

describe('proxyText', () => {
  it('names the proxy and the gateway, and once what has no other name', () => {
    const text = (proxy: string, gateway: string, pod = '') => proxyText({ proxy, subject: { gateway, pod } });
    assert.equal(text('nginx', 'edge'), 'nginx edge');
    assert.equal(text('nginx', 'nginx'), 'nginx');
    assert.equal(text('envoy', 'envoy', 'envoy-7d'), 'envoy (envoy-7d)');
    assert.equal(text('envoy', 'nginx'), 'envoy nginx');
  });
});
