import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runGenerateRules } from '../../src/commands/generate-rules.ts';
import { temporaryDirectory, writeFiles } from '../../src/commands/write-files.ts';
import { asNobody } from '../support/nobody.ts';
import { smallDisk } from '../support/small-disk.ts';

const base = mkdtempSync(join(tmpdir(), 'badgateway-write-'));
after(() => rmSync(base, { recursive: true, force: true }));

const two = new Map([
  ['a.yaml', 'new a'],
  ['b.yaml', 'new b'],
]);

describe('writeFiles', () => {
  it('makes the directory and leaves nothing else there', () => {
    const directory = join(base, 'new', 'deep');
    writeFiles(directory, two);
    assert.deepEqual(readdirSync(directory), ['a.yaml', 'b.yaml']);
    assert.equal(readFileSync(join(directory, 'b.yaml'), 'utf8'), 'new b');
  });

  it('follows a link in the place of a file', () => {
    const directory = mkdtempSync(join(base, 'link-'));
    writeFileSync(join(directory, 'real'), 'old');
    symlinkSync('real', join(directory, 'a.yaml'));
    writeFiles(directory, two);
    assert.equal(readFileSync(join(directory, 'real'), 'utf8'), 'new a');
    assert.ok(lstatSync(join(directory, 'a.yaml')).isSymbolicLink());
  });

  it('changes none where one is in the way', () => {
    const directory = mkdtempSync(join(base, 'way-'));
    writeFileSync(join(directory, 'a.yaml'), 'old a');
    mkdirSync(join(directory, 'b.yaml'));
    assert.throws(
      () => writeFiles(directory, two),
      /cannot write .*b\.yaml \(EISDIR: a directory is in the way; remove/,
    );
    assert.equal(readFileSync(join(directory, 'a.yaml'), 'utf8'), 'old a');
    assert.deepEqual(readdirSync(directory), ['a.yaml', 'b.yaml']);
  });

  it('says what is wrong with the directory', () => {
    const file = join(base, 'file');
    writeFileSync(file, '');
    assert.throws(() => writeFiles(file, two), /cannot write \S+ \(EEXIST: a file is in the way/);
    assert.throws(
      () => writeFiles(join(file, 'below'), two),
      /cannot write \S+ \(ENOTDIR: a part of the path is a file/,
    );
  });

  it('names TMPDIR where there is no place for temporary files', () => {
    const kept = process.env.TMPDIR;
    process.env.TMPDIR = join(base, 'none');
    assert.throws(
      () => temporaryDirectory('x-'),
      /cannot write temporary files in .*none, which TMPDIR may change \(ENOENT/,
    );
    if (kept === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = kept;
  });
});

function generate(output: string): { code: number; said: string } {
  let said = '';
  const code = runGenerateRules({ output }, [], { out: () => {}, note: (text) => (said += text) });
  return { code, said };
}

describe('generate rules on a real file system', () => {
  it('leaves the rules that are there on a full disk', (t) => {
    const disk = smallDisk(t, 64);
    if ('reason' in disk) return t.skip(disk.reason);
    const { directory } = disk;
    writeFileSync(join(directory, 'causes.rules.yaml'), 'mine');
    const { code, said } = generate(directory);
    assert.equal(code, 2);
    assert.match(
      said,
      /^cannot write \S+\.rules\.yaml \(ENOSPC: the disk is full; make room there, or write elsewhere\)$/,
    );
    assert.deepEqual(readdirSync(directory), ['causes.rules.yaml']);
    assert.equal(readFileSync(join(directory, 'causes.rules.yaml'), 'utf8'), 'mine');
  });

  it('leaves no directory there that it made', (t) => {
    const disk = smallDisk(t, 64);
    if ('reason' in disk) return t.skip(disk.reason);
    assert.equal(generate(join(disk.directory, 'rules', 'badgateway')).code, 2);
    assert.deepEqual(readdirSync(disk.directory), []);
  });

  it('names a read-only file system', (t) => {
    const disk = smallDisk(t, 64);
    if ('reason' in disk) return t.skip(disk.reason);
    spawnSync('mount', ['-o', 'remount,ro', disk.directory]);
    const { code, said } = generate(join(disk.directory, 'rules'));
    assert.equal(code, 2);
    assert.match(said, /^cannot write \S+\/rules \(EROFS: the file system is read-only; write elsewhere\)$/);
  });

  const skip = process.getuid?.() === 0 ? false : 'needs root to be somebody else';
  it('names a directory and a file that this user may not write', { skip }, () => {
    const directory = mkdtempSync(join(base, 'mine-'));
    const [command = '', ...args] = asNobody();
    const run = (output: string) =>
      spawnSync(command, [...args, process.execPath, 'src/main.ts', 'generate', 'rules', '--output', output], {
        encoding: 'utf8',
        timeout: 30_000,
      });
    spawnSync('chmod', ['755', base, directory]);
    const refused = run(join(directory, 'rules'));
    assert.equal(refused.status, 2);
    assert.match(
      refused.stderr,
      /^badgateway: cannot write \S+\/rules \(EACCES: this user may not write there; give the/,
    );
    spawnSync('chmod', ['777', directory]);
    writeFileSync(join(directory, 'slo.rules.yaml'), 'protected', { mode: 0o444 });
    const kept = run(directory);
    assert.equal(kept.status, 2);
    assert.match(kept.stderr, /cannot write \S+\/slo\.rules\.yaml \(EACCES/);
    assert.equal(readFileSync(join(directory, 'slo.rules.yaml'), 'utf8'), 'protected');
    assert.equal(existsSync(join(directory, 'causes.rules.yaml')), false);
  });
});
