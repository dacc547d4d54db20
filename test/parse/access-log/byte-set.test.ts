import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ANYTHING, bytesOf, union } from '../../../src/parse/access-log/byte-set.ts';
import { isProblem } from '../../../src/parse/access-log/format-problem.ts';
import { parseFormatWords } from '../../../src/parse/access-log/log-format.ts';
import { writeLine } from './nginx-writer.ts';

const held = (set: Uint8Array) => [...set.entries()].filter(([, has]) => has === 1).map(([byte]) => byte);

it('holds the bytes of a class', () => {
  assert.equal(String.fromCharCode(...held(bytesOf('0-9a]^\\-'))), '-0123456789\\]^a');
  assert.equal(bytesOf('a-z')[0xe1], 0);
});

it('unites', () => assert.deepEqual(held(union([bytesOf('a'), bytesOf('b')])), [97, 98]));

for (const escaping of ['default', 'json', 'none'] as const) {
  it(`escape=${escaping}: is what is left of every byte when it is written`, () => {
    const format = parseFormatWords([`escape=${escaping}`, '$http_x']);
    if (isProblem(format)) assert.fail(format.reason);
    const bytes = Buffer.from(
      Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => escaping !== 'none' || byte !== 10),
    );
    assert.deepEqual(
      [...new Set(writeLine(format, { http_x: bytes }))].sort((a, b) => a - b),
      held(ANYTHING[escaping]),
    );
  });
}
