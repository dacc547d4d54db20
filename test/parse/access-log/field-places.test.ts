import assert from 'node:assert/strict';
import { it } from 'node:test';
import { placesOf } from '../../../src/parse/access-log/field-places.ts';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { parseFormatWords } from '../../../src/parse/access-log/log-format.ts';
import { segmentsOf } from '../../../src/parse/access-log/segments.ts';

function places(...words: string[]) {
  const format = parseFormatWords(words);
  if (isProblem(format)) assert.fail(format.reason);
  return placesOf(segmentsOf(format, new Set()), format.escaping);
}

it('says where each field is, the first one that can be found', () => {
  const { fields, hidden } = places('$http_x $status $http_y "$status" $host');
  assert.deepEqual(
    [...fields],
    [
      ['status', { segment: 1, part: 0 }],
      ['host', { segment: 2, part: 1 }],
    ],
  );
  assert.deepEqual(hidden, []);
});

it('ingress-nginx calls the id of a request req_id', () => {
  assert.deepEqual([...places('$status $req_id').fields.keys()], ['status', 'request_id']);
  assert.deepEqual(places('$status $request_id "$req_id"').fields.get('request_id'), { segment: 0, part: 2 });
  assert.deepEqual(
    places('$status $http_x $req_id').hidden.map(({ variable }) => variable),
    ['req_id'],
  );
});

it('says what hides a field, and what to do', () => {
  assert.deepEqual(places('$http_x $status $http_y').hidden, [
    { reason: 'hidden', variable: 'status', text: 'http_x', fix: 'put quotes around $http_x, or $status before it' },
  ]);
  assert.deepEqual(places('$upstream_addr $http_x').hidden[0].fix, 'put quotes around $upstream_addr');
  assert.deepEqual(
    places('escape=none', '$http_x "$status" $http_y').hidden[0].fix,
    'leave out escape=none and put quotes around $http_x',
  );
  assert.deepEqual(
    places('$status$host').hidden.map(({ reason, text }) => [reason, text]),
    [
      ['adjacent', 'host'],
      ['adjacent', 'status'],
    ],
  );
});
