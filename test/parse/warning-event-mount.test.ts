import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWarning } from '../../src/parse/warning-event.ts';
import { warningEvent } from '../kubernetes/context-objects.ts';

test('FailedMount keeps its reason, its pod and what is missing', () => {
  const message = 'MountVolume.SetUp failed for volume "db" : configmap "db-configmap" not found';
  const read = readWarning(warningEvent({ name: 'db-1', namespace: 'shop', reason: 'FailedMount', message }));
  assert.deepEqual(
    [read?.reason, read?.namespace, read?.name, read?.message],
    ['FailedMount', 'shop', 'db-1', message],
  );
});
