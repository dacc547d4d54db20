import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dump } from 'js-yaml';
import { ManifestError, readManifest } from '../../src/parse/cluster-manifest.ts';

const names = (text: string) =>
  [...readManifest(text)].map(
    ({ kind, value }) => `${kind} ${(value as { metadata: { name: string } }).metadata.name}`,
  );

/** As kubectl writes it: dashes in the column of `items`. */
const KUBECTL = `apiVersion: v1
items:
- apiVersion: discovery.k8s.io/v1
  endpoints:
  - addresses:
    - 10.0.0.1
  kind: EndpointSlice
  metadata:
    annotations:
      note: |
        items:
        - not: one
        --- no document
      other: 'a

        - b'
    name: cart-1
# a comment
- apiVersion: v1
  kind: Service
  metadata:
    name: cart
kind: List
metadata:
  resourceVersion: ""
`;

test('a list of kubectl, object by object', () => {
  assert.deepEqual(names(KUBECTL), ['EndpointSlice cart-1', 'Service cart']);
  const [{ value }] = readManifest(KUBECTL);
  assert.equal(
    (value as { metadata: { annotations: { note: string } } }).metadata.annotations.note,
    'items:\n- not: one\n--- no document\n',
  );
});

test('indented dashes, JSON, several documents, empty ones and comments', () => {
  const list = { apiVersion: 'v1', items: [...readManifest(KUBECTL)].map(({ value }) => value), kind: 'List' };
  assert.deepEqual(names(dump(list)), ['EndpointSlice cart-1', 'Service cart']);
  assert.deepEqual(names(JSON.stringify(list, null, 2)), ['EndpointSlice cart-1', 'Service cart']);
  const one = 'kind: Service\nmetadata: {name: web}\n';
  assert.deepEqual(names(`# head\n---\n${one}---\n---\n${KUBECTL}\n--- # last\n${one}...\n`), [
    ...['Service web', 'EndpointSlice cart-1', 'Service cart', 'Service web'],
  ]);
  assert.deepEqual(names('--- {kind: Service, metadata: {name: a}}\n--- {kind: Service, metadata: {name: b}}'), [
    ...['Service a', 'Service b'],
  ]);
  assert.deepEqual(names(''), []);
  assert.deepEqual(names('kind: List\nitems: []\n'), []);
  assert.deepEqual(names('kind: List\nitems: [{kind: Service, metadata: {name: a}}]\n'), ['Service a']);
});

test('the items of a typed list do not say their kind', () => {
  const items = [{ metadata: { name: 'cart-1' } }];
  assert.deepEqual(names(JSON.stringify({ kind: 'EndpointSliceList', items })), ['EndpointSlice cart-1']);
  assert.deepEqual(names(dump({ kind: 'ServiceList', items })), ['Service cart-1']);
});

test('a list that is cut short anywhere is never a shorter list', () => {
  const whole = names(KUBECTL).length;
  for (let length = 0; length < KUBECTL.indexOf('kind: List') + 'kind: List'.length; length++) {
    let found: string[] = [];
    try {
      found = names(KUBECTL.slice(0, length));
    } catch (error) {
      assert.ok(error instanceof ManifestError, String(error));
      continue;
    }
    assert.ok(found.length === 0 && length < 'apiVersion: v1\nitems'.length, `${length}: ${found}`);
  }
  assert.equal(names(KUBECTL.slice(0, KUBECTL.indexOf('metadata:\n  resource'))).length, whole);
});

test('mistakes have a line and show nothing of the text', () => {
  const lineOf = (text: string) => {
    try {
      return names(text).join();
    } catch (error) {
      assert.ok(error instanceof ManifestError);
      return error.message;
    }
  };
  assert.match(lineOf(KUBECTL.replace('    name: cart\n', '    name: geheim: cart\n')), /^line 2[12]: (?!.*geheim)/);
  assert.match(lineOf('kind: Service\n---\nfoo: bar\n'), /^line 2: an object without kind$/);
  assert.match(lineOf('- a\n- b\n'), /line 1: an object without kind/);
  assert.match(lineOf('{"kind": '), /not JSON/);
  assert.match(lineOf('a: &x [1]\nb: *x\nkind: Service\n'), /line \d: .*alias/i);
});
