import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, errorOfEvent, errorOfSocket, errorOfStatus } from '../../../src/sources/kubernetes/api-error.ts';
import { Backoff } from '../../../src/sources/kubernetes/backoff.ts';
import { Reactions } from '../../../src/sources/kubernetes/reaction.ts';
import { TIMING } from '../../../src/sources/kubernetes/timing.ts';

test('waits double from the least to the most, each stretched by up to twice', () => {
  const least = new Backoff([800, 30_000], () => 0);
  const waits = Array.from({ length: 8 }, () => least.next());
  assert.deepEqual(waits, [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  least.reset();
  assert.equal(least.next(), 800);
  assert.equal(new Backoff([800, 30_000], () => 0.5).next(), 1200);
  for (let count = 0; count < 5000; count++) assert.ok(least.next() <= 30_000);
});

test('two healthy minutes begin anew with the shortest wait, less does not', () => {
  const reactions = new Reactions(TIMING, () => 0);
  const lost = new ApiError('reset', '');
  assert.deepEqual([reactions.to(lost).waitMs, reactions.to(lost).waitMs], [800, 1600]);
  reactions.watched(119_000);
  assert.equal(reactions.to(lost).waitMs, 3200);
  reactions.watched(120_000);
  assert.equal(reactions.to(lost).waitMs, 800);
});

test('410 does not wait for what an outage before it has come to, and longer each time', () => {
  const reactions = new Reactions(TIMING, () => 0);
  for (let failures = 0; failures < 5; failures++) reactions.to(new ApiError('unreachable', ''));
  const waits = [1, 2, 3].map(() => reactions.to(errorOfStatus(410, null)).waitMs);
  assert.deepEqual(waits, [800, 1600, 3200]);
  assert.equal(reactions.to(new ApiError('unreachable', '')).waitMs, 25_600);
  reactions.watched(120_000);
  assert.equal(reactions.to(errorOfStatus(410, null)).waitMs, 800);
});

test('401: at once with a new token, then with waits, and new credentials each time', () => {
  const reactions = new Reactions(TIMING, () => 0);
  const refused = errorOfStatus(401, null);
  const waits = [1, 2, 3].map(() => reactions.to(refused));
  assert.deepEqual(
    waits.map(({ waitMs }) => waitMs),
    [0, 800, 1600],
  );
  assert.ok(waits.every(({ needsCredentials }) => needsCredentials));
  reactions.answered();
  assert.equal(reactions.to(refused).waitMs, 0);
});

test('403 every minute; Retry-After within bounds; the longer of both waits', () => {
  const reactions = new Reactions(TIMING, () => 0);
  assert.equal(reactions.to(errorOfStatus(403, null)).waitMs, 60_000);
  assert.equal(reactions.to(errorOfStatus(429, null, '9')).waitMs, 9000);
  assert.equal(reactions.to(errorOfStatus(503, null, '999999')).waitMs, 120_000);
  assert.equal(reactions.to(errorOfStatus(503, null, '1')).waitMs, 3200);
  assert.equal(reactions.to(errorOfStatus(503, null, 'Sat, 21 Nov 2026 08:00:00 GMT')).waitMs, 6400);
});

test('what needs a list, and what makes even the version void', () => {
  const reactions = new Reactions(TIMING, () => 0);
  const follows = (error: ApiError) => {
    const { needsList, isVersionVoid } = reactions.to(error);
    return [needsList, isVersionVoid];
  };
  assert.deepEqual(follows(errorOfStatus(410, null)), [true, false]);
  assert.deepEqual(follows(errorOfEvent({ code: 410, reason: 'Expired' })), [true, false]);
  assert.deepEqual(follows(errorOfEvent({ code: 500 })), [true, true]);
  assert.deepEqual(follows(errorOfEvent(null)), [true, true]);
  assert.deepEqual(follows(new ApiError('bad_data', '')), [true, true]);
  assert.deepEqual(follows(errorOfStatus(500, null)), [false, false]);
  assert.deepEqual(follows(errorOfSocket(new Error('read'))), [false, false]);
});

test('sockets: TLS, connect and what broke later are told apart, without addresses', () => {
  const reasonOf = (detail: object) => errorOfSocket(Object.assign(new Error('connect 10.0.0.1:6443'), detail));
  assert.equal(reasonOf({ code: 'SELF_SIGNED_CERT_IN_CHAIN' }).reason, 'tls');
  assert.equal(reasonOf({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }).reason, 'tls');
  assert.equal(reasonOf({ code: 'CERT_HAS_EXPIRED' }).reason, 'tls');
  assert.equal(reasonOf({ code: 'ECONNREFUSED', syscall: 'connect' }).reason, 'unreachable');
  assert.equal(reasonOf({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }).reason, 'unreachable');
  const broken = reasonOf({ code: 'ECONNRESET', syscall: 'read' });
  assert.deepEqual([broken.reason, broken.message], ['reset', 'connection to the API server broke (ECONNRESET)']);
});
