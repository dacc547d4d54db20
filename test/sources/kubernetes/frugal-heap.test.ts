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

/** Functions that are called often enough for the best compiler, each through a call that is not inlined. */
const HOT = `
  const hot = () => {
    const all = Array.from({ length: 8 }, (_, index) => new Function('a', 'b', 'return a + b + ' + index));
    for (let index = 0, sum = 0; index < 5_000_000; index++) sum = all[index % 8](sum, index);
  };
`;

/** What V8 says of itself while it runs the script. */
function traced(flag: string, script: string): readonly string[] {
  const whole = `import { asBurst, growReluctantly } from ${JSON.stringify(SOURCE)}; ${script}`;
  const args = [flag, '--max-semi-space-size=1', '--input-type=module', '--eval', whole];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return stdout.split('\n');
}

/** What V8 says of its full collections. */
function collections(before: string): readonly string[] {
  return traced('--trace-gc', `${before} ${GARBAGE}`).filter((line) => line.includes('Mark-Compact'));
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

it('gives back what the first lists have left behind, and stops everything for it only once', () => {
  const lines = traced(
    '--trace-gc',
    `growReluctantly();
     for (const round of ['first', 'second']) {
       await asBurst(async () => {}, 20);
       console.log(round);
       await new Promise((done) => setTimeout(done, 300));
     }`,
  );
  // What a program asks V8 for itself has this reason.
  const ends = lines.flatMap((line, at) => (/^(?:first|second)$/.test(line) ? [at] : []));
  const asked = lines.flatMap((line, at) => (/Mark-Compact.* testing;/.test(line) ? [at] : []));
  assert.equal(ends.length, 2, lines.join('\n'));
  assert.ok(asked.length > 0, 'after the first');
  assert.ok(
    asked.every((at) => at > ends[0] && at < ends[1]),
    lines.join('\n'),
  );
});

it('has nothing compiled by the best compiler while a list is taken over', () => {
  const best = (script: string) =>
    traced('--trace-opt', `${HOT} ${script}`).filter((line) => /completed optimizing.*TURBOFAN/.test(line));
  const list = 'growReluctantly(); await asBurst(async () => hot(), 20);';
  assert.ok(best('growReluctantly(); hot();').length > 0);
  assert.deepEqual(best(list), []);
  // In efficiency mode, which is on again afterwards, V8 has other thresholds.
  const later = "await new Promise((done) => setTimeout(done, 200)); v8.setFlagsFromString('--no-efficiency-mode');";
  assert.ok(best(`import v8 from 'node:v8'; ${list} ${later} hot();`).length > 0);
});
