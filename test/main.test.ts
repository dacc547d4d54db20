import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const MAIN = new URL('../src/main.ts', import.meta.url);
const [, LEAST] = /">=(\d+\.\d+)"/.exec(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) ?? [];

/** As a Node of `version` starts it, for all that it can know. */
function startedBy(version: string) {
  const code = `
    Object.defineProperty(process.versions, 'node', { value: '${version}' });
    process.argv = [process.argv[0], 'badgateway', '--version'];
    await import(${JSON.stringify(MAIN.href)});`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
}

for (const version of ['18.20.8', '20.20.2', '22.18.0']) {
  test(`Node ${version} is told what is needed, and that nothing was looked at`, () => {
    const { status, stdout, stderr } = startedBy(version);
    assert.deepEqual([status, stdout], [2, '']);
    assert.ok(stderr.startsWith(`badgateway: needs Node ${LEAST} or later; this is `), stderr);
  });
}

for (const version of [`${LEAST}.0`, '23.0.0', '24.21.0']) {
  test(`Node ${version} starts it`, () => {
    const { status, stdout, stderr } = startedBy(version);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });
}

test('a Node without what it imports comes as far as the sentence: nothing is imported before', () => {
  assert.doesNotMatch(readFileSync(MAIN, 'utf8'), /^(import|export) .*from/m);
});
