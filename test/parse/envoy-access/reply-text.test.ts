import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readReplyBody, readReplyText } from '../../../src/parse/envoy-access/reply-text.ts';

const HEAD = 'upstream connect error or disconnect/reset before headers';

type Row = readonly [
  text: string,
  symptom: string,
  errno: number | null,
  reset: string | null,
  transport: string | null,
];

/** Bodies: E1 and E9 of the sources, facts envoy.md §3.1 and §3.4, and what Envoy 1.36.4 answered. */
const BODIES: readonly Row[] = [
  [
    `${HEAD}. reset reason: connection failure, transport failure reason: delayed connect error: 111`,
    ...(['connect_refused', 111, 'connection failure', 'delayed connect error: 111'] as const),
  ],
  [
    `${HEAD}. retried and the latest reset reason: remote connection failure, transport failure reason: delayed connect error: Connection refused`,
    ...(['connect_refused', 111, 'remote connection failure', 'delayed connect error: Connection refused'] as const),
  ],
  [`${HEAD}. reset reason: connection timeout`, 'connect_timeout', null, 'connection timeout', null],
  [`${HEAD}. reset reason: connection failure`, 'other', null, 'connection failure', null],
  [`${HEAD}. reset reason: connection termination`, 'premature_close', null, 'connection termination', null],
  [`${HEAD}. reset reason: remote reset`, 'reset', null, 'remote reset', null],
  [`${HEAD}. reset reason: local reset`, 'local_reset', null, 'local reset', null],
  [`${HEAD}. reset reason: overflow`, 'circuit_open', null, 'overflow', null],
  [`${HEAD}. reset reason: protocol error`, 'protocol_error', null, 'protocol error', null],
  [`${HEAD}. reset reason: overload manager reset`, 'overload', null, 'overload manager reset', null],
  [
    `${HEAD}. reset reason: HTTP/1 premature upstream half close`,
    ...(['premature_close', null, 'HTTP/1 premature upstream half close', null] as const),
  ],
  [
    `${HEAD}. reset reason: remote connection failure, transport failure reason: immediate connect error: No such file or directory|remote address:/tmp/nobody sock`,
    ...(['socket_missing', 2, 'remote connection failure'] as const),
    'immediate connect error: No such file or directory|remote address:/tmp/nobody sock',
  ],
  [
    `${HEAD}. reset reason: connection failure, transport failure reason: TLS error: 268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED`,
    ...(['tls_verify', null, 'connection failure'] as const),
    'TLS error: 268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED',
  ],
  // Before 1.12 it gave no reason.
  [HEAD, 'other', null, null, null],
  ['no healthy upstream', 'no_healthy_upstream', null, null, null],
  ['upstream request timeout', 'response_timeout', null, null, null],
  ['envoy overloaded', 'overload', null, null, null],
  ['unconditional drop overload', 'overload', null, null, null],
  ['maintenance mode', 'other', null, null, null],
  ['RBAC: access denied', 'rbac_denied', null, null, null],
  ['no cluster match for URL', 'no_cluster', null, null, null],
];
/** The same in the lines of others. */
const LINES: readonly Row[] = [
  [
    `{"level":"error","msg":"503: \\"${HEAD}. reset reason: connection failure, transport failure reason: delayed connect error: 111\\"","path":"/x"}`,
    ...(['connect_refused', 111, 'connection failure', 'delayed connect error: 111'] as const),
  ],
  [
    `Error: 14 UNAVAILABLE: ${HEAD}. reset reason: remote connection failure, transport failure reason: delayed connect error: 113, retrying in 2 s`,
    ...(['host_unreachable', 113, 'remote connection failure', 'delayed connect error: 113, retrying in 2 s'] as const),
  ],
  [`<p>${HEAD}. reset reason: connection termination</p>`, 'premature_close', null, 'connection termination', null],
  [`${HEAD}. reset reason: overflow while calling cart`, 'circuit_open', null, 'overflow', null],
  [
    '[2026-11-21 18:52:32.421][12][debug][router] [source/common/router/router.cc:529] [Tags: "ConnectionId":"0"] unknown cluster \'nope\'',
    ...(['no_cluster', null, null, null] as const),
  ],
  ["[C0][S1] no cluster match for URL '/shop'", 'no_cluster', null, null, null],
  [
    '[2026-11-21 18:52:32.421][12][debug][connection] [source/common/network/connection_impl.cc:934] [C5] delayed connect error: 111',
    ...(['connect_refused', 111, null, 'delayed connect error: 111'] as const),
  ],
  ['TLS error: certificate verify failed', 'tls_verify', null, null, 'TLS error: certificate verify failed'],
];

describe('Envoy’s own words', () => {
  for (const [text, symptom, errno, resetReason, transportReason] of [...BODIES, ...LINES])
    it(text, () => {
      const reply = readReplyText(text);
      assert.deepEqual(
        [reply?.symptom, reply?.errno, reply?.resetReason, reply?.transportReason],
        [symptom, errno, resetReason, transportReason],
      );
    });

  it('a body says it first', () => {
    for (const [text, symptom] of BODIES) assert.equal(readReplyBody(text)?.symptom, symptom);
    assert.equal(readReplyBody(`${BODIES[0][0]}\r\n`)?.errno, 111);
    for (const [text] of LINES.slice(0, 3)) assert.equal(readReplyBody(text), null);
  });

  it('says whether Envoy had tried again', () => {
    assert.equal(readReplyText(BODIES[0][0])?.isRetried, false);
    assert.equal(readReplyText(BODIES[1][0])?.isRetried, true);
  });

  it('a policy is no failure, the others are', () => {
    assert.equal(readReplyText('RBAC: access denied')?.failure, false);
    assert.equal(readReplyText('no healthy upstream')?.failure, true);
  });

  it('says nothing of other texts', () => {
    for (const text of [
      '',
      'connection refused',
      'GET /upstream HTTP/1.1',
      'no cluster',
      'upstream timed out (110: x)',
    ])
      assert.equal(readReplyText(text), null, text);
  });

  it('long and hostile texts cost little', () => {
    const text = `${'upstream connect error or disconnect/reset before header'.repeat(10_000)}${"unknown cluster '".repeat(10_000)}`;
    assert.equal(readReplyText(text), null);
    assert.equal(readReplyText("unknown cluster '".repeat(10_000))?.symptom, 'no_cluster');
  });
});
