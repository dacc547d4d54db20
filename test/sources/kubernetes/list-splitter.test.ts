import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ListSplitter } from '../../../src/sources/kubernetes/list-splitter.ts';

function split(
  text: string,
  cuts: readonly number[] = [],
  mostBytes = 1 << 20,
): { items: unknown[]; envelope: unknown } {
  const items: unknown[] = [];
  const splitter = new ListSplitter(mostBytes, (item) => items.push(item));
  const bytes = Buffer.from(text);
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (const [at, edge] of edges.entries()) if (at > 0) splitter.push(bytes.subarray(edges[at - 1], edge));
  return { items, envelope: splitter.finish() };
}

test('any items, wherever chunks tear them, come out as JSON.parse says', () => {
  const item = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
  const property = fc.property(
    fc.array(item),
    fc.array(fc.nat()),
    fc.constantFrom(undefined, 0, 1, 2),
    fc.boolean(),
    (items, cuts, spaces, isFirst) => {
      const metadata = { resourceVersion: '7', 'items[{"': ['}', { items: [1, [2]] }], items: [{ not: 'these' }] };
      const list = isFirst ? { items, kind: 'List', metadata } : { kind: 'List', metadata, items };
      const found = split(JSON.stringify(list, null, spaces), cuts);
      assert.deepEqual(found.items, JSON.parse(JSON.stringify(items)));
      assert.deepEqual(found.envelope, { ...list, items: [] });
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test('no items, null items, a body that is cut short, no JSON', () => {
  assert.deepEqual(split('{"items":null,"metadata":{}}'), { items: [], envelope: { items: null, metadata: {} } });
  assert.deepEqual(split('{"items": [ ] }\n').items, []);
  assert.throws(() => split('{"metadata":{},"items":[{"a":1}'), /cut short/);
  assert.throws(() => split('<html>'), /cut short/);
  assert.throws(() => split('{"items":[{a}]}'), /not JSON/);
  assert.throws(() => split('{"items":[]]}'), /not JSON|cut short/);
});

test('an object that is too large, and a body that is no list', () => {
  assert.throws(() => split(`{"items":[{"a":"${'x'.repeat(200)}"}]}`, [], 100), /larger than 100 bytes/);
  assert.throws(() => split(`{"items":[{"a":"${'x'.repeat(200)}"}]}`, [50, 100, 150], 100), /larger than 100 bytes/);
  assert.throws(() => split(`{"html":"${'x'.repeat(70_000)}"}`), /not a list/);
});
