import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { RANGE_BYTES } from '../../../src/sources/file-range.ts';
import { openPlain, PlainSource } from '../../../src/sources/tail/byte-source.ts';
import { wholeLinesAhead } from '../../../src/sources/tail/lines-ahead.ts';
import { ReadTail } from '../../../src/sources/tail/read-tail.ts';
import { Story } from './story.ts';

const LINE_BYTES = 1024;
const FIRST = 'first\n';

/** A file that begins with FIRST, which is read. */
function rig(t: TestContext, rest: string) {
  const { log } = new Story(t);
  writeFileSync(log, FIRST + rest);
  const source = new PlainSource(openPlain(log));
  t.after(() => source.close());
  const tail = new ReadTail(0, '');
  tail.moveTo(Buffer.from(FIRST), FIRST.length);
  const buffer = Buffer.alloc(65_536);
  const look = (lineBytes = LINE_BYTES) =>
    wholeLinesAhead(source, { offset: FIRST.length, tail, most: RANGE_BYTES }, buffer, lineBytes);
  return { log, buffer, source, look };
}

test('whole lines, as many as there may be, and what stands before their end', (t) => {
  const { look, buffer } = rig(t, `${'x'.repeat(99)}\n`.repeat(RANGE_BYTES / 50));
  const ahead = look();
  const lines = Math.floor(RANGE_BYTES / 100);
  assert.equal(ahead?.to, FIRST.length + lines * 100);
  assert.equal(buffer.toString('latin1', ahead!.end - 102, ahead!.end), `x\n${'x'.repeat(99)}\n`);
});

test('an end of a line is looked for near where it must be, and farther where lines are long', (t) => {
  const { look, source } = rig(t, `${'x'.repeat(10_000)}\n`.repeat(RANGE_BYTES / 5000));
  const read = t.mock.method(source, 'read');
  assert.equal(look(65_536)?.to, FIRST.length + Math.floor(RANGE_BYTES / 10_001) * 10_001);
  assert.deepEqual(
    read.mock.calls.slice(1).map(({ arguments: [{ length }] }) => length),
    [4096, 65_536],
  );
  const usual = rig(t, `${'x'.repeat(99)}\n`.repeat(RANGE_BYTES / 50));
  const short = t.mock.method(usual.source, 'read');
  assert.notEqual(usual.look(65_536), undefined);
  assert.deepEqual(
    short.mock.calls.slice(1).map(({ arguments: [{ length }] }) => length),
    [4096],
  );
});

test('not before there are so many bytes', (t) => {
  const { log, look } = rig(t, `${'x'.repeat(99)}\n`.repeat(Math.floor(RANGE_BYTES / 100)));
  assert.equal(look(), undefined);
  appendFileSync(log, `${'x'.repeat(99)}\n`);
  assert.notEqual(look(), undefined);
});

test('not where a line is too long, or ends too near to what is known', (t) => {
  const without = RANGE_BYTES - LINE_BYTES;
  assert.equal(rig(t, `${'x'.repeat(without - 1)}\n${'y'.repeat(RANGE_BYTES)}`).look(), undefined);
  assert.equal(rig(t, `${'x'.repeat(without + 10)}\n${'y'.repeat(RANGE_BYTES)}`).look(), undefined);
  assert.equal(
    rig(t, `${'x'.repeat(without + 63)}\n${'y'.repeat(RANGE_BYTES)}`).look()?.to,
    FIRST.length + without + 64,
  );
});

test('not where what was read is not there any more', (t) => {
  const { log, look } = rig(t, '');
  writeFileSync(log, `other\n${`${'x'.repeat(99)}\n`.repeat(RANGE_BYTES / 50)}`);
  assert.equal(look(), undefined);
});
