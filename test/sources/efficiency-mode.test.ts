import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';
import { cachedDataVersionTag } from 'node:v8';
import { beBusy, beEfficient, calmDown } from '../../src/sources/efficiency-mode.ts';

const SOURCE = join(import.meta.dirname, '../../src/sources/efficiency-mode.ts');
/** Long enough for the best compiler. */
const HOT = 'for (let index = 0, sum = 0; index < 20_000_000; index++) sum = (sum * 31 + index) | 0;';

/** Whether V8's best compiler has taken it. */
function isBest(before: string): boolean {
  const script = `import { beBusy, beEfficient, calmDown } from ${JSON.stringify(SOURCE)}; ${before} ${HOT}`;
  const args = ['--trace-opt', '--input-type=module', '--eval', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(stderr, '');
  return /completed optimizing.*TURBOFAN/.test(stdout);
}

it('V8 does its best while somebody is busy, and where nobody has asked for the mode', () => {
  assert.equal(isBest('beEfficient();'), false);
  assert.equal(isBest("beEfficient(); beBusy('one'); calmDown('one');"), false);
  assert.equal(isBest(''), true);
  assert.equal(isBest("beEfficient(); beBusy('one'); beBusy('other'); calmDown('one');"), true);
  assert.equal(isBest("beBusy('one'); beEfficient();"), true);
  assert.equal(isBest("beBusy('one'); calmDown('one');"), true);
});

it('what V8 has compiled stays good where nobody has asked for the mode', () => {
  const before = cachedDataVersionTag();
  beBusy('one');
  assert.equal(cachedDataVersionTag(), before);
  calmDown('one');
  beEfficient();
  assert.notEqual(cachedDataVersionTag(), before);
});
