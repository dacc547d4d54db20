import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UpstreamsView } from '../../src/collectors/nginx-config-view.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import { readUpstreams } from '../../src/parse/nginx-conf-upstreams.ts';
import { type FileStamp, HostFiles } from '../../src/sources/nginx-discovery-files.ts';
import { FakeProc } from '../support/fake-proc.ts';

const upstreamsOf = (text: string) => readUpstreams(readNginxConf({ path: '/etc/nginx/nginx.conf', text })).upstreams;

test('every kind of server with its place, implicit upstreams, and what is out of service on purpose', (t) => {
  const upstreams = upstreamsOf(`http {
  upstream a { server 10.0.0.1 down; server [FD00:0::1]:81 drain; server unix:/run/a.sock; server cart:82; }
  upstream none { server unix:/var/run/nginx/nginx-503-server.sock; }
  server { location / { proxy_pass http://10.0.0.9:83/x; } }
}
stream { upstream a { server 10.0.0.2:84; } }`);
  const view = new UpstreamsView(new HostFiles(new FakeProc(t, 'host').root)).of(upstreams);
  const lines = view.upstreams.flatMap(({ name, servers }) =>
    servers.map((one) => `${name}|${one.kind}|${one.host}|${one.port}|${one.place.split(':')[1]}|${one.isDraining}`),
  );
  assert.deepEqual(lines, [
    'a|ip|10.0.0.1|80|2|true',
    'a|ip|fd00::1|81|2|true',
    'a|unix|/run/a.sock|null|2|false',
    'a|hostname|cart|82|2|false',
    'none|placeholder|/var/run/nginx/nginx-503-server.sock|null|3|false',
    'implicit:10.0.0.9:83|ip|10.0.0.9|83|4|false',
    'stream:a|ip|10.0.0.2|84|6|false',
  ]);
  assert.deepEqual([new Set(view.upstreams.map(({ alias }) => alias)), view.unreadable], [new Set(['']), 0]);
});

test('which servers no failure takes out of service: max_fails=0, and the only address of a block', (t) => {
  const upstreams = upstreamsOf(`http {
  upstream two { server 10.0.0.1 max_fails=0; server 10.0.0.2 max_fails=3; }
  upstream one { server 10.0.0.3; }
  upstream reserve { server 10.0.0.4; server 10.0.0.5 backup; }
  upstream name { server cart:82; }
}`);
  const view = new UpstreamsView(new HostFiles(new FakeProc(t, 'host').root)).of(upstreams);
  assert.deepEqual(
    view.upstreams.map(({ servers }) => servers.map(({ isNeverTakenOut = false }) => isNeverTakenOut)),
    [[true, false], [true], [false, false], [false]],
  );
});

test('the idle connections that each worker keeps, where they are written down', (t) => {
  const upstreams = upstreamsOf(`http {
  upstream a { server 10.0.0.1; keepalive 32; }
  upstream off { server 10.0.0.2; keepalive 0; }
  upstream none { server 10.0.0.3; }
}`);
  const view = new UpstreamsView(new HostFiles(new FakeProc(t, 'host').root)).of(upstreams);
  assert.deepEqual(
    view.upstreams.map(({ name, keepalive }) => [name, keepalive]),
    [
      ['a', 32],
      ['off', undefined],
      ['none', undefined],
    ],
  );
});

test('order does not count in the hash, servers do', (t) => {
  const view = new UpstreamsView(new HostFiles(new FakeProc(t, 'host').root));
  const hash = (servers: string) => view.of(upstreamsOf(`http { upstream a { ${servers} } }`)).hash;
  const first = hash('server 10.0.0.1; server 10.0.0.2;');
  assert.equal(hash('server 10.0.0.2; server 10.0.0.1:80;'), first);
  assert.notEqual(hash('server 10.0.0.2;'), first);
  assert.ok(Number.isSafeInteger(first));
});

test('servers of a state file as nginx last wrote it; one that cannot be read is unknown, not empty', (t) => {
  const tree = new FakeProc(t, 'host');
  const view = new UpstreamsView(new HostFiles(tree.root));
  const upstreams = upstreamsOf(
    'http { upstream a { zone a 64k; state /state/a.conf; } upstream b { server 10.0.0.9; } }',
  );
  const hosts = () =>
    view.of(upstreams).upstreams.map(({ name, servers }) => [name, ...servers.map(({ host }) => host)].join(' '));
  assert.deepEqual([hosts(), view.of(upstreams).unreadable], [['b 10.0.0.9'], 1]);
  tree.write('state/a.conf', 'server 10.0.0.1:80;\nserver 10.0.0.2:80 drain;\n');
  assert.deepEqual([hosts(), view.of(upstreams).unreadable], [['a 10.0.0.1 10.0.0.2', 'b 10.0.0.9'], 0]);
  const { upstreams: known, hash } = view.of(upstreams);
  assert.equal(view.of(upstreams).upstreams, known);
  tree.write('state/a.conf', 'server 10.0.0.3:80;\n');
  assert.deepEqual(hosts(), ['a 10.0.0.3', 'b 10.0.0.9']);
  assert.notEqual(view.of(upstreams).hash, hash);
  tree.remove('state/a.conf');
  assert.deepEqual(hosts(), ['b 10.0.0.9']);
});

/** Files that somebody has just opened to be written: empty, with the times of before. */
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

test('a state file that is emptied to be written is as before; one that stays empty has no servers', (t) => {
  const tree = new FakeProc(t, 'host').write('state/a.conf', 'server 10.0.0.1:80;\n');
  const host = new OpenedFiles(tree.root);
  const view = new UpstreamsView(host);
  const upstreams = upstreamsOf('http { upstream a { zone a 64k; state /state/a.conf; } }');
  const servers = () => view.of(upstreams).upstreams.map(({ servers }) => servers.map(({ host }) => host).join(' '));
  assert.deepEqual(servers(), ['10.0.0.1']);
  host.isOpened = true;
  assert.deepEqual(servers(), ['10.0.0.1']);
  host.isOpened = false;
  truncateSync(join(tree.root, 'state/a.conf'), 0);
  assert.deepEqual(servers(), ['10.0.0.1']);
  tree.write('state/a.conf', 'server 10.0.0.2:80;\n');
  assert.deepEqual(servers(), ['10.0.0.2']);
  truncateSync(join(tree.root, 'state/a.conf'), 0);
  assert.deepEqual(servers(), ['10.0.0.2']);
  t.mock.method(
    Date,
    'now',
    (
      (now) => () =>
        now + 10_000
    )(Date.now()),
  );
  assert.deepEqual(servers(), ['']);
});

test('a state file that is first seen while it is being written is unknown', (t) => {
  const tree = new FakeProc(t, 'host').write('state/a.conf', '');
  const view = new UpstreamsView(new HostFiles(tree.root));
  const upstreams = upstreamsOf('http { upstream a { zone a 64k; state /state/a.conf; } }');
  assert.deepEqual(view.of(upstreams), { upstreams: [], hash: view.of([]).hash, unreadable: 1 });
});
