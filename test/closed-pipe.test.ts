import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

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
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-closed-pipe-'));
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
