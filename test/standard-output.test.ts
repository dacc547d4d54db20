import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { smallDisk } from './support/small-disk.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CAPTURE = readFileSync(join(ROOT, 'test/fixtures/nginx/loopback-faults.log'), 'utf8');

/** The exit code of the command and what it wrote to standard error, when `reader` has its output. */
function pipe(args: string, reader: string, input?: string) {
  const script = `"${process.execPath}" src/main.ts ${args} | ${reader} >/dev/null; exit "\${PIPESTATUS[0]}"`;
  const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: ROOT, encoding: 'utf8', input, timeout: 60_000 });
  return { status, stderr };
}

for (const args of [
  '--help',
  'serve --help',
  'explain --help',
  'generate --help',
  'capacity-report --help',
  'check-config /dev/null',
])
  test(`${args}: nobody reads it`, () => {
    assert.deepEqual(pipe(args, 'true'), { status: 0, stderr: '' });
  });

test('explain: whoever reads it leaves after a line', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-output-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const [file, text] = [join(directory, 'error.log'), CAPTURE.repeat(300)];
  writeFileSync(file, text);
  for (const args of [`explain ${file}`, `explain --json ${file}`])
    assert.deepEqual(pipe(args, 'head -n 1'), { status: 0, stderr: '' }, args);
  assert.deepEqual(pipe('explain -', 'head -n 1', text), { status: 0, stderr: '' }, 'standard input');
});

test('an exit code is kept: nothing to look at is 2', () => {
  const { status } = pipe('upstreams --url http://127.0.0.1:1', 'true');
  assert.equal(status, 2);
});

/** The exit code of a command whose output goes to a file, and what it says of it. */
function redirect(args: string, file: string) {
  const script = `"${process.execPath}" src/main.ts ${args} >"${file}"`;
  const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: ROOT, encoding: 'utf8', timeout: 60_000 });
  return { status, stderr };
}

for (const args of [
  '--help',
  'generate rules',
  'generate rules --list',
  'check-config /dev/null',
  'explain test/fixtures/nginx/loopback-faults.log',
])
  test(`${args}: a full disk is told, with the way out and no stack trace`, () => {
    const stderr =
      'badgateway: cannot write standard output to /dev/full (ENOSPC: the disk is full; make room there, or write elsewhere)\n';
    assert.deepEqual(redirect(args, '/dev/full'), { status: 2, stderr });
  });

/** Node writes what there is room for and says that all was written. */
test('rules of which only a part fits are not called written', (t: TestContext) => {
  const disk = smallDisk(t, 32);
  if ('reason' in disk) return t.skip(disk.reason);
  const { status, stderr } = redirect('generate rules', join(disk.directory, 'rules.yaml'));
  assert.equal(status, 2);
  assert.match(stderr, /^badgateway: cannot write standard output to \S+\/rules\.yaml \(ENOSPC: .*\)\n$/);
});

test('a disk with room gets all', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-output-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'rules.yaml');
  assert.deepEqual(redirect('generate rules', file), { status: 0, stderr: '' });
  const { stdout } = spawnSync(process.execPath, ['src/main.ts', 'generate', 'rules'], { cwd: ROOT, encoding: 'utf8' });
  assert.equal(readFileSync(file, 'utf8'), stdout);
});

test('nobody is left to tell: the exit code is', () => {
  const script = `"${process.execPath}" src/main.ts generate rules >/dev/full 2>/dev/full`;
  const { status } = spawnSync('bash', ['-c', script], { cwd: ROOT, timeout: 60_000 });
  assert.equal(status, 2);
});

test('demo: no room for its files is told with the way out', (t) => {
  const disk = smallDisk(t, 32);
  if ('reason' in disk) return t.skip(disk.reason);
  const env = { ...process.env, TMPDIR: disk.directory };
  const args = ['src/main.ts', 'demo'];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 1);
  assert.match(stderr, /^badgateway: cannot write temporary files in \S+, which TMPDIR may change \(ENOSPC: .*\)\n$/);
  assert.deepEqual(readdirSync(disk.directory), []);
});
