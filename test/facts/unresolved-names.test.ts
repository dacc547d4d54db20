import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnresolvedNames } from '../../src/facts/unresolved-names.ts';
import type { UsedAddresses } from '../../src/facts/used-addresses.ts';
import { failed, NOON } from '../support/fake-facts.ts';

const of = failed({ proxy: 'envoy', symptom: 'no_healthy_upstream', peer: null });
const names = (readAtMs: number, unresolved?: string) =>
  new UnresolvedNames({
    named: () => ({ view: { readAtMs }, upstream: { servers: [], ...(unresolved && { unresolved }) } }),
  } as unknown as UsedAddresses);

test('what the reading of the proxy after the failures says, or the one shortly before', () => {
  const yes = { isKnown: true, value: 'no address' };
  assert.deepEqual(names(NOON, 'no address').unresolved(of), yes);
  assert.deepEqual(names(NOON - 15_000, 'no address').unresolved(of), yes);
  assert.deepEqual(names(NOON).unresolved(of), { isKnown: true, value: null });
});

test('an old reading says nothing: the next one will', () => {
  for (const answer of [names(NOON - 25_000, 'no address').unresolved(of), names(NOON - 15_000).unresolved(of)])
    assert.deepEqual([answer.isKnown, !answer.isKnown && answer.mayCome], [false, true]);
});

test('not of an upstream that nobody names', () => {
  const answer = names(NOON, 'no address').unresolved({ ...of, upstream: { ...of.upstream, upstream: '' } });
  assert.deepEqual([answer.isKnown, !answer.isKnown && answer.mayCome], [false, false]);
});
