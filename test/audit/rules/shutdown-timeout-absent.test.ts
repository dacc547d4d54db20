import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const says = (text: string) => ruleSays('shutdown_timeout_absent', text);

test('absent, and 0, which sets no timer', () => {
  const [absent] = says('pid /run/nginx.pid;\nworker_processes 2;\nevents {}');
  assert.match(absent, /^warning \/nginx\.conf:2: worker_shutdown_timeout is not set: .* instead of 240 s/);
  assert.match(
    says('events {}\nworker_shutdown_timeout 0s;').join(),
    /^warning \/nginx\.conf:2: worker_shutdown_timeout is 0:/,
  );
  assert.deepEqual(ruleFixes('shutdown_timeout_absent', 'events {}'), ['worker_shutdown_timeout 240s;']);
});

test('silent with any other, and in a part of the configuration', () => {
  assert.deepEqual(says('worker_shutdown_timeout 10s ;\nevents {}'), []);
  assert.deepEqual(says('server { listen 80; }'), []);
});
