import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { discoverNginxLogs } from '../../src/collectors/nginx-discovery.ts';
import { FakeProc } from '../support/fake-proc.ts';

const HOST = '9 1 8:1 / / rw\n';

/** A fake node: pid 1 and one nginx master share the file system `tree`, we have another. */
function node(proc: FakeProc, title: string): FakeProc {
  return proc
    .write('self/mountinfo', '5 4 0:99 / / rw\n')
    .write('1/mountinfo', HOST)
    .write('10/mountinfo', HOST)
    .write('10/comm', 'nginx\n')
    .write('10/cmdline', `nginx: master process ${title}\0`);
}

test('the logs of a running master, under the host root, with level and gateway', (t) => {
  const proc = node(new FakeProc(t), '/usr/sbin/nginx -c /etc/nginx/edge.conf');
  const tree = new FakeProc(t, 'host').write(
    'etc/nginx/edge.conf',
    'error_log /var/log/e.log; http { error_log /var/log/c.log crit; }',
  );
  tree.write('var/log/e.log', '').write('var/log/c.log', '');
  const { files, notes } = discoverNginxLogs({ proc: proc.root, root: tree.root });
  assert.deepEqual(files, [
    { path: `${tree.root}/var/log/e.log`, kind: 'plain', gateway: 'edge', from: 'config', level: 'error' },
    { path: `${tree.root}/var/log/c.log`, kind: 'plain', gateway: 'edge', from: 'config', level: 'crit' },
  ]);
  assert.deepEqual(notes, [
    '/var/log/c.log is written at level crit: it has no upstream failures',
    'nginx master 10: 2 error logs from /etc/nginx/edge.conf',
  ]);
});

test("a container's nginx: its own paths are never read on the host", (t) => {
  const proc = node(new FakeProc(t), 'nginx').write('10/mountinfo', '88 1 0:123 / / rw\n');
  const tree = new FakeProc(t, 'host').write('etc/nginx/nginx.conf', 'error_log /var/log/e.log;');
  const { files, notes } = discoverNginxLogs({ proc: proc.root, root: tree.root });
  assert.deepEqual(files, []);
  assert.match(notes[0], /^nginx master 10 has its own file system/);
});

test('-e and -p decide where the configuration says nothing', (t) => {
  const proc = node(new FakeProc(t), 'nginx -p /srv/gw -c conf/gw.conf -e /srv/gw/early.log');
  const tree = new FakeProc(t, 'host')
    .write('srv/gw/conf/gw.conf', 'http { error_log logs/http.log; }')
    .write('srv/gw/early.log', '');
  const { files } = discoverNginxLogs({ proc: proc.root, root: tree.root });
  assert.deepEqual(
    files.map(({ path, gateway }) => [path, gateway]),
    [
      [`${tree.root}/srv/gw/logs/http.log`, 'gw'],
      [`${tree.root}/srv/gw/early.log`, 'gw'],
    ],
  );
});

test('no master: the usual places that exist, and the pods that look like gateways', (t) => {
  const tree = new FakeProc(t, 'host').write('usr/local/nginx/logs/error.log', '').write('var/log/nginx/error.log', '');
  mkdirSync(join(tree.root, 'var/log/pods'), { recursive: true });
  const { files, notes } = discoverNginxLogs({ proc: new FakeProc(t).root, root: tree.root });
  assert.deepEqual(
    files.map(({ path, from, gateway }) => [path.slice(tree.root.length), from, gateway]),
    [
      ['/var/log/nginx/*error*.log', 'default', 'nginx'],
      ['/usr/local/nginx/logs/error.log', 'default', 'nginx'],
      ['/var/log/pods/*_*nginx*_*/*/*.log', 'pods', undefined],
      ['/var/log/pods/*_*ingress*_*/*/*.log', 'pods', undefined],
      ['/var/log/pods/*_*gateway*_*/*/*.log', 'pods', undefined],
    ],
  );
  assert.equal(notes[0], 'no running nginx master is visible');
});

test('nothing at all is said in words', (t) => {
  const { files, notes } = discoverNginxLogs({ proc: new FakeProc(t).root, root: new FakeProc(t, 'host').root });
  assert.deepEqual(files, []);
  assert.deepEqual(notes, ['no running nginx master is visible', 'no log at the default places']);
});

const nginx = ['/usr/sbin/nginx', '/usr/local/nginx/sbin/nginx'].find(existsSync);

test('real nginx started with -c', { skip: !nginx && 'nginx is not installed' }, async (t) => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'badgateway-')));
  mkdirSync(join(directory, 'conf.d'));
  writeFileSync(
    join(directory, 'conf.d/site.conf'),
    `server { listen unix:${directory}/s; error_log ${directory}/site.log warn; }`,
  );
  writeFileSync(
    join(directory, 'edge.conf'),
    `daemon off; pid ${directory}/pid; error_log ${directory}/error.log; events {} http { access_log off; include conf.d/*.conf; }`,
  );
  const server = spawn(nginx ?? '', ['-c', join(directory, 'edge.conf')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  t.after(async () => {
    server.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  while (!existsSync(join(directory, 'pid'))) await delay(20);

  const { files, notes } = discoverNginxLogs({ proc: '/proc', root: '' });
  const ours = files.filter(({ path }) => path.startsWith(directory));
  assert.deepEqual(ours, [
    { path: `${directory}/error.log`, kind: 'plain', gateway: 'edge', from: 'config', level: 'error' },
    { path: `${directory}/site.log`, kind: 'plain', gateway: 'edge', from: 'config', level: 'warn' },
  ]);
  assert.ok(notes.includes(`nginx master ${server.pid}: 2 error logs from ${directory}/edge.conf`));
});
