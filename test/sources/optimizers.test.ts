import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';

const SOURCE = join(import.meta.dirname, '../../src/sources/optimizers.ts');
const WORK = `
  let sum = 0;
  const step = (index) => { sum = (sum * 31 + index) | 0; };
  for (let index = 0; index < 5_000_000; index++) step(index);
`;

/** The compilers that V8 says it has used. */
function compilersUsed(before: string): ReadonlySet<string> {
  const script = `import { allowOptimizers, allowOptimizersFor } from ${JSON.stringify(SOURCE)}; ${before} ${WORK}`;
  const args = ['--max-opt=1', '--trace-opt', '--input-type=module', '--eval', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(stderr, '');
  return new Set([...stdout.matchAll(/compiling method .*target (MAGLEV|TURBOFAN)/g)].map(([, name]) => name));
}

it('lets V8 optimize from then on in a process that started without', () => {
  assert.deepEqual([...compilersUsed('')], []);
  assert.deepEqual([...compilersUsed('allowOptimizers();')].sort(), ['MAGLEV', 'TURBOFAN']);
});

it('lets V8 optimize for a burst at once, for a trickle only when it has lasted', () => {
  const trickle = (lines: number) => `for (let line = 0; line < ${lines}; line++) allowOptimizersFor(300);`;
  assert.deepEqual([...compilersUsed(trickle(1_300))], []);
  assert.deepEqual([...compilersUsed(trickle(1_350))].sort(), ['MAGLEV', 'TURBOFAN']);
  assert.deepEqual([...compilersUsed('allowOptimizersFor(256 * 1024);')].sort(), ['MAGLEV', 'TURBOFAN']);
});

it('has what runs compiled at once from the first lines of a log on, until V8 optimizes', () => {
  const isCompiledAtOnce = (before: string) => {
    const script = `const { allowOptimizers, allowOptimizersFor } = await import(${JSON.stringify(SOURCE)}); ${before}
      const ranOnce = new Function('let sum = 0; for (let i = 0; i < 3; i++) sum += i; return sum;');
      ranOnce(); console.log(%ActiveTierIsSparkplug(ranOnce));`;
    const args = ['--max-opt=1', '--allow-natives-syntax', '--input-type=module', '--eval', script];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(stderr, '');
    return stdout.trim() === 'true';
  };
  assert.equal(isCompiledAtOnce(''), false);
  assert.equal(isCompiledAtOnce('allowOptimizersFor(0);'), false);
  assert.equal(isCompiledAtOnce('allowOptimizersFor(300);'), true);
  assert.equal(isCompiledAtOnce('allowOptimizersFor(300); allowOptimizers();'), false);
  assert.equal(isCompiledAtOnce('allowOptimizersFor(256 * 1024);'), false);
});
