import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loopTurn } from '../../src/sources/loop-turns.ts';

/** Rounds of the event loop, as a request sees them, until `work` has ended; and what ran in each. */
async function roundsOf(work: (run: (name: string) => void) => Promise<unknown>): Promise<readonly string[]> {
  const rounds = [''];
  let isOver = false;
  const round = () => {
    rounds.push('');
    if (!isOver) setImmediate(round);
  };
  setImmediate(round);
  await work((name) => {
    rounds[rounds.length - 1] += name;
  });
  isOver = true;
  return rounds;
}

test('of several that have cut their work into slices one runs in each round, in turn', async () => {
  const rounds = await roundsOf((run) => {
    const slices = async (name: string) => {
      for (let i = 0; i < 3; i++) {
        await loopTurn();
        run(name);
      }
    };
    return Promise.all([slices('a'), slices('b'), slices('c')]);
  });
  assert.ok(
    rounds.every((ran) => ran.length <= 1),
    JSON.stringify(rounds),
  );
  assert.equal(rounds.join(''), 'abcabcabc');
});

test('one alone runs in every round', async () => {
  const rounds = await roundsOf(async (run) => {
    for (let i = 0; i < 5; i++) {
      await loopTurn();
      run('a');
    }
  });
  assert.ok(rounds.length <= 8, JSON.stringify(rounds));
});
