import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes } from '../../src/parse/bytes.ts';
import {
  ATTEMPT_PHASES,
  actionAt,
  attemptPhase,
  isUpstreamPhase,
  messageEnd,
  PHASE,
  phaseAt,
} from '../../src/parse/nginx-phase.ts';

const ACTIONS: readonly [string, keyof typeof PHASE][] = [
  ['connecting to upstream', 'connect'],
  ['SSL handshaking to upstream', 'tls_handshake'],
  ['SSL handshaking', 'idle'],
  ['sending request to upstream', 'send_request'],
  ['reading response header from upstream', 'read_header'],
  ['reading upstream', 'read_body'],
  ['proxying upgraded connection', 'upgraded'],
  ['proxying connection', 'stream_proxy'],
  ['proxying and reading from client', 'client'],
  ['proxying and sending to upstream', 'stream_proxy'],
  ['resolving', 'resolve'],
  ['sending to client', 'client'],
  ['logging request', 'logging'],
  ['requesting certificate status', 'ocsp'],
  ['doing something new', 'none'],
];
for (const [action, phase] of ACTIONS) {
  test(action, () => {
    const line = bytes(`x while ${action}, client: 1.1.1.1, referrer: "while reading upstream"`);
    const end = messageEnd(line, 0, line.length);
    assert.equal(phaseAt(line, actionAt(line, 0, end)), PHASE[phase]);
  });
}

test('the phases of an attempt are those that are printed', () => {
  assert.deepEqual(ATTEMPT_PHASES, [
    'connect',
    'tls_handshake',
    'send_request',
    'read_header',
    'read_body',
    'upgraded',
    'stream_proxy',
    'resolve',
  ]);
  assert.equal(attemptPhase(PHASE.none), null);
  assert.equal(attemptPhase(PHASE.client), null);
  assert.equal(isUpstreamPhase(PHASE.resolve), false);
});
