import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Glob, globProblem } from '../../src/sources/glob.ts';

function tree(t: TestContext, ...paths: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'glob-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const path of paths) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), '');
  }
  return root;
}

function scan(root: string, pattern: string): string[] {
  return new Glob(join(root, pattern)).scan(100).map((path) => path.slice(root.length + 1));
}

test('stars, question marks, sets and braces', (t) => {
  const root = tree(t, 'a/0.log', 'a/1.log', 'a/10.log', 'b/0.log', 'b/x.txt', 'a/.hidden.log', 'a+b/(1).log');
  assert.deepEqual(scan(root, 'a/*.log'), ['a/0.log', 'a/1.log', 'a/10.log']);
  assert.deepEqual(scan(root, '*/?.log'), ['a/0.log', 'a/1.log', 'b/0.log']);
  assert.deepEqual(scan(root, 'a/[1-9]*.log'), ['a/1.log', 'a/10.log']);
  assert.deepEqual(scan(root, 'a/[!1]*.log'), ['a/0.log']);
  assert.deepEqual(scan(root, '{a,b}/0.{log,txt}').sort(), ['a/0.log', 'a/0.txt', 'b/0.log', 'b/0.txt']);
  assert.deepEqual(scan(root, 'a+b/(*).log'), ['a+b/(1).log']);
  assert.deepEqual(scan(root, 'a/.h*'), ['a/.hidden.log']);
});

test('a plain path is always found, there or not', (t) => {
  const root = tree(t);
  const glob = new Glob(join(root, 'error.log'));
  assert.equal(glob.magic, false);
  assert.deepEqual(glob.scan(100), [join(root, 'error.log')]);
});

test('missing directories and files in the place of directories match nothing', (t) => {
  const root = tree(t, 'file');
  assert.deepEqual(scan(root, 'nowhere/*.log'), []);
  assert.deepEqual(scan(root, 'file/*'), []);
});

test('a new file is found at the next scan, in an old directory too', (t) => {
  const root = tree(t, 'logs/a.log');
  utimesSync(join(root, 'logs'), 1_000, 1_000);
  const glob = new Glob(join(root, 'logs', '*.log'));
  assert.equal(glob.scan(100).length, 1);
  assert.equal(glob.scan(100).length, 1);
  writeFileSync(join(root, 'logs', 'b.log'), '');
  assert.equal(glob.scan(100).length, 2);
  rmSync(join(root, 'logs'), { recursive: true });
  assert.equal(glob.scan(100).length, 0);
});

test('no more than the limit', (t) => {
  const root = tree(t, ...Array.from({ length: 10 }, (_, number) => `${number}.log`));
  assert.equal(new Glob(join(root, '*.log')).scan(4).length, 4);
});

test('matches without looking at the disk', () => {
  const glob = new Glob('/var/log/pods/*/*/*.log');
  assert.equal(glob.matches('/var/log/pods/a_b_c/nginx/0.log'), true);
  assert.equal(glob.matches('/var/log/pods/nginx/0.log'), false);
  assert.equal(glob.matches('/var/log/pods/a/b/0.log/x'), false);
});

test('what is no pattern is refused with its text', () => {
  assert.throws(() => new Glob('logs/*.log'), /must be an absolute path: logs/);
  assert.throws(() => new Glob('/logs/**/*.log'), /must not contain \*\*/);
  assert.throws(() => new Glob('/logs/[z-a].log'), /range/i);
});

test('what was written for a pattern and is none is told; a path that somebody else wrote is taken as it is', () => {
  assert.match(globProblem('/var/log/[nginx/*.log')!, /^glob has a \[ without its \] in \[nginx;/);
  assert.match(globProblem('/var/log/[nginx/a].log')!, /in \[nginx;/);
  assert.match(globProblem('/logs/{a,b/*.log')!, /^glob has a \{ without its \}/);
  assert.match(globProblem('logs/*.log')!, /absolute/);
  for (const good of ['/logs/[[]a/*.log', '/logs/[{]a/*.log', '/logs/[!a]]/{b,{c,d}}.log', '/logs/a]}.log'])
    assert.equal(globProblem(good), null, good);
  assert.equal(new Glob('/logs/[[]a/[{]b').matches('/logs/[a/{b'), true);
  assert.equal(new Glob('/logs/[nginx/error.log').matches('/logs/[nginx/error.log'), true);
});
