import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, notKnown } from '../../../src/audit/fact.ts';
import type { AuditFacts } from '../../../src/audit/input.ts';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const says = (text: string, facts: Partial<AuditFacts> = {}) => ruleSays('rlimit_nofile_low', text, facts);
const conf = (limit: string, connections: string) => `${limit}\nevents { ${connections} }`;

test('a connection is a file, so fewer files than connections is a warning', () => {
  assert.deepEqual(says(conf('worker_rlimit_nofile 999;', 'worker_connections 1000;')), [
    'warning /nginx.conf:1: worker_rlimit_nofile is 999 and worker_connections is 1000: files end first, and with one more for each connection (sent, cached or temporary) a worker needs 2000',
  ]);
  assert.match(says(conf('worker_rlimit_nofile 1000;', 'worker_connections 1000;')).join(), /^info /);
});

// worker_connections counts those to upstreams too: a request that is passed on takes two of each.
test('a hint where each connection may not have a file besides, to the last one', () => {
  assert.deepEqual(says(conf('worker_rlimit_nofile 1999;', 'worker_connections 1000;')), [
    'info /nginx.conf:1: worker_rlimit_nofile is 1999 and worker_connections is 1000: with one more file for each connection (sent, cached or temporary) a worker needs 2000',
  ]);
  assert.deepEqual(says(conf('worker_rlimit_nofile 2000;', 'worker_connections 1000;')), []);
  assert.deepEqual(ruleFixes('rlimit_nofile_low', conf('worker_rlimit_nofile 1;', '')), ['worker_rlimit_nofile 1024;']);
});

test('without the directive the limit that the master has counts', () => {
  const open = (files: number) => ({ openFiles: known(files) });
  assert.deepEqual(says(conf('', 'worker_connections 1000;'), open(1024)), [
    'info /nginx.conf:2: the limit of open files that workers inherit is 1024 and worker_connections is 1000: with one more file for each connection (sent, cached or temporary) a worker needs 2000',
  ]);
  assert.deepEqual(says(conf('', 'worker_connections 1000;'), open(Number.POSITIVE_INFINITY)), []);
  assert.match(
    says('', open(1000)).join(),
    /^info \/nginx\.conf:1: .* is 1000 and worker_connections is 512 \(the default\)/,
  );
});

test('an inherited limit that cannot be read is not assumed', () => {
  assert.deepEqual(says('events {}', { openFiles: notKnown('it is not visible') }), [
    'unchecked: worker_rlimit_nofile is not set, and it is not visible',
  ]);
});

test('a part that is included in http says nothing of it', () => {
  assert.deepEqual(says('server { listen 80; }', { openFiles: known(1) }), []);
});
