import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { readNginxDump } from '../../src/parse/nginx-conf-dump.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import { readUpstreams } from '../../src/parse/nginx-conf-upstreams.ts';
import { fixtureFiles, readFixture } from '../fixtures/nginx-conf/files.ts';
import { findProgram, skipWithout } from '../support/programs.ts';

const http = (text: string) => `events {}\nhttp {\n${text}\n}\n`;
const upstream = (text: string) => http(`upstream u {\n${text}\n}`);
const location = (text: string) => http(`upstream u { server 10.0.0.1; }\nserver { location / { ${text} } }`);
const long = (length: number) => 'a'.repeat(length);

/** Snippets that both must call valid, or both wrong in the same line. */
const SNIPPETS: Readonly<Record<string, string>> = {
  'quotes inside a word': http('log_format a b"c d\'e;'),
  'character behind a quote': http('log_format a "b"c;'),
  '} behind a quote': http('log_format a "b"}'),
  'open quote': http('log_format a "b;\n'),
  escapes: http('log_format a "\\"\\n" b\\;c d\\{e;'),
  'comment inside a word': http('log_format a b#c;'),
  'comment between words': http('log_format a # "x;\n b;'),
  CRLF: http('log_format a b;').replaceAll('\n', '\r\n'),
  'variable in braces': http(`log_format a \${uri}b;`),
  ') behind a quote': http('server { if ($uri = "b") { return 403; } }'),
  'missing brace': 'events {}\nhttp {\nserver {\n',
  'brace too many': http('server { } }'),
  'missing semicolon': http('log_format a b\n'),
  'semicolon alone': http(';'),
  'brace alone': http('{ }'),
  'brace among the values of a map': http('map $uri $a {\n b { c d; }\n}'),
  'open brace in a map': http('map $uri $a {\n ~^/a{2}$ c;\n}'),
  'values of a map': http('map $uri $a { "~^/a{2}$" "c; d"; server 1; listen 2; default 0; }'),
  'geo and split_clients': http('geo $a { default 0; 10.0.0.0/8 "x;y"; }\nsplit_clients $uri $b { 10% x; * y; }'),
  'word of 4095': http(`log_format a ${long(4095)};`),
  'word of 4096': http(`log_format a\n${long(4096)};`),
  'quoted word of 4094': http(`log_format a "${long(4094)}";`),
  'quoted word of 4095': http(`log_format a "${long(4095)}";`),
  'quote open over 4096': http(`log_format a\n"${long(5000)};`),
  'comment of 4095': `#${long(4094)}\n${http('')}`,
  'comment of 4096': `#${long(4095)}\n${http('')}`,
  'include of nothing': http('include nothing.conf;'),
  'include of no match': http('include nothing/*.conf;'),
  'include of two': http('include a b;'),
  'server line in http': http('server 10.0.0.1;'),
  'server block in an upstream': upstream('server 10.0.0.1 { }'),
  'all parameters': upstream(
    'server 10.0.0.1:80 weight=2 max_fails=0 fail_timeout=1m30s max_conns=3 down; server 10.0.0.2;',
  ),
  'weight 0': upstream('server 10.0.0.1 weight=0;'),
  'unknown parameter': upstream('server 10.0.0.1\n nonsense;'),
  milliseconds: upstream('server 10.0.0.1 fail_timeout=10ms;'),
  'no servers': upstream(''),
  'same name': http('upstream a { server 10.0.0.1; }\nupstream A { server 10.0.0.1; }'),
  'backup behind ip_hash': upstream('ip_hash;\nserver 10.0.0.1;\nserver 10.0.0.2 backup;'),
  'backup before ip_hash': upstream('server 10.0.0.1;\nserver 10.0.0.2 backup;\nip_hash;'),
  'backup behind random': upstream('random two;\nserver 10.0.0.1;\nserver 10.0.0.2 backup;'),
  'backup behind least_conn': upstream('least_conn;\nserver 10.0.0.1;\nserver 10.0.0.2 backup;'),
  'port range': upstream('server 10.0.0.1:80-82;'),
  'port 0': upstream('server 10.0.0.1:0;'),
  'port 65536': upstream('server 10.0.0.1:65536;'),
  'no digits': upstream('server 10.0.0.1:;'),
  path: upstream('server 10.0.0.1:80/x;'),
  'leading zeros': upstream('server 010.000.00.1;'),
  IPv6: upstream('server [2001:DB8::1]:80; server [::1];'),
  'IPv6 without brackets': upstream('server ::1;'),
  'IPv6 open': upstream('server [::1;'),
  'IPv6 wrong': upstream('server [::g];'),
  'IPv6 with zone': upstream('server [fe80::1%eth0];'),
  'IPv4 in brackets': upstream('server [10.0.0.1];'),
  'no host': upstream('server :80;'),
  unix: upstream('server unix:/a:/b; server UNIX:/c weight=2;'),
  'unix without path': upstream('server unix:;'),
  'unix too long': upstream(`server unix:/${long(107)};`),
  variable: upstream('server $x;'),
  'quoted upstream name': http('upstream "u" { server 10.0.0.1; } server { location / { proxy_pass "http://U"; } }'),
  'proxy_pass by name': location('proxy_pass http://u/x;'),
  'proxy_pass by name with port': location('proxy_pass http://u:80;'),
  'proxy_pass without scheme': location('proxy_pass 10.0.0.1;'),
  'proxy_pass to an address': location('proxy_pass https://10.0.0.1;'),
  'proxy_pass unix with path': location('proxy_pass http://unix:/a:/b;'),
  'proxy_pass with variables': location('proxy_pass http://$host$request_uri;'),
  'grpc_pass without port': location('grpc_pass grpc://10.0.0.1;'),
  'grpc_pass by name': location('grpc_pass u;'),
  'grpc_pass with path': location('grpc_pass grpc://10.0.0.1:1/x;'),
  'fastcgi_pass without port': location('fastcgi_pass 10.0.0.1;'),
  'fastcgi_pass unix': location('fastcgi_pass unix:/a:/b;'),
  uwsgi_pass: location('uwsgi_pass suwsgi://10.0.0.1:3031;'),
  'scgi_pass with scheme': location('scgi_pass scgi://10.0.0.1:3031;'),
  memcached_pass: location('set $memcached_key a; memcached_pass 10.0.0.1:11211;'),
};

