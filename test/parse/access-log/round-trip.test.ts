import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type AccessFormat, compileAccessFormat } from '../../../src/parse/access-log/access-format.ts';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { ESCAPES, type LogFormat, parseFormatWords } from '../../../src/parse/access-log/log-format.ts';
import { EVERY_FIELD, expectedOf, type Sample, SEPARATORS, samplesOf } from './hostile-values.ts';
import { writeLine } from './nginx-writer.ts';
import { READABLE } from './odd-formats.ts';
import { readBack } from './read-back.ts';

const OTHERS = ['http_user_agent', 'http_referer', 'remote_user', 'uri', 'args', 'upstream_http_x', 'my_variable'];
const KNOWN = ['remote_addr', 'scheme', 'pipe', 'upstream_response_length', 'server_protocol'];

/** Each variable once: nobody could say which of two was read. */
const words = fc
  .tuple(
    fc.constantFrom(...ESCAPES, 'default', 'json'),
    fc.uniqueArray(fc.constantFrom(...EVERY_FIELD, ...OTHERS, ...KNOWN), { minLength: 1, maxLength: 9 }),
    fc.array(fc.constantFrom(...SEPARATORS), { minLength: 10, maxLength: 10 }),
  )
  .map(([escaping, names, separators]) => {
    const all = names.includes('status') ? names : [...names, 'status'];
    const text = all.map((name, i) => `${separators[i % separators.length]}\${${name}}`).join('');
    return [`escape=${escaping}`, `${text}${separators[9]}`];
  });

function parsed(list: readonly string[]): LogFormat {
  const format = parseFormatWords(list);
  if (isProblem(format)) assert.fail(format.reason);
  return format;
}

function assertReadBack(compiled: AccessFormat, format: LogFormat, sample: Sample): void {
  const line = writeLine(format, sample.values);
  assert.partialDeepStrictEqual(readBack(compiled, line), expectedOf(compiled, sample), line.toString('latin1'));
}

describe('lines as nginx writes them', () => {
  it('are read back exactly, in formats at random that are not refused', () => {
    let [accepted, refused] = [0, 0];
    const cases = words.chain((list) => {
      const format = parsed(list);
      return fc.tuple(
        fc.constant(list),
        fc.constant(format),
        fc.array(samplesOf(format), { minLength: 3, maxLength: 3 }),
      );
    });
    const property = fc.property(cases, ([list, format, samples]) => {
      const compiled = compileAccessFormat(list);
      if (isProblem(compiled)) refused++;
      else accepted++;
      if (!isProblem(compiled)) for (const sample of samples) assertReadBack(compiled, format, sample);
    });
    fc.assert(property, { numRuns: Number(process.env.ACCESS_FORMATS ?? 1500) });
    assert.ok(accepted > 300 && refused > 300, `${accepted} accepted, ${refused} refused`);
  });

  for (const { words: list } of READABLE) {
    it(`are read back exactly in ${list.join(' + ')}`, () => {
      const format = parsed(list);
      const compiled = compileAccessFormat(list);
      if (isProblem(compiled)) assert.fail(compiled.reason);
      fc.assert(
        fc.property(samplesOf(format), (sample) => assertReadBack(compiled, format, sample)),
        { numRuns: 60 },
      );
    });
  }
});
