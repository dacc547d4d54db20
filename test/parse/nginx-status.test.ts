import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHASE, type Phase } from '../../src/parse/nginx-phase.ts';
import { clientStatus } from '../../src/parse/nginx-status.ts';

const FIELDS = { client: null, server: null, host: null, method: 'GET', isSubrequest: false, isSession: false };
const CASES: readonly [message: string, phase: Phase, isStream: boolean, status: number | null][] = [
  ['upstream timed out', 'connect', false, 504],
  ['connect() failed', 'connect', false, 502],
  ['upstream timed out', 'read_body', false, null],
  ['upstream timed out', 'client', false, null],
  ['bind(192.0.2.1) failed', 'connect', false, 500],
  ['socket() failed', 'connect', true, 500],
  ['a.b could not be resolved (3: Host not found)', 'resolve', false, 502],
  ['a.b could not be resolved (3: Host not found)', 'resolve', true, 500],
  ['upstream timed out', 'connect', true, 502],
  ['upstream timed out', 'stream_proxy', true, 502],
  ['recv() failed', 'stream_proxy', true, null],
];
for (const [message, phase, isStream, status] of CASES) {
  test(`${message}, ${phase}, ${isStream ? 'stream' : 'http'}`, () => {
    assert.equal(clientStatus({ message, phase: PHASE[phase], isStream, fields: FIELDS }), status);
  });
}

test('a subrequest’s failure says nothing about the client’s answer', () => {
  const fields = { ...FIELDS, isSubrequest: true };
  assert.equal(clientStatus({ message: 'connect() failed', phase: PHASE.connect, isStream: false, fields }), null);
});
