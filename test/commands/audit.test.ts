import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, it } from 'node:test';
import { AUDIT_RULES } from '../../src/audit/rules/index.ts';
import { FakeProc } from '../support/fake-proc.ts';
import { ASSUMED, FIXTURES, file, run } from './audit-run.ts';

describe('badgateway audit', () => {
  it('the nginx that run here, by name of their gateway', async (t) => {
    const etc = new FakeProc(t, 'etc').write('edge.conf', readFileSync(`${FIXTURES}/outage-minimal.conf`, 'utf8'));
    const proc = new FakeProc(t).namespace('self').shareNamespace('10', 'self');
    for (const who of ['self', '1', '10']) proc.write(`${who}/mountinfo`, '1 1 0:30 / / rw\n');
    proc.write('10/comm', 'nginx\n').write('10/cmdline', `nginx: master process nginx -c ${etc.root}/edge.conf\0`);
    proc.write('sys/net/core/somaxconn', '128\n').write('10/limits', 'Max open files 1024 1024 files\n');
    const { code, out, notes } = await run({ 'path.procfs': proc.root });
    assert.equal(code, 1);
    assert.match(out, /^\S+\/edge\.conf \(gateway edge\)\n/);
    assert.match(out, /net\.core\.somaxconn is 128: the accept queue holds 128, the kernel cuts the backlog/);
    assert.match(out, /open files that workers inherit is 1024 and worker_connections is 1024: .* needs 2048/);
    assert.match(notes, /nginx master 10: configuration /);
  });

  it('every one that runs, also those of one name', async (t) => {
    const etc = new FakeProc(t, 'etc');
    const proc = new FakeProc(t).namespace('self').shareNamespace('10', 'self').shareNamespace('11', 'self');
    for (const who of ['self', '1', '10', '11']) proc.write(`${who}/mountinfo`, '1 1 0:30 / / rw\n');
    for (const [pid, name] of [
      ['10', 'a'],
      ['11', 'b'],
    ]) {
      etc.write(`${name}/nginx.conf`, 'events {}\n');
      proc.write(`${pid}/comm`, 'nginx\n');
      proc.write(`${pid}/cmdline`, `nginx: master process nginx -c ${etc.root}/${name}/nginx.conf\0`);
    }
    const { out, notes } = await run({ 'path.procfs': proc.root });
    assert.deepEqual(
      out.match(/\w\/nginx\.conf \(gateway nginx\)/g),
      ['a', 'b'].map((one) => `${one}/nginx.conf (gateway nginx)`),
    );
    assert.doesNotMatch(notes, /another nginx is/);
    // One that cannot be found is not forgotten.
    proc.write('11/cmdline', 'nginx: master process nginx -c relative.conf\0');
    const lost = await run({ 'path.procfs': proc.root });
    assert.equal(lost.code, 2);
    assert.match(lost.notes, /^cannot read the configuration of nginx master 11: /m);
  });

  it('2 when there is none, and why', async (t) => {
    const { code, notes, out } = await run({ 'path.procfs': new FakeProc(t).root });
    assert.deepEqual([code, out], [2, '']);
    assert.match(notes, /no running nginx master is visible/);
    assert.equal((await run({ here: true })).code, 2);
  });

  it('as a user runs it', () => {
    const start = (...args: string[]) =>
      spawnSync(process.execPath, ['src/main.ts', 'audit', ...args], { encoding: 'utf8', timeout: 60_000 });
    const help = start('--help').stdout;
    assert.match(help, /Examples:\n {2}badgateway audit\n[\s\S]*--assume somaxconn=4096/);
    assert.match(help, /Exit codes: 0 no warning .*1 warnings, 2 /);
    const path = relative('.', `${FIXTURES}/outage-minimal.conf`);
    const { status, stdout } = start(path, '--assume', 'somaxconn=1024', 'cpus=8', 'cpu_limit=2');
    assert.equal(status, 1);
    assert.match(stdout, /worker_processes auto starts 8 workers and the CPU limit is 2/);
  });
});

