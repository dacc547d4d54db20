import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openProcfs } from '../../src/sources/procfs.ts';
import { readTable } from '../../src/sources/socket-table.ts';
import { FakeProc } from '../support/fake-proc.ts';

const { signal } = new AbortController();

async function read(root: string, path: string, maxBytes = 1 << 20) {
  let text = '';
  const whole = await readTable(openProcfs(root), path, { maxBytes, signal }, (chunk) => {
    text += Buffer.from(chunk).toString('latin1');
  });
  return { whole, text };
}

test('hands over all of a file that is longer than a piece', async (t) => {
  const long = Array.from({ length: 40_000 }, (_, line) => `row ${line}\n`).join('');
  const fake = new FakeProc(t).write('1/net/tcp', long).write('1/net/tcp6', '');
  assert.deepEqual(await read(fake.root, '1/net/tcp'), { whole: true, text: long });
  assert.deepEqual(await read(fake.root, '1/net/tcp6'), { whole: true, text: '' });
});

test('reads no more than the limit and says so; a file of just that length is whole', async (t) => {
  const fake = new FakeProc(t).write('tcp', 'x'.repeat(200_000));
  assert.deepEqual(await read(fake.root, 'tcp', 199_999), { whole: false, text: 'x'.repeat(199_999) });
  assert.deepEqual(await read(fake.root, 'tcp', 200_000), { whole: true, text: 'x'.repeat(200_000) });
});

test('what is not there is undefined, what cannot be read is an error that names the file', async (t) => {
  const fake = new FakeProc(t);
  assert.deepEqual(await read(fake.root, '7/net/tcp'), { whole: undefined, text: '' });
  mkdirSync(join(fake.root, 'tcp'));
  await assert.rejects(read(fake.root, 'tcp'), /cannot read .*\/tcp: EISDIR/);
});

test('gives way to other work, and ends when it is told to', async (t) => {
  const fake = new FakeProc(t).write('tcp', 'x'.repeat(1 << 20));
  const controller = new AbortController();
  let pieces = 0;
  const reading = readTable(openProcfs(fake.root), 'tcp', { maxBytes: 1 << 20, signal: controller.signal }, () => {
    pieces++;
    controller.abort();
    const startMs = performance.now();
    while (performance.now() - startMs < 11);
  });
  await assert.rejects(reading, { name: 'AbortError' });
  assert.equal(pieces, 1);
});

test('reads the sockets of this process from the real /proc', async () => {
  // Others may have thousands of connections here.
  const { whole, text } = await read('/proc', 'self/net/tcp', 1 << 26);
  assert.equal(whole, true);
  assert.match(text, /^ {2}sl {2}local_address/);
});
