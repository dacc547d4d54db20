import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isErrorLogWhole, logsSubrequests, refusalStatuses } from '../../src/collectors/nginx-config-answers.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import { readSettings } from '../../src/parse/nginx-conf-settings.ts';

const read = (text: string) => readNginxConf({ path: '/n.conf', text });

test('statuses of refused requests: 503 unless http itself says otherwise, and all that places say', () => {
  const of = (http: string) => refusalStatuses(read(`http { ${http} }`), 'main');
  assert.deepEqual(of('server { listen 80; }'), []);
  assert.deepEqual(of('server { limit_req zone=a; }'), [503]);
  assert.deepEqual(of('limit_req_status 429; server { limit_req zone=a; }'), [429]);
  assert.deepEqual(of('server { location / { limit_req zone=a; limit_req_status 502; } }'), [502, 503]);
  assert.deepEqual(of('limit_req_status 429; server { limit_req zone=a; limit_conn b 1; }'), [429, 503]);
  assert.deepEqual(of('limit_conn_status 599; server { limit_conn b 1; }'), [599]);
});

test('subrequests are logged where any place says so', () => {
  const of = (text: string) => logsSubrequests(read(text), 'main');
  assert.ok(of('http { server { location / { log_subrequest on; } } }'));
  assert.ok(!of('http { log_subrequest off; server { listen 80; } }'));
  assert.ok(!of('http { }'));
});

test('an error log is whole when each place has one of a level that tells of attempts', () => {
  const of = (text: string) => isErrorLogWhole(readSettings(read(text), 'main').errorLogs);
  assert.ok(of('http { }'), 'the compiled-in one');
  assert.ok(of('error_log /e.log warn; error_log stderr; http { }'));
  assert.ok(of('error_log /e.log; http { server { error_log /e.log info; } }'));
  assert.ok(of('error_log /e.log crit; http { error_log /e.log; }'), 'that of http counts');
  assert.ok(!of('error_log /e.log crit; http { }'));
  assert.ok(!of('error_log /dev/null; http { }'));
  assert.ok(!of('error_log /e.log; http { server { error_log /other.log; } }'));
  assert.ok(!of('error_log /e.log; http { server { location / { error_log /e.log crit; } } }'));
});
