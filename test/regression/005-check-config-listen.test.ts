import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkConfig } from '../../src/commands/check-config.ts';

/** It said ok, and `serve` with the same file did not start. */
test('check-config finds addresses and a web config file that serve would refuse, all at once', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'check-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'bad.yaml');
  writeFileSync(file, 'listen: {metrics: nonsense, page: "127.0.0.1:70000"}\nweb: {config_file: /does/not/exist}\n');
  assert.throws(
    () => checkConfig(file),
    /: 3 problems\n {2}listen\.metrics = "nonsense": [\s\S]*\n {2}web\.config_file = [\s\S]*\n {2}listen\.page = "127\.0\.0\.1:70000": /,
  );
});

test('check-config refuses a page beyond loopback without authentication, as serve does', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'check-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'open.yaml');
  writeFileSync(file, 'listen: {page: "0.0.0.0:9503"}\n');
  assert.throws(() => checkConfig(file), /: 1 problem\n {2}listen\.page = "0\.0\.0\.0:9503": .*authentication/);
  writeFileSync(join(directory, 'web.yml'), 'basic_auth_users: {}\n');
  writeFileSync(file, `listen: {page: "0.0.0.0:9503"}\nweb: {config_file: ${directory}/web.yml}\n`);
  assert.throws(() => checkConfig(file), /: 1 problem\n {2}listen\.page = "0\.0\.0\.0:9503": .*authentication/);
});
