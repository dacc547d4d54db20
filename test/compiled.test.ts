import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compiledIn } from '../src/compiled.ts';

/** The directory that a process takes compiled code from, which uses what is beside the program in `directory`. */
function usedIn(directory: string): string {
  const code = `
    import { getCompileCacheDir } from 'node:module';
    import { useCompiled } from ${JSON.stringify(import.meta.resolve('../src/compiled.ts'))};
    useCompiled(${JSON.stringify(directory)});
    process.stdout.write(getCompileCacheDir() ?? 'none');`;
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    env,
  });
  assert.equal(stderr, '');
  return stdout;
}

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-compiled-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('the sources have nothing compiled beside them', (t) => {
  assert.equal(usedIn(scratch(t)), 'none');
});

test('what the build has left beside the bundle is used', (t) => {
  const directory = scratch(t);
  mkdirSync(compiledIn(directory));
  assert.ok(usedIn(directory).startsWith(compiledIn(directory)));
});
