import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ADDRESS_FORM } from '../../src/http/address.ts';

const MAIN = resolve('src/main.ts');
const directory = mkdtempSync(join(tmpdir(), 'badgateway-mistakes-'));
after(() => rmSync(directory, { recursive: true }));
mkdirSync(join(directory, 'dir'));
mkdirSync(join(directory, 'proc'));
writeFileSync(join(directory, 'mistakes.yaml'), 'listn: {}\nlog: {level: loud}\n');
writeFileSync(
  join(directory, 'all.yaml'),
  'listn: {}\nlisten: {metrics: foo}\nlog: {level: loud}\ncollectors:\n  nginx_error_log: {files: [/a, "[a"]}\n  nginx_access_log: {files: [{path: /a, form: auto}, b]}\n',
);
writeFileSync(join(directory, 'evil.yaml'), '"\\e]0;owned\\a": 1\n');
writeFileSync(join(directory, 'error.log.1.gz'), gzipSync('2026/11/22 01:39:17 [notice] 7#7: signal\n'));

/** In `directory`, so that what is said of a file is the same everywhere. */
function run(words: string, environment: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words.split(' ')], {
    ...{ cwd: directory, encoding: 'utf8', timeout: 20_000, input: '', killSignal: 'SIGKILL' },
    env: { ...process.env, ...environment },
  });
  return { status, stdout, stderr };
}

const PROMETHEUS = '--prometheus http://127.0.0.1:1';

/** Nothing is begun, the exit code is 2, and one sentence says which and how it is right. */
const SAID: readonly (readonly [words: string, stderr: string])[] = [
  [
    'diagnose --config mistakes.yaml',
    'mistakes.yaml: 2 problems\n  log.level = "loud": must be one of debug, info, warn, error\n  listn: unknown key; did you mean listen?',
  ],
  [
    'check-config evil.yaml',
    'evil.yaml: 1 problem\n  \\u001b]0;owned\\u0007: unknown key; remove it; docs/configuration.md lists every key',
  ],
  [
    'check-config all.yaml',
    'all.yaml: 5 problems\n  log.level = "loud": must be one of debug, info, warn, error\n  collectors.nginx_access_log.files.0.form: unknown key; remove it; docs/configuration.md lists every key\n  listn: unknown key; did you mean listen?\n  collectors.nginx_error_log.files.1 = "[a": glob must be an absolute path: [a\n  listen.metrics = "foo": ADDRESS (on the command line: --web.listen-address)',
  ],
  [
    'serve --log.level=loud --web.listen-address=foo',
    'flags and environment: 2 problems\n  log.level = "loud": must be one of debug, info, warn, error\n  listen.metrics = "foo": ADDRESS (on the command line: --web.listen-address)',
  ],
  [
    'serve --config.file=',
    'no configuration: 1 problem\n  (top level): the name of its file is empty (--config.file, BADGATEWAY_CONFIG_FILE)',
  ],
  [
    'serve --web.listen-address=9502',
    'flags and environment: 1 problem\n  listen.metrics = 9502: must be text, HOST:PORT: for example ":9502", or "127.0.0.1:9503" for this machine only',
  ],
  [
    'verify http://127.0.0.1:1 --header Host',
    '--header "": write "Name: value", without control characters\nbadgateway: badgateway verify --help has examples',
  ],
  [
    'verify http://127.0.0.1:1 --ca-file none',
    '--ca-file "none": cannot be read (ENOENT: there is no such file)\nbadgateway: badgateway verify --help has examples',
  ],
  [
    'upstreams --ca-file dir --url https://127.0.0.1:1',
    '--ca-file "dir": cannot be read (EISDIR: it is a directory; name a file in it)',
  ],
  [
    `capacity-report ${PROMETHEUS} --bearer-file none`,
    '--bearer-file "none": cannot be read (ENOENT: there is no such file)',
  ],
  [`preview-dashboards --format html ${PROMETHEUS} --from x`, '--from "x": a time like 30s, 15m, 3h or 2d'],
  [`preview-dashboards --format html ${PROMETHEUS} --variable x`, '--variable "x": name=value, e.g. namespace=shop'],
  ['report blast-radius none', 'cannot read none: ENOENT: there is no such file'],
  ['report timeouts dir', 'cannot read dir: EISDIR: it is a directory; name a file in it'],
  ['report timeouts --server x', '--server "x": write http://HOST:PORT or https://HOST:PORT of the status page'],
  ['audit --path.procfs none', '--path.procfs "none": there is no such directory'],
  [
    'audit --path.procfs proc',
    'no running nginx master is visible\nbadgateway: nothing to audit: give a file (badgateway audit /etc/nginx/nginx.conf) or the text of nginx -T (nginx -T | badgateway audit -)',
  ],
  ['explain error.log.1.gz', 'error.log.1.gz is compressed; zcat error.log.1.gz | badgateway explain -'],
  ['demo --speed x', '--speed "x": give a number above 0, up to 1000'],
  [
    'demo --web.listen-address 9502',
    '--web.listen-address "9502": write HOST:PORT, for example :9502, 127.0.0.1:9503, localhost:9503 or [::1]:9503',
  ],
  [
    'demo --web.page-address 0.0.0.0:9503',
    '--web.page-address 0.0.0.0:9503: the page of the demo asks for no password: listen on 127.0.0.1:9503',
  ],
];

describe('a mistake is said with the way out', () => {
  for (const [words, stderr] of SAID)
    it(words, () =>
      assert.deepEqual(run(words), {
        status: 2,
        stdout: '',
        stderr: `badgateway: ${stderr.replace('ADDRESS', ADDRESS_FORM)}\n`,
      }),
    );

  it('a variable that is like no other is not taken for a short one', () => {
    const said = (name: string) => run('serve --log.level=loud', { [name]: '1' }).stderr;
    assert.match(
      said('BADGATEWAY_FOO'),
      /BADGATEWAY_FOO: unknown environment variable; docs\/configuration\.md lists all$/m,
    );
    assert.match(said('BADGATEWAY_LISTEN_METRIC'), /did you mean BADGATEWAY_LISTEN_METRICS\?$/m);
  });

  for (const command of ['serve', 'demo'])
    it(`${command} --help has its exit codes`, () =>
      assert.match(run(`${command} --help`).stdout, /^Exit codes: 0 ended by /m));
});