describe('the same verdict as nginx', { skip: skipWithout('nginx') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'badgateway-conf-'));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
    // `nginx -t` opens the logs and the pid file that the fixtures name.
    for (const name of readdirSync('/tmp')) if (/^badgateway-(plain|stream)[-.]/.test(name)) rmSync(join('/tmp', name));
  });
  const path = join(folder, 'nginx.conf');
  const nginx = (...args: string[]) =>
    spawnSync(findProgram('nginx')!, ['-g', `pid ${folder}/pid; error_log stderr;`, ...args], { encoding: 'utf8' });

  /** Line of nginx' first error, null when it finds none. */
  function verdict(text: string): number | null {
    writeFileSync(path, text);
    const { status, stderr } = nginx('-t', '-c', path);
    const emergency = /\[emerg\].* in .*nginx\.conf:(\d+)$/m.exec(stderr);
    assert.equal(status === 0, emergency === null, stderr);
    return emergency === null ? null : Number(emergency[1]);
  }

  for (const [name, text] of Object.entries(SNIPPETS)) {
    test(name, () => {
      const conf = readNginxConf({ path, text });
      const all = [...conf.problems, ...readUpstreams(conf).problems];
      const theirs = verdict(text);
      assert.equal(all.length > 0, theirs !== null, JSON.stringify({ all, theirs }));
      // nginx names the line where a directive ends, or where a block was left; ours is the one where it begins.
      if (theirs !== null)
        assert.ok(all[0].line <= theirs && all[0].line >= theirs - 2, JSON.stringify({ all, theirs }));
    });
  }

  for (const product of ['plain', 'stream'] as const) {
    test(`${product}: nginx accepts it, and its -T text gives the same upstreams`, () => {
      const main = join(import.meta.dirname, '../fixtures/nginx-conf', product, 'nginx.conf');
      const prefix = main.replace(/nginx\.conf$/, '');
      const { status, stdout, stderr } = spawnSync(findProgram('nginx')!, ['-T', '-c', main], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      const [theirs, ours] = [readNginxDump(stdout)!, readFixture(product)];
      assert.deepEqual(theirs.problems, []);
      const text = (conf: typeof ours) => JSON.stringify(readUpstreams(conf)).replaceAll(prefix, '/etc/nginx/');
      assert.equal(text(theirs), text(ours));
      assert.equal(
        theirs.files.length,
        [...fixtureFiles(product).keys()].filter((file) => !file.endsWith('.off')).length,
      );
    });
  }
});
