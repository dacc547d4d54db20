import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subjectOf } from '../../src/collectors/gateway-subject.ts';

test('a gateway in a pod is called by its workload, any other by its own name', () => {
  assert.deepEqual(subjectOf({ namespace: 'edge', pod: 'web-6d4cf56db6-x2bcd' }, 'nginx'), {
    namespace: 'edge',
    pod: 'web-6d4cf56db6-x2bcd',
    container: '',
    gateway: 'web',
  });
  assert.deepEqual(subjectOf(null, 'edge'), { namespace: '', pod: '', container: '', gateway: 'edge' });
});
