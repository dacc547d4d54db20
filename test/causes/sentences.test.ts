import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockText, endpointSentence, endSentence, growthSentence, spanText } from '../../src/causes/sentences.ts';
import type { EndpointFact } from '../../src/facts/facts.ts';
import { endpointFact, failed, grown, NOON, oomKill } from '../support/fake-facts.ts';

test('moments are to the second, with the date of another day', () => {
  assert.equal(clockText(NOON + 999, NOON), '12:00:00 UTC');
  assert.equal(clockText(NOON - 43_200_001, NOON), '2026-11-19 23:59:59 UTC');
  assert.equal(spanText(NOON, NOON + 5_000, NOON), 'between 12:00:00 and 12:00:05 UTC');
  assert.equal(spanText(NOON, NOON + 500, NOON), 'at 12:00:00 UTC');
});

test('an endpoint in one sentence', () => {
  const say = (part: Partial<EndpointFact>) => {
    const fact = endpointFact(part);
    assert.ok(fact.isKnown);
    return endpointSentence(failed(), fact.value);
  };
  assert.equal(
    say({}),
    '10.2.71.14:8080 has been a ready endpoint of shop/cart since 11:59:19 UTC; the pod is shop/cart-7d9',
  );
  assert.equal(
    say({ state: 'not_ready', ready: 1, sinceMs: null, place: '' }),
    '10.2.71.14:8080 is an endpoint that is not ready of shop/cart; the gateway still has it; the pod is shop/cart-7d9; ' +
      '1 ready endpoint beside it',
  );
  assert.equal(
    say({ state: 'stale', ready: 0, pod: '' }),
    '10.2.71.14:8080 has been no endpoint of shop/cart since 11:59:19 UTC; the gateway still has it (http.conf:88); ' +
      'the Service has no ready endpoint',
  );
});

test('the same fact is said again, of another peer and on another day in other words', () => {
  const fact = endpointFact({});
  assert.ok(fact.isKnown);
  const of = failed();
  const sentence = endpointSentence(of, fact.value);
  assert.equal(endpointSentence({ ...of, atMs: of.atMs + 1 }, fact.value), sentence);
  const other = endpointSentence({ ...of, peer: { scheme: 'http', address: '10.2.71.15', port: 8080 } }, fact.value);
  assert.equal(other, sentence.replace('10.2.71.14', '10.2.71.15'));
  const later = endpointSentence({ ...of, atMs: of.atMs + 86_400_000 }, fact.value);
  assert.equal(later, sentence.replace('since 11:59:19', 'since 2026-11-20 11:59:19'));
});

test('the end of a container, as much of it as is known', () => {
  const crash = { isOomKill: false, reason: 'Error', exitCode: 137 };
  assert.equal(
    endSentence(oomKill(crash), NOON),
    'container app of pod shop/cart-7d9 ended at 11:59:57 UTC: Error, exit code 137',
  );
  assert.equal(
    endSentence(oomKill({ ...crash, pod: '', container: '', reason: '', exitCode: null, fromMs: NOON - 18_000 }), NOON),
    'a container ended between 11:59:42 and 11:59:57 UTC',
  );
  assert.equal(
    endSentence(oomKill({ pod: '' }), NOON),
    'the kernel killed a process of container app for want of memory at 11:59:57 UTC',
  );
  const killed = (limitBytes: number | null, peakBytes: number | null) =>
    endSentence(oomKill({ pod: '', memory: { limitBytes, peakBytes } }), NOON).replace(/^.* at 11:59:57 UTC/, '');
  assert.deepEqual(
    [killed(67_108_864, 67_104_768), killed(67_108_864, null), killed(null, 1_610_612_736), killed(null, null)],
    [': its limit is 64 MiB, its peak was 64 MiB', ': its limit is 64 MiB', ': its peak was 1.5 GiB', ''],
  );
});

test('a counter with both values', () => {
  const growth = grown(57);
  assert.ok(growth.isKnown);
  assert.equal(
    growthSentence('ListenOverflows', growth.value, NOON),
    'ListenOverflows of pod shop/cart-7d9 grew from 1033 to 1090 between 11:59:56 and 12:00:01 UTC',
  );
});
