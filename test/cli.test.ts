import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

const directory = mkdtempSync(join(tmpdir(), 'badgateway-cli-'));
after(() => rmSync(directory, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/main.ts', ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

describe('command line', () => {
  for (const command of [
    'serve',
    'check-config',
    'diagnose',
    'explain',
    'upstreams',
    'audit',
    'remedy',
    'verify',
    'demo',
  ]) {
    it(`${command} --help has an example`, () => {
      const { status, stdout } = run(command, '--help');
      assert.equal(status, 0);
      assert.match(stdout, new RegExp(`Examples?:\\n {2}.*badgateway ${command}`));
    });
  }

  for (const report of ['blast-radius', 'timeouts', 'signals']) {
    it(`report ${report} --help has an example`, () => {
      const { status, stdout } = run('report', report, '--help');
      assert.equal(status, 0);
      assert.match(stdout, new RegExp(`Examples:\\n {2}badgateway report ${report}`));
    });
  }

  it('generate rules --help has an example', () => {
    const { status, stdout } = run('generate', 'rules', '--help');
    assert.equal(status, 0);
    assert.match(stdout, /Examples:\n {2}badgateway generate rules/);
  });

  it('verify says that it sends requests, in its help and beside the other commands', () => {
    assert.match(run('verify', '--help').stdout, /This is the only command that sends requests through a gateway/);
    assert.match(run('--help').stdout, /verify .*SEND requests/);
  });

  it('lists the commands, and says where to look after a mistake', () => {
    assert.match(run('--help').stdout, /serve[\s\S]*check-config[\s\S]*explain[\s\S]*upstreams[\s\S]*demo/);
    const { status, stderr } = run('srve');
    assert.equal(status, 2);
    assert.match(stderr, /unknown command 'srve'/);
    assert.match(stderr, /--help/);
  });

  it('names the help of the command that was used wrongly', () => {
    assert.match(run('check-config').stderr, /missing required argument 'file'\n\(badgateway check-config --help /);
    assert.match(run('generate', 'rules', '--nosuch').stderr, /\(badgateway generate rules --help /);
  });

  it('explain says of a file without any error line that it is no error log', () => {
    const file = join(directory, 'access.log');
    writeFileSync(file, '10.0.0.9 - - [22/Nov/2026:01:39:17 +0000] "GET / HTTP/1.1" 502 150\n');
    const { status, stdout } = run('explain', file);
    assert.equal(status, 0);
    assert.match(stdout, /1 other line\nNone of them is a line of an nginx error log/);
    writeFileSync(file, '2026/11/22 01:39:17 [notice] 7#7: signal process started\n');
    assert.doesNotMatch(run('explain', file).stdout, /None of them/);
  });

  it('checks a configuration: 0 and what runs, or 2 and every mistake', () => {
    const good = join(directory, 'good.yaml');
    writeFileSync(good, 'log: {level: debug}\n');
    assert.deepEqual(run('check-config', good).status, 0);
    assert.match(run('check-config', good).stdout, /: ok\ncollectors: nginx_error_log, nginx_access_log, envoy/);
    const bad = join(directory, 'bad.yaml');
    writeFileSync(bad, 'log: {level: loud}\nlistn: {}\n');
    const { status, stderr } = run('check-config', bad);
    assert.equal(status, 2);
    assert.match(stderr, /2 problems\n.*log\.level = "loud"[\s\S]*listn: unknown key; did you mean listen\?/);
  });

  it('checks a configuration from standard input', () => {
    const check = (input: string) => {
      const args = ['src/main.ts', 'check-config', '-'];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', input });
      return { status, stdout, stderr };
    };
    const good = check('log: {level: debug}\n');
    assert.equal(good.status, 0);
    assert.match(good.stdout, /^standard input: ok\ncollectors: /);
    const bad = check('log: {level: loud}\n');
    assert.deepEqual([bad.status, bad.stdout], [2, '']);
    assert.match(bad.stderr, /^badgateway: standard input: 1 problem\n {2}log\.level = "loud": /);
    const large = check(`# ${'x'.repeat(1_048_576)}`);
    assert.equal(large.status, 2);
    assert.match(
      large.stderr,
      /^badgateway: standard input: 1 problem\n.*cannot be read \(longer than 1048576 bytes\)\n$/,
    );
  });

  it('serve refuses an unknown key of --set before it starts', () => {
    const { status, stderr } = run('serve', '--set', 'collectors.envoi.enabled=false');
    assert.equal(status, 2);
    assert.match(stderr, /did you mean collectors\.envoy\.enabled\?/);
  });

  it('serve names the way out where nothing is like what was written', () => {
    const { status, stderr } = run('serve', '--set', 'foo=1');
    assert.equal(status, 2);
    assert.match(stderr, /--set foo: unknown key; docs\/configuration\.md lists all\n$/);
  });

  it('serve says of --set without a value how it is written', () => {
    const { status, stderr } = run('serve', '--set', 'foo', 'log.level', 'log.levl', 'web.enable_reload');
    assert.equal(status, 2);
    assert.deepEqual(stderr.split('\n').slice(1, -1), [
      '  --set foo: unknown key; docs/configuration.md lists all; it has no value: write --set KEY=VALUE',
      '  --set log.level: it has no value: write --set log.level=VALUE',
      '  --set log.levl: unknown key; did you mean log.level?; it has no value: write --set log.level=VALUE',
      '  --set web.enable_reload: it has no value: write --set web.enable_reload=VALUE',
    ]);
  });

  it('upstreams refuses a state that there is not, and one together with --check', () => {
    const { status, stderr } = run('upstreams', '--state', 'dead');
    assert.equal(status, 2);
    assert.match(stderr, /Allowed choices are live, /);
    assert.equal(run('upstreams', '--state=stale', '--check').status, 2);
  });

  it('upstreams says what to do when nobody listens', () => {
    const { status, stdout, stderr } = run('upstreams', '--url', 'http://127.0.0.1:1');
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /^badgateway: http:\/\/127\.0\.0\.1:1: nobody listens there: is badgateway running/);
  });

  it('serve names the taken port and the flag', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const { status, stderr } = run(
      'serve',
      `--web.listen-address=127.0.0.1:${port}`,
      `--checkpoint.directory=${directory}`,
    );
    taken.close();
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`port ${port} is in use .*--web\\.listen-address \\(listen\\.metrics\\)\n$`));
  });

  it('serve refuses what is no address, and a page beyond loopback without authentication, as check-config does: 2, and every mistake', () => {
    const { status, stderr } = run('serve', '--web.listen-address=127.0.0.1:99999', '--web.page-address=0.0.0.0:9503');
    assert.equal(status, 2);
    assert.match(
      stderr,
      /^badgateway: flags and environment: 2 problems\n {2}listen\.metrics = "127\.0\.0\.1:99999": write HOST:PORT, .*--web\.listen-address\)\n {2}listen\.page = "0\.0\.0\.0:9503": .*needs authentication: .*\n$/,
    );
  });
});
