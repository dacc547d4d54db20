import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MAX_FILE_BYTES, NotPermittedError, openProcfs } from '../../src/sources/procfs.ts';
import { FakeProc } from '../support/fake-proc.ts';

test('reads a whole file and nothing of the longer one before it', (t) => {
  const fake = new FakeProc(t).write('long', 'x'.repeat(5000)).write('short', 'né\n').write('empty', '');
  const proc = openProcfs(fake.root);
  assert.equal(proc.read('long'), 'x'.repeat(5000));
  assert.equal(proc.read('short'), 'né\n');
  assert.equal(proc.read('empty'), '');
});

test('what is not there is undefined: file, directory, file as directory', (t) => {
  const proc = openProcfs(new FakeProc(t).write('file', 'x').root);
  assert.equal(proc.read('nothing'), undefined);
  assert.equal(proc.read('12345/net/netstat'), undefined);
  assert.equal(proc.read('file/below'), undefined);
  assert.equal(proc.identity('nothing'), undefined);
});

test('ENXIO, which a table of a network namespace that is just ending says, is not there either', async (t) => {
  const fake = new FakeProc(t).write('40/net/snmp', '');
  // Nothing else says it on demand but a unix socket.
  const server = createServer().listen(join(fake.root, '40/net/netstat'));
  t.after(() => server.close());
  await once(server, 'listening');
  assert.equal(openProcfs(fake.root).read('40/net/netstat'), undefined);
});

test('a process that has ended and waits for its parent has no mounts: not there', async (t) => {
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => parent.kill('SIGKILL'));
  const [pid] = await once(parent.stdout, 'data');
  const proc = openProcfs('/proc');
  for (const endMs = Date.now() + 10_000; !/\) Z /.test(proc.read(`${Number(pid)}/stat`) ?? ''); await delay(10)) {
    assert.ok(Date.now() < endMs, 'it is not waited for');
  }
  assert.equal(proc.read(`${Number(pid)}/mountinfo`), undefined);
});

test('a file over the limit is an error, a prefix of it is not', (t) => {
  const fake = new FakeProc(t).write('huge', 'y'.repeat(MAX_FILE_BYTES + 1));
  const proc = openProcfs(fake.root);
  assert.throws(() => proc.read('huge'), {
    message: `cannot read ${fake.root}/huge: longer than ${MAX_FILE_BYTES} bytes`,
  });
  assert.equal(proc.readPrefix('huge', 100), 'y'.repeat(100));
});

test('every other error names the file', (t) => {
  const fake = new FakeProc(t);
  mkdirSync(join(fake.root, 'directory'));
  assert.throws(() => openProcfs(fake.root).read('directory'), /cannot read .*\/directory: EISDIR/);
});

test('a file that may not be read is a NotPermittedError', (t) => {
  const fake = new FakeProc(t).write('1/secret', 'x');
  chmodSync(fake.root, 0o755);
  chmodSync(join(fake.root, '..'), 0o755);
  chmodSync(join(fake.root, '1/secret'), 0);
  asUser(65534, () => {
    assert.throws(
      () => openProcfs(fake.root).read('1/secret'),
      (error: unknown) => error instanceof NotPermittedError && error.path.endsWith('1/secret'),
    );
  });
});

test('the real /proc: own and parent network namespace are one file', () => {
  const proc = openProcfs('/proc');
  assert.ok(proc.identity('self/net/netstat'));
  assert.equal(proc.identity(`${process.ppid}/net/netstat`), proc.identity('self/net/netstat'));
  assert.match(proc.read('self/net/netstat') ?? '', /^TcpExt: /);
});

/** Runs `action` with another effective user when the test is root, whom no mode stops. */
function asUser(uid: number, action: () => void): void {
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(uid);
  try {
    action();
  } finally {
    if (root) process.seteuid?.(0);
  }
}
