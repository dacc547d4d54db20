import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessWithin } from '../../../src/sources/kubernetes/access-deadline.ts';

const never = () => new Promise<string>(() => {});

test('credentials that never come end with the deadline, or with the stop', async () => {
  const running = new AbortController().signal;
  assert.equal(await accessWithin(async () => 'token', 1000, running), 'token');
  await assert.rejects(accessWithin(never, 5, running), { reason: 'credentials', message: /within 5 ms/ });
  const stopping = new AbortController();
  const waiting = accessWithin(never, 60_000, stopping.signal);
  stopping.abort();
  await assert.rejects(waiting, { reason: 'cancelled' });
  await assert.rejects(
    accessWithin(async () => 'late', 1000, AbortSignal.abort()),
    { reason: 'cancelled' },
  );
});
