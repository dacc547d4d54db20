import assert from 'node:assert/strict';
import { rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigTree, isDenied, TornReadError } from '../../src/collectors/nginx-config-tree.ts';
import { type FileStamp, HostFiles } from '../../src/sources/nginx-discovery-files.ts';
import { FakeProc } from '../support/fake-proc.ts';

const MAIN = '/etc/nginx/nginx.conf';

function treeOf(tree: FakeProc, place: object = {}): ConfigTree {
  return new ConfigTree({ host: new HostFiles(tree.root), main: MAIN, ...place });
}

/** Files that were written long ago, so that their times say whether they changed. */
class AgedFiles extends HostFiles {
  reads = 0;
  override read(path: string, maxBytes: number) {
    this.reads++;
    const { text, stamp } = super.read(path, maxBytes);
    return { text, stamp: aged(stamp) };
  }
  override stamp(path: string): FileStamp | null {
    const stamp = super.stamp(path);
    return stamp && aged(stamp);
  }
}

/** Files that somebody has just opened to write them. */
class OpenedFiles extends HostFiles {
  isOpened = false;
  override read(path: string, maxBytes: number) {
    const { text, stamp } = super.read(path, maxBytes);
    return this.isOpened ? { text: '', stamp: emptied(stamp) } : { text, stamp };
  }
  override stamp(path: string): FileStamp | null {
    const stamp = super.stamp(path);
    return stamp && (this.isOpened ? emptied(stamp) : stamp);
  }
}
const emptied = (stamp: FileStamp): FileStamp => ({ ...stamp, size: 0, identity: `${stamp.identity} emptied` });
const aged = (stamp: FileStamp): FileStamp => ({ ...stamp, ctimeMs: stamp.ctimeMs - 3_600_000 });

test('includes by name and wildcard, with the newest time of all', (t) => {
  const tree = new FakeProc(t, 'host')
    .write('etc/nginx/nginx.conf', 'http { include conf.d/*.conf; include mime.types; }')
    .write('etc/nginx/conf.d/b.conf', 'upstream b { server 10.0.0.1; }')
    .write('etc/nginx/conf.d/a.conf', '')
    .write('etc/nginx/mime.types', 'types { text/html html; }');
  utimesSync(join(tree.root, 'etc/nginx/nginx.conf'), 1000, 1000);
  utimesSync(join(tree.root, 'etc/nginx/conf.d/b.conf'), 3000, 3000);
  utimesSync(join(tree.root, 'etc/nginx/conf.d/a.conf'), 2000, 2000);
  utimesSync(join(tree.root, 'etc/nginx/mime.types'), 1000, 1000);
  utimesSync(join(tree.root, 'etc/nginx/conf.d'), 5000, 5000);
  const { conf, modifiedMs, changedMs, unreadable } = treeOf(tree).read();
  assert.deepEqual(conf.files, [
    MAIN,
    ...['a.conf', 'b.conf'].map((name) => `/etc/nginx/conf.d/${name}`),
    '/etc/nginx/mime.types',
  ]);
  assert.equal(modifiedMs, 3_000_000);
  // The times were set back now.
  assert.ok((changedMs ?? 0) > 1e12);
  assert.deepEqual([conf.problems, unreadable], [[], []]);
});

test('an unchanged tree is not read again; every kind of change is seen', (t) => {
  const tree = new FakeProc(t, 'host')
    .write('etc/nginx/nginx.conf', 'http { include conf.d/*.conf; include late.conf; }')
    .write('etc/nginx/conf.d/a.conf', '');
  const host = new AgedFiles(tree.root);
  const config = treeOf(tree, { host });
  const first = config.read();
  const { reads } = host;
  assert.equal(config.read(), first);
  assert.equal(host.reads, reads);
  tree.write('etc/nginx/conf.d/editing.swp', '');
  assert.equal(config.read(), first);
  assert.equal(host.reads, reads);
  const versions = [first.version];
  const changes = [
    () => tree.write('etc/nginx/conf.d/a.conf', 'upstream a { server 10.0.0.1; }'),
    () => tree.write('etc/nginx/conf.d/b.conf', ''),
    () => tree.write('etc/nginx/late.conf', ''),
    () => rmSync(join(tree.root, 'etc/nginx/conf.d/a.conf')),
  ];
  for (const change of changes) {
    change();
    versions.push(config.read().version);
  }
  assert.deepEqual(versions, [1, 2, 3, 4, 5]);
  assert.equal(config.read().conf.files.length, 3);
});

/** Files whose stamps do not move, as of two writes in one tick of the kernel's clock. */
class TickFiles extends HostFiles {
  override read(path: string, maxBytes: number) {
    return { text: super.read(path, maxBytes).text, stamp: this.stamp() };
  }
  override stamp(): FileStamp {
    return { identity: 'same', size: 1, mtimeMs: Date.now(), ctimeMs: Date.now() };
  }
}

test('files that were just written are read again, since their times may not move', (t) => {
  const tree = new FakeProc(t, 'host').write('etc/nginx/nginx.conf', 'worker_processes 1;');
  const config = treeOf(tree, { host: new TickFiles(tree.root) });
  const path = join(tree.root, 'etc/nginx/nginx.conf');
  config.read();
  writeFileSync(path, 'worker_processes 2;');
  assert.deepEqual(config.read().conf.directives[0].args, ['2']);
});

