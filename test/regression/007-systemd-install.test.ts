import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** They installed the entry file without the chunks that it imports. */
test('the install lines of the systemd unit install a program that starts', (t) => {
  if (!existsSync(join(PROJECT, 'dist/badgateway.mjs'))) return t.skip('the bundle is not built (make build)');
  const target = mkdtempSync(join(tmpdir(), 'install-'));
  t.after(() => rmSync(target, { recursive: true, force: true }));
  const unit = readFileSync(join(PROJECT, 'deploy/systemd/badgateway.service'), 'utf8');
  const copies = [...unit.matchAll(/^# (?:make build && )?(.*\bdist\/.*)$/gm)].map(([, command]) => command);
  assert.ok(copies.length > 0, 'the unit says how the bundle is installed');
  for (const command of copies) {
    const inTarget = command.replaceAll('/usr/lib/badgateway', join(target, 'lib'));
    assert.equal(spawnSync('sh', ['-c', inTarget], { cwd: PROJECT }).status, 0, inTarget);
  }
  const run = spawnSync(process.execPath, [join(target, 'lib/badgateway.mjs'), '--version'], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
});
