import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { eventMessage } from '../../src/parse/event-message.ts';

it('keeps what the kubelet and controllers say', () => {
  for (const text of [
    'Readiness probe failed: HTTP probe failed with statuscode: 503',
    'Readiness probe failed: Get "http://10.0.0.1:8080/ready": dial tcp 10.0.0.1:8080: connect: connection refused',
    'Back-off restarting failed container app in pod cart-7d9f8c-x2x7k_shop',
    'MountVolume.SetUp failed for volume "config" : configmap "cart" not found',
    '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available',
    'error looking up service account shop/cart: serviceaccount "cart" not found',
  ])
    assert.equal(eventMessage(text), text);
});

it('of a hook the exit code stays, its command and output do not', () => {
  assert.equal(
    eventMessage(
      'Exec lifecycle hook ([/bin/sh -c curl -u admin:hunter2 http://x; exit 137]) for Container "app" in Pod "cart-1_shop" failed - error: command \'/bin/sh -c curl -u admin:hunter2\' exited with 137: , message: "out: hunter2"',
    ),
    'Exec lifecycle hook (…) for Container "app" in Pod "cart-1_shop" failed - error: command … exited with 137: , message: …',
  );
});

it('hides what looks like a credential', () => {
  const hidden: readonly (readonly [string, string])[] = [
    ['Get "https://admin:hunter2@10.0.0.1/x?token=hunter2": EOF', 'Get "https://…@10.0.0.1/x?…": EOF'],
    ['probe said password=hunter2, DB_PASSWORD: hunter2', 'probe said password=…, DB_PASSWORD: …'],
    ['{"apiKey":"hunter2","user":1}', '{"apiKey":…,"user":1}'],
    ['Authorization: Bearer hunter2', 'Authorization: … …'],
    ['curl: Bearer hunter2', 'curl: Bearer …'],
    ['key eyJhbGciOiJSUzI1NiIsImtpZCI6ImZha2UifQ rejected', 'key … rejected'],
  ];
  for (const [text, shown] of hidden) {
    assert.equal(eventMessage(text), shown);
    assert.doesNotMatch(eventMessage(text), /hunter2/);
  }
});

it('is one short line of printable characters, whatever it was', () => {
  assert.equal(eventMessage('a\n\tb\u001b[31m\u202ec'), 'a b\\u001b[31m\\u202ec');
  assert.equal(eventMessage('x '.repeat(40_000)).length, 200);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      assert.match(eventMessage(text), /^[\x20-\x7e…]{0,200}$/);
    }),
  );
});

it('ends soon for what was made to take long: only its beginning is looked at', () => {
  for (const text of ['([', 'command "', 'a?', 'token', '://aa', 'bearer '])
    assert.ok(eventMessage(text.repeat(200_000)).length <= 200, text);
});
