import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Generation } from '../../src/collectors/nginx-config-generation.ts';
import { LoadTimes } from '../../src/collectors/nginx-config-load-times.ts';

const generation = (id: number, startMs: number): Generation => ({
  ...{ id, startMs, masterStartMs: 0, isStartKnown: true },
  origin: id === 1 ? 'first' : 'reload',
});
const NOTHING = { reload: null, isLoaded: true } as const;
const RELOADED = { reload: 'changed', isLoaded: true } as const;

describe('LoadTimes', () => {
  it('is the time from the last write to the workers that have loaded it, once', () => {
    const times = new LoadTimes();
    assert.equal(times.look(NOTHING, generation(1, 1_000), 500), null);
    assert.equal(times.look({ reload: null, isLoaded: false }, generation(1, 1_000), 9_600), null);
    assert.equal(times.look(RELOADED, generation(2, 10_000), 9_600), 400);
    assert.equal(times.look(NOTHING, generation(2, 10_000), 9_600), null);
    assert.equal(times.look(RELOADED, generation(3, 20_000), 17_000), 3_000);
  });

  it('has none for a reload that nothing was written for', () => {
    const times = new LoadTimes();
    times.look(NOTHING, generation(1, 1_000), 500);
    assert.equal(times.look(RELOADED, generation(2, 10_000), 500), null);
    assert.equal(times.look(RELOADED, generation(3, 20_000), 9_000), null);
  });

  it('has none while it is not proven what was loaded, nor for what was written later', () => {
    const times = new LoadTimes();
    times.look(NOTHING, generation(1, 1_000), 500);
    assert.equal(times.look({ reload: 'changed', isLoaded: null }, generation(2, 10_000), 9_990), null);
    assert.equal(times.look(RELOADED, generation(3, 20_000), 20_001), null);
    assert.equal(times.look(RELOADED, generation(4, 30_000), null), null);
  });

  it('has none for the first that is seen, nor after a time without processes', () => {
    const times = new LoadTimes();
    assert.equal(times.look(RELOADED, generation(1, 10_000), 9_000), null);
    assert.equal(times.look(NOTHING, null, 9_000), null);
    assert.equal(times.look(RELOADED, generation(2, 20_000), 19_000), null);
  });
});