describe('badgateway audit FILE', () => {
  it('a finding has its place, both numbers, the fix and the page; warnings make the exit code 1', async () => {
    const { code, out, notes } = await run({ files: [`${FIXTURES}/report-before.conf`], assume: ASSUMED });
    assert.equal(code, 1);
    assert.equal(notes, '');
    assert.match(out, new RegExp(`^${FIXTURES}/report-before\\.conf\\n\\n`));
    assert.match(
      out,
      /^warning {2}\/\S+\/report-before\.conf:21\n {2}proxy_read_timeout is 3600 s and nginx's default 60: .*\n {2}fix: {3}proxy_read_timeout 60s;.*\n {2}about: long_timeouts, docs\/audit\/long_timeouts\.md$/m,
    );
    assert.match(out, /^\d+ rules found nothing\.$/m);
    assert.doesNotMatch(out, /not checked|not-to-be-printed|Authorization/);
  });

  it('0 for a tuned one, which has its settings at the end', async () => {
    const { code, out } = await run({ files: [`${FIXTURES}/tuned.conf`], assume: ASSUMED });
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^nothing found\\n\\n${AUDIT_RULES.length} rules found nothing\\.$`, 'm'));
    assert.match(
      out,
      /^Settings .*\n {2}worker_processes 2, worker_rlimit_nofile 65536, worker_shutdown_timeout 60s, /m,
    );
    assert.match(out, /listen 0\.0\.0\.0:80: backlog 4096, effective 4096/);
    assert.match(
      out,
      /upstream shop, \/\S+:\d+: least_conn, 3 servers with weight 1, max_fails 3, fail_timeout 30s, keepalive 32,/,
    );
  });

  it('0 when there are hints only', async () => {
    const { code, out } = await run({
      files: [`${FIXTURES}/tuned.conf`],
      assume: [...ASSUMED, 'conntrack_established=5d'],
    });
    assert.equal(code, 0);
    assert.match(
      out,
      /^info {5}net\.netfilter\.nf_conntrack_tcp_timeout_established\n {2}.* 432000 s; kube-proxy sets 86400/m,
    );
  });

  it('what is not known is not assumed, and why', async () => {
    const { out } = await run({ files: [`${FIXTURES}/docker-default.conf`] });
    assert.doesNotMatch(out, /somaxconn is|CPU limit is/);
    assert.match(out, /^not checked: backlog_below_somaxconn \(it is not known where the file is used: give --here /m);
    const here = await run({ files: [`${FIXTURES}/docker-default.conf`], here: true });
    const own = readFileSync('/proc/sys/net/core/somaxconn', 'utf8').trim();
    if (own !== '511') assert.match(here.out, new RegExp(`net\\.core\\.somaxconn is ${own}:`));
    assert.match(here.out, /not checked: rlimit_nofile_low/);
  });

  it('the source documents: 511 against 1024, auto of two CPUs against one', async () => {
    const assume = [...ASSUMED, 'somaxconn=1024', 'cpus=2', 'cpu_limit=1'];
    const { code, out } = await run({ files: [`${FIXTURES}/outage-minimal.conf`], assume });
    assert.equal(code, 1);
    assert.match(out, /backlog 511 \(the default\) and net\.core\.somaxconn is 1024/);
    assert.match(out, /worker_processes auto starts 2 workers and the CPU limit is 1/);
  });

  it('includes, with the place in their own file; one that is missing is said', async () => {
    const main = file('main/nginx.conf', 'events {}\nhttp { include conf.d/*.conf; }\n');
    file('main/conf.d/a.conf', '\n\nproxy_set_header Connection "upgrade";\n');
    const { out } = await run({ files: [main] });
    assert.match(out, /^warning {2}\S+\/main\/conf\.d\/a\.conf:3\n {2}proxy_set_header Connection/m);
    const broken = file('broken/nginx.conf', 'events {}\nhttp { include gone.conf; server { listen 80; } }\n');
    const missing = await run({ files: [broken], assume: ASSUMED });
    assert.match(missing.out, /^not read: \S+\/broken\/gone\.conf \(ENOENT\)$/m);
    assert.match(missing.out, /not checked: shutdown_timeout_absent \(a part of the configuration cannot be read/);
    assert.equal(missing.code, 2);
  });

  it('the text of nginx -T, from a file and from standard input', async () => {
    const dump = [
      'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok',
      '# configuration file /etc/nginx/nginx.conf:',
      'events {}\nhttp { include /etc/nginx/conf.d/*.conf; }\n',
      '# configuration file /etc/nginx/conf.d/x.conf:',
      'server { listen 80; }\n',
    ].join('\n');
    const place = /^warning {2}\/etc\/nginx\/conf\.d\/x\.conf:1\n {2}listen 0\.0\.0\.0:80 has backlog 511/m;
    assert.match((await run({ files: [file('dump.txt', dump)], assume: ASSUMED })).out, place);
    const piped = await run({ files: ['-'], assume: ASSUMED }, dump);
    assert.match(piped.out, place);
    assert.match(piped.out, /^standard input\n/);
  });

  it('a configuration on standard input: what it includes is not there', async () => {
    const text = 'events {}\nhttp {\ninclude x/*.conf;\nproxy_set_header Connection "upgrade";\n}\n';
    const { code, out } = await run({ files: ['-'] }, text);
    assert.equal(code, 1);
    assert.match(out, /^warning {2}stdin:4$/m);
    assert.match(out, /^not read: the include of stdin:3$/m);
  });

  it('files of every nginx may be missing on standard input', async () => {
    const { code, out } = await run(
      { files: ['-'], assume: ASSUMED },
      'worker_shutdown_timeout 9s; http { include mime.types; }',
    );
    assert.equal(code, 0);
    assert.doesNotMatch(out, /not read|not checked/);
  });
});
