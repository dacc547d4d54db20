import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Checkpoint } from '../../src/sources/checkpoint.ts';
import { testContext } from '../support/context.ts';

const TURNS_ENOUGH = 10;

test('before a save others have their turn, until it is prepared, or has been often enough', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-prepare-'));
  const { log, clock } = testContext({});
  const checkpoint = new Checkpoint({ directory, clock, log, intervalMs: 20 });
  t.after(async () => {
    await checkpoint.stop();
    rmSync(directory, { recursive: true });
  });
  const saved = () => JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')).parts.metrics;
  let value = 'first';
  let left = 0;
  let prepared = 0;
  let isHeld = false;
  const heldAt: Record<'prepare' | 'save', Set<boolean>> = { prepare: new Set(), save: new Set() };
  const prepare = () => {
    heldAt.prepare.add(isHeld);
    prepared++;
    return --left < 0;
  };
  const hold = () => {
    isHeld = true;
  };
  const letGo = () => {
    isHeld = false;
  };
  const save = () => {
    heldAt.save.add(isHeld);
    return value;
  };
  checkpoint.register('metrics', { save, restore: () => {}, isUrgent: () => true, prepare, hold, letGo });
  const preparedUntil = async (next: string, toPrepare: number) => {
    [value, left, prepared] = [next, toPrepare, 0];
    while (saved() !== next) await new Promise((resolve) => setTimeout(resolve, 1));
    return prepared;
  };
  checkpoint.start();
  assert.equal(saved(), 'first', 'nobody waits at the start');
  heldAt.save.clear();
  assert.ok((await preparedUntil('second', 3)) > 3);
  const times = await preparedUntil('third', 1_000_000);
  assert.ok(times >= TURNS_ENOUGH && times < 1_000, `${times}: in the end it is saved as it is`);
  assert.deepEqual(heldAt, { prepare: new Set([true]), save: new Set([true]) }, 'nothing comes meanwhile');
  // The next save may be on its way.
  await checkpoint.stop();
  assert.equal(isHeld, false);
});
