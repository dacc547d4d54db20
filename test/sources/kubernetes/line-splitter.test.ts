import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineSplitter } from '../../../src/sources/kubernetes/line-splitter.ts';

function split(pieces: readonly (string | Buffer)[], most = 100): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter(most, (line) => lines.push(line));
  for (const piece of pieces) splitter.push(Buffer.from(piece));
  return lines;
}

test('lines over chunks, several in one, characters torn apart, empty ones left out, the unfinished waits', () => {
  const bytes = Buffer.from('€uro\nzwei\n\ndrei\nvie');
  for (let size = 1; size <= bytes.length; size++) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    assert.deepEqual(split(pieces), ['€uro', 'zwei', 'drei']);
  }
});

test('a line that is too long is an error before it has ended', () => {
  assert.deepEqual(split(['x'.repeat(100), '\n']), ['x'.repeat(100)]);
  assert.throws(() => split(['x'.repeat(60), 'x'.repeat(41)]), { reason: 'bad_data' });
});
