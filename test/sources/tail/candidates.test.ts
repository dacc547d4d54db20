import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Candidates } from '../../../src/sources/tail/candidates.ts';
import { Story } from './story.ts';

test('patterns bring what is there, plain paths what is written', (t) => {
  const directory = dirname(new Story(t).log);
  for (const name of ['a.log', 'b.log', 'a.log.1', 'c.log.gz']) writeFileSync(join(directory, name), '');
  mkdirSync(join(directory, 'd.log'));
  const candidates = new Candidates([`${directory}/*`, `${directory}/a.log.1`, `${directory}/missing.log`]);
  const found = candidates.scan(new Set([join(directory, 'b.log')]), 100);
  assert.deepEqual(
    found.map(({ path, found: there }) => `${path.slice(directory.length + 1)} ${there ? 'there' : 'missing'}`),
    ['a.log there', 'a.log.1 there', 'missing.log missing'],
  );
  assert.equal(candidates.isPlain(`${directory}/missing.log`), true);
  assert.equal(candidates.isPlain(`${directory}/a.log`), false);
  assert.equal(candidates.matches(`${directory}/whatever`), true);
  assert.equal(candidates.matches('/elsewhere'), false);
});
