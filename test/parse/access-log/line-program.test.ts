import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileAccessFormat } from '../../../src/parse/access-log/access-format.ts';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { readBack } from './read-back.ts';

function fits(words: readonly string[], line: string): string {
  const format = compileAccessFormat(words);
  if (isProblem(format)) assert.fail(format.reason);
  return readBack(format, Buffer.from(line)).fits;
}

describe('a line that is not of the format', () => {
  const format = ['[$time_local] "$request" $status $request_time "$upstream_addr" "$upstream_status"'];
  const line = '[21/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 0.001 "a:1" "200"';

  it('is told from one that is', () => assert.equal(fits(format, line), 'fits'));

  for (const [reason, other] of [
    ['quotes', ''],
    ['quotes', line.slice(0, -1)],
    ['quotes', `${line}"`],
    ['quotes', line.slice(0, 40)],
    ['value', line.replace(' 200 ', '  200')],
    ['text', line.replace(' 200 ', ' 200.')],
    ['text', line.replace(' "a:1', '"a:1')],
    ['value', line.replace(' 200 ', ' 2x0 ')],
    ['value', line.replace(' 200 ', ' - ')],
    ['value', line.replace('0.001', '0.01')],
    ['value', line.replace('0.001', '')],
    ['value', line.replace('a:1', 'a:1 b')],
    ['value', line.replace('"200"', '"200, x"')],
    ['attempts', line.replace('"200"', '"200, 200"')],
    ['attempts', line.replace('a:1', 'a:1, b:1')],
  ] as const) {
    it(`${reason}: ${other}`, () => assert.equal(fits(format, other), reason));
  }
});

it('counts only quotes without a backslash in JSON', () => {
  const format = ['escape=json', '{"a":"$http_x","s":$status}'];
  for (const value of ['', '\\"', '\\\\', '\\\\\\"', '\\",\\"s\\":500}', '\\\\\\\\'])
    assert.equal(fits(format, `{"a":"${value}","s":200}`), 'fits', value);
  for (const value of ['"', '\\\\"', '","s":500,"b":"'])
    assert.notEqual(fits(format, `{"a":"${value}","s":200}`), 'fits', value);
});

it('never reads beyond its line', () => {
  assert.equal(fits(['$status $request_time'], '200 0.00'), 'value');
  assert.equal(fits(['$status $request_time'], '200 '), 'value');
  assert.equal(fits(['$status $request_time'], '20'), 'value');
  assert.equal(fits(['$http_x $status'], ''), 'text');
});
