import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FakeProc } from '../support/fake-proc.ts';
import { ASSUMED, directory, FIXTURES, file, run } from './audit-run.ts';

describe('badgateway audit FILE: what cannot be read, and how it is told', () => {
  it('a mistake in it is said, with what follows unread', async () => {
    const path = file('bad.conf', 'events {}\nhttp { server { listen 80; }\n');
    assert.match((await run({ files: [path] })).out, /^nothing found in what could be read$/m);
    assert.match(
      (await run({ files: [path] })).out,
      /^not read: what follows \S+bad\.conf:3 \(unexpected end of file/m,
    );
  });

  it('2 when one cannot be read, with the findings of the others', async () => {
    const { code, out, notes } = await run({ files: [join(directory, 'none'), `${FIXTURES}/outage-minimal.conf`] });
    assert.equal(code, 2);
    assert.match(notes, /^cannot read \S+none: ENOENT: there is no such file$/);
    assert.match(out, /shutdown_timeout_absent/);
  });

  it('2 for a wrong --assume, which says what may be written', async () => {
    for (const [pair, words] of [
      ['somaxcon=1', /write one of somaxconn=4096, cpus=8/],
      ['somaxconn=many', /write for example somaxconn=4096/],
      ['cpu_limit=0', /cpu_limit=2 or none/],
      ['toString=1', /write one of/],
    ] as const) {
      const { code, notes } = await run({ files: [`${FIXTURES}/tuned.conf`], assume: [pair] });
      assert.equal(code, 2, pair);
      assert.match(notes, words);
    }
  });

  it('a wrong --assume is said before anything is read, also one that took the file for a fact', async (t) => {
    const proc = new FakeProc(t).root;
    const { code, notes } = await run({ 'path.procfs': proc, assume: ['cpus=8', 'nginx.conf'] });
    assert.equal(code, 2);
    assert.match(notes, /^--assume "nginx\.conf": write one of .*; files stand before --assume$/);
    assert.match((await run({ 'path.procfs': proc, assume: ['cpus=many'] })).notes, /^--assume "cpus=many"/);
  });

  it('2 for what holds no configuration, such as the output of a command that failed', async () => {
    for (const text of ['', '# all of it is a comment\n', 'Error from server (NotFound): no such pod\n']) {
      const { code, out, notes } = await run({ files: ['-'], assume: ASSUMED }, text);
      assert.deepEqual([code, out], [2, ''], text);
      assert.match(notes, /^cannot read standard input: (it has no directive|unexpected end of file)/);
    }
  });

  it('what an address of its own is called, and why mounts are not known', async () => {
    const text =
      'http { proxy_cache_path /c keys_zone=c:1m; server { location / { proxy_pass http://10.0.0.1:80; } } }';
    const { out } = await run({ files: ['-'] }, text);
    assert.match(out, /^ {2}address 10\.0\.0\.1:80, stdin:1: /m);
    assert.doesNotMatch(out, /implicit:/);
    assert.match(out, /^not checked: cache_on_ephemeral_disk \(.* only of an nginx that runs here\)$/m);
  });

  it('nothing of a configuration is a control sequence', async () => {
    const evil = '\u001b]0;owned\u0007\u202e';
    const text = `http { upstream "${evil}" { server "${evil}h:80"; } server { listen 80; location / { proxy_pass "http://${evil}"; } } }`;
    const path = file(`evil${evil}.conf`, text);
    for (const json of [false, true]) {
      const { out, notes } = await run({ files: [path, `${path}.none`], json, assume: ASSUMED });
      assert.doesNotMatch(`${out}${notes}`.replaceAll('\n', ''), /[\u0000-\u001f\u007f\u202e]/);
      assert.match(out, /upstream_hostname_without_resolver/);
    }
  });

  it('--json: findings, what was not checked, settings', async () => {
    const { code, out } = await run({ files: [`${FIXTURES}/report-before.conf`], json: true });
    assert.equal(code, 1);
    const [one] = JSON.parse(out).configurations;
    assert.deepEqual(Object.keys(one), [
      ...['name', 'gateway', 'findings', 'omitted', 'clean', 'not_checked', 'not_read', 'settings'],
    ]);
    const [finding] = one.findings;
    assert.deepEqual(Object.keys(finding), ['rule', 'severity', 'place', 'message', 'fix', 'page']);
    assert.deepEqual(Object.keys(finding.place), ['file', 'line']);
    assert.equal(finding.page, `docs/audit/${finding.rule}.md`);
    assert.equal(
      one.not_checked.find(({ rule }: { rule: string }) => rule === 'port_range_narrow').why.length > 0,
      true,
    );
    assert.equal(one.settings.upstreams[0].name, 'api_gateway');
    assert.doesNotMatch(out, /not-to-be-printed/);
  });
});
