import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findNetworkNamespaces, isInitialPidNamespace, visitNamespaces } from '../../src/sources/network-namespaces.ts';
import { NotPermittedError, openProcfs, type Procfs } from '../../src/sources/procfs.ts';
import { FakeProc, KTHREADD_STAT } from '../support/fake-proc.ts';

/** A proc root whose path is really /proc, with files from a table; `null` is not permitted. */
function procOf(files: Record<string, string | null>): Procfs {
  const get = (path: string) => {
    const found = files[path];
    if (found === null) throw new NotPermittedError(`/proc/${path}`, undefined);
    return found;
  };
  return { root: '/proc', read: get, readPrefix: get, identity: get };
}

function names(proc: Procfs, host: boolean | 'auto' = 'auto'): string[] {
  return findNetworkNamespaces(proc, host).list.map(({ labels }) => labels.netns);
}

const SAME = { 'self/net/netstat': 'a', '1/net/netstat': 'a' };
const DIFFERENT = { 'self/net/netstat': 'a', '1/net/netstat': 'b' };

test('plain host: one namespace, published once as host', () => {
  assert.deepEqual(names(procOf({ ...SAME, '2/stat': KTHREADD_STAT })), ['host']);
});

test("container without hostPID: pid 1 is the container's, so there is no host", () => {
  const proc = procOf({ ...SAME, '2/stat': '2 (node) S 1 1 1 0 -1 4194304 0 0\n' });
  assert.deepEqual(names(proc), ['process']);
  assert.match(findNetworkNamespaces(proc, 'auto').note, /not visible .*no hostPID/);
  assert.deepEqual(names(procOf(SAME)), ['process']);
});

test('hostPID without hostNetwork: both', () => {
  assert.deepEqual(names(procOf(DIFFERENT)), ['host', 'process']);
});

test('hidepid or an LSM: own namespace, and the note says not permitted', () => {
  const proc = procOf({ ...SAME, '1/net/netstat': null, '2/stat': null });
  assert.deepEqual(names(proc), ['process']);
  assert.match(findNetworkNamespaces(proc, 'auto').note, /not permitted/);
  assert.equal(isInitialPidNamespace(proc), false);
});

test("a proc root given by the operator (/host/proc) shows the node's pid 1", () => {
  assert.deepEqual(names({ ...procOf(SAME), root: '/host/proc' }), ['host']);
  assert.deepEqual(names({ ...procOf(SAME), root: '/proc/' }), ['process']);
});

test('host: true and false decide', () => {
  assert.deepEqual(names(procOf(SAME), true), ['host']);
  assert.deepEqual(names(procOf({ ...DIFFERENT, '2/stat': KTHREADD_STAT }), false), ['process']);
  assert.throws(() => names(procOf({ 'self/net/netstat': 'a' }), true), /host: true, but \/proc\/1\/net\/netstat/);
});

test('only the kernel thread flag proves kthreadd, not its name or place', () => {
  const forged = [
    '2 (kthreadd) S 0 0 0 0 -1 4194304 0 0\n',
    '2 (a) S 0 0 0 0 -1 2129984 (kthreadd) S 0 0 0 0 -1 4194304 0\n',
    '2 (kthreadd) S 1 0 0 0 -1 2129984 0 0\n',
    '2 (kthreadd',
    '',
  ];
  for (const stat of forged) assert.equal(isInitialPidNamespace(procOf({ '2/stat': stat })), false, stat);
  assert.equal(isInitialPidNamespace(procOf({ '2/stat': KTHREADD_STAT })), true);
});

test('visit: a table in any namespace is ok, in none absent, a refused one not permitted', () => {
  const proc = procOf(DIFFERENT);
  const options = { host: 'auto', absent: 'nf_conntrack is not loaded' } as const;
  assert.equal(visitNamespaces(proc, options, ({ net }) => net === '1/net').state, 'ok');
  const absent = visitNamespaces(proc, options, () => false);
  assert.equal(absent.state, 'absent');
  assert.match(absent.detail, /^nf_conntrack is not loaded \(/);
  const refused = visitNamespaces(proc, options, () => {
    throw new NotPermittedError('/proc/1/net/x', undefined);
  });
  assert.deepEqual(refused, { state: 'not_permitted', detail: 'not permitted to read /proc/1/net/x' });
  assert.throws(() =>
    visitNamespaces(proc, options, () => {
      throw new Error('bad table');
    }),
  );
});

test('a fake tree on disk: shared namespaces by inode', (t) => {
  const fake = new FakeProc(t).namespace('1').shareNamespace('self', '1');
  assert.deepEqual(names(openProcfs(fake.root)), ['host']);
  const apart = new FakeProc(t).namespace('1').namespace('self');
  assert.deepEqual(names(openProcfs(apart.root)), ['host', 'process']);
});
