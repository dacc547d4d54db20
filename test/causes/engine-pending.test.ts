import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PendingFailures } from '../../src/causes/engine-pending.ts';
import { refused, SUBJECT } from './engine-rig.ts';

const OTHER = { ...SUBJECT, gateway: 'other' };

describe('PendingFailures', () => {
  it('knows how many failures wait, the oldest first', () => {
    const pending = new PendingFailures();
    pending.add(refused({ count: 3 }), 0);
    pending.add(refused({ count: 2, atMs: 2000 }), 5);
    assert.deepEqual([pending.size, pending.count, pending.oldest()?.observation.count], [2, 5, 3]);
    const [first] = pending;
    pending.delete(first);
    pending.delete(first);
    assert.deepEqual([pending.size, pending.count, pending.oldest()?.sinceMono], [1, 2, 5]);
  });

  it('knows whose failures from before a moment wait, also of an equal gateway that is another object', () => {
    const pending = new PendingFailures();
    pending.add(refused({ sinceMs: 500 }), 0);
    assert.equal(pending.has('nginx', { ...SUBJECT }, 501), true);
    assert.equal(pending.has('nginx', SUBJECT, 500), false);
    assert.equal(pending.has('envoy', SUBJECT, 501), false);
    assert.equal(pending.has('nginx', OTHER, 501), false);
    for (const entry of pending) pending.delete(entry);
    assert.equal(pending.has('nginx', SUBJECT, 501), false);
  });

  it('merges equal ones of the same moments and forgets none of their failures', () => {
    const pending = new PendingFailures();
    assert.equal(pending.merge(refused(), true), false);
    pending.add(refused({ count: 3 }), 0);
    assert.equal(pending.merge(refused({ count: 2 }), false), true);
    assert.equal(pending.merge(refused({ count: 2, sample: 'a line' }), false), true);
    assert.equal(pending.merge(refused({ count: 1 }), false), true);
    assert.deepEqual([pending.size, pending.count], [1, 8]);
    const { count, sample } = pending.oldest()!.observation;
    assert.deepEqual([count, sample], [8, 'a line']);
  });

  it('tells apart what differs in anything', () => {
    const pending = new PendingFailures();
    pending.add(refused(), 0);
    const upstream = { ...refused().upstream, upstream: 'cart' };
    const others = [
      ...[refused({ proxy: 'envoy' }), refused({ subject: OTHER }), refused({ symptom: 'reset' })],
      ...[refused({ peer: null }), refused({ peer: { scheme: '', address: '10.0.0.1', port: 81 } })],
      ...[refused({ upstream }), refused({ sinceMs: 1 }), refused({ atMs: 1001 })],
    ];
    for (const other of others) assert.equal(pending.merge(other, false), false, JSON.stringify(other));
  });

  it('joins moments that touch only where there is no room', () => {
    const pending = new PendingFailures();
    pending.add(refused({ sinceMs: 1000, atMs: 2000 }), 0);
    assert.equal(pending.merge(refused({ sinceMs: 2000, atMs: 3000 }), false), false);
    assert.equal(pending.merge(refused({ sinceMs: 2001, atMs: 3000 }), true), false);
    assert.equal(pending.merge(refused({ sinceMs: 500, atMs: 3000 }), true), true);
    const { sinceMs, atMs, count } = pending.oldest()!.observation;
    assert.deepEqual([sinceMs, atMs, count], [500, 3000, 2]);
    assert.equal(pending.has('nginx', SUBJECT, 501), true);
    for (const entry of pending) pending.delete(entry);
    assert.equal(pending.has('nginx', SUBJECT, 5000), false, 'counts are kept by the moment that changed');
  });
});
