import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { claimBlock } from './address-block.ts';
import { Cleanup } from './cleanup.ts';

const CLAIM = `import { claimBlock } from '${new URL('address-block.ts', import.meta.url)}';
import { Cleanup } from '${new URL('cleanup.ts', import.meta.url)}';
console.log(await claimBlock(new Cleanup()));
setInterval(() => {}, 1000);`;

test('scenes at the same time have networks of their own, also those of other programs', async (t) => {
  const other = spawn(process.execPath, ['--input-type=module', '-e', CLAIM], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => other.kill('SIGKILL'));
  const theirs = String((await once(other.stdout, 'data'))[0]).trim();
  const cleanup = new Cleanup();
  const ours = await Promise.all([claimBlock(cleanup), claimBlock(cleanup), claimBlock(cleanup)]);
  assert.equal(new Set([theirs, ...ours]).size, 4);
  for (const prefix of ours) assert.match(prefix, /^10\.150\.\d+$/);
  assert.deepEqual(await cleanup.run(), []);
});

test('a network is free again with its scene, and with a program that was killed', async () => {
  const other = spawn(process.execPath, ['--input-type=module', '-e', CLAIM], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [theirs] = (await once(other.stdout, 'data')).map((text) => String(text).trim());
  other.kill('SIGKILL');
  await once(other, 'exit');
  const found: string[] = [];
  for (let again = 0; again < 2; again++) {
    const cleanup = new Cleanup();
    const all: string[] = [];
    // Others may have some.
    while (!all.includes(theirs) && all.length < 20) all.push(await claimBlock(cleanup));
    found.push(...all.filter((prefix) => prefix === theirs));
    await cleanup.run();
  }
  assert.deepEqual(found, [theirs, theirs]);
});
