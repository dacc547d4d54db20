import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { readWarning } from '../../src/parse/warning-event.ts';
import { warningEvent } from '../kubernetes/context-objects.ts';

const AT = Date.parse('2026-11-21T08:00:00Z');

it('reads what the kubelet writes', () => {
  assert.deepEqual(readWarning(warningEvent({ name: 'cart-1', count: 12, atMs: AT })), {
    ...{ key: 'shop/cart-1.17f', kind: 'Pod', namespace: 'shop', name: 'cart-1', reason: 'Unhealthy' },
    ...{ message: 'Readiness probe failed: HTTP probe failed with statuscode: 503', count: 12, lastMs: AT },
  });
});

it('reads a series, and one of which only its own moment is known', () => {
  const { count: _, ...event } = warningEvent({ name: 'cart-1', atMs: AT });
  const series = { count: 7, lastObservedTime: '2026-11-21T08:01:00.123456Z' };
  const repeated = readWarning({ ...event, lastTimestamp: null, series });
  assert.deepEqual([repeated?.count, repeated?.lastMs], [7, AT + 60_123]);
  const once = readWarning({ ...event, lastTimestamp: null, firstTimestamp: null, eventTime: '2026-11-21T08:00:00Z' });
  assert.deepEqual([once?.count, once?.lastMs], [1, AT]);
});

it('a reason that explains nothing is other', () => {
  assert.equal(readWarning(warningEvent({ name: 'cart-1', reason: 'constructor' }))?.reason, 'other');
});

it('what is no warning about pods is none, and nothing throws', () => {
  assert.equal(readWarning(warningEvent({ name: 'cart-1', type: 'Normal' })), null);
  assert.equal(readWarning(warningEvent({ name: 'cart', kind: 'Ingress' })), null);
  fc.assert(
    fc.property(fc.jsonValue(), (any) => {
      readWarning(any);
      readWarning({ ...warningEvent({ name: 'cart-1' }), series: any, count: any, message: any, lastTimestamp: any });
    }),
  );
});
