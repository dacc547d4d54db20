import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { hasDirectory, isArchiveName, rotationSuffix, withSiblings } from '../../../src/sources/tail/siblings.ts';

for (const [name, suffix] of [
  ['error.log.1', '.1'],
  ['error.log.2.gz', '.2.gz'],
  ['error.log-20261121', '-20261121'],
  ['error.log.20261121-082034', '.20261121-082034'],
  ['error.log.2026-11-21T08:20:34Z.gz', '.2026-11-21T08:20:34Z.gz'],
  ['error.log.gz', '.gz'],
  ['error.log.old', '.old'],
  ['error-20261121.log', '-20261121'],
  ['error.1.log.gz', '.1'],
  ['error.log', undefined],
  ['error.log.json', undefined],
  ['error.log.saved-by-hand', undefined],
  ['error-api.log', undefined],
  ['error2.log', undefined],
  ['other.log.1', undefined],
] as const) {
  test(`${name} ${suffix === undefined ? 'is no rotated name' : 'is a rotated name'} of error.log`, () => {
    assert.equal(rotationSuffix('error.log', name), suffix);
  });
}

test('a pattern does not bring in archives', () => {
  const archives = ['a.log.1', 'a.log-20261121', '0.log.20261121-082034', 'a.log.1.gz', 'a.log.gz', 'a.tmp', 'a.old'];
  for (const name of archives) assert.equal(isArchiveName(name), true, name);
  for (const name of ['a.log', '0.log', '17.log', 'error', 'api-2.log', 'web1'])
    assert.equal(isArchiveName(name), false, name);
});

test('siblings are opened oldest first, plain before compressed, without empty and foreign ones', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'siblings-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const write = (name: string, text: string | Buffer) => writeFileSync(join(directory, name), text);
  for (const number of [1, 2, 10]) write(`error.log.${number}`, `plain ${number}`);
  write('error.log.11.gz', gzipSync('packed 11'));
  write('error.log.12.gz', 'not packed');
  write('error.log.3', '');
  write('error.log', 'the file itself');
  write('access.log.1', 'foreign');
  mkdirSync(join(directory, 'error.log.d'));
  withSiblings(join(directory, 'error.log'), (siblings) => {
    assert.deepEqual(
      siblings.map(({ start }) => start.toString()),
      ['plain 10', 'plain 2', 'plain 1', 'packed 11'],
    );
    return new Set();
  });
  assert.equal(hasDirectory(join(directory, 'error.log')), true);
  assert.equal(hasDirectory(join(directory, 'gone', 'error.log')), false);
});

test('only the newest are looked at', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'siblings-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  for (let number = 1; number <= 100; number += 1) {
    writeFileSync(join(directory, `error.log.${number}`), `${number}`);
    utimesSync(join(directory, `error.log.${number}`), 1_000_000 - number, 1_000_000 - number);
  }
  withSiblings(join(directory, 'error.log'), (siblings) => {
    assert.equal(siblings.length, 64);
    assert.equal(siblings[0].name, 'error.log.64');
    return new Set();
  });
});
