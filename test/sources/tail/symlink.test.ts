import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Story } from './story.ts';

function append(path: string, ...lines: string[]): void {
  appendFileSync(path, lines.map((line) => `${line}\n`).join(''));
}

test('a link into another directory, rotation there, and a switch', (t) => {
  const story = new Story(t);
  const pods = join(story.directory, 'pods');
  mkdirSync(pods);
  append(join(pods, '0.log'), ...Story.lines(1, 10));
  symlinkSync(join(pods, '0.log'), story.log);
  story.follow();
  append(join(pods, '0.log'), ...Story.lines(11, 20));
  renameSync(join(pods, '0.log'), join(pods, '0.log.20261121-082034'));
  append(join(pods, '0.log'), ...Story.lines(21, 30));
  renameSync(join(pods, '0.log'), join(pods, '0.log.20261121-082035'));
  append(join(pods, '0.log'), ...Story.lines(31, 40));
  story.tick();
  append(join(pods, '0.log'), ...Story.lines(41, 50));
  append(join(pods, '1.log'), ...Story.lines(51, 60));
  unlinkSync(story.log);
  symlinkSync(join(pods, '1.log'), story.log);
  story.tick(1_000);
  assert.equal(story.read(), '1-60');
  assert.equal(story.losses(), '');
});

test('a file that two patterns find is followed once', (t) => {
  const story = new Story(t);
  const both = new Story(t, {
    globs: [join(story.directory, 'pods', '*.log'), join(story.directory, 'logs', '*.log')],
  });
  const target = join(story.directory, 'pods', '0.log');
  mkdirSync(join(story.directory, 'pods'));
  append(target, ...Story.lines(1, 10));
  symlinkSync(target, story.log);
  both.follow();
  renameSync(target, `${target}.20261121-082034`);
  append(target, ...Story.lines(11, 20));
  both.tick(1_000);
  both.tick(1_000);
  assert.equal(both.read(), '1-20');
  assert.deepEqual(both.sink.opened, [target]);
});

test('a dangling link is a file that is not there yet', (t) => {
  const story = new Story(t);
  symlinkSync(join(story.directory, 'later.log'), story.log);
  story.follow();
  assert.equal(story.tailer.status()[0].state, 'missing');
  append(join(story.directory, 'later.log'), ...Story.lines(1, 2));
  story.tick(1_000);
  assert.equal(story.read(), '1-2');
});
