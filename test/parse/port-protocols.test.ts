import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otherProtocolOf } from '../../src/parse/port-protocols.ts';

test('knows what usually answers where HTTP does not, and nothing of other ports', () => {
  assert.deepEqual([5432, 9092, 26_257].map(otherProtocolOf), ['PostgreSQL', 'Kafka', 'CockroachDB']);
  for (const port of [null, 80, 443, 8080]) assert.equal(otherProtocolOf(port), undefined);
});
