import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type ConfiguredFile,
  discoverConfigs,
  type FoundConfig,
  findConfigured,
} from '../../src/collectors/nginx-config-find.ts';
import { FakeProc } from '../support/fake-proc.ts';

const OURS = '5 4 0:99 / / rw\n';
const HOST = '9 1 8:1 / / rw\n';
const OTHER = '88 1 0:123 / / rw\n';
const NOBODY = { namespace: '', pod: '' };

function addMaster(proc: FakeProc, pid: number, title: string, mountinfo: string): void {
  proc.write(`${pid}/comm`, 'nginx\n').write(`${pid}/cmdline`, `nginx: master process ${title}\0`);
  proc.write(`${pid}/mountinfo`, mountinfo);
}

const node = (proc: FakeProc) => proc.write('self/mountinfo', OURS).write('1/mountinfo', HOST);
const file = (path: string, rest: Partial<ConfiguredFile> = {}): ConfiguredFile => ({
  ...{ path, kind: 'conf', context: 'auto', namespace: '', pod: '', container: '' },
  ...rest,
});
const short = ({ target, master }: FoundConfig) => [
  target.host.root,
  target.main,
  target.subject.gateway,
  master?.pid,
  master?.isWhole,
];

test('masters of the host, of containers and our own, each through its own root', (t) => {
  const proc = node(new FakeProc(t));
  const tree = new FakeProc(t, 'host').write('etc/nginx/edge.conf', '');
  addMaster(proc, 10, 'nginx -c /etc/nginx/edge.conf -g daemon off;', HOST);
  addMaster(proc, 11, 'nginx -c /etc/shop.conf', OTHER);
  addMaster(proc, 12, 'nginx -c /own.conf', OURS);
  const notes: string[] = [];
  const found = discoverConfigs(
    { paths: { proc: proc.root, root: tree.root }, own: { namespace: 'ns', pod: 'agent-x2x4z' } },
    notes,
  );
  const byPid = found.sort((one, other) => one.master!.pid - other.master!.pid).map(short);
  assert.deepEqual(byPid, [
    [tree.root, '/etc/nginx/edge.conf', 'edge', 10, true],
    [join(proc.root, '11/root'), '/etc/shop.conf', 'shop', 11, true],
    ['', '/own.conf', 'own', 12, true],
  ]);
  assert.equal(found.find(({ master }) => master?.pid === 10)?.target.directives, 'daemon off;');
  // The agent's pod is not theirs.
  assert.deepEqual(new Set(found.map(({ target }) => target.subject.pod)), new Set(['']));
});

test("in a sidecar the gateway is our own pod's workload", (t) => {
  const proc = node(new FakeProc(t));
  addMaster(proc, 11, 'nginx', OTHER);
  proc.write('11/root/etc/nginx/nginx.conf', '');
  const own = { namespace: 'edge', pod: 'gw-5d8f7c9b4d-x2x4z' };
  const [{ target }] = discoverConfigs({ paths: { proc: proc.root, root: '' }, own }, []);
  assert.deepEqual(target.subject, { namespace: 'edge', pod: 'gw-5d8f7c9b4d-x2x4z', container: '', gateway: 'gw' });
});

test('two of one name: the second is said, not mixed in; of an upgrade the younger counts', (t) => {
  const proc = node(new FakeProc(t));
  for (const pid of [10, 11, 12]) addMaster(proc, pid, 'nginx -c /etc/nginx.conf', pid === 12 ? OTHER : OURS);
  const notes: string[] = [];
  assert.deepEqual(discoverConfigs({ paths: { proc: proc.root, root: '' }, own: NOBODY }, notes).map(short), [
    ['', '/etc/nginx.conf', 'nginx', 11, true],
  ]);
  assert.ok(notes.some((note) => /^nginx master 12: another nginx is gateway nginx already/.test(note)));
});

test('none is said in words', (t) => {
  const notes: string[] = [];
  assert.deepEqual(discoverConfigs({ paths: { proc: new FakeProc(t).root, root: '' }, own: NOBODY }, notes), []);
  assert.deepEqual(notes, ['no running nginx master is visible']);
});

test('a configured file finds the master that was started with it, by whatever name', (t) => {
  const proc = node(new FakeProc(t));
  const tree = new FakeProc(t, 'host').write('etc/real.conf', '');
  mkdirSync(join(tree.root, 'opt'));
  symlinkSync('/etc/real.conf', join(tree.root, 'opt/link.conf'));
  addMaster(proc, 10, 'nginx -c /etc/real.conf', HOST);
  const files = [
    file(`${tree.root}/opt/link.conf`, { gateway: 'edge' }),
    file(`${tree.root}/etc/x.conf`),
    file('/etc/real.conf'),
  ];
  const notes: string[] = [];
  const own = { namespace: 'monitoring', pod: 'agent-x2x4z' };
  const found = findConfigured(files, { paths: { proc: proc.root, root: tree.root }, own }, notes);
  assert.deepEqual(new Set(found.map(({ target }) => target.subject.pod)), new Set(['']));
  assert.deepEqual(found.map(short), [
    [tree.root, '/opt/link.conf', 'edge', 10, true],
    [tree.root, '/etc/x.conf', 'nginx', undefined, undefined],
    ['', '/etc/real.conf', 'nginx', undefined, undefined],
  ]);
  assert.equal(notes.length, 2);
  assert.match(notes[0], /x\.conf: the nginx that runs it is not visible/);
});

test('a part of the configuration in a shared volume goes with the only nginx around it', (t) => {
  const proc = node(new FakeProc(t));
  addMaster(proc, 11, 'nginx -g daemon off;', OTHER);
  const own = { namespace: 'edge', pod: 'gw-0' };
  const find = () =>
    findConfigured([file('/etc/nginx/conf.d/http.conf')], { paths: { proc: proc.root, root: '' }, own }, []);
  assert.deepEqual(find().map(short), [['', '/etc/nginx/conf.d/http.conf', 'gw', 11, false]]);
  assert.deepEqual(find()[0].target.subject, { namespace: 'edge', pod: 'gw-0', container: '', gateway: 'gw' });
  addMaster(proc, 12, 'nginx', OTHER);
  assert.equal(find()[0].master, null);
});

test("a path through a process's root stays inside it; a dump has no master", (t) => {
  const proc = node(new FakeProc(t));
  addMaster(proc, 11, 'nginx -c /n.conf', OTHER);
  const files = [file(`${proc.root}/11/root/n.conf`), file(`${proc.root}/11/root/n.conf`, { kind: 'dump' })];
  const found = findConfigured(files, { paths: { proc: proc.root, root: '' }, own: NOBODY }, []);
  assert.deepEqual(found.map(short), [
    [`${proc.root}/11/root`, '/n.conf', 'nginx', 11, true],
    [`${proc.root}/11/root`, '/n.conf', 'nginx', undefined, undefined],
  ]);
});
