import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSavedFile, parseSavedTail } from '../../../src/sources/tail/saved-state.ts';
import { Story } from './story.ts';

const generation = ['1:2:3', 10, 'hash', 100, 'tail', 0, 120, 1];

test('what a tailer saves is understood, and holds no bytes of the log', (t) => {
  const story = new Story(t);
  story.write(...Story.lines(1, 3), 'token=secret');
  story.follow();
  const text = story.checkpoint.text();
  assert.doesNotMatch(text, /secret|Connection refused/);
  const saved = parseSavedTail(JSON.parse(text).tail)?.files.get(story.log);
  assert.equal(saved?.real, story.log);
  assert.equal(saved?.generations.length, 1);
  assert.equal(saved?.generations[0].position.offset, saved?.generations[0].sizeSeen);
  assert.equal(saved?.generations[0].current, true);
});

test('anything else is refused', () => {
  for (const value of [undefined, null, 7, 'x', [], {}, { files: {} }, { files: null, savedMs: 1 }]) {
    assert.equal(parseSavedTail(value), undefined);
  }
  for (const at of generation.keys()) {
    for (const wrong of [null, {}, Number.NaN, -1, 1.5, 'x'.repeat(3)]) {
      const generations = [generation.with(at, wrong as string)];
      const parsed = parseSavedFile({ real: '/log', generations });
      if (parsed === undefined) continue;
      assert.ok(typeof wrong === 'string' || at === 5 || at === 7, `field ${at} took ${String(wrong)}`);
    }
  }
});

test('of a part it is known where it ends', () => {
  const parse = (to: unknown) => parseSavedFile({ real: '/log', generations: [[...generation, to]] })?.generations[0];
  assert.equal(parse(200)?.to, 200);
  for (const wrong of [null, {}, Number.NaN, -1, 1.5, 'x']) assert.equal(parse(wrong), undefined);
});

test('a bad file does not spoil the others, and there is a limit to generations', () => {
  const good = { real: '/log', generations: Array(200).fill(generation), known: [] };
  const parsed = parseSavedTail({ savedMs: 1, files: { '/good': good, '/bad': { real: 1 } } });
  assert.deepEqual([...(parsed?.files.keys() ?? [])], ['/good']);
  assert.equal(parsed?.files.get('/good')?.generations.length, 64);
});
