import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** In a process of its own: others' garbage would count. Prints whether it was done and by how many bytes the heap has shrunk. */
function collect(kept: number): { isDone: boolean; freed: number; isExposed: boolean } {
  const code = `
    import { returnUnusedMemory } from ${JSON.stringify(import.meta.resolve('../../src/sources/unused-memory.ts'))};
    const kept = Array.from({ length: ${kept} }, (_, index) => 'text ' + index);
    let garbage = Array.from({ length: 200_000 }, (_, index) => ({ index }));
    const before = process.memoryUsage().heapUsed;
    garbage = kept.at(0);
    const isDone = returnUnusedMemory(24 << 20);
    const freed = before - process.memoryUsage().heapUsed;
    console.log(JSON.stringify({ isDone, freed, isExposed: 'gc' in globalThis, last: kept.at(-1), garbage }));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

test('what is not used any more is given back', () => {
  const { isDone, freed, isExposed } = collect(1);
  assert.equal(isDone, true);
  // Far more than what Node itself comes by, or lets go, meanwhile.
  assert.ok(freed > 5_000_000, `${freed} bytes`);
  assert.equal(isExposed, false);
});

test('a large heap is left alone: to look at it would stop everything for long', () => {
  assert.equal(collect(1_000_000).isDone, false);
});
