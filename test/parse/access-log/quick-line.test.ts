import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type AccessFormat, compileAccessFormat } from '../../../src/parse/access-log/access-format.ts';
import { BUILTIN_FORMATS } from '../../../src/parse/access-log/builtin-formats.ts';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { parseFormatWords } from '../../../src/parse/access-log/log-format.ts';
import { QuickLine } from '../../../src/parse/access-log/quick-line.ts';
import { BlockIndex } from '../../../src/parse/block-index.ts';
import { samplesOf } from './hostile-values.ts';
import { writeLine } from './nginx-writer.ts';
import { READABLE } from './odd-formats.ts';
import { readBack } from './read-back.ts';

const index = new BlockIndex();

function compiled(words: string | readonly string[]): AccessFormat {
  const format = compileAccessFormat(words);
  if (isProblem(format)) assert.fail(format.reason);
  return format;
}

/** Attempts plus one, or 0. */
function read(words: string | readonly string[], line: string): number | null {
  const quick = QuickLine.of(index, compiled(words));
  const buffer = Buffer.from(`x\n${line}\n`);
  index.scan(buffer, 0, buffer.length);
  return quick?.read(2, 2 + line.length, { index, first: 1, last: index.count - 1 }) ?? null;
}

describe('QuickLine', () => {
  const format = '$status $request_time "$upstream_addr" "$upstream_status" "$upstream_response_time"';

  it('reads no attempt, or one', () => {
    assert.equal(read(format, '200 0.001 "-" "-" "-"'), 1);
    assert.equal(read(format, '200 0.001 "a:1" "200" "0.001"'), 2);
    assert.equal(read(format, '200 0.001 "a:1" "-" "-"'), 2);
    assert.equal(read(format, '200 0.001 "" "-" "0.000"'), 2);
  });

  it('leaves what is otherwise', () => {
    for (const line of [
      '200 0.001 "a:1, b:1" "200, 200" "0.001, 0.001"',
      '200 0.001 "a:1 : b:1" "200 : 200" "0.001 : 0.001"',
      '200 0.001 "a:1 : " "200 : " "0.001 : "',
      '2000.001 "a:1" "200" "0.001"',
      '200 0.01 "a:1" "200" "0.001"',
      '200 0.001 "a:1" "2000" "0.001"',
      '200 0.001 "a:1" "200" "0.001 "',
      '20 0.001 "a:1" "200" "0.001"',
      '',
    ])
      assert.equal(read(format, line), 0, line);
  });

  it('knows the formats that are read forward', () => {
    for (const name of ['combined', 'main', 'ingress_nginx', 'badgateway', 'badgateway_json'] as const)
      assert.ok(QuickLine.of(index, compiled(BUILTIN_FORMATS[name])), name);
    assert.equal(QuickLine.of(index, compiled('$http_x $status')), null);
    assert.equal(QuickLine.of(index, compiled(`$status ${'x'.repeat(70_000)} $request_time`)), null);
  });
});

describe('quick and general reader agree', () => {
  for (const words of [...Object.values(BUILTIN_FORMATS), ...READABLE.map((format) => format.words)]) {
    it(`on damaged lines of ${words.join(' + ')}`, () => {
      const format = parseFormatWords(words);
      if (isProblem(format)) assert.fail(format.reason);
      const damage = fc.tuple(
        fc.nat(400),
        fc.nat(3),
        fc.constantFrom('', ' ', ', ', ' : ', '-', '"', '0', '9', '\\', '.', '12345678901234567'),
      );
      fc.assert(
        fc.property(samplesOf(format), fc.array(damage, { maxLength: 3 }), (sample, list) => {
          let line = writeLine(format, sample.values);
          for (const [at, length, text] of list) {
            const place = at % (line.length + 1);
            line = Buffer.concat([line.subarray(0, place), Buffer.from(text), line.subarray(place + length)]);
          }
          // It compares them.
          readBack(compiled(words), line);
        }),
        { numRuns: 60 },
      );
    });
  }
});
