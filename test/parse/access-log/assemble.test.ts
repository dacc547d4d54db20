import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assemble } from '../../../src/parse/access-log/assemble.ts';
import { placesOf } from '../../../src/parse/access-log/field-places.ts';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { parseFormatWords } from '../../../src/parse/access-log/log-format.ts';
import { OP, STEP } from '../../../src/parse/access-log/program.ts';
import { segmentsOf } from '../../../src/parse/access-log/segments.ts';
import type { Field } from '../../../src/parse/access-log/variables.ts';

const NAMES = Object.keys(OP);

/** The names of the steps. */
function steps(text: string, wanted: readonly Field[]): string {
  const format = parseFormatWords([text]);
  if (isProblem(format)) assert.fail(format.reason);
  const segments = segmentsOf(format, new Set());
  const code = assemble(segments, placesOf(segments, format.escaping), wanted, []);
  return Array.from({ length: code.length / STEP }, (_, i) => NAMES[code[i * STEP]]).join(' ');
}

it('passes over segments of which nothing is wanted', () =>
  assert.equal(steps('$remote_addr "$request" $status "$http_x" $request_time', ['request_time']), 'segment seconds'));

it('goes no farther than it must', () => {
  assert.equal(steps('$status $request_time $bytes_sent', ['status']), 'segment status');
  assert.equal(steps('$http_x $status $request_time', ['request_time']), 'segment back startByByte seconds textBefore');
});

it('comes from both ends for what lies between', () =>
  assert.equal(
    steps('$status $host $request_time', ['host']),
    'segment limitByByte skip back startByByte textBefore gap piece',
  ));

it('reads a list to get past it where only its items tell its end', () =>
  assert.equal(steps('$upstream_addr $upstream_status $host', ['host']), 'segment limitByList skip statuses piece'));

it('asks for the end where a text could be of the value', () =>
  assert.equal(
    steps('$status, $upstream_status, x', ['upstream_status']),
    'segment limitByByte skip text limitByByte statuses text',
  ));
