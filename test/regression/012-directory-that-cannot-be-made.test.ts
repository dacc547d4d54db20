import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const MODULE = new URL('../../src/sources/unwritable.ts', import.meta.url).href;
const LOCK = new URL('../../src/sources/checkpoint-lock.ts', import.meta.url).href;
/** Far longer than it takes. */
const timeout = 20_000;

/** In a process of its own: an endless loop could not be ended otherwise. */
function run(script: string) {
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    ...{ timeout, killSignal: 'SIGKILL', encoding: 'utf8' },
  });
  return { stdout: stdout.trim(), signal };
}

test('where mkdir says that the path is not there although it is, making a directory ends', () => {
  const script = `import { makeDirectory, whyUnwritable } from ${JSON.stringify(MODULE)};
    try { makeDirectory('/proc/badgateway/state'); } catch (error) { console.log(whyUnwritable(error)); }`;
  assert.deepEqual(run(script), {
    stdout: 'ENOENT: no directory can be made there; write elsewhere',
    signal: null,
  });
});

test('a checkpoint in such a place keeps nothing from starting', () => {
  const script = `import { lockCheckpoint } from ${JSON.stringify(LOCK)};
    (await lockCheckpoint('/proc/badgateway/state'))(); console.log('goes on');`;
  assert.deepEqual(run(script), { stdout: 'goes on', signal: null });
});
