import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readAccessLogs } from '../../src/collectors/nginx-access-log-files.ts';
import { HostFiles } from '../../src/sources/nginx-discovery-files.ts';
import { FakeProc } from '../support/fake-proc.ts';

const FULL = `log_format full '$status $request_time "$upstream_addr" ' '"$upstream_status"';`;

function read(t: TestContext, conf: string) {
  const tree = new FakeProc(t, 'host').write('etc/nginx/nginx.conf', conf);
  const notes: string[] = [];
  const host = new HostFiles(tree.root);
  const place = { host, config: '/etc/nginx/nginx.conf', prefix: '/srv', directives: '' };
  const logs = readAccessLogs(place, notes);
  const files = logs.map(({ path, format }) => `${path.slice(tree.root.length)} ${format}`);
  return { files, notes: notes.map((note) => note.replaceAll(tree.root, '')), logs };
}

test('each file with its format: named, default, of a server, relative to the prefix', (t) => {
  const { files, notes, logs } = read(
    t,
    `http { ${FULL} access_log /a.log full buffer=32k flush=1s; server { access_log logs/b.log; } server { access_log /c.log combined if=$loggable; } }`,
  );
  assert.deepEqual(files, ['/a.log full', '/srv/logs/b.log combined', '/c.log combined']);
  assert.deepEqual(logs[0].words, ['$status $request_time "$upstream_addr" ', '"$upstream_status"']);
  assert.deepEqual(notes, [
    '/etc/nginx/nginx.conf: access_log /a.log is buffered: what it says comes late',
    '/etc/nginx/nginx.conf: access_log /c.log has if=: other requests are not seen',
  ]);
});

test('what cannot be followed, or has no requests, is said', (t) => {
  const { files, notes } = read(
    t,
    `stream { log_format s '$status'; access_log /s.log s; }
     http { access_log syslog:server=10.0.0.1 combined; access_log /dev/stdout; access_log memory:1m;
       server { access_log /v/$host.log; } server { access_log /z.gz combined gzip; } server { access_log off; }
       server { access_log /n.log nobody; } }`,
  );
  assert.deepEqual(files, ['/n.log nobody']);
  const conf = '/etc/nginx/nginx.conf';
  assert.deepEqual(notes, [
    `${conf}: access_log /s.log of stream has no requests`,
    `${conf}: access_log syslog is no file to follow`,
    `${conf}: access_log /dev/stdout is no file to follow`,
    `${conf}: access_log memory is no file to follow`,
    `${conf}: access_log /v/$host.log has variables in its path: configure its files`,
    `${conf}: access_log /z.gz is compressed while it is written: it cannot be followed`,
    `${conf}: 1 blocks have access_log off: their requests are not seen`,
  ]);
});

test('subrequests that have lines are said', (t) => {
  const notesOf = (value: string) => read(t, `http { access_log /a.log; server { log_subrequest ${value}; } }`).notes;
  assert.deepEqual(notesOf('off'), []);
  assert.deepEqual(notesOf('on'), [
    '/etc/nginx/nginx.conf: log_subrequest on: subrequests (auth_request, mirror) have lines too and count as requests',
  ]);
});

test('no access_log at all: the compiled-in one is not known', (t) =>
  assert.deepEqual(read(t, 'http { }').notes, [
    '/etc/nginx/nginx.conf: no access_log; the compiled-in one is not known',
  ]));

test('a request that is written to several files is counted in the one that says most', (t) => {
  const { files, notes } = read(t, `http { ${FULL} access_log /a.log; access_log /b.log full; }`);
  assert.deepEqual(files, ['/b.log full']);
  assert.deepEqual(notes, ['/a.log has requests that another access log has too: they are not counted again']);
});

test('a file that stands alone elsewhere is the one that is read of several', (t) => {
  const { files } = read(
    t,
    `http { ${FULL} server { access_log /a.log; access_log /b.log full; } server { access_log /a.log; } }`,
  );
  assert.deepEqual(files, ['/a.log combined']);
});

test('of two that both stand alone elsewhere one is left out, as requests would be counted twice', (t) => {
  const { files, notes } = read(
    t,
    `http { ${FULL} access_log /a.log; access_log /b.log full; server { access_log /a.log; } server { access_log /b.log full; } }`,
  );
  assert.equal(files.length, 1);
  assert.match(notes[0], /^\/[ab]\.log has requests .*, nor what else is in it$/);
});

test('a format that cannot be read is no choice, nor is a part of the requests', (t) => {
  const { files } = read(
    t,
    `http { log_format bad '$status $http_a $request_time $http_b $upstream_addr $http_c $upstream_status';
       server { access_log /a.log; access_log /b.log bad; } server { access_log /d.log; access_log /c.log combined if=$x; } }`,
  );
  assert.deepEqual(files, ['/a.log combined', '/d.log combined']);
});

test('two formats in one file: one is read, and said', (t) => {
  const { files, notes } = read(t, `http { ${FULL} access_log /a.log full; server { access_log /a.log; } }`);
  assert.deepEqual(files, ['/a.log full']);
  assert.deepEqual(notes, ['/a.log is written in full and in combined: only full is read']);
});
