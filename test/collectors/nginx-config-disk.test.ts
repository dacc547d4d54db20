import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigDisk, type DiskPlace } from '../../src/collectors/nginx-config-disk.ts';
import { HostFiles } from '../../src/sources/nginx-discovery-files.ts';
import { FakeProc } from '../support/fake-proc.ts';

function diskOf(tree: FakeProc, place: Partial<DiskPlace> = {}): ConfigDisk {
  return new ConfigDisk({ host: new HostFiles(tree.root), main: '/n.conf', kind: 'conf', context: 'auto', ...place });
}

/** Kinds with a count. */
const found = (problems: ReadonlyMap<string, number>) => [...problems].filter(([, count]) => count > 0);

test('a missing include is wrong for nginx when it has the same files, and else not known', (t) => {
  const tree = new FakeProc(t, 'host').write('n.conf', 'http { include gone.conf; include d/*; }').write('d/sub/x', '');
  const whole = diskOf(tree).read(true);
  assert.deepEqual([whole.config?.isInvalid, found(whole.problems)], [true, [['include_failed', 2]]]);
  assert.equal(whole.firstProblem, 'cannot read /gone.conf: ENOENT');
  const part = diskOf(tree).read(false);
  assert.deepEqual([part.config?.isInvalid, found(part.problems)], [false, [['unreadable', 2]]]);
});

/** One file is there and may not be read. */
class DeniedFiles extends HostFiles {
  override read(path: string, maxBytes: number) {
    if (path === '/secret.conf') throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
    return super.read(path, maxBytes);
  }
}

test('what may not be read is not known, also with the same files', (t) => {
  const tree = new FakeProc(t, 'host').write('n.conf', 'http { include secret.conf; }').write('secret.conf', '');
  const { config, problems } = diskOf(tree, { host: new DeniedFiles(tree.root) }).read(true);
  assert.deepEqual([config?.isInvalid, found(problems)], [false, [['unreadable', 1]]]);
  const main = diskOf(tree, { host: new DeniedFiles(tree.root), main: '/secret.conf' }).read(true);
  assert.deepEqual([main.config, main.state], [null, 'not_permitted']);
});

test('errors make it invalid, limits do not', (t) => {
  const tree = new FakeProc(t, 'host').write('n.conf', 'http { upstream a { server 10.0.0.999x:y; } }');
  const broken = diskOf(tree).read(true);
  assert.deepEqual([broken.config?.isInvalid, found(broken.problems)], [true, [['invalid_address', 1]]]);
  assert.equal(broken.firstProblem, 'invalid port in upstream "10.0.0.999x:y" in /n.conf:1');
  tree.write('n.conf', 'http { include n.conf; }');
  const limited = diskOf(tree).read(true);
  assert.deepEqual([limited.config?.isInvalid, found(limited.problems)], [false, [['limit', 1]]]);
});

test('a part of the configuration is read as what it is included in', (t) => {
  const hash = (text: string, main: string) => {
    const tree = new FakeProc(t, 'host').write(main.slice(1), text);
    return diskOf(tree, { main }).read(false).config?.content.upstreamsHash;
  };
  const upstream = 'upstream a { server 10.0.0.1:5; }';
  const [http, stream, none] = [`http { ${upstream} }`, `stream { ${upstream} }`, 'daemon off;'].map((text) =>
    hash(text, '/n.conf'),
  );
  assert.equal(new Set([http, stream, none]).size, 3);
  assert.equal(hash(upstream, '/conf.d/http.conf'), http);
  assert.equal(hash(upstream, '/stream-conf.d/s.conf'), stream);
});

test('a main file that is not there is not an empty one', (t) => {
  const gone = diskOf(new FakeProc(t, 'host')).read(true);
  assert.deepEqual([gone.config, gone.state, gone.firstProblem], [null, 'failed', 'cannot read /n.conf: ENOENT']);
});
