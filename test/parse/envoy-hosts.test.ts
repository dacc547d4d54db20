import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOST_COUNTERS, HOST_FLAGS, newHost, newThreshold, resetHost } from '../../src/parse/envoy-hosts.ts';

describe('host records', () => {
  it('have one bit per flag', () => {
    const bits = Object.values(HOST_FLAGS);
    assert.equal(
      bits.reduce((all, bit) => all | bit, 0),
      bits.reduce((sum, bit) => sum + bit, 0),
    );
  });

  it('are as new after a reset, so that one host never shows another’s values', () => {
    const host = newHost();
    assert.deepEqual(Object.keys(host.counters), [...HOST_COUNTERS]);
    Object.assign(host, { scheme: 'unix', address: '/a', port: 5, hostname: 'h', weight: 2, priority: 1, flags: 7 });
    for (const counter of HOST_COUNTERS) host.counters[counter] = 9;
    assert.deepEqual(resetHost(host), newHost());
  });

  it('read an omitted limit as 0', () => assert.equal(newThreshold().maxPendingRequests, 0));
});
