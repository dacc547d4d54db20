import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findAccessLogs } from '../../src/collectors/access-log-plan.ts';
import { nginxAccessLog } from '../../src/collectors/nginx-access-log.ts';
import { FakeProc } from '../support/fake-proc.ts';

const CONFIG = nginxAccessLog.schema.parse({});

/** A node whose nginx master is in its file system, which we see under another root. */
function node(proc: FakeProc): FakeProc {
  return proc
    .write('self/mountinfo', '5 4 0:99 / / rw\n')
    .write('1/mountinfo', '9 1 8:1 / / rw\n')
    .write('10/mountinfo', '9 1 8:1 / / rw\n')
    .write('10/comm', 'nginx\n')
    .write('10/cmdline', 'nginx: master process /usr/sbin/nginx -c /etc/nginx/edge.conf\0');
}

test("the logs of a running master with their formats, and those of pods, whose lines tell; a later look's format holds", (t) => {
  const proc = node(new FakeProc(t));
  const tree = new FakeProc(t, 'host').write(
    'etc/nginx/edge.conf',
    `http { log_format own '$status ' '$request_time'; access_log /var/log/a.log own; server { access_log /var/log/b.log; } }`,
  );
  mkdirSync(join(tree.root, 'var/log/pods'), { recursive: true });
  const paths = { proc: proc.root, root: tree.root };
  const found = findAccessLogs(CONFIG, paths);
  assert.deepEqual(
    found.globs.map((path) => path.slice(tree.root.length)),
    [
      '/var/log/a.log',
      '/var/log/b.log',
      ...['nginx', 'ingress', 'gateway'].map((name) => `/var/log/pods/*_*${name}*_*/*/*.log`),
    ],
  );
  const [own] = found.globs;
  assert.equal(found.subjectOf(own).gateway, 'edge');
  assert.ok(found.formatOf(own)?.fields.has('request_time'));
  assert.equal(
    found.formatOf(join(tree.root, 'var/log/pods/a_nginx-1_0f1e2d3c-1111-2222-3333-444455556666/c/0.log')),
    null,
  );
  assert.ok(found.notes.includes('nginx master 10: 2 access logs from /etc/nginx/edge.conf'));

  tree.write('etc/nginx/edge.conf', `http { log_format own '$request_time'; access_log /var/log/a.log own; }`);
  const later = findAccessLogs(CONFIG, paths, found.logs);
  assert.deepEqual(
    later.refused.map(({ path, why }) => `${path.slice(tree.root.length)}: ${why}`),
    ['/var/log/a.log: format own cannot be read: the format has no $status: add $status'],
  );
  assert.ok(later.notes.includes('nginx master 10: 1 access log from /etc/nginx/edge.conf'));
  assert.ok(later.globs.includes(join(tree.root, 'var/log/b.log')), 'an nginx that is away keeps its log');
});

test('no nginx, no pods: nothing to follow, and why', (t) => {
  const found = findAccessLogs(CONFIG, { proc: new FakeProc(t).root, root: new FakeProc(t, 'host').root });
  assert.deepEqual([found.globs, found.notes], [[], ['no running nginx master is visible']]);
});
