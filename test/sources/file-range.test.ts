import assert from 'node:assert/strict';
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import { MOST_RANGE_BYTES, RANGE_BYTES, rangeBytesFor, readFileRange } from '../../src/sources/file-range.ts';

const TEXT = 'one\ntwo\nthree\n';

describe('a range of a file', () => {
  const buffer = Buffer.alloc(64);
  let directory: string;
  let path: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'badgateway-range-'));
    path = join(directory, 'access.log');
  });
  after(() => rmSync(directory, { recursive: true }));

  const read = (from: number, to: number, last: string, descriptor = openSync(path, 'r')) => {
    const bytes = readFileRange(descriptor, { from, to, last: Buffer.from(last), first: Buffer.from('on') }, buffer);
    assert.throws(() => fstatSync(descriptor), { code: 'EBADF' });
    return bytes?.toString();
  };

  it('is read when its last bytes are those that were seen', () => {
    writeFileSync(path, TEXT);
    assert.equal(read(4, 14, 'ee\n'), 'two\nthree\n');
    assert.equal(read(0, 8, 'one\ntwo\n'), 'one\ntwo\n');
  });

  it('is gone when the file is shorter, or others stand at its end', () => {
    writeFileSync(path, TEXT);
    assert.equal(read(4, 15, 'ee\n'), undefined);
    assert.equal(read(4, 14, 'xe\n'), undefined);
    const descriptor = openSync(path, 'r');
    truncateSync(path, 0);
    assert.equal(read(4, 14, 'ee\n', descriptor), undefined);
    const again = openSync(path, 'r');
    writeFileSync(path, TEXT.toUpperCase());
    assert.equal(read(4, 14, 'ee\n', again), undefined);
  });

  it('is gone when another file has grown past it that looks the same there', () => {
    writeFileSync(path, TEXT);
    const descriptor = openSync(path, 'r');
    writeFileSync(path, 'new\none\nthree\n');
    assert.equal(read(4, 14, 'ee\n', descriptor), undefined);
  });

  it('of a file that is deleted is read', () => {
    writeFileSync(path, TEXT);
    const descriptor = openSync(path, 'r');
    rmSync(path);
    assert.equal(read(4, 8, 'two\n', descriptor), 'two\n');
  });

  it('that cannot be read is not gone: that is said, and its descriptor stays open', () => {
    const descriptor = openSync(directory, 'r');
    assert.throws(
      () => readFileRange(descriptor, { from: 0, to: 4, last: Buffer.of(10), first: Buffer.of(10) }, buffer),
      { code: 'EISDIR' },
    );
    fstatSync(descriptor);
    closeSync(descriptor);
  });
});

test('a file far behind has long ranges, one a little behind short ones, and nearly read none', () => {
  assert.ok(MOST_RANGE_BYTES > RANGE_BYTES);
  assert.deepEqual([0, 2 * RANGE_BYTES - 1].map(rangeBytesFor), [0, 0]);
  assert.deepEqual([2 * RANGE_BYTES, 2 * MOST_RANGE_BYTES - 1].map(rangeBytesFor), [RANGE_BYTES, RANGE_BYTES]);
  assert.deepEqual([2 * MOST_RANGE_BYTES, 1e12].map(rangeBytesFor), [MOST_RANGE_BYTES, MOST_RANGE_BYTES]);
});
