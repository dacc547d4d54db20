import assert from 'node:assert/strict';
import { linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { discoverAccessLogs } from '../../src/collectors/access-log-discovery.ts';
import { discoverConfigs, findConfigured } from '../../src/collectors/nginx-config-find.ts';
import { discoverNginxLogs } from '../../src/collectors/nginx-discovery.ts';
import { givenNames, type NamingUnits } from '../../src/collectors/nginx-names.ts';
import type { GatewayNames } from '../../src/contract/gateway-names.ts';
import { GatewaySettingsMemory } from '../../src/facts/gateway-settings.ts';
import { NetworkPlaces } from '../../src/facts/network-places.ts';
import { writeNginx } from '../support/fake-gateway.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { ConfigWatch } from '../support/nginx-config-watch.ts';
import { networkOf, processOf } from '../support/node-look.ts';

const NOBODY = { namespace: '', pod: '' };
const HOST = '9 1 8:1 / / rw\n';

interface Units {
  readonly config?: NamingUnits['nginx_config']['files'];
  readonly error?: NamingUnits['nginx_error_log']['files'];
  readonly access?: NamingUnits['nginx_access_log']['files'];
}

/** A node with two masters, 10 of /etc/nginx/nginx.conf and 20 of /etc/nginx/shop.conf; paths begin with `root`. */
function setUp(t: TestContext) {
  const proc = new FakeProc(t).write('self/mountinfo', '5 4 0:99 / / rw\n').write('1/mountinfo', HOST);
  const tree = new FakeProc(t, 'host');
  writeNginx(proc, 10, 'nginx: master process nginx');
  writeNginx(proc, 20, 'nginx: master process nginx -c /etc/nginx/shop.conf -e /var/log/nginx/early.log');
  for (const pid of [10, 20]) proc.write(`${pid}/mountinfo`, HOST);
  tree.write('etc/nginx/nginx.conf', 'error_log /var/log/nginx/error.log; http { include conf.d/*.conf; }');
  tree.write('etc/nginx/conf.d/a.conf', 'access_log /var/log/nginx/access.log; server { access_log off; }');
  tree.write('etc/nginx/shop.conf', 'http { server { access_log /srv/shop/access.log; } }');
  const { root } = tree;
  const paths = { proc: proc.root, root };
  const names = ({ config = [], error = [], access = [] }: Units) =>
    givenNames(
      { nginx_config: { files: config }, nginx_error_log: { files: error }, nginx_access_log: { files: access } },
      paths,
      {},
    );
  return { proc, tree, root, paths, names };
}

const short = (names: GatewayNames | undefined) =>
  [...(names?.ofMasters([10, 20]) ?? [])].map(([pid, { gateway }]) => [pid, gateway]);

test('the name of a log is the name of the nginx that writes it, and of no other', (t) => {
  const { root, names } = setUp(t);
  assert.deepEqual(short(names({ error: [{ path: `${root}/var/log/nginx/error.log`, gateway: 'edge' }] })), [
    [10, 'edge'],
  ]);
  assert.deepEqual(short(names({ access: [{ path: `${root}/srv/*/access.log`, gateway: 'shop' }] })), [[20, 'shop']]);
  assert.deepEqual(
    short(names({ error: [{ path: `${root}/var/log/nginx/early.log`, gateway: 'e' }] })),
    [[20, 'e']],
    '-e',
  );
  // Under our own root it is another file.
  assert.deepEqual(short(names({ error: [{ path: '/var/log/nginx/error.log', gateway: 'edge' }] })), []);
});

test('the main file counts before the error log, and that before the access log; the rest is said', (t) => {
  const { root, names } = setUp(t);
  const error = [{ path: `${root}/var/log/nginx/error.log`, gateway: 'edge' }];
  const access = [{ path: `${root}/var/log/nginx/access.log`, gateway: 'web' }];
  assert.deepEqual(names({ error, access })?.ofMasters([10]).get(10), {
    gateway: 'edge',
    why: 'gateway edge, the name of its error log /var/log/nginx/error.log; that of its access log /var/log/nginx/access.log, web, does not count',
  });
  const config = [{ path: `${root}/etc/nginx/nginx.conf`, gateway: 'main' }];
  assert.deepEqual(short(names({ config, error, access })), [[10, 'main']]);
  const ofPod = [{ path: `${root}/etc/nginx/nginx.conf`, gateway: 'main', namespace: 'shop', pod: 'gw-1' }];
  assert.deepEqual(short(names({ config: ofPod, access })), [[10, 'web']]);
});

test('the first pattern that fits counts, as for the log itself, with or without a name', (t) => {
  const { root, names } = setUp(t);
  const glob = { path: `${root}/var/log/nginx/*.log`, gateway: 'edge' };
  assert.deepEqual(short(names({ error: [glob] })), [
    [10, 'edge'],
    [20, 'edge'],
  ]);
  assert.deepEqual(short(names({ error: [{ path: `${root}/var/log/nginx/early.log` }, glob] })), [[10, 'edge']]);
  assert.deepEqual(short(names({ error: [{ path: 'relative', gateway: 'x' }, glob] })).length, 2);
});

test('a directory of logs behind a link is meant by both of its names', (t) => {
  const { root, tree, names } = setUp(t);
  tree.write('data/logs/error.log', '');
  mkdirSync(join(root, 'var/log'), { recursive: true });
  symlinkSync('/data/logs', join(root, 'var/log/nginx'));
  for (const path of ['/var/log/nginx/error.log', '/data/logs/error.log'])
    assert.deepEqual(short(names({ error: [{ path: root + path, gateway: 'edge' }] })), [[10, 'edge']], path);
});

test('a volume that two containers have at one place has the same files', (t) => {
  const proc = new FakeProc(t).write('self/mountinfo', '5 4 0:99 / / rw\n').write('1/mountinfo', HOST);
  const volume = new FakeProc(t, 'logs').write('error.log', '');
  const { root } = volume;
  volume.write('nginx.conf', `error_log ${root}/error.log;`);
  writeNginx(proc, 10, `nginx: master process nginx -c ${root}/nginx.conf`);
  proc.write('10/mountinfo', '88 1 0:123 / / rw\n');
  const units = (files: NamingUnits['nginx_error_log']['files'], config: typeof files = []) => ({
    ...{ nginx_config: { files: config }, nginx_error_log: { files }, nginx_access_log: { files: [] } },
  });
  const paths = { proc: proc.root, root: '' };
  const log = { path: `${root}/error.log`, gateway: 'edge' };
  const config = { path: `${root}/nginx.conf`, gateway: 'main' };
  const inside = join(proc.root, '10/root', root);
  mkdirSync(inside, { recursive: true });
  for (const name of ['error.log', 'nginx.conf']) linkSync(join(root, name), join(inside, name));
  assert.deepEqual(short(givenNames(units([log]), paths, {})), [[10, 'edge']]);
  assert.deepEqual(short(givenNames(units([log], [config]), paths, {})), [[10, 'main']]);
  rmSync(join(inside, 'error.log'));
  writeFileSync(join(inside, 'error.log'), '');
  assert.deepEqual(short(givenNames(units([log]), paths, {})), [], 'another file');
});

test('a configuration that changes is read again, one that cannot be read has its command line', (t) => {
  const { root, tree, names } = setUp(t);
  const given = names({ error: [{ path: `${root}/var/log/nginx/e*.log`, gateway: 'edge' }] });
  assert.deepEqual(short(given).length, 2);
  writeFileSync(join(root, 'etc/nginx/nginx.conf'), 'error_log /var/log/other.log;');
  assert.deepEqual(short(given), [[20, 'edge']]);
  tree.remove('etc/nginx/shop.conf');
  assert.deepEqual(short(given), [[20, 'edge']]);
});

test('nobody looks where nobody has given a name, nor in a pod', (t) => {
  const { proc, root, names } = setUp(t);
  const file = { path: `${root}/var/log/nginx/error.log`, gateway: 'edge' };
  assert.equal(names({ error: [{ path: file.path }] }), undefined);
  const units = { nginx_config: { files: [] }, nginx_error_log: { files: [file] }, nginx_access_log: { files: [] } };
  const sidecar = { proc: proc.root, root: '' };
  assert.equal(givenNames(units, sidecar, { POD_NAME: 'gw-1' }), undefined);
  assert.notEqual(givenNames(units, sidecar, {}), undefined);
});

test('two masters whose files have one name are told apart by the name of a log', (t) => {
  const { proc, root, paths, names } = setUp(t);
  proc.write('20/cmdline', 'nginx: master process nginx -c /srv/nginx.conf\0');
  const discover = (units: Units, notes: string[]) => {
    const search = { paths, own: NOBODY, names: names(units)?.ofMasters([10, 20]) };
    return discoverConfigs(search, notes).map(({ target, master }) => [master?.pid, target.subject.gateway]);
  };
  const without: string[] = [];
  assert.deepEqual(discover({}, without), [[10, 'nginx']]);
  assert.match(without.join('\n'), /^nginx master 20: another nginx is gateway nginx already; give each a gateway/m);
  const notes: string[] = [];
  const error = [{ path: `${root}/var/log/nginx/error.log`, gateway: 'edge' }];
  assert.deepEqual(discover({ error }, notes), [
    [10, 'edge'],
    [20, 'nginx'],
  ]);
  const access = [{ path: `${root}/srv/shop/access.log`, gateway: 'nginx' }];
  proc.write('20/cmdline', 'nginx: master process nginx -c /etc/nginx/shop.conf\0');
  assert.deepEqual(discover({ access }, []), [[20, 'nginx']], 'a name that was given goes before that of a file');
  assert.ok(notes.includes('nginx master 10: gateway edge, the name of its error log /var/log/nginx/error.log'));
});

test('the other logs, and a configuration that is listed without a name, have the name of the nginx', (t) => {
  const { root, paths, names } = setUp(t);
  const given = (units: Units) => ({ names: names(units)?.ofMasters([10, 20]) });
  const error = given({ error: [{ path: `${root}/var/log/nginx/error.log`, gateway: 'edge' }] });
  const accessLogs = discoverAccessLogs(paths, error).files.map(({ path, gateway }) => [
    path.slice(root.length),
    gateway,
  ]);
  assert.deepEqual(accessLogs, [
    ['/var/log/nginx/access.log', 'edge'],
    ['/srv/shop/access.log', 'shop'],
  ]);
  const access = given({ access: [{ path: `${root}/var/log/nginx/access.log`, gateway: 'web' }] });
  const errorLogs = discoverNginxLogs(paths, access).files.map(({ gateway }) => gateway);
  assert.deepEqual(errorLogs, ['web', 'shop']);
  const file = {
    path: `${root}/etc/nginx/nginx.conf`,
    kind: 'conf',
    context: 'auto',
    container: '',
    ...NOBODY,
  } as const;
  const subjects = (files: Parameters<typeof findConfigured>[0]) =>
    findConfigured(files, { paths, own: NOBODY, ...error }, []).map(({ target }) => target.subject.gateway);
  assert.deepEqual(subjects([file, { ...file, gateway: 'said' }, { ...file, pod: 'gw-0' }]), ['edge', 'said', 'gw']);
  const other = { ...file, path: `${root}/etc/nginx/shop.conf`, gateway: 'edge' };
  assert.deepEqual(subjects([file, other]), ['nginx', 'edge'], 'never two of one name');
});

test('loopback of the gateway that a log names is in the network of that nginx, beside a gateway in another', async (t) => {
  const { root, paths, names } = setUp(t);
  const error = [{ path: `${root}/var/log/nginx/error.log`, gateway: 'edge' }];
  const settings = new GatewaySettingsMemory();
  const given = names({ error });
  const watch = new ConfigWatch({}, paths, { settings, ...(given && { names: given }) });
  await watch.poll();
  t.after(() => watch.collector.stop?.());
  const places = new NetworkPlaces({
    ...{ cluster: { pod: () => undefined, freshness: () => 'unwatched' }, settings: () => settings.all() },
  });
  for (const pid of [10, 20]) {
    const processes = [processOf({ pid, startTicks: 100 + pid, comm: 'nginx', network: `0:${pid}` })];
    places.see(networkOf({ processes, isGateway: true, kind: 'process' }), 0);
  }
  const of = (gateway: string) => places.ofPeer({ ...NOBODY, container: '', gateway }, '127.0.0.1')?.identity;
  assert.deepEqual(['edge', 'shop', 'nginx'].map(of), ['0:10', '0:20', undefined]);
});
