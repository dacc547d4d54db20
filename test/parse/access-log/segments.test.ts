import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { parseFormatWords } from '../../../src/parse/access-log/log-format.ts';
import { segmentsOf } from '../../../src/parse/access-log/segments.ts';

function split(...words: string[]): string[] {
  const format = parseFormatWords(words);
  if (isProblem(format)) assert.fail(format.reason);
  return segmentsOf(format, new Set()).map((segment) =>
    segment
      .map((part) => (part.kind === 'text' ? part.bytes.toString() : `<${part.variables.map(({ name }) => name)}>`))
      .join(''),
  );
}

it('splits at quotes, which no escaped value holds', () => {
  assert.deepEqual(split('$a "$b" ""$c'), ['<a> ', '<b>', ' ', '', '<c>']);
  assert.deepEqual(split('"$a"'), ['', '<a>', '']);
});

it('does not split where quotes are not escaped', () =>
  assert.deepEqual(split('escape=none', '$a "$b"'), ['<a> "<b>"']));

it('takes a quote behind a backslash for one of a value in JSON, and only there', () => {
  assert.deepEqual(split('escape=json', '"a\\"$b\\\\"'), ['', 'a\\"<b>\\\\', '']);
  assert.deepEqual(split('"a\\"$b"'), ['', 'a\\', '<b>', '']);
});

it('puts variables together that nothing separates', () => assert.deepEqual(split('$a', '$b', ' $c'), ['<a,b> <c>']));