test('links lead nowhere but into the tree', (t) => {
  const tree = new FakeProc(t, 'host')
    .write('etc/nginx/nginx.conf', 'include secret.conf; include sites/*; include up.conf;')
    .write('srv/site', 'upstream s { server 10.0.0.1; }')
    .write('etc/nginx/sites/keep', '');
  symlinkSync('/etc/passwd', join(tree.root, 'etc/nginx/secret.conf'));
  symlinkSync(`${'../'.repeat(20)}etc/passwd`, join(tree.root, 'etc/nginx/up.conf'));
  symlinkSync('/srv/site', join(tree.root, 'etc/nginx/sites/shop'));
  const { conf, unreadable } = treeOf(tree).read();
  assert.deepEqual(conf.files, [MAIN, '/etc/nginx/sites/keep', '/etc/nginx/sites/shop']);
  assert.deepEqual(unreadable, [
    { path: '/etc/nginx/secret.conf', reason: 'ENOENT' },
    { path: '/etc/nginx/up.conf', reason: 'ENOENT' },
  ]);
  assert.deepEqual(unreadable.map(isDenied), [false, false]);
});

/** Changes a file each time that another is read. */
class ChangingFiles extends HostFiles {
  changes: number;
  readonly #change: () => void;
  constructor(root: string, changes: number, change: () => void) {
    super(root);
    [this.changes, this.#change] = [changes, change];
  }
  override read(path: string, maxBytes: number) {
    const read = super.read(path, maxBytes);
    if (path.endsWith('b.conf') && this.changes-- > 0) this.#change();
    return read;
  }
}

test('a file that changes while the others are read: again, and when it does not end, never half', (t) => {
  const tree = new FakeProc(t, 'host')
    .write('etc/nginx/nginx.conf', 'http { include a.conf; include b.conf; }')
    .write('etc/nginx/a.conf', 'upstream a { server 10.0.0.1; }')
    .write('etc/nginx/b.conf', '');
  let changes = 0;
  const change = () =>
    tree.write('etc/nginx/a.conf', `upstream a { server 10.0.0.${'1'.repeat((++changes % 2) + 1)}; }`);
  const once = treeOf(tree, { host: new ChangingFiles(tree.root, 1, change) });
  const server = once.read().conf.directives[0].body[1].body[0];
  assert.deepEqual(server.args, ['10.0.0.11']);
  const host = new ChangingFiles(tree.root, 100, change);
  const always = treeOf(tree, { host });
  assert.throws(() => always.read(), TornReadError);
  host.changes = 0;
  assert.equal(always.read().conf.files.length, 3);
});

test('a file that comes while the others are read', (t) => {
  const tree = new FakeProc(t, 'host')
    .write('etc/nginx/nginx.conf', 'http { include conf.d/*.conf; }')
    .write('etc/nginx/conf.d/b.conf', '');
  const add = () => tree.write('etc/nginx/conf.d/c.conf', '');
  const config = treeOf(tree, { host: new ChangingFiles(tree.root, 1, add) });
  assert.equal(config.read().conf.files.length, 3);
});

test('the text of nginx -T has no times', (t) => {
  const text = `# configuration file ${MAIN}:\nhttp { include /etc/x; }\n# configuration file /etc/x:\nupstream a { server 10.0.0.1; }\n`;
  const tree = new FakeProc(t, 'host').write('dump', text).write('none', 'http {}');
  const { conf, modifiedMs, changedMs } = treeOf(tree, { main: '/dump', kind: 'dump' }).read();
  assert.deepEqual([conf.files, modifiedMs, changedMs], [[MAIN, '/etc/x'], null, null]);
  assert.throws(() => treeOf(tree, { main: '/none', kind: 'dump' }).read(), /not the text of nginx -T/);
});

test('a main file that is not there, and limits', (t) => {
  const tree = new FakeProc(t, 'host');
  assert.throws(() => treeOf(tree).read(), { code: 'ENOENT' });
  tree
    .write('etc/nginx/nginx.conf', 'include a.conf; include b.conf;')
    .write('etc/nginx/a.conf', '')
    .write('etc/nginx/b.conf', '');
  const { conf } = treeOf(tree, { limits: { files: 2 } }).read();
  assert.deepEqual([conf.files.length, conf.limits.files], [2, 1]);
});

test('a file that is empty and has the times of before is being written; an empty one is one', (t) => {
  const tree = new FakeProc(t, 'host').write('etc/nginx/nginx.conf', 'http { upstream a { server 10.0.0.1; } }');
  const host = new OpenedFiles(tree.root);
  const config = new ConfigTree({ host, main: MAIN });
  const { version } = config.read();
  host.isOpened = true;
  assert.throws(() => config.read(), TornReadError);
  host.isOpened = false;
  assert.equal(config.read().version, version);
  utimesSync(join(tree.root, 'etc/nginx/nginx.conf'), 1000, 1000);
  writeFileSync(join(tree.root, 'etc/nginx/nginx.conf'), '');
  assert.deepEqual(config.read().conf.directives, []);
});
