import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { App } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';

const ignore = () => {};
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** The key `checkpoint.interval` was checked, documented and not used. */
test('checkpoint.interval sets the time between two saves', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'interval-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const tick = (seconds: number) => {
    for (const endMs = nowMs + seconds * 1000; nowMs < endMs; ) {
      nowMs += 10;
      t.mock.timers.tick(10);
    }
  };
  const load = () =>
    loadConfig({
      environment: {},
      flags: {
        'listen.metrics': '127.0.0.1:0',
        'listen.page': '127.0.0.1:0',
        'checkpoint.directory': directory,
        'checkpoint.interval': '30s',
      },
    });
  const app = new App({ loaded: load(), reload: load, log, version: '0' });
  const state = join(directory, 'state.json');
  let version = 0;
  app.checkpoint.register('test', { save: () => ++version, restore: ignore, isUrgent: () => true });
  app.checkpoint.start();
  t.after(() => app.checkpoint.stop());
  assert.ok(existsSync(state), 'saved at start');
  const saves = version;
  // It runs with what runs every second, and so up to a second earlier.
  tick(29);
  assert.equal(version, saves);
  tick(1);
  assert.equal(version, saves + 1);
});
