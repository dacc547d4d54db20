import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../../src/contract/failure.ts';
import type { UpstreamLimits } from '../../src/contract/gateway-settings.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import { factsRig } from './facts-rig.ts';
import { EDGE } from './views.ts';

const limits = (connectMs: number | null, answerMs: number | null, bytes: number | null): UpstreamLimits => ({
  connect: connectMs === null ? null : { leastMs: connectMs, mostMs: connectMs },
  answer: answerMs === null ? null : { leastMs: answerMs, mostMs: answerMs },
  header: { directive: 'proxy_buffer_size', bytes, place: bytes === null ? '' : `n.conf:${bytes}` },
});

function setUp() {
  const rig = factsRig();
  rig.uses({ cart: ['10.0.0.1:8080', '10.0.0.9:8080'], pay: ['10.0.0.2:8080'], cart_b: ['10.0.0.9:8080'] });
  const byUpstream = new Map([
    ['cart', limits(1_000, 2_000, 4096)],
    ['cart_b', limits(3_000, null, 8192)],
    ['pay', limits(null, 4_000, null)],
  ]);
  const all = limits(60_000, 90_000, 1024);
  const settings = { subject: EDGE, master: null, listens: [], workerConnections: null };
  rig.settings.push({ ...settings, limits: { byUpstream, all } });
  const peer = (address: string) => ({ peer: { scheme: 'http', address, port: 8080 } });
  const timeout = (more: Partial<Observation>) => {
    const range = rig.facts.timeout(rig.failed({ symptom: 'connect_timeout', ...more }));
    return range && [range.leastMs, range.mostMs];
  };
  return { rig, settings, peer, timeout };
}

test('the timeout of the upstream that the peer belongs to, or that is named', () => {
  const { peer, timeout } = setUp();
  assert.deepEqual(timeout({}), [1_000, 1_000]);
  assert.deepEqual(timeout({ symptom: 'response_timeout' }), [2_000, 2_000]);
  assert.deepEqual(
    timeout({ upstream: { ...UNKNOWN_UPSTREAM, upstream: 'cart_b' }, ...peer('10.0.0.9') }),
    [3_000, 3_000],
  );
});

test('the kernel has given up before the timeout was over', () => {
  const { timeout } = setUp();
  assert.deepEqual(timeout({ detail: 'kernel_timeout' }), [0, 1_000]);
});

test('of several upstreams both ends', () => {
  const { peer, timeout } = setUp();
  assert.deepEqual(timeout(peer('10.0.0.9')), [1_000, 3_000]);
  assert.equal(timeout({ symptom: 'response_timeout', ...peer('10.0.0.9') }), null, 'one of them is not known');
});

test('of an upstream that only the running nginx can name that of all places', () => {
  const { peer, timeout } = setUp();
  assert.deepEqual(timeout(peer('10.9.9.9')), [60_000, 60_000]);
});

test('null: not known, of another gateway, of an Envoy, or no timeout was over', () => {
  const { rig, settings, peer, timeout } = setUp();
  assert.equal(timeout(peer('10.0.0.2')), null);
  assert.equal(timeout({ subject: { ...EDGE, gateway: 'other', pod: 'other-1' } }), null);
  assert.equal(timeout({ proxy: 'envoy' }), null);
  assert.equal(timeout({ symptom: 'connect_refused' }), null);
  rig.settings.push(settings);
  assert.equal(timeout({}), null, 'it may be the other configuration of this name');
});

test('the buffer of the upstream, where it is one', () => {
  const { rig, peer } = setUp();
  const buffer = (more: Partial<Observation>) =>
    rig.facts.headerBuffer(rig.failed({ symptom: 'header_too_big', ...more }));
  assert.deepEqual(buffer({}), { directive: 'proxy_buffer_size', bytes: 4096, place: 'n.conf:4096' });
  assert.deepEqual(buffer(peer('10.0.0.2')), { directive: 'proxy_buffer_size', bytes: null, place: '' });
  assert.equal(buffer(peer('10.0.0.9')), null);
});

test('subrequests may be in an access log unless the configuration that may be the gateway’s says no', () => {
  const { rig, settings } = setUp();
  const { limits: facts } = rig.facts;
  assert.ok(facts.mayLogSubrequests(EDGE), 'not read yet');
  rig.settings.splice(0);
  assert.ok(facts.mayLogSubrequests(EDGE), 'none is known');
  rig.settings.push({ ...settings, logsSubrequests: false });
  assert.ok(!facts.mayLogSubrequests(EDGE));
  rig.settings.push({ ...settings, logsSubrequests: true });
  assert.ok(facts.mayLogSubrequests(EDGE));
});
