import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readErrorLogs } from '../../src/collectors/nginx-error-log-files.ts';
import { HostFiles } from '../../src/sources/nginx-discovery-files.ts';
import { FakeProc } from '../support/fake-proc.ts';

function read(tree: FakeProc, prefix?: string, directives = '') {
  const notes: string[] = [];
  const place = { host: new HostFiles(tree.root), config: '/etc/nginx/nginx.conf', prefix, directives };
  const { files, inMain } = readErrorLogs(place, notes);
  return { paths: files.map(({ path, level }) => `${path} ${level}`), inMain, notes };
}

test('includes by name and glob, relative to the main file, links of sites-enabled as the host means them', (t) => {
  const tree = new FakeProc(t, 'host')
    .write(
      'etc/nginx/nginx.conf',
      'error_log /m.log; http { include conf.d/*.conf; include /etc/nginx/sites-enabled/*; }',
    )
    .write('etc/nginx/conf.d/a.conf', 'error_log /a.log warn;')
    .write('etc/nginx/conf.d/no.txt', 'error_log /no.log;')
    .write('etc/nginx/sites-available/shop', 'server { error_log /shop.log; }')
    .write('etc/nginx/sites-enabled/keep', '');
  symlinkSync('/etc/nginx/sites-available/shop', join(tree.root, 'etc/nginx/sites-enabled/shop'));
  assert.deepEqual(read(tree), { paths: ['/m.log error', '/a.log warn', '/shop.log error'], inMain: true, notes: [] });
});

test('what is no file is said, and still counts as set in main', (t) => {
  const tree = new FakeProc(t, 'host').write(
    'etc/nginx/nginx.conf',
    'error_log stderr; http { error_log syslog:server=10.0.0.1 warn; error_log memory:32m debug; error_log /dev/stdout; error_log off; }',
  );
  const { paths, inMain, notes } = read(tree);
  assert.deepEqual([paths, inMain], [[], true]);
  assert.equal(notes.length, 5);
  assert.ok(notes.includes('/etc/nginx/nginx.conf: error_log syslog is no file to follow'));
});

test('relative logs need a known prefix', (t) => {
  const tree = new FakeProc(t, 'host').write('etc/nginx/nginx.conf', 'error_log logs/e.log;');
  assert.deepEqual(read(tree, '/srv/gw').paths, ['/srv/gw/logs/e.log error']);
  const unknown = read(tree);
  assert.deepEqual(unknown.paths, []);
  assert.match(unknown.notes[0], /relative to a compiled-in directory/);
});

test('directives of the command line, missing includes, an include of itself', (t) => {
  const tree = new FakeProc(t, 'host').write('etc/nginx/nginx.conf', 'include nginx.conf; include gone.conf;');
  const { paths, inMain, notes } = read(tree, undefined, 'daemon off; error_log /g.log info;');
  assert.deepEqual([paths, inMain], [['/g.log info'], true]);
  assert.deepEqual(notes, ['cannot read /etc/nginx/gone.conf: ENOENT']);
});

test('depth and number of includes are bounded and said', (t) => {
  const tree = new FakeProc(t, 'host').write('etc/nginx/nginx.conf', 'include d1.conf;');
  for (let depth = 1; depth < 20; depth++) {
    tree.write(`etc/nginx/d${depth}.conf`, `error_log /${depth}.log; include d${depth + 1}.conf;`);
  }
  const { paths, notes } = read(tree);
  assert.equal(paths.length, 8);
  assert.deepEqual(notes, ['/etc/nginx/nginx.conf: too many or too deep includes, not all read']);
});

/** `path level` of each log that a main file with this text names. */
function targets(t: TestContext, text: string): string[] {
  return read(new FakeProc(t, 'host').write('etc/nginx/nginx.conf', text)).paths;
}

test('finds error_log at every depth, also in blocks of unknown modules, with its level', (t) => {
  const text = `events { worker_connections 768; } rtmp { server { error_log /rtmp.log; } }
    http { error_log /http.log warn;
      server { location / { error_log /location.log crit; proxy_pass http://b; } } }`;
  const tree = new FakeProc(t, 'host').write('etc/nginx/nginx.conf', text);
  assert.deepEqual(read(tree), {
    paths: ['/rtmp.log error', '/http.log warn', '/location.log crit'],
    inMain: false,
    notes: [],
  });
  assert.equal(read(tree, undefined, 'error_log /x').inMain, true);
});

test('comments, quotes, escapes, Lua and data are not directives', (t) => {
  assert.deepEqual(targets(t, '# error_log /no;\nerror_log\t"/with space.log"  warn ;'), ['/with space.log warn']);
  assert.deepEqual(targets(t, "set $a 'error_log /no;'; error_log '/it\\'s.log';"), ["/it's.log error"]);
  assert.deepEqual(targets(t, 'http { map $x $y { error_log /no; } error_log /a#b.log; }'), ['/a#b.log error']);
  assert.deepEqual(targets(t, 'my_error_log /no; error_log; error_log_x /no;'), []);
  const lua = `http { content_by_lua_block { local a = "error_log } {"  -- it's a comment with } and "
      error_log /lua.log; } error_log /after.log; }`;
  assert.deepEqual(targets(t, lua), ['/after.log error']);
});

test('text that breaks off gives what came before; a main file that is not there what -g says', (t) => {
  assert.deepEqual(targets(t, 'error_log /a.log; set $x "open; error_log /no;'), ['/a.log error']);
  assert.deepEqual(targets(t, 'error_log /a.log; content_by_lua_block { [[ open'), ['/a.log error']);
  const { paths, inMain, notes } = read(new FakeProc(t, 'host'), undefined, 'daemon off; error_log /g.log');
  assert.deepEqual([paths, inMain], [['/g.log error'], true]);
  assert.deepEqual(notes, ['cannot read /etc/nginx/nginx.conf: ENOENT']);
});
