import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { lockCheckpoint } from '../../src/sources/checkpoint-lock.ts';

function newDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-lock-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Another process that takes the lock and keeps it until it is killed. */
async function holderOf(t: TestContext, directory: string) {
  const module = join(import.meta.dirname, '../../src/sources/checkpoint-lock.ts');
  const code = `
    const { lockCheckpoint } = await import(${JSON.stringify(module)});
    await lockCheckpoint(${JSON.stringify(directory)});
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test('a second one is refused with the process that has it and the way out', async (t) => {
  const directory = newDirectory(t);
  const child = await holderOf(t, directory);
  await assert.rejects(lockCheckpoint(directory, 0), (error: Error) => {
    assert.equal(
      error.message,
      `checkpoint directory ${directory} is in use by another badgateway (process ${child.pid}): ` +
        'stop that one, or give this one a directory of its own with --checkpoint.directory',
    );
    return true;
  });
});

test('what a killed process has left behind is no lock', async (t) => {
  const directory = newDirectory(t);
  const child = await holderOf(t, directory);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.ok(existsSync(join(directory, 'lock')));
  const release = await lockCheckpoint(directory, 0);
  release();
});

test('one that ends soon is waited for', async (t) => {
  const directory = newDirectory(t);
  const child = await holderOf(t, directory);
  const lock = lockCheckpoint(directory);
  setTimeout(() => child.kill('SIGKILL'), 200);
  (await lock)();
});

test('given back, it is free and nothing stays', async (t) => {
  const directory = join(newDirectory(t), 'new');
  const release = await lockCheckpoint(directory, 0);
  await assert.rejects(lockCheckpoint(directory, 0), /in use/);
  release();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(readdirSync(directory), []);
  (await lockCheckpoint(directory, 0))();
});

test('a directory of a long name has one, too', async (t) => {
  const directory = join(newDirectory(t), 'd'.repeat(150));
  mkdirSync(directory);
  const release = await lockCheckpoint(directory, 0);
  assert.ok(existsSync(join(directory, 'lock')));
  await assert.rejects(lockCheckpoint(directory, 0), /in use/);
  release();
});

test('where no socket can be made nothing is refused', async (t) => {
  const file = join(newDirectory(t), 'file');
  writeFileSync(file, '');
  (await lockCheckpoint(file, 0))();
});
