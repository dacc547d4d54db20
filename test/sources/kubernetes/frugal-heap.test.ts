import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';

const SOURCE = join(import.meta.dirname, '../../../src/sources/kubernetes/frugal-heap.ts');
/** Garbage that has grown old, until there were several full collections. */
const GARBAGE = `
  const kept = [];
  for (let index = 0; index < 4_000_000; index++) kept[index % 200_000] = { index };
`;

/** What V8 says of its full collections. */
function collections(before: string): readonly string[] {
  const script = `import { growReluctantly } from ${JSON.stringify(SOURCE)}; ${before} ${GARBAGE}`;
  const args = ['--trace-gc', '--max-semi-space-size=1', '--input-type=module', '--eval', script];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes('Mark-Compact'));
}

it('has V8 collect so that the heap stays small, while it runs', () => {
  const frugal = collections('growReluctantly();');
  assert.ok(frugal.length > 0);
  assert.ok(
    frugal.every((line) => line.includes('Mark-Compact (reduce)')),
    frugal.join('\n'),
  );
  assert.ok(!collections('').some((line) => line.includes('Mark-Compact (reduce)')));
});
